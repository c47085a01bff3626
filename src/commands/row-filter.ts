import { CliError } from '../errors.ts';
import type { SetRow } from '../vectors/rows-file.ts';
import type { OpenedInput } from './open-input.ts';
import type { RowTexts } from './row-texts.ts';

/** A condition of --where. */
export type Condition = { field: string; value: string; equal: boolean };

/** Values of a field that a message shows. */
const MAX_VALUES = 8;

/** Reads "field=value" and "field!=value". */
export function parseCondition(text: string): Condition {
  const [, field, operator, value] = /^([^=!]+)(!?=)(.*)$/s.exec(text) ?? [];
  if (field === undefined || value === undefined) {
    throw new CliError(`Cannot read the condition "${text}"`, {
      hint: 'Write --where field=value, or field!=value; quote what has spaces',
    });
  }
  return { field: field.trim(), value, equal: operator === '=' };
}

export type RowFilter = {
  /** 1 for each row that is compared; undefined where every row is. */
  keep: Uint8Array | undefined;
  kept: number;
  blank: number;
  /** Why no row is left, where none is. */
  nothing: string | undefined;
};

/** Rows that are compared: not blank, and meeting every condition. */
export async function filterRows(
  { set }: OpenedInput,
  { texts, conditions, name, external }: { texts: RowTexts; conditions: readonly Condition[]; name: string; external: boolean },
): Promise<RowFilter> {
  const total = set.vectors.rows;
  let blank = set.manifest?.blankRows.length ?? 0;
  if (conditions.length === 0 && blank === 0 && !external) return { keep: undefined, kept: total, blank: 0, nothing: undefined };
  const keep = new Uint8Array(total).fill(1);
  for (const row of set.manifest?.blankRows ?? []) keep[row] = 0;
  if (conditions.length > 0 && !texts.known) {
    throw new CliError(`Cannot filter the rows of ${name}: it is a bare .npy without fields`, {
      hint: 'Give a set that embed encode wrote, or the fields with --texts',
    });
  }
  let unmet: string | undefined;
  if (conditions.length > 0 || external) {
    const seen = new Map<string, Set<string>>(conditions.map(({ field }) => [field, new Set()]));
    const fields = new Set<string>();
    let row = 0;
    for await (const found of texts.scan()) {
      if (external && found.text?.trim() === '') {
        blank++;
        keep[row] = 0;
      }
      for (const { field, value, equal } of conditions) {
        const own = fieldOf(found, field);
        if (own === undefined) for (const key of Object.keys(found.fields ?? {})) fields.add(key);
        else if (seen.get(field)!.size < MAX_VALUES) seen.get(field)!.add(own);
        if ((own === value) !== equal) keep[row] = 0;
      }
      row++;
    }
    for (const [field, values] of seen) {
      if (values.size === 0) {
        throw new CliError(
          `Cannot filter the rows of ${name} by "${field}": no row has such a field; fields are ${[...fields, 'file'].join(', ')}`,
          {
            hint: 'Choose one of them with --where field=value',
          },
        );
      }
    }
    const [first] = conditions;
    const values = [...(first ? seen.get(first.field)! : [])];
    unmet = `no row of ${name} meets ${conditions.map(inWords).join(' and ')}; ${first?.field} is ${values.join(', ')}${values.length === MAX_VALUES ? ', …' : ''}`;
  }
  const kept = keep.reduce((sum, one) => sum + one, 0);
  return { keep, kept, blank, nothing: kept > 0 ? undefined : blank === total ? `every row of ${name} is blank` : unmet };
}

function inWords({ field, value, equal }: Condition): string {
  return `${field}${equal ? '=' : '!='}${value}`;
}

function fieldOf({ fields, file }: SetRow, name: string): string | undefined {
  const value = fields && Object.hasOwn(fields, name) ? fields[name] : name === 'file' ? file : undefined;
  if (value === undefined || value === null) return undefined;
  return typeof value === 'object' ? JSON.stringify(value) : String(value as string | number | boolean);
}
