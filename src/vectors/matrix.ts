/** A matrix in row-major (C) order: `data.length === rows * cols`. */
export type Matrix = { data: Float32Array; rows: number; cols: number };

/** How two vectors are compared. */
export type Metric = 'cosine' | 'dot' | 'euclidean';

export const METRICS: readonly Metric[] = ['cosine', 'dot', 'euclidean'];

/** Row `index` as a view, not a copy. */
export function rowOf(matrix: Matrix, index: number): Float32Array {
  return matrix.data.subarray(index * matrix.cols, (index + 1) * matrix.cols);
}

/** The matrix of some rows, in their order; the same one where these are all rows. */
export function pickRows(matrix: Matrix, rows: readonly number[]): Matrix {
  if (rows.length === matrix.rows) return matrix;
  const data = new Float32Array(rows.length * matrix.cols);
  rows.forEach((row, at) => data.set(rowOf(matrix, row), at * matrix.cols));
  return { data, rows: rows.length, cols: matrix.cols };
}

/**
 * Cosine of two vectors of equal length, summed in float64 in index order and rounded to 6 decimals. Every cosine that is
 * reported, compared or stored comes from here: kernels only propose (docs/adr/005). NaN where a vector is all zeros.
 */
export function cosine(a: Float32Array, b: Float32Array): number {
  let dot = 0;
  let aa = 0;
  let bb = 0;
  for (let i = 0; i < a.length; i++) {
    const x = a[i]!;
    const y = b[i]!;
    dot += x * y;
    aa += x * x;
    bb += y * y;
  }
  return sixDecimals(dot / Math.sqrt(aa * bb));
}

/** Dot product in float64, summed in index order, rounded to 7 significant digits because its scale is unknown. */
export function dotProduct(a: Float32Array, b: Float32Array): number {
  let dot = 0;
  for (let i = 0; i < a.length; i++) dot += a[i]! * b[i]!;
  return sevenDigits(dot);
}

/** Euclidean distance, summed and rounded as `dotProduct` is. */
export function euclideanDistance(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) {
    const difference = a[i]! - b[i]!;
    sum += difference * difference;
  }
  return sevenDigits(Math.sqrt(sum));
}

/** Squared length of the vector data[from … to), in float64. */
export function squaredNorm(data: Float32Array, from: number, to: number): number {
  // four independent sums: a single sum would have to wait for each addition to finish
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  let at = from;
  for (; at + 3 < to; at += 4) {
    a += data[at]! * data[at]!;
    b += data[at + 1]! * data[at + 1]!;
    c += data[at + 2]! * data[at + 2]!;
    d += data[at + 3]! * data[at + 3]!;
  }
  for (; at < to; at++) a += data[at]! * data[at]!;
  return a + b + (c + d);
}

/** Multiplies data[from … to) by `factor`, in place. */
export function scaleValues(data: Float32Array, { from, to, factor }: { from: number; to: number; factor: number }): void {
  for (let at = from; at < to; at++) data[at]! *= factor;
}

/** The largest float32 not above `value`. */
export function roundDown(value: number): number {
  const rounded = Math.fround(value);
  return rounded <= value || !Number.isFinite(value) ? rounded : Math.fround(value - Math.abs(value) * 2 ** -23);
}

/** Rounds to 6 decimals; adding 0 turns −0 into 0. */
function sixDecimals(value: number): number {
  return Math.round(value * 1e6) / 1e6 + 0;
}

function sevenDigits(value: number): number {
  return Number(value.toPrecision(7)) + 0;
}
