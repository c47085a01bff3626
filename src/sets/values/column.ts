import { rowNumbers } from '../row-numbers.ts';
import { asFloats, plainText, READINGS, TEXT, type Kind, type Reading } from './readings.ts';

/** The values of a field, row by row. Equal values are held once. */
export type ColumnValues = {
  /** Adds the value of the next row; undefined where it has none. */
  add(value: string | undefined): void;
  /** Different values, in the order in which they came, and the rows that have them. */
  values: readonly string[];
  counts: readonly number[];
  /** Numbers of the values of each row, -1 for none. */
  rows: Int32Array;
  /** Rows with a value. */
  filled(): number;
};

/** @param known number of rows, as far as it is known */
export function columnValues(known: number): ColumnValues {
  const numbers = new Map<string, number>();
  const values: string[] = [];
  const counts: number[] = [];
  const rows = rowNumbers(Int32Array, { rows: known });
  let row = 0;
  let filled = 0;
  return {
    values,
    counts,
    get rows() {
      return rows.room(row - 1).subarray(0, row);
    },
    filled: () => filled,
    add(value) {
      const at = row++;
      if (value === undefined) return rows.set(at, -1);
      let number = numbers.get(value);
      if (number === undefined) {
        number = values.length;
        numbers.set(value, number);
        values.push(value);
        counts.push(0);
      }
      counts[number]!++;
      rows.set(at, number);
      filled++;
    },
  };
}

/** What the values of a column are taken for. */
export type Column = {
  reading: Reading;
  /** Others that read as many values, differently. Where this matters, nothing tells which one is right. */
  rivals: readonly Reading[];
  /** Rows whose value is of another kind, and the number of the first such value, -1 for none. */
  odd: number;
  firstOdd: number;
  /** Currencies of amounts. */
  units: readonly string[];
  /** The key of each value, by its number; undefined for values of another kind. */
  keysBy(reading: Reading): Keys;
};

type Keys = readonly (string | undefined)[];

/** Words that stand for a missing value. They say nothing about the kind of the others. */
const PLACEHOLDERS = new Set([
  '',
  '-',
  '--',
  '?',
  'n/a',
  'na',
  'n.a.',
  '#n/a',
  'nan',
  'null',
  'none',
  'nil',
  'unknown',
  'missing',
  'tbd',
  'k.a.',
  '—',
  'н/д',
  'нет',
  '无',
  '無',
  'なし',
]);

/**
 * Decides what the values of a column are: of all readings, the one that reads the most of them, if that is at least half; else they are
 * texts. So a column of numbers with "n/a" in it is a column of numbers, and one date with a 31 in it tells how all the others are written.
 */
export function readColumn({ values, counts }: Pick<ColumnValues, 'values' | 'counts'>): Column {
  const plain = values.map(plainText);
  const telling = plain.map((text) => !PLACEHOLDERS.has(text.toLowerCase()));
  const total = counts.reduce((sum, count, at) => sum + (telling[at] ? count : 0), 0);
  const known = new Map<Reading, Keys>([[TEXT, values]]);
  const keysBy = (reading: Reading): Keys => {
    const keys = known.get(reading) ?? plain.map((text) => reading.read(text));
    known.set(reading, keys);
    return keys;
  };
  const missesOf = (reading: Reading, most: number): number => {
    let misses = 0;
    const keys: (string | undefined)[] = [];
    for (const [at, text] of plain.entries()) {
      const key = reading.read(text);
      if (key === undefined && telling[at]) misses += counts[at]!;
      if (misses > most) return misses;
      keys.push(key);
    }
    known.set(reading, keys);
    return misses;
  };
  const [reading, ...rivals] = total === 0 ? [TEXT] : bestReadings(missesOf, total);
  const keys = keysBy(reading!);
  const odd = counts.reduce((sum, count, at) => sum + (keys[at] === undefined ? count : 0), 0);
  const units = new Set(plain.map((text) => reading!.unit?.(text)));
  return {
    reading: reading!,
    rivals,
    odd,
    firstOdd: keys.indexOf(undefined),
    units: [...units].filter((unit): unit is string => unit !== undefined && unit !== '').toSorted(),
    keysBy,
  };
}

