import { openCentroidKernel, type CentroidKernel } from '../../engine/centroids.ts';
import { rowOf, type Matrix } from '../../vectors/matrix.ts';
import { coarseCentroids, coarsePays, encodeRows } from './coarse-kmeans.ts';
import {
  biasOf,
  centroidsOf,
  costOf,
  distanceBetween,
  emptyPartition,
  fillEmpty,
  moveRow,
  type Iteration,
  type Partition,
} from './partition.ts';
import type { ClusterRows } from './rows.ts';
import { seedCentroids } from './seeding.ts';

/** Why k-means ended: no row moved, the cost fell by less than the tolerance, or the limit of iterations was reached. */
export type Ending = 'converged' | 'tolerance' | 'iterations';

/** Rows in clusters. A cluster is empty only where centroids were given, or where there are fewer distinct rows than clusters. */
export type Clustering = {
  /** [clusters, dims]: the mean of each cluster, scaled to unit length for cosine. */
  centroids: Matrix;
  /** The cluster of each place: the one with the nearest of these centroids. */
  labels: Int32Array;
  sizes: Int32Array;
  sums: Float64Array;
  /** Σ(1 − cosine), or Σ squared distance, to the mean of each cluster's rows, in float64. */
  cost: number;
  iterations: number;
  ending: Ending;
};

export type KmeansOptions = {
  clusters: number;
  seed: number;
  /** Number of runs with different first centroids; the best run is returned. */
  restarts: number;
  maxIterations: number;
  /** A run ends when the cost falls by less than this share; undefined means the engine's default. */
  tolerance: number | undefined;
  threads: number;
  /** Called after each iteration; `restart` counts from 0. */
  onIteration?: (iteration: Iteration, restart: number) => void;
  /** Called with the number of first centroids drawn so far. */
  onSeed?: (seeds: number) => void;
};

/** An implementation of k-means. */
export type Kmeans = (rows: ClusterRows, options: KmeansOptions) => Promise<Clustering>;

/**
 * Runs k-means (Lloyd 1982), spherical for cosine (Dhillon and Modha 2001), on the matrix engine. Each pass assigns rows block
 * by block and updates the sums by the rows that moved. Where it pays, the first iterations run on 8-bit codes. The result is
 * a last, exact assignment to the final centroids.
 */
export const engineKmeans: Kmeans = async (rows, options) => {
  const { clusters, seed, restarts, maxIterations, tolerance = TOLERANCE, threads } = options;
  const kernels = await openKmeansKernels({ width: rows.dims, clusters, threads });
  try {
    const codes = maxIterations > EXACT_ITERATIONS && coarsePays(rows, clusters) ? await encodeRows(rows) : undefined;
    let best: Clustering | undefined;
    for (let restart = 0; restart < restarts; restart++) {
      const onIteration = (iteration: Iteration): void => options.onIteration?.(iteration, restart);
      let seeds = await seedCentroids(rows, { clusters, seed: seed + restart, threads, onSeed: options.onSeed });
      let done = 0;
      if (codes) {
        const rough = { seeds, threads, tolerance, maxIterations: maxIterations - EXACT_ITERATIONS, onIteration };
        ({ centroids: seeds, iterations: done } = await coarseCentroids(rows, codes, rough));
      }
      const found = await improve(rows, { seeds, kernels, tolerance, done, maxIterations, onIteration });
      if (best === undefined || found.cost < best.cost) best = found;
    }
    return best!;
  } finally {
    await kernels.close();
  }
};

/** By default a run ends when the cost falls by less than this share. */
const TOLERANCE = 1e-4;

/** The last iterations, which never run on codes. */
const EXACT_ITERATIONS = 3;

export type Lloyd = {
  maxIterations: number;
  tolerance: number;
  seeds: Matrix;
  kernels: KmeansKernels;
  /** Number of iterations that led to these seeds. */
  done?: number;
  onIteration?: (iteration: Iteration) => void;
};

/** The kernel for iterations, which returns only the nearest centroid, and the kernel for exact assignments, which returns two. */
export type KmeansKernels = { first: CentroidKernel; two: CentroidKernel; close(): Promise<void> };

export async function openKmeansKernels(spec: { width: number; clusters: number; threads: number }): Promise<KmeansKernels> {
  const first = await openCentroidKernel({ ...spec, best: 1 });
  const two = await openCentroidKernel({ ...spec, best: 2 });
  return {
    first,
    two,
    async close() {
      await first.close();
      await two.close();
    },
  };
}

