import type { CentroidKernel } from '../../engine/centroids.ts';
import { cosine, euclideanDistance, rowOf, type Matrix } from '../../vectors/matrix.ts';
import type { ClusterRows } from './rows.ts';

/** The parts of a clustering that its quality depends on. */
export type Grouping = { labels: Int32Array; sizes: Int32Array; sums: Float64Array };

/** Mean distances below this share of a row's squared length are treated as zero. */
const ROUNDING = 1e-6;

/**
 * Computes the silhouette of each row (Rousseeuw 1987), exactly and with all rows: (b − a) / max(a, b), where a is the mean
 * distance to the other rows of its cluster and b the least mean distance to the rows of another cluster. Distances are
 * 1 − cosine, or squared euclidean distances. Both are linear in the sum of a cluster's rows, so one product with all sums is
 * enough.
 *
 * @param onBlock called per block with the place of its first row, its rows, and their silhouettes; the silhouette of a row that
 *   is alone in its cluster is 0
 */
export async function eachSilhouette(
  rows: ClusterRows,
  { labels, sizes, sums }: Grouping,
  { kernel, onBlock }: { kernel: CentroidKernel; onBlock: (first: number, data: Float32Array, silhouettes: Float64Array) => void },
): Promise<void> {
  const { dims, squares } = rows;
  const count = sizes.length;
  const means = new Float32Array(sums.length).map((_, at) => sums[at]! / (sizes[Math.floor(at / dims)]! || 1));
  // half the mean squared distance of x to a cluster's rows y is |x|²/2 − x · mean + (mean of |y|²)/2
  const meanSquares = new Float64Array(count);
  for (const [place, label] of labels.entries()) meanSquares[label]! += (squares?.[place] ?? 1) / sizes[label]!;
  const bias = Float32Array.from(meanSquares, (square, cluster) => (sizes[cluster] === 0 ? -Infinity : -square / 2));
  for await (const { first, data } of rows.blocks(count)) {
    const { indices, scores } = await kernel.run(data, { data: means, bias, count });
    const silhouettes = new Float64Array(data.length / dims);
    for (let at = 0; at < silhouettes.length; at++) {
      const own = labels[first + at]!;
      const isFirst = indices[4 * at] === own;
      const half = (squares?.[first + at] ?? 1) / 2;
      const mine = isFirst ? scores[2 * at]! : product(data, at * dims, { means, from: own * dims, dims }) + bias[own]!;
      const size = sizes[own]!;
      // the mean includes the row's distance to itself, which is zero; a negative value is rounding
      const a = Math.max(0, ((half - mine) * size) / (size - 1));
      const b = Math.max(0, half - scores[2 * at + (isFirst ? 1 : 0)]!);
      const larger = Math.max(a, b);
      silhouettes[at] = size > 1 && larger > ROUNDING * half ? (b - a) / larger : 0;
    }
    onBlock(first, data, silhouettes);
  }
}

function product(data: Float32Array, at: number, { means, from, dims }: { means: Float32Array; from: number; dims: number }): number {
  let sum = 0;
  for (let i = 0; i < dims; i++) sum += data[at + i]! * means[from + i]!;
  return sum;
}

/** The mean silhouette of all rows. */
export async function meanSilhouette(rows: ClusterRows, grouping: Grouping, kernel: CentroidKernel): Promise<number> {
  let sum = 0;
  await eachSilhouette(rows, grouping, {
    kernel,
    onBlock: (_, __, silhouettes) => (sum += silhouettes.reduce((one, other) => one + other, 0)),
  });
  return sum / rows.count;
}

/** A row, and its cosine or distance to the centroid of its cluster. */
export type Placed = { place: number; value: number };

export type ClusterQuality = {
  /** Mean cosine, or mean distance, of the cluster's rows to its centroid. */
  cohesion: number;
  /** Undefined where all rows are in one cluster. */
  silhouette: number | undefined;
  /** Rows nearest to the centroid, nearest first; of identical rows only the first. */
  nearest: Placed[];
};

