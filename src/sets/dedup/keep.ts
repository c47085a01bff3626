import type { TextKey } from '../../analysis/duplicates/text-copies.ts';
import { EmbedError } from '../../errors.ts';
import type { SetRow } from '../../vectors/rows-file.ts';
import { shortened } from '../../text.ts';
import { rowNumbers } from '../row-numbers.ts';
import { addFieldNames, fieldOf, fieldText, noSuchField } from '../fields.ts';
import {
  ambiguity,
  columnName,
  columnValues,
  disagreement,
  oddValues,
  ranksOf,
  readColumn,
  rewriteHint,
  type ColumnValues,
} from '../values/column.ts';

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

/** What --keep compares: lengths, or ranks of a field's values; NaN comes last. */
export type PriorityValues = Float64Array;

/**
 * Takes what --keep compares from rows as they are read.
 *
 * @param known number of rows, as far as it is known
 */
export function collectValues(
  priority: Priority,
  known: number,
  { name, note }: { name: string; note: (text: string) => void },
): { add(row: number, found: SetRow): void; finish(total: number): PriorityValues | undefined } {
  if (priority.by === 'row') return { add: () => {}, finish: () => undefined };
  if (priority.by === 'length') {
    const lengths = rowNumbers(Float64Array, { rows: known });
    let measured = 0;
    return {
      add(row, { text }) {
        if (text === undefined) return;
        lengths.set(row, characters(text));
        measured++;
      },
      finish(total) {
        if (measured === total) return lengths.room(total - 1).subarray(0, total);
        throw new EmbedError(`Cannot keep the longest or shortest rows of ${name}: it has no texts`, {
          hint: 'Give the corpus itself, or the texts of a bare .npy with --texts',
        });
      },
    };
  }
  const { field } = priority;
  const values = columnValues(known);
  const names = new Set<string>();
  let has = false;
  return {
    add(_, found) {
      addFieldNames(names, found.fields);
      const value = fieldOf(found.fields, field);
      has ||= value !== undefined;
      // an empty cell of a table is no value
      values.add(fieldText(value) || undefined);
    },
    finish() {
      if (!has) throw unknownField(field, { name, names });
      return fieldRanks(values, { field, name, note });
    },
  };
}

/** Ranks rows by a field, whose values are compared as what they are. Notes say what that is, and which are of another kind. */
function fieldRanks(
  collected: ColumnValues,
  { field, name, note }: { field: string; name: string; note: (text: string) => void },
): PriorityValues {
  const { values, rows, filled } = collected;
  const column = readColumn(collected);
  const { reading, units, odd, firstOdd } = column;
  const doubt = disagreement(column);
  if (doubt) {
    throw new EmbedError(`Cannot keep rows of ${name} by "${field}": ${ambiguity(values[doubt.value]!, [reading, doubt.rival])}`, {
      hint: rewriteHint(reading),
    });
  }
  if (units.length > 1) {
    throw new EmbedError(`Cannot keep rows of ${name} by "${field}": its values are amounts in ${units.join(' and ')}`, {
      hint: 'Put the amounts in one currency into a column of their own, and give that',
    });
  }
  if (!reading.plain && filled() > 0) note(`note: ${field} is compared as ${columnName(column)}`);
  if (odd > 0)
    note(
      `note: ${oddValues(field, column, filled())} and come${odd === 1 ? 's' : ''} last: "${shortened(values[firstOdd]!)}" of row ${rows.indexOf(firstOdd)}`,
    );
  const ranks = ranksOf(column, reading);
  return Float64Array.from(rows, (value) => (value < 0 ? NaN : ranks[value]!));
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
    (a, b) => sign * compare(values[a]!, values[b]!, sign) || (keyOf ? compareKeys(keyOf(a), keyOf(b)) : 0) || tieOf(a) - tieOf(b) || a - b,
  );
}

/** Missing values come last, whatever the direction. */
function compare(a: number, b: number, sign: number): number {
  if (Number.isNaN(a) || Number.isNaN(b)) return sign * (Number(Number.isNaN(a)) - Number(Number.isNaN(b)));
  return a < b ? -1 : a > b ? 1 : 0;
}

function compareKeys(a: TextKey, b: TextKey): number {
  for (let at = 0; at < 4; at++) if (a[at] !== b[at]) return a[at]! - b[at]!;
  return 0;
}
