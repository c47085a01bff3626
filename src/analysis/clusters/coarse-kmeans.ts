import { openCodedCentroidKernel, type CodedCentroids } from '../../engine/centroids.ts';
import { yieldToEvents } from '../../io.ts';
import type { Matrix } from '../../vectors/matrix.ts';
import { centroidsOf, costOf, emptyPartition, moveRow, type Iteration, type Partition } from './partition.ts';
import { blockRowsFor, type ClusterMetric, type ClusterRows } from './rows.ts';

/**
 * Rows as 8-bit codes: row ≈ mean + step · (code − 128). The mean is subtracted because it does not tell centroids apart. All
 * rows share one step because errors of equal size matter equally, however long a row is.
 */
export type CodedRows = { codes: Uint8Array; mean: Float64Array; step: number };

/** The code of zero, and the largest distance of a row's code from it. */
const ZERO = 128;
const MAX_CODE = 127;

/** Largest code of a centroid: two products then fit into the 16 bits in which processors without VNNI add them. */
const MAX_CENTROID_CODE = 64;

/** Codes up to this size are held in memory; larger sets are clustered without codes. */
const MAX_BYTES = 2 ** 30;

/** With fewer rows × clusters, making codes takes longer than they save. */
const MIN_SCORES = 1 << 21;

/** Whether iterations on codes save time for these rows and this many clusters. */
export function coarsePays({ count, dims }: ClusterRows, clusters: number): boolean {
  return clusters >= 2 && count * clusters >= MIN_SCORES && count * dims <= MAX_BYTES;
}

/** Number of rows that mean and step are computed from; values outside their range are clipped. */
const SAMPLE_ROWS = 4096;

export async function encodeRows(rows: ClusterRows): Promise<CodedRows> {
  const { count, dims } = rows;
  const sampled = Math.min(count, SAMPLE_ROWS);
  const sample = rows.pick(Int32Array.from({ length: sampled }, (_, at) => Math.floor((at * count) / sampled)));
  const mean = new Float64Array(dims);
  for (let at = 0; at < sample.length;) for (let i = 0; i < dims; i++) mean[i]! += sample[at++]! / sampled;
  let largest = 0;
  for (let at = 0; at < sample.length;) for (let i = 0; i < dims; i++) largest = Math.max(largest, Math.abs(sample[at++]! - mean[i]!));
  const step = largest / MAX_CODE || 1;
  // a clamped array rounds and clips
  const codes = new Uint8ClampedArray(count * dims);
  const perStep = 1 / step;
  const shift = mean.map((value) => ZERO - value * perStep);
  for await (const { first, data } of rows.blocks(1)) {
    for (let at = 0, cell = first * dims; at < data.length;)
      for (let i = 0; i < dims; i++) codes[cell++] = data[at++]! * perStep + shift[i]!;
  }
  return { codes: new Uint8Array(codes.buffer), mean, step };
}

/** A smaller relative fall of the cost may be the rounding of the codes. */
const MIN_GAIN = 2e-4;

/**
 * Runs Lloyd's iterations on codes. The result serves as first centroids of the exact iterations, of which few are then needed.
 * An empty cluster keeps its centroid.
 */
export async function coarseCentroids(
  rows: ClusterRows,
  { codes, mean, step }: CodedRows,
  {
    seeds,
    threads,
    maxIterations,
    tolerance,
    onIteration,
  }: {
    seeds: Matrix;
    threads: number;
    maxIterations: number;
    tolerance: number;
    onIteration?: (iteration: Iteration) => void;
  },
): Promise<{ centroids: Matrix; iterations: number }> {
  const { count, dims } = rows;
  const clusters = seeds.rows;
  const kernel = await openCodedCentroidKernel({ width: dims, clusters, threads });
  const partition = emptyPartition(rows, clusters);
  const { labels, sizes } = partition;
  const blockRows = blockRowsFor(clusters, dims);
  let centroids = seeds;
  let cost = Infinity;
  let iterations = 0;
  try {
    while (iterations < maxIterations) {
      const operand = encodeCentroids(centroids, { mean, step, metric: rows.metric });
      let moved = 0;
      for (let first = 0; first < count; first += blockRows) {
        const last = Math.min(count, first + blockRows);
        const { indices } = await kernel.run(codes.subarray(first * dims, last * dims), operand);
        for (let place = first; place < last; place++) {
          const to = indices[2 * (place - first)]!;
          if (to === labels[place]) continue;
          moved++;
          // sums of codes are integers, so they are exact whatever the order in which rows move
          moveRow(partition, place, { to, data: codes, offset: place * dims, dims });
        }
        await yieldToEvents(rows.signal);
      }
      const before = cost;
      const decoded = { sizes, sums: decodeSums(partition, { mean, step }) };
      centroids = centroidsOf(rows, decoded, centroids);
      cost = costOf(rows, decoded);
      iterations++;
      onIteration?.({ iteration: iterations, cost, moved });
      if (moved === 0 || before - cost <= Math.max(tolerance, MIN_GAIN) * cost) break;
    }
  } finally {
    await kernel.close();
  }
  return { centroids, iterations };
}

/** The sums of the rows, computed from the sums of their codes. */
function decodeSums({ sums, sizes }: Partition, { mean, step }: Omit<CodedRows, 'codes'>): Float64Array {
  const decoded = new Float64Array(sums.length);
  for (let cluster = 0, at = 0; cluster < sizes.length; cluster++) {
    const size = sizes[cluster]!;
    for (const value of mean) {
      decoded[at] = size * (value - ZERO * step) + step * sums[at]!;
      at++;
    }
  }
  return decoded;
}

/**
 * Codes of the centroids minus the mean m of the rows. With x' = x − m, the product x · c is x' · (c − m) + m · c plus a term that
 * depends only on the row. For the euclidean metric the bias is −|c − m|²/2.
 */
function encodeCentroids(centroids: Matrix, { mean, step, metric }: Omit<CodedRows, 'codes'> & { metric: ClusterMetric }): CodedCentroids {
  const { rows: count, cols: dims } = centroids;
  const data = new Int8Array(dims * count);
  const scales = new Float32Array(count);
  const bias = new Float32Array(count);
  const shifted = new Float64Array(dims);
  for (let row = 0; row < count; row++) {
    let largest = 0;
    let square = 0;
    let withMean = 0;
    for (let i = 0; i < dims; i++) {
      const value = centroids.data[row * dims + i]!;
      const rest = value - mean[i]!;
      shifted[i] = rest;
      largest = Math.max(largest, Math.abs(rest));
      square += rest * rest;
      withMean += value * mean[i]!;
    }
    const scale = largest / MAX_CENTROID_CODE || 1;
    for (let i = 0; i < dims; i++) data[i * count + row] = Math.round(shifted[i]! / scale);
    scales[row] = step * scale;
    bias[row] = metric === 'cosine' ? withMean : -square / 2;
  }
  return { data, scales, bias, count };
}
