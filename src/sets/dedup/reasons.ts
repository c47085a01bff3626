import { isAscii } from 'node:buffer';
import { textKey } from '../../analysis/duplicates/text-copies.ts';
import { letterCounter } from '../../model/reading/letters.ts';
import { isBlank } from '../../text.ts';
import type { SetRow } from '../../vectors/rows-file.ts';
import { rowNumbers } from '../row-numbers.ts';

/** Why a row is not judged by its cosine. */
export const REASONS = ['blank', 'cut', 'unknown', 'foreign', 'zero'] as const;
export type Reason = (typeof REASONS)[number];

/** Why rows are not judged, a byte per row; undefined for those that are. */
export type Reasons = { of(row: number): Reason | undefined; set(row: number, reason: Reason): void };

/** A row counts as not read from this share of unknown tokens. */
const MAX_UNKNOWN = 0.2;

/** A threshold says nothing about a row with more than this share of letters outside the scripts it was measured for. */
const MAX_FOREIGN = 0.5;

export function openReasons(total: number): Reasons {
  const numbers = rowNumbers(Uint8Array, { rows: total });
  return {
    of(row) {
      const number = numbers.of(row);
      // an index of -1 is slow
      return number === 0 ? undefined : REASONS[number - 1];
    },
    set: (row, reason) => numbers.set(row, REASONS.indexOf(reason) + 1),
  };
}

export function blankOnly({ text }: SetRow): Reason | undefined {
  return text !== undefined && isBlank(text) ? 'blank' : undefined;
}

export function reasonOf({ text, cut, unknown = 0 }: SetRow, isForeign: (text: string) => boolean): Reason | undefined {
  if (text !== undefined && isBlank(text)) return 'blank';
  if (cut === true) return 'cut';
  if (unknown > MAX_UNKNOWN) return 'unknown';
  return text !== undefined && isForeign(text) ? 'foreign' : undefined;
}

/** How much a cosine of a row says: not judged where the model could not read it; `unread` stands for what it may not know in it. */
export type Readable = { judged: boolean; unread: number };

export function readableIn(scripts: readonly string[] | undefined): (row: SetRow) => Readable {
  const isForeign = foreignTest(scripts);
  return (row) => ({
    judged: reasonOf(row, isForeign) === undefined,
    unread: row.text !== undefined && (row.unknown ?? 0) > 0 ? unreadKey(row.text) : 0,
  });
}

export function foreignTest(scripts: readonly string[] | undefined): (text: string) => boolean {
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
 * Texts that differ only in unknown tokens have the same vector, but that does not make them duplicates.
 */
export function unreadKey(text: string): number {
  const parts = text.normalize('NFKC').match(/[^\p{ASCII}\s]|[!-~]{64,}/gu) ?? [];
  return textKey(parts.join('\n'), { fold: 'none' })[0] || 1;
}

/** Whether two rows may be judged by their cosine: the parts that the model could not read must be the same in both. */
export function sameUnread(a: number, b: number): boolean {
  return a === 0 || b === 0 || a === b;
}
