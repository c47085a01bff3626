import { grouped, percent, plural, shellWord } from '../text.ts';
import type { Counts } from '../vectors/manifest.ts';

/** What the report needs to know of a model. */
export type ModelLabel = {
  name: string;
  dims: number;
  maxTokens: number;
  precision: string | null;
  /** The folder that has to be named again. */
  from?: string | undefined;
  build: { scripts?: readonly string[] };
};

/** Above these shares a model reads too little of a text for its vector to mean much. */
const MAX_UNKNOWN = 0.05;

/** Of a query: it has few tokens, and one rare word does not make a language. */
export const MAX_UNKNOWN_QUERY = 0.3;
const MAX_FOREIGN = 0.3;

/** The closing lines of `embed encode`. */
export function encodeSummary({
  model,
  counts,
  files,
  seconds,
  resumedRows,
}: {
  model: ModelLabel;
  counts: Counts;
  files: readonly string[];
  seconds: number;
  resumedRows: number;
}): string[] {
  // below a second the start of the program is most of it
  const rate = seconds < 1 ? '' : ` (${grouped((counts.rows - resumedRows) / seconds)} rows/s)`;
  const label = model.precision ? `${model.name} (${model.precision})` : model.name;
  const lines = [`encoded ${plural(counts.rows, 'row')} into ${model.dims} dims with ${label} in ${seconds.toFixed(1)} s${rate}`];
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

/**
 * The warning for texts that the model cannot read; undefined where it can.
 *
 * @param what names the texts, where they are not the beginning of a corpus
 * @param readerOf the packaged model that can read them, where there is one
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
  // where letters are not the trouble, another alphabet is no help
  const reader = foreign > MAX_FOREIGN ? readerOf?.() : undefined;
  const advice =
    reader === undefined
      ? 'Give a model that reads this language: --model DIR'
      : `${reader}, in the package, reads them: --model ${reader}${what === undefined ? '' : ', for what is searched too'}`;
  const letters = scripts && foreign > MAX_FOREIGN ? ` and ${percent(foreign)} of the letters are outside ${scripts}` : '';
  return (
    `warning: ${model.name} cannot read much of ${what ?? 'this'}: ${percent(unknown)} of the tokens are unknown to it${letters}${what === undefined ? ` (first ${plural(counts.rows, 'row')})` : ''}. ` +
    `Such vectors tell texts apart badly. ${advice}`
  );
}