export type Quality = {
  clusters: ClusterQuality[];
  silhouette: number | undefined;
  /** Cosine, or distance, of each row to the centroid of its cluster. */
  values: Float64Array;
  /** Rows farthest from the centroid of their cluster, farthest first. */
  outliers: Placed[];
};

/**
 * Measures the quality of each cluster and of the whole.
 *
 * @param examples number of nearest rows per cluster
 * @param outliers number of rows farthest from their centroids
 */
export async function clusterQuality(
  rows: ClusterRows,
  grouping: Grouping & { centroids: Matrix },
  { kernel, examples, outliers: most }: { kernel: CentroidKernel; examples: number; outliers: number },
): Promise<Quality> {
  const { metric, dims } = rows;
  const { labels, sizes, centroids } = grouping;
  const values = new Float64Array(rows.count);
  const nearer = metric === 'cosine' ? (a: number, b: number): boolean => a > b : (a: number, b: number): boolean => a < b;
  const same = (one: Placed, other: Placed): boolean => {
    if (one.value !== other.value) return false;
    const [first, second] = [rows.pick([one.place]), rows.pick([other.place])];
    return first.every((value, i) => value === second[i]);
  };
  const nearest = Array.from(sizes, () => shortlist(examples, { before: nearer, same }));
  const outliers = shortlist(most, { before: (a, b) => nearer(b, a), same: () => false });
  const cohesion = new Float64Array(sizes.length);
  const silhouette = new Float64Array(sizes.length);
  const measure = metric === 'cosine' ? cosine : euclideanDistance;
  const onBlock = (first: number, data: Float32Array, silhouettes?: Float64Array): void => {
    for (let at = 0; at < data.length / dims; at++) {
      const place = first + at;
      const cluster = labels[place]!;
      const value = measure(data.subarray(at * dims, (at + 1) * dims), rowOf(centroids, cluster));
      values[place] = value;
      cohesion[cluster]! += value / sizes[cluster]!;
      silhouette[cluster]! += (silhouettes?.[at] ?? 0) / sizes[cluster]!;
      nearest[cluster]!.offer({ place, value });
      outliers.offer({ place, value });
    }
  };
  const several = sizes.reduce((full, size) => full + Math.min(1, size), 0) > 1;
  if (several) await eachSilhouette(rows, grouping, { kernel, onBlock });
  else for await (const { first, data } of rows.blocks(1)) onBlock(first, data);
  return {
    values,
    outliers: outliers.list,
    silhouette: several ? silhouette.reduce((sum, mean, cluster) => sum + mean * sizes[cluster]!, 0) / rows.count : undefined,
    clusters: Array.from(sizes, (_, cluster) => ({
      cohesion: cohesion[cluster]!,
      silhouette: several ? silhouette[cluster]! : undefined,
      nearest: nearest[cluster]!.list,
    })),
  };
}

type Shortlist = { list: Placed[]; offer(placed: Placed): void };

/** Keeps the best `size` of the rows it is offered, which must come in order of their places. */
function shortlist(
  size: number,
  { before, same }: { before: (a: number, b: number) => boolean; same: (one: Placed, other: Placed) => boolean },
): Shortlist {
  const list: Placed[] = [];
  return {
    list,
    offer(placed) {
      const last = list.at(-1);
      if (list.length === size && !before(placed.value, last!.value)) return;
      const at = placeIn(list, placed.value, before);
      for (let equal = at - 1; equal >= 0 && list[equal]!.value === placed.value; equal--) if (same(list[equal]!, placed)) return;
      list.splice(at, 0, placed);
      if (list.length > size) list.pop();
    },
  };
}

/** The index at which a value is inserted, behind equal ones. */
function placeIn(list: readonly Placed[], value: number, before: (a: number, b: number) => boolean): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (before(value, list[middle]!.value)) high = middle;
    else low = middle + 1;
  }
  return low;
}
