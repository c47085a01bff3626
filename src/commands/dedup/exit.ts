import { EmbedError } from '../../errors.ts';
import { isAllowed, type DuplicateSummary } from '../../report/duplicates.ts';
import type { ReportFormat } from '../../report/formats.ts';
import { emptyPhrases, unjudgedInputs } from '../../report/unjudged.ts';

/**
 * 1 if more rows are dropped than are allowed, 2 if the check compared nothing, so that there is no verdict. Where any number is allowed, as
 * with -o, there is no check.
 */
export function exitCode(summary: DuplicateSummary, { exitZero }: { exitZero?: true }): number {
  if (exitZero === true) return 0;
  if (!isAllowed(summary)) return 1;
  return summary.inconclusive && summary.allowed !== null ? 2 : 0;
}

/**
 * Tells the user which rows were not judged, where the report on the screen does not.
 *
 * @throws EmbedError where the check compared nothing
 */
export function tellUnjudged(
  summary: DuplicateSummary,
  { code, format, note }: { code: number; format: ReportFormat; note: (text: string) => void },
): void {
  const unjudged = unjudgedInputs(summary).map(({ phrase }) => phrase);
  const phrases = [...(unjudged.length > 0 ? [`not judged: ${unjudged.join(', ')}`] : []), ...emptyPhrases(summary)];
  if (code === 2) {
    throw new EmbedError(`Cannot check ${summary.inputs.join(', ')}: nothing could be compared; ${phrases.join('; ')}`, {
      hint: `${summary.min_cosine === null ? 'Check that the texts are in the column you meant' : 'Give texts that the model can read whole, or choose another --model'}; with --exit-zero the check passes`,
    });
  }
  if (summary.inconclusive) note(`warning: nothing could be compared; ${phrases.join('; ')}`);
  else if (!WITH_TOTALS.includes(format)) for (const phrase of phrases) note(`note: ${phrase}`);
}

/** Formats that say themselves what was not judged. */
const WITH_TOTALS: readonly ReportFormat[] = ['text', 'github', 'markdown'];
