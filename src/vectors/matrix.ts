/** A matrix in C order: `data.length === rows * cols`. */
export type Matrix = { data: Float32Array; rows: number; cols: number };

/** Row `index` as a view, not a copy. */
export function rowOf(matrix: Matrix, index: number): Float32Array {
  return matrix.data.subarray(index * matrix.cols, (index + 1) * matrix.cols);
}

/** Cosine of two vectors of equal length, in float64. */
export function cosine(a: Float32Array, b: Float32Array): number {
  let dot = 0;
  let aa = 0;
  let bb = 0;
  for (let i = 0; i < a.length; i++) {
    dot += a[i]! * b[i]!;
    aa += a[i]! * a[i]!;
    bb += b[i]! * b[i]!;
  }
  return dot / Math.sqrt(aa * bb);
}
