import type { LineEnds } from './line-ends.ts';
import { splitFields } from './split-fields.ts';

/** Characters that separate columns. Where two fit equally well, the first is taken. */
export const SEPARATORS = ',;\t|';

/** Records in which a separator is looked for. */
const MAX_RECORDS = 100;

/** Bytes that are split at once: whole heads need not be. */
const PIECE_BYTES = 1 << 12;

type Beginning = {
  /** The beginning of a table, from its first record on. */
  head: string;
  /** Whether that is all of it; else its last record is cut. */
  complete: boolean;
  /** Its first record. */
  first: string;
  quotes: boolean;
  lineEnds: LineEnds;
};

/** How a separator splits the first records: columns of the first, and the share of records that have as many. */
type Fit = { separator: string; columns: number; share: number };

/**
 * The separator of a table: one that is in its first record outside quotes, and that gives most of the following records as many
 * columns; of several, the one that gives the most. `others` are those that fit each record as well.
 */
export function separatorOf(beginning: Beginning): { separator: string; others: string[] } {
  const there = Array.from(SEPARATORS).filter((separator) => beginning.first.includes(separator));
  if (there.length === 1 && there[0] === ',') return { separator: ',', others: [] };
  const fits = there.map((separator) => fitOf(separator, beginning)).filter(({ columns }) => columns > 1);
  const [best] = fits.toSorted((a, b) => b.share - a.share || b.columns - a.columns);
  if (!best) return { separator: ',', others: [] };
  const others = fits.filter(({ separator, share }) => separator !== best.separator && share === 1 && best.share === 1);
  return { separator: best.separator, others: others.map(({ separator }) => separator) };
}

function fitOf(separator: string, { head, complete, quotes, lineEnds }: Beginning): Fit {
  const widths: number[] = [];
  const splitter = splitFields({ delimiter: separator, quotes, lineEnds }, (values) => {
    if (values.length > 1 || values[0] !== '') widths.push(values.length);
  });
  const bytes = Buffer.from(head);
  for (let from = 0; from < bytes.length && widths.length < MAX_RECORDS; from += PIECE_BYTES) {
    splitter.push(bytes.subarray(from, from + PIECE_BYTES));
  }
  if (complete || widths.length === 0) splitter.end();
  const [columns = splitter.open().columns + 1] = widths;
  return { separator, columns, share: widths.filter((width) => width === columns).length / Math.max(1, widths.length) };
}

/** The first line by which Excel is told the separator, and what it says; undefined where there is no such line. */
export function separatorLine(first: string): string | undefined {
  return /^"?sep=([^"\r\n])"?$/i.exec(first)?.[1];
}

/** A separator in words. */
export function separatorName(separator: string): string {
  return separator === '\t' ? 'tabs' : `"${separator}"`;
}
