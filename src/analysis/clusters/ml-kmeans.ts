import { kmeansGenerator, type kmeans } from 'ml-kmeans';
import { EmbedError } from '../../errors.ts';
import { yieldToEvents } from '../../io.ts';
import type { Clustering, Kmeans } from './kmeans.ts';
import { centroidsOf, costOf, emptyPartition, fillEmpty, moveRow } from './partition.ts';
import type { ClusterRows } from './rows.ts';

/** Largest number of values for this package, which takes more than eight bytes of memory per value. */
const MAX_NUMBERS = 50_000_000;

/**
 * Runs k-means of the package ml-kmeans: float64 in plain JavaScript, for the euclidean metric. The package does not report how
 * many rows moved. Sums and cost are computed from its partition.
 */
export const packageKmeans: Kmeans = async (rows, { clusters, seed, restarts, maxIterations, tolerance, onIteration }) => {
  const { count, dims } = rows;
  if (count * dims > MAX_NUMBERS) {
    throw new EmbedError(
      `Cannot group ${count} × ${dims} numbers with ml-kmeans: it would need more than ${Math.round((count * dims * 10) / 1e9)} GB of memory`,
      {
        hint: 'Leave out --engine: the default engine needs less memory',
      },
    );
  }
  const data: number[][] = [];
  for await (const block of rows.blocks(clusters)) {
    for (let at = 0; at < block.data.length; at += dims) data.push(Array.from(block.data.subarray(at, at + dims)));
  }
  let best: Clustering | undefined;
  for (let restart = 0; restart < restarts; restart++) {
    const given = {
      initialization: 'kmeans++',
      seed: seed + restart,
      maxIterations,
      ...(tolerance === undefined ? {} : { tolerance }),
    } as const;
    let found: ReturnType<typeof kmeans> | undefined;
    for (found of kmeansGenerator(data, clusters, given)) {
      await yieldToEvents(rows.signal);
      onIteration?.({ iteration: found.iterations, cost: undefined, moved: undefined }, restart);
    }
    const { iterations, converged } = found!;
    const clustering = await clusteringOf(rows, Int32Array.from(found!.clusters), { clusters, iterations, converged });
    if (best === undefined || clustering.cost < best.cost) best = clustering;
  }
  return best!;
};

async function clusteringOf(
  rows: ClusterRows,
  labels: Int32Array,
  { clusters, iterations, converged }: { clusters: number; iterations: number; converged: boolean },
): Promise<Clustering> {
  const { dims } = rows;
  const partition = emptyPartition(rows, clusters);
  for await (const { first, data } of rows.blocks(clusters)) {
    for (let at = 0; at < data.length / dims; at++) {
      moveRow(partition, first + at, { to: labels[first + at]!, data, offset: at * dims, dims });
    }
  }
  let centroids = centroidsOf(rows, partition, { data: new Float32Array(clusters * dims), rows: clusters, cols: dims });
  // the package can leave clusters empty
  if ((await fillEmpty(rows, partition, centroids)).length > 0) centroids = centroidsOf(rows, partition, centroids);
  return { ...partition, centroids, cost: costOf(rows, partition), iterations, ending: converged ? 'tolerance' : 'iterations' };
}
