import { cosine, euclideanDistance, rowOf, scaleValues, squaredNorm, type Matrix } from '../../vectors/matrix.ts';
import type { ClusterRows } from './rows.ts';

/** Assignment of rows to clusters, with the size and the sum of each cluster. */
export type Partition = {
  /** The cluster of each place; -1 before the first pass. */
  labels: Int32Array;
  sizes: Int32Array;
  /**
   * [clusters, dims]: sum of the rows of each cluster. In float64 rows can move for thousands of iterations before rounding
   * errors reach the last digit of a float32.
   */
  sums: Float64Array;
};

/** The outcome of an iteration of k-means: its cost and the number of rows that moved, undefined where the engine does not report them. */
export type Iteration = { iteration: number; cost: number | undefined; moved: number | undefined };

/** Distances below this share of a row's length are rounding errors. */
const SAME = 1e-6;

/** In spherical k-means a sum shorter than this has no meaningful direction. */
const NO_DIRECTION = 1e-6;

export function emptyPartition({ count, dims }: ClusterRows, clusters: number): Partition {
  return {
    labels: new Int32Array(count).fill(-1),
    sizes: new Int32Array(clusters),
    sums: new Float64Array(clusters * dims),
  };
}

/** Moves the row data[offset … offset + dims) from its current cluster to another. */
export function moveRow(
  { labels, sizes, sums }: Partition,
  place: number,
  { to, data, offset, dims }: { to: number; data: Float32Array | Uint8Array; offset: number; dims: number },
): void {
  const from = labels[place]!;
  labels[place] = to;
  sizes[to]!++;
  if (from < 0) return add(sums, to * dims, { data, offset, dims });
  sizes[from]!--;
  // one loop for both sums, because two loops take 1.3 times as long
  for (let i = 0, into = to * dims, out = from * dims; i < dims; i++) {
    const value = data[offset + i]!;
    sums[into + i]! += value;
    sums[out + i]! -= value;
  }
}

/** Adds a row to a sum. Four numbers per iteration take two thirds of the time of one. */
function add(
  sums: Float64Array,
  at: number,
  { data, offset, dims }: { data: Float32Array | Uint8Array; offset: number; dims: number },
): void {
  let i = 0;
  for (; i + 3 < dims; i += 4) {
    sums[at + i]! += data[offset + i]!;
    sums[at + i + 1]! += data[offset + i + 1]!;
    sums[at + i + 2]! += data[offset + i + 2]!;
    sums[at + i + 3]! += data[offset + i + 3]!;
  }
  for (; i < dims; i++) sums[at + i]! += data[offset + i]!;
}

/**
 * Gives every empty cluster a row: the rows farthest from their own centroids, ties in order, each row once. A row at its
 * centroid is not moved, because that would separate copies. Returns the filled clusters and their rows.
 */
export async function fillEmpty(rows: ClusterRows, partition: Partition, centroids: Matrix): Promise<{ cluster: number; place: number }[]> {
  const { labels, sizes } = partition;
  const empty = Array.from(sizes.keys()).filter((cluster) => sizes[cluster] === 0);
  if (empty.length === 0) return [];
  const { dims } = rows;
  const distances = new Float64Array(rows.count);
  for await (const { first, data } of rows.blocks(1)) {
    for (let at = 0; at < data.length / dims; at++) {
      const centroid = rowOf(centroids, labels[first + at]!);
      distances[first + at] = distanceBetween(data.subarray(at * dims, (at + 1) * dims), centroid, rows.metric);
    }
  }
  const farthest = Int32Array.from(labels.keys()).toSorted((a, b) => distances[b]! - distances[a]! || a - b);
  const filled: { cluster: number; place: number }[] = [];
  let next = 0;
  for (const cluster of empty) {
    while (next < farthest.length && sizes[labels[farthest[next]!]!]! < 2) next++;
    const place = farthest[next++];
    if (place === undefined || distances[place]! <= SAME * Math.sqrt(rows.squares?.[place] ?? 1)) break;
    moveRow(partition, place, { to: cluster, data: rows.pick([place]), offset: 0, dims });
    filled.push({ cluster, place });
  }
  return filled;
}

/** 1 − cosine, or the euclidean distance, measured by the functions that measure every reported value. */
export function distanceBetween(row: Float32Array, centroid: Float32Array, metric: ClusterRows['metric']): number {
  return metric === 'cosine' ? 1 - cosine(row, centroid) : euclideanDistance(row, centroid);
}

/**
 * The centroids of a partition: the means of its clusters, scaled to unit length for cosine.
 *
 * @param before centroids that are kept where a cluster is empty, or the sum of its rows has no direction
 */
export function centroidsOf({ metric, dims }: ClusterRows, { sizes, sums }: Pick<Partition, 'sizes' | 'sums'>, before: Matrix): Matrix {
  const centroids = before.data.slice();
  for (const [cluster, size] of sizes.entries()) {
    if (size === 0) continue;
    const from = cluster * dims;
    const length = metric === 'euclidean' ? size : sumLength(sums, from, dims);
    if (length < NO_DIRECTION) continue;
    for (let i = from; i < from + dims; i++) centroids[i] = sums[i]! / length;
  }
  return { data: centroids, rows: sizes.length, cols: dims };
}

/**
 * The cost that k-means minimizes, computed from the sums: Σ(1 − cosine to the cluster's direction), or the inertia, Σ squared
 * distance to the cluster's mean.
 */
export function costOf({ count, squares, dims }: ClusterRows, { sizes, sums }: Pick<Partition, 'sizes' | 'sums'>): number {
  let explained = 0;
  for (const [cluster, size] of sizes.entries()) {
    if (size === 0) continue;
    const length = sumLength(sums, cluster * dims, dims);
    explained += squares ? length ** 2 / size : length;
  }
  const total = squares ? squares.reduce((sum, square) => sum + square, 0) : count;
  return Math.max(0, total - explained);
}

function sumLength(sums: Float64Array, from: number, dims: number): number {
  let square = 0;
  for (let i = from; i < from + dims; i++) square += sums[i]! * sums[i]!;
  return Math.sqrt(square);
}

/** A copy of given centroids, scaled to unit length. */
export function unitCentroids(centroids: Matrix): Matrix {
  const data = centroids.data.slice();
  for (let row = 0; row < centroids.rows; row++) {
    const [from, to] = [row * centroids.cols, (row + 1) * centroids.cols];
    scaleValues(data, { from, to, factor: 1 / Math.sqrt(squaredNorm(data, from, to)) });
  }
  return { ...centroids, data };
}

/** −|c|²/2 of each centroid for the euclidean metric, whose nearest centroid has the largest row · c − |c|²/2; zeros for cosine. */
export function biasOf({ metric }: ClusterRows, centroids: Matrix): Float32Array {
  const bias = new Float32Array(centroids.rows);
  if (metric === 'cosine') return bias;
  return bias.map((_, row) => -squaredNorm(rowOf(centroids, row), 0, centroids.cols) / 2);
}
