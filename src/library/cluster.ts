import { likeOfCentroids, readCentroids } from '../commands/cluster/centroid-files.ts';
import { parseRange, planClusters, rangeOf } from '../commands/cluster/flags.ts';
import { groupRows } from '../commands/cluster/group.ts';
import { stopWordsFor } from '../commands/cluster/stop-words-file.ts';
import type { ClusterRecord, ClustersSummary } from '../report/clusters.ts';
import { withoutUndefined } from '../report/report.ts';
import type { Matrix } from '../vectors/matrix.ts';
import {
  assertOptions,
  CORPUS_CHECKS,
  corpusFlags,
  count,
  MODEL_CHECKS,
  natural,
  oneOf,
  RUN_CHECKS,
  string,
  strings,
  type CorpusOptions,
  type ModelOptions,
  type RunOptions,
} from './options.ts';
import { allRecords } from './records.ts';
import { libraryRun, stoppable } from './run.ts';
import { pathOf, withInput, type SetOrPath } from './set.ts';

export type ClusterOptions = CorpusOptions &
  ModelOptions &
  RunOptions & {
    /** How many clusters. Default: `auto`, on which two halves of the rows agree best; a range such as '2-20' or { min: 2, max: 20 } limits the choice. */
    clusters?: number | 'auto' | { min: number; max: number } | `${number}-${number}`;
    metric?: 'cosine' | 'euclidean';
    seed?: number;
    /** Runs, of which the best counts. */
    restarts?: number;
    /** Iterations per run. Default: 100. */
    maxIterations?: number;
    /** Examples per cluster. Default: 3. */
    top?: number;
    /** Centroids of an earlier run (`.npy`): its rows go into those clusters. */
    assign?: string;
    /** File with the texts of a bare `.npy`, by position. */
    texts?: string;
    /** Words that are no labels, besides those that are known: the words, or a file with one per line. */
    stopWords?: string | readonly string[];
  };

export type ClusterResult = {
  summary: ClustersSummary;
  /** One record per row of the set, in order. */
  results: ClusterRecord[];
  /** [clusters, dims] */
  centroids: Matrix;
};

/**
 * Groups the rows of a set by k-means and names each group.
 *
 * @throws EmbedError where there are fewer different rows than clusters
 * @example
 * const { summary } = await cluster('tickets.npy', { clusters: 8, seed: 0 });
 * for (const { label, size } of summary.clusters) console.log(size, label);
 */
export async function cluster(set: SetOrPath, options: ClusterOptions = {}): Promise<ClusterResult> {
  assertOptions('cluster', options, {
    ...CORPUS_CHECKS,
    ...MODEL_CHECKS,
    ...RUN_CHECKS,
    clusters: clusterCount,
    metric: oneOf('cosine', 'euclidean'),
    seed: natural,
    restarts: count,
    maxIterations: count,
    top: count,
    assign: string,
    texts: string,
    stopWords: strings,
  });
  const path = pathOf('cluster', set);
  const { metric, seed, restarts, maxIterations, top, assign, texts, stopWords } = options;
  const clusters = countOf(options.clusters);
  const run = libraryRun(options);
  return stoppable(run, () => {
    const given = assign === undefined ? undefined : readCentroids(assign, { metric });
    const plan = planClusters({ clusters, metric, seed, restarts, maxIterations }, given);
    const settings = {
      ...corpusFlags(options),
      ...withoutUndefined({ top, texts }),
      ...stopWordsFor(stopWords, given, run.note),
    };
    return withInput(path, options, {
      run,
      opening: { like: likeOfCentroids(given) },
      async work(opened, input) {
        const { report, centroids } = await groupRows(opened, { input, plan, given, settings, run });
        return { summary: report.summary, results: await allRecords<ClusterRecord>(report), centroids };
      },
    });
  });
}

/** Says which numbers of clusters can be asked for; undefined where the value is one. */
function clusterCount(value: unknown): string | undefined {
  if (value === 'auto' || count(value) === undefined) return undefined;
  const range = rangeIn(value);
  if (range === undefined) return 'a whole number from 1, a range such as "2-20" or { min: 2, max: 20 }, or "auto"';
  return typeof range === 'string' ? `another range: ${range.replace(/\.$/, '')}` : undefined;
}

/** The range that a value stands for, or what is wrong with it; undefined where it is none. */
function rangeIn(value: unknown): ReturnType<typeof rangeOf> | undefined {
  if (typeof value === 'string') return parseRange(value);
  const { min, max } = Object(value) as { min?: unknown; max?: unknown };
  return Number.isInteger(min) && Number.isInteger(max) ? rangeOf({ min: min as number, max: max as number }) : undefined;
}

function countOf(value: ClusterOptions['clusters']): number | 'auto' | { min: number; max: number } | undefined {
  if (value === undefined || value === 'auto' || typeof value === 'number') return value;
  return rangeIn(value) as { min: number; max: number };
}
