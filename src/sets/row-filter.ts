import { EmbedError } from '../errors.ts';
import { isBlank } from '../text.ts';
import type { SetRow } from '../vectors/rows-file.ts';
import { addFieldNames, fieldOf, fieldText, noSuchField } from './fields.ts';
import type { OpenedInput } from './open-input.ts';
import type { RowTexts } from './row-texts.ts';

/** A condition of --where. */
export type Condition = { field: string; value: string; equal: boolean };

/** Reads "field=value" and "field!=value". */
export function parseCondition(text: string): Condition {
  const [, field, operator, value] = /^([^=!]+)(!?=)(.*)$/s.exec(text) ?? [];
  if (field === undefined || value === undefined || value.startsWith('=')) {
    throw new EmbedError(`Cannot read the condition "${text}"`, {
      hint: 'Write --where field=value, or field!=value; quote values with spaces',
    });
  }
  return { field: field.trim(), value, equal: operator === '=' };
}

export type RowFilter = {
  /** 1 for each row to compare; undefined for every row. */
  keep: Uint8Array | undefined;
  kept: number;
  blank: number;
  /** The message if no row is left. */
  nothing: string | undefined;
};

/**
 * Finds the rows to compare: those that are not blank and meet every condition.
 *
 * @param external whether the texts are those of --texts: then only they say which rows are blank
 */
export async function filterRows(
  { set }: OpenedInput,
  { texts, conditions, name, external }: { texts: RowTexts; conditions: readonly Condition[]; name: string; external: boolean },
): Promise<RowFilter> {
  const total = set.vectors.rows;
  const blankRows = new Set(set.manifest?.blankRows);
  if (conditions.length === 0 && blankRows.size === 0 && !external) return { keep: undefined, kept: total, blank: 0, nothing: undefined };
  if (conditions.length > 0 && !texts.known) {
    throw new EmbedError(`Cannot filter the rows of ${name}: it is a bare .npy without fields`, {
      hint: 'Give a set that embed encode wrote, or the fields with --texts',
    });
  }
  const keep = new Uint8Array(total).fill(1);
  const met = conditions.map(() => 0);
  const seen = conditions.map(() => new Set<string>());
  const names = new Set<string>();
  const known = conditions.map(({ field }) => field === 'id' || field === 'file');
  if (conditions.length > 0 || external) {
    let row = 0;
    for await (const batch of texts.scan()) {
      for (const found of batch) {
        if (external && found.text !== undefined && isBlank(found.text)) blankRows.add(row);
        if (conditions.length > 0) addFieldNames(names, found.fields);
        for (const [at, { field, value, equal }] of conditions.entries()) {
          const raw = valueOf(found, field);
          if (raw !== undefined) known[at] = true;
          const own = fieldText(raw);
          if (own !== undefined && seen[at]!.size <= MAX_VALUES) seen[at]!.add(own);
          if ((own === value) === equal) met[at]!++;
          else keep[row] = 0;
        }
        row++;
      }
    }
  }
  for (const row of blankRows) keep[row] = 0;
  const unknown = conditions.find((_, at) => !known[at]);
  if (unknown) throw unknownCondition(unknown, { name, names });
  const kept = keep.reduce((sum, one) => sum + one, 0);
  return { keep, kept, blank: blankRows.size, nothing: kept > 0 ? undefined : whyNothing() };

  function whyNothing(): string {
    if (blankRows.size === total) return `every row of ${name} is blank`;
    const unmet = met.indexOf(0);
    if (unmet < 0) return `no row of ${name} meets ${conditions.map(inWords).join(' and ')}`;
    const condition = conditions[unmet]!;
    return `no row of ${name} meets ${inWords(condition)}; ${condition.field} is ${listed(seen[unmet]!)}`;
  }
}

/** Refuses a condition on a field that is not in the header of a table, before the table is encoded. */
export function assertConditions(conditions: readonly Condition[], { name, names }: { name: string; names: readonly string[] }): void {
  const unknown = conditions.find(({ field }) => !names.includes(field) && field !== 'id' && field !== 'file');
  if (unknown) throw unknownCondition(unknown, { name, names });
}

function unknownCondition({ field }: Condition, { name, names }: { name: string; names: Iterable<string> }): EmbedError {
  return new EmbedError(`Cannot filter the rows of ${name} by "${field}": ${noSuchField([...names, 'id', 'file'])}`, {
    hint: 'Choose one of them with --where field=value; columns that --columns left out are not kept',
  });
}

/** Values of a field in a message, and characters per value. */
const MAX_VALUES = 8;
const MAX_CHARACTERS = 40;

function listed(values: ReadonlySet<string>): string {
  const shown = [...values].slice(0, MAX_VALUES).map((value) => {
    const cut = value.length > MAX_CHARACTERS ? `${value.slice(0, MAX_CHARACTERS)}…` : value;
    return cut === '' || /[\s,]/.test(cut) ? `"${cut}"` : cut;
  });
  return `${shown.join(', ') || 'empty'}${values.size > MAX_VALUES ? ', …' : ''}`;
}

function inWords({ field, value, equal }: Condition): string {
  return `${field}${equal ? '=' : '!='}${value}`;
}

/** A kept field, else the id or the file of the row, which go by their names. */
function valueOf({ id, file, fields }: SetRow, name: string): unknown {
  const value = fieldOf(fields, name);
  return value !== undefined ? value : name === 'id' ? id : name === 'file' ? file : undefined;
}
