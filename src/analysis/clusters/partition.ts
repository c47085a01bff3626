import { cosine, euclideanDistance, rowOf, scaleValues, squaredNorm, type Matrix } from '../../vectors/matrix.ts';
import type { ClusterRows } from './rows.ts';

/** Which cluster each row is in, and what follows from that: sizes and sums. */
export type Partition = {
  /** Cluster of each place; -1 before the first pass. */
  labels: Int32Array;
  sizes: Int32Array;
  /**
   * [clusters, dims]: sum of the rows of each cluster. In float64, so that rows may come and go for thousands of iterations
   * before the roundings reach a float32's last digit.
   */
  sums: Float64Array;
};

/** What an iteration of k-means came to; cost and rows that moved where the engine knows them. */
export type Iteration = { iteration: number; cost: number | undefined; moved: number | undefined };

/** Distances below this share of a row's length are rounding. */
const SAME = 1e-6;

/** Sums shorter than this have no direction (spherical k-means). */
const NO_DIRECTION = 1e-6;

export function emptyPartition({ count, dims }: ClusterRows, clusters: number): Partition {
  return {
    labels: new Int32Array(count).fill(-1),
    sizes: new Int32Array(clusters),
    sums: new Float64Array(clusters * dims),
  };
}

/** Puts a row, dims numbers from `offset`, into a cluster, out of the one it is in. */
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
  // both in one loop: two loops take 1.3 times as long
  for (let i = 0, into = to * dims, out = from * dims; i < dims; i++) {
    const value = data[offset + i]!;
    sums[into + i]! += value;
    sums[out + i]! -= value;
  }
}

/** Adds a row to a sum; four numbers a turn, which takes two thirds of the time of one. */
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
 * Gives every empty cluster a row: those farthest from their own centroid, ties in order, no row twice, and none that is
 * where its centroid is: that would part copies. Returns the clusters that were empty, and their rows.
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

/** 1 − cosine, or euclidean distance, by the functions that measure every reported value. */
export function distanceBetween(row: Float32Array, centroid: Float32Array, metric: ClusterRows['metric']): number {
  return metric === 'cosine' ? 1 - cosine(row, centroid) : euclideanDistance(row, centroid);
}

/**
 * Centroids of a partition: means; for cosine, of unit length.
 *
 * @param before centroids that stay where a cluster is empty, or its rows point nowhere together
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
 * What k-means makes small, from the sums: Σ(1 − cosine to the direction of the cluster), or the inertia, Σ squared distance to the
 * mean of the cluster.
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

/** Centroids that were given: of unit length for cosine. */
export function unitCentroids(centroids: Matrix): Matrix {
  const data = centroids.data.slice();
  for (let row = 0; row < centroids.rows; row++) {
    const [from, to] = [row * centroids.cols, (row + 1) * centroids.cols];
    scaleValues(data, { from, to, factor: 1 / Math.sqrt(squaredNorm(data, from, to)) });
  }
  return { ...centroids, data };
}

/** −|c|²/2 for the euclidean metric, where the nearest centroid is the one with the largest row · c − |c|²/2; zeros for cosine. */
export function biasOf({ metric }: ClusterRows, centroids: Matrix): Float32Array {
  const bias = new Float32Array(centroids.rows);
  if (metric === 'cosine') return bias;
  return bias.map((_, row) => -squaredNorm(rowOf(centroids, row), 0, centroids.cols) / 2);
}
