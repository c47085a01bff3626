import { openClusterRows, type ClusterMetric, type ClusterRows } from '../../src/analysis/clusters/rows.ts';
import type { Matrix } from '../../src/vectors/matrix.ts';
import { matrixReader } from '../../src/vectors/stored-rows.ts';
import { normals } from './normals.ts';

export const signal: AbortSignal = new AbortController().signal;

/** Points around centres; `of` says which. With a small spread there is no doubt which belong together. */
export function blobs({
  rows,
  cols,
  centres,
  spread,
  seed,
}: {
  rows: number;
  cols: number;
  centres: number;
  spread: number;
  seed: number;
}): {
  matrix: Matrix;
  of: Int32Array;
} {
  const normal = normals(seed);
  const middle = Float32Array.from({ length: centres * cols }, normal);
  const of = Int32Array.from({ length: rows }, (_, row) => (row * 7 + Math.floor(row / centres)) % centres);
  const data = Float32Array.from(
    { length: rows * cols },
    (_, at) => middle[of[Math.floor(at / cols)]! * cols + (at % cols)]! + spread * normal(),
  );
  return { matrix: { data, rows, cols }, of };
}

export function rowsOf(
  matrix: Matrix,
  metric: ClusterMetric,
  { keep, heldBytes }: { keep?: Uint8Array; heldBytes?: number } = {},
): Promise<ClusterRows> {
  return openClusterRows({
    reader: matrixReader(matrix),
    keep,
    metric,
    name: 'rows',
    signal,
    ...(heldBytes === undefined ? {} : { heldBytes }),
  });
}

/** A partition without its numbering: the first row of each row's cluster. */
export function partitionOf(labels: ArrayLike<number>): number[] {
  const firsts = new Map<number, number>();
  return Array.from(labels, (label, row) => {
    if (!firsts.has(label)) firsts.set(label, row);
    return firsts.get(label)!;
  });
}

/** Rows as plain numbers, of unit length for cosine: what oracles compute with. */
export function plainRows({ data, rows, cols }: Matrix, metric: ClusterMetric): number[][] {
  return Array.from({ length: rows }, (_, row) => {
    const vector = Array.from(data.subarray(row * cols, (row + 1) * cols));
    const length = metric === 'cosine' ? Math.hypot(...vector) : 1;
    return vector.map((value) => value / length);
  });
}

/** What k-means makes small, from a partition alone: Σ(1 − cosine to the sum's direction), or Σ squared distance to the mean. */
export function plainCost(rows: readonly (readonly number[])[], labels: ArrayLike<number>, metric: ClusterMetric): number {
  const groups = new Map<number, number[][]>();
  rows.forEach((row, at) => groups.set(labels[at]!, [...(groups.get(labels[at]!) ?? []), row as number[]]));
  let cost = 0;
  for (const members of groups.values()) {
    const sum = members[0]!.map((_, i) => members.reduce((total, row) => total + row[i]!, 0));
    const length = metric === 'cosine' ? Math.hypot(...sum) : members.length;
    const centroid = sum.map((value) => value / length);
    for (const row of members) {
      cost += metric === 'cosine' ? 1 - dot(row, centroid) : squaredDistance(row, centroid);
    }
  }
  return cost;
}

export function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, i) => sum + value * b[i]!, 0);
}

export function squaredDistance(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, i) => sum + (value - b[i]!) ** 2, 0);
}

/** [clusters, cols]: sum of the rows of each cluster. */
export function sumsOf({ data, cols }: Matrix, labels: ArrayLike<number>, clusters: number): Float64Array {
  const sums = new Float64Array(clusters * cols);
  data.forEach((value, at) => (sums[labels[Math.floor(at / cols)]! * cols + (at % cols)]! += value));
  return sums;
}
