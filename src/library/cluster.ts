import { likeOfCentroids, readCentroids } from '../commands/cluster/centroid-files.ts';
import { planClusters } from '../commands/cluster/flags.ts';
import { groupRows } from '../commands/cluster/group.ts';
import type { ClusterRecord, ClustersSummary } from '../report/clusters.ts';
import type { Matrix } from '../vectors/matrix.ts';
import {
  assertOptions,
  CORPUS_CHECKS,
  corpusFlags,
  count,
  either,
  MODEL_CHECKS,
  natural,
  oneOf,
  RUN_CHECKS,
  string,
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
    /** How many clusters. Default: `auto`, chosen by silhouettes. */
    clusters?: number | 'auto';
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
    clusters: either(oneOf('auto'), count),
    metric: oneOf('cosine', 'euclidean'),
    seed: natural,
    restarts: count,
    maxIterations: count,
    top: count,
    assign: string,
    texts: string,
  });
  const path = pathOf('cluster', set);
  const { clusters, metric, seed, restarts, maxIterations, top, assign, texts } = options;
  const run = libraryRun(options);
  return stoppable(run, () => {
    const given = assign === undefined ? undefined : readCentroids(assign, { metric });
    const plan = planClusters({ clusters, metric, seed, restarts, maxIterations }, given);
    const settings = { ...corpusFlags(options), ...(top === undefined ? {} : { top }), ...(texts === undefined ? {} : { texts }) };
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
