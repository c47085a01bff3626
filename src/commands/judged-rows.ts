import { isAscii } from 'node:buffer';
import { statSync } from 'node:fs';
import { textKey, type TextKey } from '../analysis/text-copies.ts';
import { CliError } from '../errors.ts';
import { readCorpus } from '../input/corpus.ts';
import { formatOf } from '../input/formats.ts';
import { openSource } from '../input/source.ts';
import type { Io } from '../io.ts';
import { letterCounter } from '../model/letters.ts';
import { isBlank } from '../model/reading.ts';
import type { SetRow } from '../vectors/rows-file.ts';
import type { OpenedInput } from './open-input.ts';
import { corpusOptions, type CorpusFlags } from './options.ts';
import type { RowTexts } from './row-texts.ts';

/** Why a row is not judged by its cosine. */
export const REASONS = ['judged', 'blank', 'cut', 'unknown', 'foreign', 'zero'] as const;
export type Reason = (typeof REASONS)[number];

/** Share of unknown tokens from which on a row counts as not read. */
const MAX_UNKNOWN = 0.2;

/** Share of letters outside the scripts a threshold was measured for, from which on it says nothing about a row. */
const MAX_FOREIGN = 0.5;

/** What dedup has to know of each row, without holding its text: some 40 bytes. */
export type JudgedRows = {
  total: number;
  /** For each row, its place in REASONS. */
  reasons: Uint8Array;
  /** Hash of a row's text; undefined where texts are not known. */
  key: ((row: number) => TextKey) | undefined;
  /** What a row holds that the model may not know, as a number; 0 where it knows all of it. */
  unread: Int32Array;
  /** Line that a row's record begins on, 0 where it is not known; and the number of its file among the inputs. */
  lines: Int32Array;
  files: Int32Array;
  /** A number from each text as it is, for rows that --keep finds equal. */
  ties: Int32Array;
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
  {
    texts,
    name,
    fold,
    priority,
    scripts,
    note,
  }: {
    texts: RowTexts;
    name: string;
    fold: boolean;
    priority: Priority;
    scripts: readonly string[] | undefined;
    note: (text: string) => void;
  },
): Promise<JudgedRows> {
  const isForeign = foreignTest(scripts);
  const total = set.vectors.rows;
  const reasons = new Uint8Array(total);
  for (const row of set.manifest?.blankRows ?? []) reasons[row] = REASONS.indexOf('blank');
  const lines = new Int32Array(total);
  const files = new Int32Array(total);
  const keys = new Int32Array(total * 4);
  const unread = new Int32Array(total);
  const ties = new Int32Array(fold ? total : 0);
  const lengths = new Float64Array(total).fill(NaN);
  const raw: (string | undefined)[] = priority.by === 'field' ? Array.from({ length: total }, () => undefined) : [];
  const fields = new Set<string>();
  let seen = false;
  let withText = texts.known;
  let row = 0;
  let file: string | undefined;
  for await (const batch of texts.scan()) {
    for (const found of batch) {
      if (row > 0 && found.file !== file) files[row] = files[row - 1]! + 1;
      else if (row > 0) files[row] = files[row - 1]!;
      file = found.file;
      lines[row] = found.line ?? 0;
      reasons[row] ||= REASONS.indexOf(reasonOf(found, isForeign));
      if (found.text === undefined) withText = false;
      else {
        keys.set(textKey(found.text, { fold }), row * 4);
        if (fold) [ties[row]] = textKey(found.text, { fold: false });
        lengths[row] = characters(found.text);
        if ((found.unknown ?? 0) > 0) unread[row] = unreadKey(found.text);
      }
      if (priority.by === 'field') {
        for (const key of Object.keys(found.fields ?? {})) fields.add(key);
        raw[row] = fieldText(fieldAt(found.fields, priority.field));
        seen ||= raw[row] !== undefined;
      }
      row++;
    }
  }
  if (priority.by === 'length' && !withText) {
    throw new CliError(`Cannot keep the longest or shortest rows of ${name}: it has no texts`, {
      hint: 'Give the corpus itself, or the texts of a bare .npy with --texts',
    });
  }
  if (priority.by === 'field' && !seen && !fields.has(priority.field)) throw noSuchField(priority.field, { name, fields: [...fields] });
  return {
    total,
    reasons,
    key: withText ? (at) => [keys[at * 4]!, keys[at * 4 + 1]!, keys[at * 4 + 2]!, keys[at * 4 + 3]!] : undefined,
    unread,
    ties,
    lines,
    files,
    values:
      priority.by === 'row'
        ? undefined
        : priority.by === 'length'
          ? lengths
          : numbersOrTexts(
              raw,
              (row) =>
                priority.by === 'field' && note(`note: ${priority.field} is compared as text: "${raw[row]}" of row ${row} is no number`),
            ),
  };
}