/** Runs Lloyd's iterations from given centroids. */
export async function improve(
  rows: ClusterRows,
  { seeds, kernels, maxIterations, tolerance, done = 0, onIteration }: Lloyd,
): Promise<Clustering> {
  const partition = emptyPartition(rows, seeds.rows);
  let centroids = seeds;
  let ending: Ending = 'iterations';
  let iterations = done;
  let cost = Infinity;
  while (ending === 'iterations' && iterations < maxIterations) {
    const moved = await assignPass(rows, partition, { centroids, kernel: kernels.first });
    const filled = (await fillEmpty(rows, partition, centroids)).length;
    iterations++;
    centroids = centroidsOf(rows, partition, centroids);
    const before = cost;
    cost = costOf(rows, partition);
    onIteration?.({ iteration: iterations, cost, moved: moved + filled });
    if (moved + filled === 0) ending = 'converged';
    else if (before - cost < tolerance * cost && filled === 0) ending = 'tolerance';
  }
  const last = await assignRows(rows, centroids, { kernel: kernels.two });
  for (const { cluster, place } of await fillEmpty(rows, last, centroids)) centroids.data.set(rows.pick([place]), cluster * rows.dims);
  return { centroids, labels: last.labels, sizes: last.sizes, sums: last.sums, cost: costOf(rows, last), iterations, ending };
}

/** Assigns all rows in one pass. Returns how many moved to another cluster. */
async function assignPass(
  rows: ClusterRows,
  partition: Partition,
  { centroids, kernel }: { centroids: Matrix; kernel: CentroidKernel },
): Promise<number> {
  const { dims } = rows;
  const { labels } = partition;
  const operand = { data: centroids.data, bias: biasOf(rows, centroids), count: centroids.rows };
  const step = 2 * kernel.best;
  let moved = 0;
  for await (const { first, data } of rows.blocks(centroids.rows)) {
    const { indices } = await kernel.run(data, operand);
    for (let at = 0; at < data.length / dims; at++) {
      const to = indices[step * at]!;
      if (labels[first + at] === to) continue;
      moved++;
      moveRow(partition, first + at, { to, data, offset: at * dims, dims });
    }
  }
  return moved;
}

/** Scores closer than this share of the largest product may be in the wrong order, because of float32 rounding. */
const TIE = 1e-5;

/**
 * Assigns each row to its nearest centroid, exactly. Where the kernel's two best are too close, the functions that measure
 * every reported value decide; of equal centroids the first wins.
 */
export async function assignRows(rows: ClusterRows, centroids: Matrix, { kernel }: { kernel: CentroidKernel }): Promise<Partition> {
  const { dims } = rows;
  const partition = emptyPartition(rows, centroids.rows);
  const bias = biasOf(rows, centroids);
  const operand = { data: centroids.data, bias, count: centroids.rows };
  const { best } = kernel;
  // the rounding error of a score grows with the lengths of both vectors
  const longest = rows.squares ? bias.reduce((most, value) => Math.max(most, -2 * value), 0) : 1;
  for await (const { first, data } of rows.blocks(centroids.rows)) {
    const { indices, scores } = await kernel.run(data, operand);
    for (let at = 0; at < data.length / dims; at++) {
      const place = first + at;
      let to = indices[2 * best * at]!;
      const slack = TIE * Math.max(longest, rows.squares?.[place] ?? 0);
      if (best === 2 && scores[best * at]! - scores[best * at + 1]! < slack) {
        to = nearest(data.subarray(at * dims, (at + 1) * dims), centroids, rows.metric);
      }
      moveRow(partition, place, { to, data, offset: at * dims, dims });
    }
  }
  return partition;
}

function nearest(row: Float32Array, centroids: Matrix, metric: ClusterRows['metric']): number {
  let best = 0;
  let least = Infinity;
  for (let cluster = 0; cluster < centroids.rows; cluster++) {
    const distance = distanceBetween(row, rowOf(centroids, cluster), metric);
    if (distance < least) {
      least = distance;
      best = cluster;
    }
  }
  return best;
}

/** Renumbers clusters by size, largest first; clusters of equal size by their first row. */
export function largestFirst({ labels, sizes, sums, centroids, ...rest }: Clustering): Clustering {
  const { cols: dims } = centroids;
  const firsts = new Int32Array(sizes.length).fill(labels.length);
  labels.forEach((label, place) => (firsts[label] = Math.min(firsts[label]!, place)));
  const order = Array.from(sizes.keys()).toSorted((a, b) => sizes[b]! - sizes[a]! || firsts[a]! - firsts[b]!);
  const places = new Int32Array(order.length);
  order.forEach((old, at) => (places[old] = at));
  const data = new Float32Array(centroids.data.length);
  const ordered = new Float64Array(sums.length);
  for (const [at, old] of order.entries()) {
    data.set(centroids.data.subarray(old * dims, (old + 1) * dims), at * dims);
    ordered.set(sums.subarray(old * dims, (old + 1) * dims), at * dims);
  }
  return {
    ...rest,
    labels: labels.map((label) => places[label]!),
    sizes: sizes.map((_, at) => sizes[order[at]!]!),
    sums: ordered,
    centroids: { ...centroids, data },
  };
}
