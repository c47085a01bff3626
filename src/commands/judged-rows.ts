import { textKey, type TextKey } from '../analysis/text-copies.ts';
import { CliError } from '../errors.ts';
import { plural } from '../io.ts';
import { isBlank } from '../model/reading.ts';
import type { SetRow } from '../vectors/rows-file.ts';
import type { OpenedInput } from './open-input.ts';
import type { RowTexts } from './row-texts.ts';

/** Why a row is not judged by its cosine. */
export const REASONS = ['judged', 'blank', 'cut', 'unknown', 'zero'] as const;
export type Reason = (typeof REASONS)[number];

/** Share of unknown tokens from which on a row counts as not read. */
const MAX_UNKNOWN = 0.2;

/** What dedup has to know of each row, without holding its text: some 40 bytes. */
export type JudgedRows = {
  total: number;
  /** For each row, its place in REASONS. */
  reasons: Uint8Array;
  /** Hash of a row's text; undefined where texts are not known. */
  key: ((row: number) => TextKey) | undefined;
  /** Line that a row's record begins on, 0 where it is not known; and the number of its file among the inputs. */
  lines: Int32Array;
  files: Int32Array;
  /** What --keep compares: lengths, or values of a field; NaN and undefined come last. */
  values: Float64Array | (string | undefined)[] | undefined;
};

/** Which row of several alike is kept. */
export type Priority = { by: 'row' | 'length' } | { by: 'field'; field: string };
export type Keep = { priority: Priority; descending: boolean };

/** Reads the value of --keep. */
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
      throw new CliError(`Cannot keep "${value}"`, { hint: 'Say first, last, longest, shortest, max:FIELD or min:FIELD' });
  }
}

/** Reads through the rows of a corpus once. */
export async function judgeRows(
  { set }: OpenedInput,
  { texts, name, fold, priority }: { texts: RowTexts; name: string; fold: boolean; priority: Priority },
): Promise<JudgedRows> {
  const total = set.vectors.rows;
  const reasons = new Uint8Array(total);
  for (const row of set.manifest?.blankRows ?? []) reasons[row] = REASONS.indexOf('blank');
  const lines = new Int32Array(total);
  const files = new Int32Array(total);
  const keys = new Int32Array(total * 4);
  const lengths = new Float64Array(total).fill(NaN);
  const raw: (string | undefined)[] = priority.by === 'field' ? Array.from({ length: total }, () => undefined) : [];
  const fields = new Set<string>();
  let withText = texts.known;
  let row = 0;
  let file: string | undefined;
  for await (const batch of texts.scan()) {
    for (const found of batch) {
      if (row > 0 && found.file !== file) files[row] = files[row - 1]! + 1;
      else if (row > 0) files[row] = files[row - 1]!;
      file = found.file;
      lines[row] = found.line ?? 0;
      reasons[row] ||= REASONS.indexOf(reasonOf(found));
      if (found.text === undefined) withText = false;
      else {
        keys.set(textKey(found.text, { fold }), row * 4);
        lengths[row] = found.text.length;
      }
      if (priority.by === 'field') {
        for (const key of Object.keys(found.fields ?? {})) fields.add(key);
        raw[row] = fieldText(found.fields?.[priority.field]);
      }
      row++;
    }
  }
  if (priority.by === 'length' && !withText) {
    throw new CliError(`Cannot keep the longest or shortest rows of ${name}: it has no texts`, {
      hint: 'Give the corpus itself, or the texts of a bare .npy with --texts',
    });
  }
  if (priority.by === 'field' && !fields.has(priority.field)) {
    throw new CliError(
      `Cannot keep rows of ${name} by "${priority.field}": no row has such a field; fields are ${[...fields].join(', ') || 'none'}`,
      {
        hint: 'Choose one of them; the text, the id and what --columns leaves out are no fields',
      },
    );
  }
  return {
    total,
    reasons,
    key: withText ? (at) => [keys[at * 4]!, keys[at * 4 + 1]!, keys[at * 4 + 2]!, keys[at * 4 + 3]!] : undefined,
    lines,
    files,
    values: priority.by === 'row' ? undefined : priority.by === 'length' ? lengths : numbersOrTexts(raw),
  };
}

function reasonOf({ text, cut, unknown = 0 }: SetRow): Reason {
  if (text !== undefined && isBlank(text)) return 'blank';
  if (cut === true) return 'cut';
  return unknown > MAX_UNKNOWN ? 'unknown' : 'judged';
}

function fieldText(value: unknown): string | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  return typeof value === 'object' ? JSON.stringify(value) : String(value as string | number | boolean);
}

/** Numbers where every value is one: "9" comes before "10" then. */
function numbersOrTexts(values: (string | undefined)[]): Float64Array | (string | undefined)[] {
  const numeric = values.every((value) => value === undefined || (value.trim() !== '' && Number.isFinite(Number(value))));
  return numeric ? Float64Array.from(values, (value) => (value === undefined ? NaN : Number(value))) : values;
}

/**
 * Rows that are not blank, the ones to keep first. Ties go by the text (by its hash, which is in no order that could favour
 * a row), then by row: the same rows in another order keep the same texts.
 */
export function priorityOrder({ total, reasons, key, values }: JudgedRows, { descending }: Keep): Int32Array {
  const order = Int32Array.from({ length: total }, (_, row) => row).filter((row) => REASONS[reasons[row]!] !== 'blank');
  if (!values) {
    if (!descending) return order;
    return order.reverse();
  }
  const sign = descending ? -1 : 1;
  return order.sort((a, b) => sign * compare(values[a], values[b], sign) || (key ? compareKeys(key(a), key(b)) : 0) || a - b);
}

/** Missing values come last, whatever the direction. */
function compare(a: number | string | undefined, b: number | string | undefined, sign: number): number {
  const missing = (value: number | string | undefined): boolean => value === undefined || Number.isNaN(value);
  if (missing(a) || missing(b)) return sign * (Number(missing(a)) - Number(missing(b)));
  return a! < b! ? -1 : a! > b! ? 1 : 0;
}

function compareKeys(a: TextKey, b: TextKey): number {
  for (let at = 0; at < 4; at++) if (a[at] !== b[at]) return a[at]! - b[at]!;
  return 0;
}

/** "3 rows not judged: 1 blank, 2 cut". */
export function unjudgedInWords(counts: Readonly<Record<Exclude<Reason, 'judged'>, number>>): string {
  const parts = Object.entries(counts).flatMap(([reason, count]) =>
    count > 0 ? [`${plural(count, 'row').split(' ')[0]} ${WORDS[reason as Reason]}`] : [],
  );
  return parts.join(', ');
}

const WORDS: Readonly<Record<Reason, string>> = {
  judged: '',
  blank: 'blank',
  cut: "cut at the model's limit",
  unknown: 'of unknown tokens',
  zero: 'of length zero',
};
