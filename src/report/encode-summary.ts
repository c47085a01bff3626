import { grouped, percent, plural, shellWord } from '../text.ts';
import type { Counts } from '../vectors/manifest.ts';

/** The facts of a model that its report shows. */
export type ModelLabel = {
  name: string;
  dims: number;
  maxTokens: number;
  precision: string | null;
  /** The folder that the next command must name with --model. */
  from?: string | undefined;
  build: { scripts?: readonly string[] };
};

/** Above this share of unknown tokens a vector means little. */
const MAX_UNKNOWN = 0.05;

/** The same for a query, which has few tokens: one rare word does not mean that the language is unknown. */
export const MAX_UNKNOWN_QUERY = 0.3;

/** Above this share of letters outside the model's scripts a vector means little. */
const MAX_FOREIGN = 0.3;

/** The closing lines of `embed encode`. */
export function encodeSummary({
  model,
  counts,
  files,
  seconds,
  resumedRows,
  taken,
  cache,
}: {
  model: ModelLabel;
  counts: Counts;
  files: readonly string[];
  seconds: number;
  resumedRows: number;
  /** How many vectors were taken over, by where they came from. */
  taken: ReadonlyMap<string, number>;
  /** The folder of --cache, which is one of these sources. */
  cache?: string | undefined;
}): string[] {
  // within a second most of the time is the start of the program
  const rate = seconds < 1 ? '' : ` (${grouped((counts.rows - resumedRows) / seconds)} rows/s)`;
  const label = model.precision ? `${model.name} (${model.precision})` : model.name;
  const lines = [`encoded ${plural(counts.rows, 'row')} into ${model.dims} dims with ${label} in ${seconds.toFixed(1)} s${rate}`];
  for (const [name, vectors] of taken) {
    if (name !== cache) lines.push(`  ${plural(vectors, 'vector')} taken over from ${name}, where the text is the same`);
  }
  if (cache !== undefined) lines.push(`  ${cacheInWords(cache, { rows: counts.rows - resumedRows, taken })}`);
  if (counts.blank > 0) lines.push(`  ${plural(counts.blank, 'blank row')} kept in place`);
  if (counts.cut > 0) {
    const share = counts.lostTokens / (counts.tokens + counts.lostTokens);
    lines.push(
      `  ${plural(counts.cut, 'row')} cut at ${model.maxTokens} tokens: ${counts.lostExact ? '' : '≈ '}${percent(share)} of all tokens lost`,
    );
  }
  if (files.length > 0) lines.push(`wrote ${files.join(', ')}`);
  const npy = files.find((file) => file.endsWith('.npy'));
  if (npy)
    lines.push(`next: embed search ${shellWord(npy)}${model.from === undefined ? '' : ` --model ${shellWord(model.from)}`} YOUR QUESTION`);
  return lines;
}

/** What a cache has saved: a run that found nothing in it says so too. */
function cacheInWords(cache: string, { rows, taken }: { rows: number; taken: ReadonlyMap<string, number> }): string {
  const found = taken.get(cache) ?? 0;
  const encoded = rows - [...taken.values()].reduce((sum, vectors) => sum + vectors, 0);
  return found === 0
    ? `nothing was taken from the cache ${cache}; ${grouped(encoded)} encoded`
    : `${grouped(found)} of ${plural(rows, 'vector')} from the cache ${cache}; ${grouped(encoded)} encoded`;
}

/** A language that the model does not read: from this share of the texts on, their vectors mean little. */
export const MIN_FOREIGN_LANGUAGE = 0.3;

/**
 * The warning for texts in a language that the model does not read.
 *
 * @param language its name
 * @param share how much of the texts is in that language
 * @param what names the texts
 * @param reader a packaged model that reads them, if there is one
 */
export function languageWarning(
  { language, share, what, reader }: { language: string; share: number; what: string; reader: string | undefined },
  model: Pick<ModelLabel, 'name'>,
): string {
  const advice =
    reader === undefined ? `Use a model that reads ${language}: --model DIR` : `The packaged model ${reader} reads it: --model ${reader}`;
  return (
    `warning: ${share < 0.995 ? `${Math.round(100 * share)} % of ` : ''}${what} look ${language}, a language that ${model.name} was not made for. ` +
    `Its vectors say little of what such texts mean. ${advice}`
  );
}

/**
 * The warning for texts that the model cannot read; undefined where it can read them.
 *
 * @param what names the texts; undefined for the first rows of a corpus
 * @param readerOf returns the name of a packaged model that can read them, if there is one
 */
export function readingWarning(
  counts: Counts,
  model: Pick<ModelLabel, 'name' | 'build'>,
  { what, readerOf, maxUnknown = MAX_UNKNOWN }: { what?: string; readerOf?: () => string | undefined; maxUnknown?: number } = {},
): string | undefined {
  const unknown = counts.unknownTokens / (counts.tokens || 1);
  const foreign = counts.foreignLetters / (counts.letters || 1);
  if (unknown <= maxUnknown && foreign <= MAX_FOREIGN) return undefined;
  const scripts = model.build.scripts?.join(', ');
  // if the letters are known, a model for other scripts does not help
  const reader = foreign > MAX_FOREIGN ? readerOf?.() : undefined;
  const advice =
    reader === undefined
      ? 'Use a model that reads this language: --model DIR'
      : `The packaged model ${reader} reads them: --model ${reader}${what === undefined ? '' : ', for the corpus too'}`;
  const letters = scripts && foreign > MAX_FOREIGN ? ` and ${percent(foreign)} of the letters are outside ${scripts}` : '';
  return (
    `warning: ${model.name} cannot read much of ${what ?? 'this'}: ${percent(unknown)} of the tokens are unknown to it${letters}${what === undefined ? ` (first ${plural(counts.rows, 'row')})` : ''}. ` +
    `Such vectors hardly tell texts apart. ${advice}`
  );
}
