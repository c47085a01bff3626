import { CliError } from '../../errors.ts';
import type { Format } from '../../input/records.ts';
import type { ReportFlags } from '../../report/report-files.ts';
import { assertCosine, assertNoReading, assertTexts, type CorpusFlags } from '../../sets/flags.ts';
import { setPaths } from '../../vectors/manifest.ts';
import type { Metric } from '../../vectors/matrix.ts';

/** Options of `embed search` as commander hands them over. */
export type SearchFlags = CorpusFlags &
  ReportFlags & {
    queries?: string;
    queryColumn?: string;
    queryFormat?: Format;
    vectors?: string;
    like?: string[];
    top: number;
    minCosine?: number;
    where?: string[];
    metric: Metric;
    texts?: string;
  };
export function assertFlags(input: string, flags: SearchFlags): void {
  const { minCosine, metric } = flags;
  if (minCosine !== undefined && metric !== 'cosine') {
    throw new CliError(`Cannot use --min-cosine with --metric ${metric}`, { hint: 'Leave one of them out' });
  }
  if (minCosine !== undefined) assertCosine(minCosine);
  assertTexts(flags.texts, input);
  if (/\.npy$/i.test(input) && flags.texts === undefined) assertNoReading(flags, input);
}

/** Files that are read, as far as the command line tells. */
export function filesRead(input: string, { queries, vectors, texts }: SearchFlags): string[] {
  const sets = [input, vectors].flatMap((path) => (path !== undefined && /\.npy$/i.test(path) ? Object.values(setPaths(path)) : []));
  return [input, queries, vectors, texts, ...sets].filter((path) => path !== undefined);
}
