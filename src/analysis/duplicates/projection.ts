import { openProduct, type Product } from '../../engine/product.ts';
import { gaussians } from '../random.ts';

/**
 * Projects unit rows to fewer dims and measures the part r that is left out: x = P·c + r. For two rows x and y = P·d + s
 *   x·y ≤ c·d + |r|·|s|   (Cauchy–Schwarz for the parts left out),
 * so a product of short rows bounds the cosine of the long ones. The basis holds the directions in which the rows of a sample
 * are longest. It is rotated at random within itself, so that no coordinate is much larger than the others.
 */
export type Projection = {
  /** Dims that are kept. */
  dims: number;
  /** Returns the coordinates of unit rows, [rows, dims], and upper bounds of the lengths |r|, [rows]. */
  project(unit: Float32Array): Promise<{ data: Float32Array; tails: Float64Array }>;
  close(): Promise<void>;
};

/**
 * Added to |r|² = 1 − |c|². With this margin and CROSS_TERMS the bound holds even for the worst float32 error of a sum of 384
 * products (384 · 2⁻²⁴) in each of 120 coordinates.
 */
const TAIL_MARGIN = 1e-3;

/** Largest rounding error of c·d. */
export const CROSS_TERMS = 6e-4;

/** Rounds of power iteration. More would not make the bound tighter. */
const ROUNDS = 6;

/**
 * Finds a basis and opens the projection onto it.
 *
 * @param sample unit rows that the basis is found with
 * @param width dims of a row
 * @param dims dims that are kept
 */
export async function openProjection(
  sample: Float32Array,
  { width, dims, threads }: { width: number; dims: number; threads: number },
): Promise<Projection> {
  const product = await openProduct({ threads });
  try {
    const basis = turned(await principalRows(sample, { width, dims, product }), { width, dims });
    return {
      dims,
      async project(unit) {
        const data = await product.run(unit, basis, width);
        const tails = new Float64Array(unit.length / width);
        for (let row = 0; row < tails.length; row++) {
          let kept = 0;
          for (let at = row * dims; at < (row + 1) * dims; at++) kept += data[at]! * data[at]!;
          tails[row] = Math.sqrt(Math.max(0, 1 - kept) + TAIL_MARGIN);
        }
        return { data, tails };
      },
      close: () => product.close(),
    };
  } catch (error) {
    await product.close();
    throw error;
  }
}

/** An orthonormal basis of the directions in which rows are longest, found by block power iteration on the Gram matrix. */
async function principalRows(
  sample: Float32Array,
  { width, dims, product }: { width: number; dims: number; product: Product },
): Promise<Float32Array> {
  const count = sample.length / width;
  const columns = new Float32Array(sample.length);
  for (let row = 0; row < count; row++) for (let d = 0; d < width; d++) columns[d * count + row] = sample[row * width + d]!;
  const gram = await product.run(columns, columns, count);
  const normal = gaussians(1);
  let basis = orthonormal(Float32Array.from({ length: dims * width }, normal), width);
  for (let round = 0; round < ROUNDS; round++) basis = orthonormal(await product.run(basis, gram, width), width);
  return basis;
}

/** The basis, rotated at random within the space that it spans. */
function turned(basis: Float32Array, { width, dims }: { width: number; dims: number }): Float32Array {
  const turn = orthonormal(Float32Array.from({ length: dims * dims }, gaussians(2)), dims);
  const rows = new Float32Array(dims * width);
  for (let row = 0; row < dims; row++) {
    for (let d = 0; d < width; d++) {
      let sum = 0;
      for (let at = 0; at < dims; at++) sum += turn[row * dims + at]! * basis[at * width + d]!;
      rows[row * width + d] = sum;
    }
  }
  return orthonormal(rows, width);
}

/** Makes rows orthonormal by Gram–Schmidt in float64, applied twice (Giraud et al. 2005: twice is enough). */
function orthonormal(rows: Float32Array, width: number): Float32Array {
  const exact = Float64Array.from(rows);
  const count = rows.length / width;
  for (let row = 0; row < count; row++) {
    const own = exact.subarray(row * width, (row + 1) * width);
    // a sample may span fewer dims than asked for: then any orthogonal direction will do
    for (let next = row; !straighten(own, exact.subarray(0, row * width)); next++) own.fill(0)[next % width] = 1;
  }
  return Float32Array.from(exact);
}

/** Makes a row orthogonal to earlier ones and of unit length. Returns false where nearly nothing of it is left. */
function straighten(own: Float64Array, earlier: Float64Array): boolean {
  const width = own.length;
  for (let pass = 0; pass < 2; pass++) {
    const before = lengthOf(own);
    for (let from = 0; from < earlier.length; from += width) {
      let dot = 0;
      for (let d = 0; d < width; d++) dot += own[d]! * earlier[from + d]!;
      for (let d = 0; d < width; d++) own[d]! -= dot * earlier[from + d]!;
    }
    const norm = lengthOf(own);
    if (!(norm > 1e-6 * before)) return false;
    for (let d = 0; d < width; d++) own[d]! /= norm;
  }
  return true;
}

function lengthOf(row: Float64Array): number {
  let sum = 0;
  for (const value of row) sum += value * value;
  return Math.sqrt(sum);
}
