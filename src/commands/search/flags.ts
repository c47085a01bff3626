import { EmbedError } from '../../errors.ts';
import type { Format } from '../../input/formats.ts';
import type { ReportFlags } from '../../report/report-files.ts';
import { assertExcel } from '../../report/report-target.ts';
import { assertCosine, assertInputFlags, type CorpusFlags } from '../../sets/flags.ts';
import { filesOf, type Input } from '../../sets/input.ts';
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
    distinct?: boolean;
    metric: Metric;
    texts?: string;
  };

/** Refuses, before anything is opened, options that have no effect or contradict each other. */
export function assertFlags(input: Input, flags: SearchFlags): void {
  const { minCosine, metric } = flags;
  if (minCosine !== undefined && metric !== 'cosine') {
    throw new EmbedError(`Cannot use --min-cosine with --metric ${metric}`, { hint: 'Leave one of them out' });
  }
  if (minCosine !== undefined) assertCosine(minCosine);
  assertExcel(flags.excel, { paths: [flags.output], reports: flags.report, format: flags.format });
  assertInputFlags(input, flags);
}

/** The files that the command line names as inputs. */
export function filesRead(input: Input, { queries, vectors, texts }: SearchFlags): string[] {
  return [...filesOf(input), queries, texts, ...(vectors === undefined ? [] : Object.values(setPaths(vectors)))].filter(
    (path) => path !== undefined,
  );
}
