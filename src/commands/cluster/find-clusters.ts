import { chooseClusters, MIN_ROWS_TO_CHOOSE, type ClusterChoice, type ClusterRange } from '../../analysis/clusters/choose.ts';
import { assignRows, engineKmeans, largestFirst, type Clustering, type KmeansOptions } from '../../analysis/clusters/kmeans.ts';
import { costOf, unitCentroids } from '../../analysis/clusters/partition.ts';
import { countDifferent, shifted, type ClusterRows } from '../../analysis/clusters/rows.ts';
import { seedingRows } from '../../analysis/clusters/seeding.ts';
import { openCentroidKernel } from '../../engine/centroids.ts';
import { EmbedError } from '../../errors.ts';
import type { Progress } from '../../progress.ts';
import type { Run } from '../../sets/run.ts';
import { grouped, plural } from '../../text.ts';
import type { Centroids } from './centroid-files.ts';
import type { ClusterPlan } from './flags.ts';

type Finding = { plan: ClusterPlan; given: Centroids | undefined; name: string; run: Run };

export type Found = {
  clustering: Clustering;
  /** How the number of clusters was chosen; undefined if it was given. */
  choice: ClusterChoice | undefined;
  /** Number of runs, of which this one is the best. */
  restarts: number;
  /** Whether the centroids were given. */
  assigned: boolean;
};

/** Limits of all runs together: rows × clusters, and runs. Short runs are repeated, because one run may miss the best clusters. */
const SCORES_OF_RUNS = 2_000_000;
const MAX_RESTARTS = 10;

/**
 * Finds the clusters, the largest first. Those of given centroids keep their order. Throws an EmbedError if there are fewer different
 * rows than clusters.
 */
export async function findClusters(rows: ClusterRows, { plan, given, name, run }: Finding): Promise<Found> {
  const { threads } = run;
  if (given) return assignTo(rows, given, { threads });
  const progress = run.progress();
  try {
    const { clusters: asked } = plan;
    const choice = typeof asked === 'number' ? undefined : await choose(rows, { asked, plan, name, threads, progress, note: run.note });
    const clusters = typeof asked === 'number' ? asked : choice!.clusters;
    const different = choice ? clusters : await countDifferent(rows, clusters);
    if (different < clusters) throw tooMany(clusters, different, { name, rows: rows.count });
    const kmeans = plan.engine === 'onnx' ? engineKmeans : (await import('../../analysis/clusters/ml-kmeans.ts')).packageKmeans;
    const group = async (count: number): Promise<{ clustering: Clustering; restarts: number; full: number }> => {
      const restarts = plan.restarts ?? Math.max(1, Math.min(MAX_RESTARTS, Math.floor(SCORES_OF_RUNS / (rows.count * count))));
      const shown = showIterations(rows, { plan, clusters: count, restarts, progress });
      const clustering = await kmeans(rows, { ...plan, restarts, clusters: count, threads, ...shown });
      return { clustering, restarts, full: clustering.sizes.reduce((sum, size) => sum + Math.min(1, size), 0) };
    };
    let found = await group(clusters);
    // rows that differ only by rounding do not make a cluster of their own
    if (found.full < clusters && !choice) throw tooMany(clusters, found.full, { name, rows: rows.count });
    if (found.full < clusters) found = await group(found.full);
    return { clustering: largestFirst(found.clustering), choice, restarts: found.restarts, assigned: false };
  } finally {
    progress.stop();
  }
}

/** Shows the steps of k-means on the progress line. */
function showIterations(
  rows: ClusterRows,
  { plan, clusters, restarts, progress }: { plan: ClusterPlan; clusters: number; restarts: number; progress: Progress },
): Pick<KmeansOptions, 'onSeed' | 'onIteration'> {
  const sample = plural(seedingRows(rows.count, clusters), 'row');
  return {
    onSeed: (seeds) => progress.show(`${grouped(seeds)} of ${grouped(clusters)} first centroids, from ${sample}`, 0),
    onIteration: ({ iteration, cost, moved }, restart) => {
      const parts = [...(restarts > 1 ? [`run ${restart + 1}`] : []), `iteration ${iteration}`];
      if (cost !== undefined) {
        const objective = plan.metric === 'cosine' ? (1 - cost / rows.count).toFixed(4) : String(Number(cost.toPrecision(5)));
        parts.push(`${plan.metric === 'cosine' ? 'mean cosine' : 'inertia'} ${objective}`);
      }
      if (moved !== undefined) parts.push(`${plural(moved, 'row')} moved`);
      progress.show(parts.join(' · '), (restart + iteration / plan.maxIterations) / restarts);
    },
  };
}

function tooMany(clusters: number, different: number, { name, rows }: { name: string; rows: number }): EmbedError {
  const what =
    rows === 1 ? 'it has one row' : different === 1 ? 'all its rows are the same' : `it has ${grouped(different)} different rows`;
  return new EmbedError(`Cannot make ${plural(clusters, 'cluster')} of ${name}: ${what}`, {
    hint: `Say -k ${different}${different > 2 ? ' or less' : ''}`,
  });
}

type Choosing = {
  asked: 'auto' | ClusterRange;
  plan: ClusterPlan;
  name: string;
  threads: number;
  progress: Progress;
  note: (text: string) => void;
};

async function choose(rows: ClusterRows, { asked, plan, name, threads, progress, note }: Choosing): Promise<ClusterChoice> {
  const range = asked === 'auto' ? undefined : asked;
  const different = rows.count > 1 ? await countDifferent(rows, range?.max ?? 2) : 1;
  if (range && different < range.min) throw tooMany(range.min, different, { name, rows: rows.count });
  const why =
    rows.count > 1 && different < 2
      ? 'all rows are the same'
      : rows.count < MIN_ROWS_TO_CHOOSE
        ? `${plural(rows.count, 'row')} ${rows.count === 1 ? 'is' : 'are'} too few to tell`
        : undefined;
  if (why !== undefined) throw new EmbedError(`Cannot choose how many clusters ${name} has: ${why}`, { hint: 'Say -k N' });
  const choice = await chooseClusters(rows, {
    seed: plan.seed,
    threads,
    range,
    onTried: (share) => progress.show('trying numbers of clusters', share),
  });
  const last = choice.tried.at(-1)?.clusters;
  if (range && last !== undefined && last < range.max) {
    note(`note: -k ${range.min}-${range.max} was tried up to ${last}: ${name} has too few different rows for more`);
  }
  return choice;
}

async function assignTo(rows: ClusterRows, { matrix }: Centroids, { threads }: { threads: number }): Promise<Found> {
  const centroids = rows.centre ? { ...matrix, data: shifted(matrix.data.slice(), rows.centre, -1) } : unitCentroids(matrix);
  const kernel = await openCentroidKernel({ width: rows.dims, clusters: centroids.rows, best: 2, threads });
  try {
    const partition = await assignRows(rows, centroids, { kernel });
    const cost = costOf(rows, partition);
    return {
      clustering: { ...partition, centroids, cost, iterations: 0, ending: 'converged' },
      choice: undefined,
      restarts: 0,
      assigned: true,
    };
  } finally {
    await kernel.close();
  }
}