/**
 * The readings that no other beats, of the lowest rank.
 *
 * @param missesOf counts values that a reading does not read; it may stop above `most`
 */
function bestReadings(missesOf: (reading: Reading, most: number) => number, total: number): readonly Reading[] {
  let best: Reading[] = [];
  let fewest = Math.floor(total / 2);
  for (const reading of READINGS) {
    const misses = missesOf(reading, fewest);
    const rank = best[0]?.rank ?? Infinity;
    if (misses > fewest || (misses === fewest && reading.rank > rank)) continue;
    best = misses === fewest && reading.rank === rank ? [...best, reading] : [reading];
    fewest = misses;
    // nothing beats the usual way to write all values
    if (misses === 0 && reading.plain) break;
  }
  return best.length > 0 ? best : [TEXT];
}

/** Numbers that order the values of a column as `reading` does; NaN for values of another kind. */
export function ranksOf(column: Column, reading: Reading): Float64Array {
  const keys = column.keysBy(reading);
  if (asFloats(reading, keys)) return Float64Array.from(keys, (key) => (key === undefined ? NaN : Number(key)));
  const order = Array.from(keys.keys())
    .filter((at) => keys[at] !== undefined)
    .toSorted((a, b) => reading.compare(keys[a]!, keys[b]!));
  const ranks = new Float64Array(keys.length).fill(NaN);
  let rank = 0;
  order.forEach((at, place) => {
    if (place > 0 && reading.compare(keys[order[place - 1]!]!, keys[at]!) !== 0) rank++;
    ranks[at] = rank;
  });
  return ranks;
}

/** A value that two readings order differently, by its number; undefined where they agree. */
export function disagreement(column: Column): { value: number; rival: Reading } | undefined {
  if (column.rivals.length === 0) return undefined;
  const own = placesOf(ranksOf(column, column.reading));
  for (const rival of column.rivals) {
    const places = placesOf(ranksOf(column, rival));
    const value = own.findIndex((place, at) => !Object.is(place, places[at]));
    if (value >= 0) return { value, rival };
  }
  return undefined;
}

/** Places 0, 1, … in the order of the values, equal ones with the same; NaN stays. */
function placesOf(values: Float64Array): Float64Array {
  const sorted = values.filter((value) => !Number.isNaN(value)).toSorted();
  const places = new Map<number, number>();
  for (const value of sorted) if (!places.has(value)) places.set(value, places.size);
  return values.map((value) => places.get(value) ?? NaN);
}

const NOUNS: Readonly<Record<Kind, string>> = {
  number: 'a number',
  percentage: 'a percentage',
  amount: 'an amount',
  date: 'a date',
  version: 'a version',
  text: 'a text',
};

/** "1 of 4 values of score is not a number", the beginning of a note. */
export function oddValues(field: string, column: Column, filled: number): string {
  const { odd, reading } = column;
  const noun = reading.plain || reading.kind !== 'date' ? NOUNS[reading.kind] : `a ${reading.name.replace(/^dates/, 'date')}`;
  const nouns = reading.kind === 'text' ? '' : reading.plain || reading.kind !== 'date' ? `${reading.kind}s` : reading.name;
  return `${odd} of ${filled} values of ${field} ${odd === 1 ? `is not ${noun}` : `are not ${nouns}`}`;
}

/** How a column is read, where that goes not without saying: "amounts in EUR written 1.234,5". */
export function columnName({ reading, units }: Column): string {
  return reading.kind === 'amount' && units.length > 0
    ? reading.name.replace(/^amounts/, `amounts in ${units.join(' and ')}`)
    : reading.name;
}

/** Why a value cannot be compared, and what helps. */
export function ambiguity(value: string, readings: readonly [Reading, Reading]): string {
  const [own, other] = readings.map(({ name }) => name.replace(/^.* written /, ''));
  return `"${value}" may be written ${own} or ${other}, and no other value tells which`;
}

export function rewriteHint({ kind }: Reading): string {
  return `Write the ${kind}s as ${kind === 'date' ? '2024-01-31' : '1234.5'}, here or in a column of their own`;
}
