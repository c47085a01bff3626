import type { Counts } from '../vectors/manifest.ts';
import type { ReadText } from './encoder.ts';

/** Rows without text keep their place and are left out of every comparison. */
export function isBlank(text: string): boolean {
  return text.trim() === '';
}

/** Totals with one more text. */
export function addRead(counts: Counts, { text, read }: { text: string; read: ReadText }): Counts {
  return {
    rows: counts.rows + 1,
    blank: counts.blank + (isBlank(text) ? 1 : 0),
    cut: counts.cut + (read.lost > 0 ? 1 : 0),
    tokens: counts.tokens + read.bodyTokens,
    lostTokens: counts.lostTokens + read.lost,
    lostExact: counts.lostExact && read.lostExact,
    unknownTokens: counts.unknownTokens + Math.round(read.unknown * read.bodyTokens),
    letters: counts.letters + (read.letters ?? 0),
    foreignLetters: counts.foreignLetters + (read.foreign ?? 0),
  };
}
