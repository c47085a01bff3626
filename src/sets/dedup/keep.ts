import type { TextKey } from '../../analysis/duplicates/text-copies.ts';
import { EmbedError } from '../../errors.ts';
import type { SetRow } from '../../vectors/rows-file.ts';
import { addFieldNames, fieldOf, fieldText, noSuchField } from '../fields.ts';

/** The rule that decides which of several similar rows is kept. */
export type Priority = { by: 'row' } | { by: 'length' } | { by: 'field'; field: string };
export type Keep = { priority: Priority; descending: boolean };

/** Reads first, last, longest, shortest, max:FIELD and min:FIELD. */
export function parseKeep(value: string): Keep {
  const field = /^(max|min):(.+)$/s.exec(value);
  if (field) return { priority: { by: 'field', field: field[2]! }, descending: field[1] === 'max' };
  switch (value) {
    case 'first':
    case 'last':
      return { priority: { by: 'row' }, descending: value === 'last' };
    case 'longest':
    case 'shortest':
      return { priority: { by: 'length' }, descending: value === 'longest' };
    default:
      throw new EmbedError(`Cannot keep "${value}"`, { hint: 'Choose first, last, longest, shortest, max:FIELD or min:FIELD' });
  }
}

/** What --keep compares: lengths, or values of a field; NaN and undefined come last. */
export type PriorityValues = Float64Array | (string | undefined)[];

/** Takes what --keep compares from rows as they are read. */
export function collectValues(
  priority: Priority,
  total: number,
  { name, note }: { name: string; note: (text: string) => void },
): { add(row: number, found: SetRow): void; finish(): PriorityValues | undefined } {
  if (priority.by === 'row') return { add: () => {}, finish: () => undefined };
  if (priority.by === 'length') {
    const lengths = new Float64Array(total).fill(NaN);
    return {
      add: (row, { text }) => void (lengths[row] = text === undefined ? NaN : characters(text)),
      finish() {
        if (!lengths.some((length) => Number.isNaN(length))) return lengths;
        throw new EmbedError(`Cannot keep the longest or shortest rows of ${name}: it has no texts`, {
          hint: 'Give the corpus itself, or the texts of a bare .npy with --texts',
        });
      },
    };
  }
  const { field } = priority;
  const values: (string | undefined)[] = Array.from({ length: total }, () => undefined);
  const names = new Set<string>();
  let known = false;
  return {
    add(row, found) {
      addFieldNames(names, found.fields);
      const value = fieldOf(found.fields, field);
      known ||= value !== undefined;
      // an empty cell of a table is no value
      values[row] = fieldText(value) || undefined;
    },
    finish() {
      if (!known) throw unknownField(field, { name, names });
      return numbersOrTexts(values, (row) => note(`note: ${field} is compared as text: "${values[row]}" of row ${row} is not a number`));
    },
  };
}

/** The error of a field that no row has. */
export function unknownField(field: string, { name, names }: { name: string; names: Iterable<string> }): EmbedError {
  return new EmbedError(`Cannot keep rows of ${name} by "${field}": ${noSuchField(names)}`, {
    hint: 'Choose one of them; the text, the id and columns that --columns leaves out are not fields',
  });
}

/** Counted in a loop: an array of all pairs can be larger than the text. */
function characters(text: string): number {
  let pairs = 0;
  for (let at = 1; at < text.length; at++) {
    if ((text.charCodeAt(at) & 0xfc00) === 0xdc00 && (text.charCodeAt(at - 1) & 0xfc00) === 0xd800) pairs++;
  }
  return text.length - pairs;
}

function isNumber(value: string): boolean {
  return value.trim() !== '' && Number.isFinite(Number(value));
}

/**
 * Numbers if every value is one, so that "9" comes before "10"; else texts.
 *
 * @param onMixed told the first row whose value is not a number, if another one is
 */
function numbersOrTexts(values: (string | undefined)[], onMixed: (row: number) => void): PriorityValues {
  const other = values.findIndex((value) => value !== undefined && !isNumber(value));
  if (other < 0) return Float64Array.from(values, (value) => (value === undefined ? NaN : Number(value)));
  if (values.some((value) => value !== undefined && isNumber(value))) onMixed(other);
  return values;
}

/** What decides which row comes first: values of --keep, then hashes of texts; `tieOf` tells texts apart that are folded alike. */
export type Ranks = {
  values: PriorityValues | undefined;
  keyOf: ((row: number) => TextKey) | undefined;
  tieOf: (row: number) => number;
};

/**
 * Rows in the order of preference. Ties are broken by a hash of the text, which favours no row, then by row: so the same
 * rows in another order keep the same texts.
 *
 * @param rows rising
 */
export function priorityOrder(rows: Int32Array, { values, keyOf, tieOf }: Ranks, { descending }: Keep): Int32Array {
  if (!values) return descending ? rows.toReversed() : rows;
  const sign = descending ? -1 : 1;
  return rows.toSorted(
    (a, b) => sign * compare(values[a], values[b], sign) || (keyOf ? compareKeys(keyOf(a), keyOf(b)) : 0) || tieOf(a) - tieOf(b) || a - b,
  );
}

function missing(value: number | string | undefined): boolean {
  return value === undefined || Number.isNaN(value);
}

/** Missing values come last, whatever the direction. */
function compare(a: number | string | undefined, b: number | string | undefined, sign: number): number {
  if (missing(a) || missing(b)) return sign * (Number(missing(a)) - Number(missing(b)));
  return a! < b! ? -1 : a! > b! ? 1 : 0;
}

function compareKeys(a: TextKey, b: TextKey): number {
  for (let at = 0; at < 4; at++) if (a[at] !== b[at]) return a[at]! - b[at]!;
  return 0;
}
