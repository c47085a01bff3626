import { grouped, plural } from '../text.ts';

/** Rows of an input that are not judged by their cosine, by the reason why. */
export type UnjudgedRows = { rows: number; unjudged: number; unjudged_by_reason: Record<string, number> };

/** The rows of an OTHER, to which rows of INPUT are compared. */
export type OtherRows = UnjudgedRows & { input: string };

/** The part of a summary that says what was not judged. */
type Summary = UnjudgedRows & { inputs: readonly string[]; against_rows: readonly OtherRows[] };

const REASON_WORDS: Readonly<Record<string, string>> = {
  blank: 'blank',
  cut: "cut at the model's limit",
  unknown: 'mostly unknown to the model',
  foreign: "in scripts that the model's threshold was not measured for",
  zero: 'of length zero',
};

/** The rows of INPUT and of each OTHER that are not judged, in a phrase each; those of INPUT as they are known in its totals. */
export function unjudgedPhrases(summary: Summary): string[] {
  const own = reasons(summary).map(({ count, words }) => `${grouped(count)} ${words}`);
  return [...own, ...summary.against_rows.filter(({ unjudged }) => unjudged > 0).map(unjudgedOf)];
}

/** Each input with rows that are not judged, in a phrase: "2 of 2 rows of docs.txt (cut at the model's limit)". */
export function unjudgedInputs(summary: Summary): { input: string; phrase: string }[] {
  return [{ ...summary, input: summary.inputs.join(', ') }, ...summary.against_rows]
    .filter(({ unjudged }) => unjudged > 0)
    .map((rows) => ({ input: rows.input, phrase: unjudgedOf(rows) }));
}

/** Every OTHER that has no rows, in a phrase each. */
export function emptyPhrases({ against_rows: others }: Summary): string[] {
  return others.flatMap(({ input, rows }) => (rows === 0 ? [`${input} has no rows`] : []));
}

function unjudgedOf({ input, rows, unjudged, ...by }: OtherRows): string {
  const found = reasons(by);
  const why = found.map(({ count, words }) => (found.length > 1 ? `${grouped(count)} ${words}` : words)).join(', ');
  return `${grouped(unjudged)} of ${plural(rows, 'row')} of ${input} (${why})`;
}

function reasons({ unjudged_by_reason: counts }: Pick<UnjudgedRows, 'unjudged_by_reason'>): { count: number; words: string }[] {
  return Object.entries(counts).flatMap(([reason, count]) => (count > 0 ? [{ count, words: REASON_WORDS[reason] ?? reason }] : []));
}
