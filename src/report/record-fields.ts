import { cutToCells, oneLine } from './cells.ts';
import { nthOnLine } from '../text.ts';

/** The kept columns of a row. */
type Fields = Record<string, unknown>;

/** A row with its id, place and fields, and those of the row that it repeats. */
type Twins = {
  id?: string | undefined;
  line?: number | undefined;
  fields?: Fields | undefined;
  keeper_id?: string | undefined;
  keeper_line?: number | undefined;
  keeper_fields?: Fields | undefined;
};

/** Fields in one message or line, and cells per name and per value: a table may have a hundred columns. */
const MAX_FIELDS = 3;
const MAX_CELLS = 24;

/**
 * Names of the fields in which rows differ from the rows that they repeat, as many as a line holds; a field that both lack is not one.
 *
 * @param except a field that is told otherwise
 */
export function differingFields(
  rows: readonly Twins[],
  { most = MAX_FIELDS, except }: { most?: number; except?: string | undefined } = {},
): string[] {
  const names = new Set<string>();
  for (const { fields = {}, keeper_fields: kept = {} } of rows) {
    for (const name of [...Object.keys(kept), ...Object.keys(fields)]) {
      if (name !== except && cellText(own(fields, name)) !== cellText(own(kept, name))) names.add(name);
    }
  }
  // in the order of the columns
  const first = rows[0] ?? {};
  const order = [...Object.keys(first.keeper_fields ?? {}), ...Object.keys(first.fields ?? {})];
  const placeOf = (name: string): number => (order.includes(name) ? order.indexOf(name) : order.length);
  return [...names].toSorted((a, b) => placeOf(a) - placeOf(b)).slice(0, most);
}

/** "id T3, team ops": what tells a dropped row from others: its id, where the corpus has ids, and some of its fields. */
export function droppedInWords({ id, line, fields }: Twins, names: readonly string[]): string {
  return inWords({ id, line, fields }, names);
}

/** The same of the kept row. */
export function keptInWords(twins: Twins, names: readonly string[]): string {
  return inWords({ id: twins.keeper_id, line: twins.keeper_line, fields: twins.keeper_fields }, names);
}

function inWords({ id, line, fields }: Pick<Twins, 'id' | 'line' | 'fields'>, names: readonly string[]): string {
  const values = names.map((name) => [name, cellText(own(fields, name))] as const);
  return [...(hasOwnId({ id, line }) ? [['id', id!] as const] : []), ...values]
    .filter(([, value]) => value !== '')
    .map(([name, value]) => `${cutToCells(oneLine(name), MAX_CELLS)} ${cutToCells(oneLine(value), MAX_CELLS)}`)
    .join(', ');
}

/** Whether a row has an id of its own: others are FILE:LINE or row:N, which a report says anyway. */
export function hasOwnId({ id, line }: Pick<Twins, 'id' | 'line'>): boolean {
  return id !== undefined && !id.endsWith(`:${line}${nthOnLine(id, line)}`) && !/^row:\d+$/.test(id);
}

/** A value as a cell of a table has it; "" for none. */
export function cellText(value: unknown): string {
  if (value === null || value === undefined) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value as string | number | boolean);
}

/** A field by its own name: a column may be called __proto__. */
function own(fields: Fields | undefined, name: string): unknown {
  return fields && Object.hasOwn(fields, name) ? fields[name] : undefined;
}
