/** Eigenvalues of a symmetric matrix [size], largest first, and their eigenvectors [size, size], one per row. */
export type Eigen = { values: Float64Array; vectors: Float64Array };

/** Limit of steps per eigenvalue; two or three are usual. */
const MAX_STEPS = 100;

/**
 * Computes the eigenvectors of a symmetric matrix [size, size]. Householder reflections make it tridiagonal; implicit QL steps
 * with Wilkinson's shifts make that diagonal (Golub, Van Loan, "Matrix computations", 8.3). The number of largest magnitude in
 * each vector is positive, so that signs are well defined. 384 columns take 0.2 s, 1,024 take 4 s.
 */
export function symmetricEigen(matrix: Float64Array, size: number): Eigen {
  const { diagonal, beside, vectors } = tridiagonal(matrix, size);
  diagonalize(diagonal, beside, vectors);
  const order = Array.from({ length: size }, (_, i) => i).toSorted((i, j) => diagonal[j]! - diagonal[i]! || i - j);
  const sorted = new Float64Array(size * size);
  order.forEach((from, to) => {
    const vector = vectors.subarray(from * size, (from + 1) * size);
    const largest = vector.reduce((most, value) => (Math.abs(value) > Math.abs(most) ? value : most), 0);
    for (let d = 0; d < size; d++) sorted[to * size + d] = largest < 0 ? -vector[d]! : vector[d]!;
  });
  return { values: Float64Array.from(order, (i) => diagonal[i]!), vectors: sorted };
}

/** A matrix as QᵀTQ with a tridiagonal T: the diagonal of T, its secondary diagonal (beside[i] = T[i, i + 1]), and Q row by row. */
type Tridiagonal = { diagonal: Float64Array; beside: Float64Array; vectors: Float64Array };

function tridiagonal(matrix: Float64Array, size: number): Tridiagonal {
  const a = matrix.slice();
  const diagonal = new Float64Array(size);
  const beside = new Float64Array(size);
  const reflections: Float64Array[] = [];
  const image = new Float64Array(size);
  for (let k = 0; k < size - 1; k++) {
    diagonal[k] = a[k * size + k]!;
    // I − v·vᵀ, with |v|² = 2, maps the row right of the diagonal to a multiple of its first axis
    const v = a.slice(k * size, (k + 1) * size).fill(0, 0, k + 1);
    let squares = 0;
    for (let i = k + 2; i < size; i++) squares += v[i]! * v[i]!;
    const first = v[k + 1]!;
    const length = Math.sqrt(first * first + squares);
    if (squares === 0) {
      beside[k] = first;
      reflections.push(v.fill(0));
      continue;
    }
    const goal = first > 0 ? -length : length;
    beside[k] = goal;
    v[k + 1] = first - goal;
    const scale = Math.sqrt(2 / (squares + (first - goal) ** 2));
    for (let i = k + 1; i < size; i++) v[i]! *= scale;
    reflections.push(v);
    // (I − vvᵀ) A (I − vvᵀ) = A − v·wᵀ − w·vᵀ with w = Av − ½(vᵀAv)v
    let both = 0;
    for (let i = k + 1; i < size; i++) {
      let sum = 0;
      for (let j = k + 1; j < size; j++) sum += a[i * size + j]! * v[j]!;
      image[i] = sum;
      both += sum * v[i]!;
    }
    for (let i = k + 1; i < size; i++) image[i]! -= (both / 2) * v[i]!;
    for (let i = k + 1; i < size; i++) {
      const x = v[i]!;
      const y = image[i]!;
      for (let j = k + 1; j < size; j++) a[i * size + j]! -= x * image[j]! + y * v[j]!;
    }
  }
  if (size > 0) diagonal[size - 1] = a[size * size - 1]!;
  return { diagonal, beside, vectors: accumulated(reflections, size) };
}

/** The product of all reflections. The last is applied first, so that each touches only what later ones have filled. */
function accumulated(reflections: readonly Float64Array[], size: number): Float64Array {
  const vectors = new Float64Array(size * size);
  for (let i = 0; i < size; i++) vectors[i * size + i] = 1;
  for (let k = reflections.length - 1; k >= 0; k--) {
    const v = reflections[k]!;
    for (let i = k + 1; i < size; i++) {
      let dot = 0;
      for (let j = k + 1; j < size; j++) dot += vectors[i * size + j]! * v[j]!;
      if (dot !== 0) for (let j = k + 1; j < size; j++) vectors[i * size + j]! -= dot * v[j]!;
    }
  }
  return vectors;
}

/** Rotates a tridiagonal matrix until it is diagonal, and the rows of `vectors` with it. */
function diagonalize(diagonal: Float64Array, beside: Float64Array, vectors: Float64Array): void {
  const size = diagonal.length;
  for (let low = 0; low < size; low++) {
    for (let step = 0; ; step++) {
      // the first place where the secondary diagonal is zero, so that the matrix splits into blocks
      let high = low;
      while (high < size - 1 && Math.abs(beside[high]!) > Number.EPSILON * (Math.abs(diagonal[high]!) + Math.abs(diagonal[high + 1]!)))
        high++;
      if (high === low || step === MAX_STEPS) break;
      const half = (diagonal[low + 1]! - diagonal[low]!) / (2 * beside[low]!);
      const root = Math.hypot(half, 1);
      // Wilkinson's shift: the eigenvalue of the first two rows that is nearer to the first
      const shift = diagonal[low]! - beside[low]! / (half + (half < 0 ? -root : root));
      let bulge = diagonal[high]! - shift;
      let [sine, cosine, moved] = [1, 1, 0];
      let at = high - 1;
      for (; at >= low; at--) {
        const far = sine * beside[at]!;
        const near = cosine * beside[at]!;
        const length = Math.hypot(far, bulge);
        beside[at + 1] = length;
        if (length === 0) {
          diagonal[at + 1]! -= moved;
          beside[high] = 0;
          break;
        }
        sine = far / length;
        cosine = bulge / length;
        const next = diagonal[at + 1]! - moved;
        const turned = (diagonal[at]! - next) * sine + 2 * cosine * near;
        moved = sine * turned;
        diagonal[at + 1] = next + moved;
        bulge = cosine * turned - near;
        rotateRows(vectors, { size, at, sine, cosine });
      }
      if (at >= low) continue;
      diagonal[low]! -= moved;
      beside[low] = bulge;
      beside[high] = 0;
    }
  }
}

function rotateRows(vectors: Float64Array, { size, at, sine, cosine }: { size: number; at: number; sine: number; cosine: number }): void {
  const one = at * size;
  const other = one + size;
  for (let k = 0; k < size; k++) {
    const x = vectors[one + k]!;
    const y = vectors[other + k]!;
    vectors[one + k] = cosine * x - sine * y;
    vectors[other + k] = sine * x + cosine * y;
  }
}