/**
 * Refuses a field that a table does not have, from its header: before the table is encoded.
 *
 * @param inputs files of the corpus; what is no table in a file is left to `judgeRows`
 */
export async function assertField(inputs: readonly string[], field: string, { flags, io }: { flags: CorpusFlags; io: Io }): Promise<void> {
  for (const path of inputs) {
    if (path === '-' || /\.npy$/i.test(path) || !statSync(path, { throwIfNoEntry: false })?.isFile()) continue;
    const format = flags.inputFormat ?? formatOf(path);
    if (format !== 'csv' && format !== 'tsv') continue;
    for await (const [row] of readCorpus(openSource(path, io), corpusOptions(flags, { format, label: path }))) {
      const fields = Object.keys(row?.fields ?? {});
      if (!fields.includes(field)) throw noSuchField(field, { name: path, fields });
      break;
    }
  }
}

function noSuchField(field: string, { name, fields }: { name: string; fields: readonly string[] }): CliError {
  return new CliError(`Cannot keep rows of ${name} by "${field}": no row has such a field; fields are ${fields.join(', ') || 'none'}`, {
    hint: 'Choose one of them; the text, the id and what --columns leaves out are no fields',
  });
}

function reasonOf({ text, cut, unknown = 0 }: SetRow, isForeign: (text: string) => boolean): Reason {
  if (text !== undefined && isBlank(text)) return 'blank';
  if (cut === true) return 'cut';
  if (unknown > MAX_UNKNOWN) return 'unknown';
  return text !== undefined && isForeign(text) ? 'foreign' : 'judged';
}

function foreignTest(scripts: readonly string[] | undefined): (text: string) => boolean {
  if (!scripts) return () => false;
  const count = letterCounter(scripts);
  return (text) => {
    if (isAscii(Buffer.from(text))) return false;
    const { letters, foreign } = count(text);
    return foreign > MAX_FOREIGN * letters;
  };
}

/**
 * A hash of what a tokenizer may have no token for: letters and signs outside ASCII, and words longer than any vocabulary's.
 * Two texts whose unknown tokens stand for different things have the same vector, and are no duplicates for that.
 */
function unreadKey(text: string): number {
  const parts = text.normalize('NFKC').match(/[^\p{ASCII}\s]|[!-~]{64,}/gu) ?? [];
  return textKey(parts.join('\n'), { fold: false })[0] || 1;
}

/** Whether two rows may be judged by their cosine: what the model could not read must be the same in both. */
export function sameUnread(a: number, b: number): boolean {
  return a === 0 || b === 0 || a === b;
}

/** A kept field by its name, or inside an object by a path with dots. */
function fieldAt(fields: Record<string, unknown> | undefined, path: string): unknown {
  if (!fields || Object.hasOwn(fields, path)) return fields?.[path];
  let value: unknown = fields;
  for (const key of path.split('.'))
    value = typeof value === 'object' && value !== null && Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : undefined;
  return value;
}

function characters(text: string): number {
  return text.length - (text.match(/[\ud800-\udbff][\udc00-\udfff]/g)?.length ?? 0);
}

function fieldText(value: unknown): string | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  return typeof value === 'object' ? JSON.stringify(value) : String(value as string | number | boolean);
}

function isNumber(value: string): boolean {
  return value.trim() !== '' && Number.isFinite(Number(value));
}

/**
 * Numbers where every value is one: "9" comes before "10" then.
 *
 * @param onMixed told the first row that is no number, where another is
 */
function numbersOrTexts(values: (string | undefined)[], onMixed: (row: number) => void): Float64Array | (string | undefined)[] {
  const other = values.findIndex((value) => value !== undefined && !isNumber(value));
  if (other < 0) return Float64Array.from(values, (value) => (value === undefined ? NaN : Number(value)));
  if (values.some((value) => value !== undefined && isNumber(value))) onMixed(other);
  return values;
}

/**
 * Rows that are not blank, the ones to keep first. Ties go by the text (by its hash, which is in no order that could favour
 * a row), then by row: the same rows in another order keep the same texts.
 */
export function priorityOrder({ total, reasons, key, ties, values }: JudgedRows, { descending }: Keep): Int32Array {
  const order = Int32Array.from({ length: total }, (_, row) => row).filter((row) => REASONS[reasons[row]!] !== 'blank');
  if (!values) {
    if (!descending) return order;
    return order.toReversed();
  }
  const sign = descending ? -1 : 1;
  return order.toSorted(
    (a, b) =>
      sign * compare(values[a], values[b], sign) || (key ? compareKeys(key(a), key(b)) : 0) || (ties[a] ?? 0) - (ties[b] ?? 0) || a - b,
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
