import { isAscii } from 'node:buffer';
import { textKey, type TextKey } from '../../analysis/duplicates/text-copies.ts';
import { letterCounter } from '../../model/reading/letters.ts';
import type { OpenedInput } from '../../sets/open-input.ts';
import type { RowTexts } from '../../sets/row-texts.ts';
import { isBlank } from '../../text.ts';
import type { SetRow } from '../../vectors/rows-file.ts';
import { collectValues, type Priority, type PriorityValues } from './keep.ts';

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
  values: PriorityValues | undefined;
};

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
  const values = collectValues(priority, total, { name, note });
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
        if ((found.unknown ?? 0) > 0) unread[row] = unreadKey(found.text);
      }
      values.add(row, found);
      row++;
    }
  }
  return {
    total,
    reasons,
    key: withText ? (at) => [keys[at * 4]!, keys[at * 4 + 1]!, keys[at * 4 + 2]!, keys[at * 4 + 3]!] : undefined,
    unread,
    ties,
    lines,
    files,
    values: values.finish(),
  };
}

/** Rows that are not blank, rising. */
export function writtenRows({ total, reasons }: JudgedRows): Int32Array {
  return Int32Array.from({ length: total }, (_, row) => row).filter((row) => REASONS[reasons[row]!] !== 'blank');
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
