import { openProduct } from '../../engine/product.ts';
import { yieldToEvents } from '../../io.ts';
import { squaredNorm, type Matrix } from '../../vectors/matrix.ts';
import { drawRows, uniforms } from '../random.ts';
import type { ClusterRows } from './rows.ts';

/** First centroids are drawn from this many rows, or a fixed number per centroid if that is more, or all rows if there are fewer. */
const SAMPLE_ROWS = 10_000;
const SAMPLE_ROWS_PER_CENTROID = 32;

/** The number of rows that `seedCentroids` draws from. */
export function seedingRows(rows: number, clusters: number): number {
  return Math.min(rows, Math.max(SAMPLE_ROWS, SAMPLE_ROWS_PER_CENTROID * clusters));
}

/** Squared distances below this share of the squared lengths are float32 rounding: the rows are equal. */
const SAME = 1e-6;

/**
 * Draws first centroids by greedy k-means++ (Arthur and Vassilvitskii 2007; several candidates per step, as in the authors' own
 * program). In each step 2 + ⌊ln k⌋ candidates are drawn, with probabilities proportional to the squared distance from the
 * nearest centroid so far; the candidate that lowers the sum of these distances most is taken. Rows are drawn from a sample
 * that depends only on `seed` and the number of rows. If the sample has fewer distinct rows than `clusters`, some centroids
 * are equal.
 *
 * @returns centroids in the order they were drawn: the first k of them are k-means++ centroids for k clusters
 */
export async function seedCentroids(
  rows: ClusterRows,
  { clusters, seed, threads, onSeed }: { clusters: number; seed: number; threads: number; onSeed?: ((seeds: number) => void) | undefined },
): Promise<Matrix> {
  const { dims } = rows;
  const places = Int32Array.from({ length: rows.count }, (_, place) => place);
  const data = rows.pick(drawRows(places, seedingRows(rows.count, clusters), seed));
  const count = data.length / dims;
  const lengths = Float64Array.from({ length: count }, (_, at) => squaredNorm(data, at * dims, (at + 1) * dims));
  const uniform = uniforms(seed ^ 0x5eed);
  const chosen: number[] = [];
  const distances = new Float64Array(count).fill(Infinity);
  const reached = new Float64Array(count);
  const product = await openProduct({ threads });
  try {
    const tries = 2 + Math.floor(Math.log(clusters));
    while (chosen.length < clusters) {
      let sum = 0;
      for (let at = 0; at < count; at++) reached[at] = sum += distances[at]!;
      // before the first centroid, and when every row equals one, all rows are equally likely
      const anywhere = !(sum > 0 && Number.isFinite(sum));
      const candidates = Array.from({ length: chosen.length === 0 ? 1 : tries }, () =>
        anywhere ? Math.min(count - 1, Math.floor(uniform() * count)) : placeOf(reached, uniform() * sum),
      );
      const operand = new Float32Array(candidates.length * dims);
      for (const [at, candidate] of candidates.entries()) operand.set(data.subarray(candidate * dims, (candidate + 1) * dims), at * dims);
      const products = await product.run(data, operand, dims);
      const totals = shorten(products, { distances, lengths, own: candidates.map((candidate) => lengths[candidate]!) });
      const best = totals.indexOf(totals.reduce((least, total) => Math.min(least, total)));
      for (let at = 0; at < count; at++) distances[at] = products[at * candidates.length + best]!;
      chosen.push(candidates[best]!);
      onSeed?.(chosen.length);
      await yieldToEvents(rows.signal);
    }
  } finally {
    await product.close();
  }
  const centroids = new Float32Array(clusters * dims);
  for (const [at, row] of chosen.entries()) centroids.set(data.subarray(row * dims, (row + 1) * dims), at * dims);
  return { data: centroids, rows: clusters, cols: dims };
}

/**
 * For each candidate, turns its products with the rows into the squared distances to the nearest centroid that rows would have
 * with this candidate, in place, and sums them.
 *
 * @param own squared length of each candidate
 */
function shorten(
  products: Float32Array,
  { distances, lengths, own }: { distances: Float64Array; lengths: Float64Array; own: readonly number[] },
): Float64Array {
  const totals = new Float64Array(own.length);
  for (let at = 0, cell = 0; at < lengths.length; at++) {
    for (let candidate = 0; candidate < own.length; candidate++, cell++) {
      const both = lengths[at]! + own[candidate]!;
      const squared = both - 2 * products[cell]!;
      const least = Math.min(distances[at]!, squared > SAME * both ? squared : 0);
      products[cell] = least;
      totals[candidate]! += least;
    }
  }
  return totals;
}

/** The first place whose running sum exceeds `value`. */
function placeOf(sums: Float64Array, value: number): number {
  let low = 0;
  let high = sums.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sums[middle]! > value) high = middle;
    else low = middle + 1;
  }
  return low;
}
