/** Eigenvalues of a symmetric matrix, largest first, and their vectors, one a row. */
export type Eigen = { values: Float64Array; vectors: Float64Array };

/** Sweeps over all pairs of rows; seven or eight are enough for what comes up in practice. */
const MAX_SWEEPS = 30;

/**
 * Eigenvectors of a symmetric matrix [size, size], by rotations that bring one pair of rows after the other to a right angle (Jacobi 1846;
 * the cyclic form as in Golub, Van Loan, "Matrix computations", 8.5). Each vector's largest number is positive, so that the result does not
 * depend on chance.
 */
export function symmetricEigen(matrix: Float64Array, size: number): Eigen {
  const a = matrix.slice();
  const vectors = new Float64Array(size * size);
  for (let i = 0; i < size; i++) vectors[i * size + i] = 1;
  const total = a.reduce((sum, value) => sum + value * value, 0);
  for (let sweep = 0; sweep < MAX_SWEEPS; sweep++) {
    let outside = 0;
    for (let i = 0; i < size; i++) for (let j = 0; j < i; j++) outside += 2 * a[i * size + j]! ** 2;
    if (outside <= 1e-26 * total) break;
    for (let p = 0; p < size; p++) for (let q = p + 1; q < size; q++) rotate(a, vectors, { p, q, size });
  }
  const order = Array.from({ length: size }, (_, i) => i).toSorted((i, j) => a[j * size + j]! - a[i * size + i]! || i - j);
  const sorted = new Float64Array(size * size);
  order.forEach((from, to) => {
    const vector = vectors.subarray(from * size, (from + 1) * size);
    const largest = vector.reduce((most, value) => (Math.abs(value) > Math.abs(most) ? value : most), 0);
    for (let d = 0; d < size; d++) sorted[to * size + d] = largest < 0 ? -vector[d]! : vector[d]!;
  });
  return { values: Float64Array.from(order, (i) => a[i * size + i]!), vectors: sorted };
}

/** Turns rows and columns p and q so that a[p, q] becomes 0. */
function rotate(a: Float64Array, vectors: Float64Array, { p, q, size }: { p: number; q: number; size: number }): void {
  const apq = a[p * size + q]!;
  const app = a[p * size + p]!;
  const aqq = a[q * size + q]!;
  if (Math.abs(apq) <= 1e-17 * Math.sqrt(Math.abs(app * aqq)) || apq === 0) return;
  const tau = (aqq - app) / (2 * apq);
  const t = (tau >= 0 ? 1 : -1) / (Math.abs(tau) + Math.sqrt(1 + tau * tau));
  const c = 1 / Math.sqrt(1 + t * t);
  const s = t * c;
  const [rowP, rowQ] = [p * size, q * size];
  for (let k = 0; k < size; k++) {
    const x = a[rowP + k]!;
    const y = a[rowQ + k]!;
    a[rowP + k] = c * x - s * y;
    a[rowQ + k] = s * x + c * y;
    const u = vectors[rowP + k]!;
    const v = vectors[rowQ + k]!;
    vectors[rowP + k] = c * u - s * v;
    vectors[rowQ + k] = s * u + c * v;
  }
  // by symmetry the columns are the rows, but for the four places where both meet
  for (let k = 0; k < size; k++) {
    a[k * size + p] = a[rowP + k]!;
    a[k * size + q] = a[rowQ + k]!;
  }
  a[rowP + p] = app - t * apq;
  a[rowQ + q] = aqq + t * apq;
  a[rowP + q] = 0;
  a[rowQ + p] = 0;
}
