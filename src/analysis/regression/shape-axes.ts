import { openProduct } from '../../engine/product.ts';
import { scaleValues } from '../../vectors/matrix.ts';
import { principalAxes } from './principal-axes.ts';
import { vectorOf, type TokenRows } from './token-rows.ts';

/** Number of texts that the axes are found with, at most. */
const SAMPLE_ROWS = 50_000;
const ROWS_PER_BLOCK = 4096;

/** How far the axes are equalized: 0 leaves them as they were fitted, 1 gives all the same moment. */
const WHITENING = 0.5;

/** Factor of the first axis; that of the second is 1. */
const COMMON = 1.6;

/**
 * Rotates a table to the principal axes of its texts' vectors, and stretches the axes. A regression shrinks what it cannot predict, so
 * axes with small moments count too little: each is divided by the fourth root of its moment (half-way to whitening). The first axis,
 * which holds what texts have in common, counts more than the second. The first numbers of a vector then hold most of it.
 *
 * @param table [tokens, dims]
 * @returns the same table in these axes; and the axes, one per row, each scaled by its stretch
 */
export async function shapeAxes(
  table: Float32Array,
  { rows, dims, threads }: { rows: TokenRows; dims: number; threads: number },
): Promise<{ table: Float32Array; axes: Float32Array }> {
  const stride = Math.max(1, Math.ceil(rows.rows / SAMPLE_ROWS));
  function* sample(): Generator<Float32Array> {
    for (let first = 0; first < rows.rows; first += stride * ROWS_PER_BLOCK) {
      const count = Math.min(ROWS_PER_BLOCK, Math.ceil((rows.rows - first) / stride));
      const block = new Float32Array(count * dims);
      for (let at = 0; at < count; at++) {
        const row = first + at * stride;
        block.set(vectorOf(rows.ids.subarray(rows.offsets[row], rows.offsets[row + 1]), table, dims), at * dims);
      }
      yield block;
    }
  }
  const { axes, moments } = await principalAxes(sample(), { width: dims, threads });
  for (let axis = 0; axis < dims; axis++) {
    scaleValues(axes, { from: axis * dims, to: (axis + 1) * dims, factor: axis === 0 ? COMMON : stretchOf(moments, axis) });
  }
  const product = await openProduct({ threads });
  try {
    const turned = new Float32Array(table.length);
    for (let from = 0; from < table.length; from += ROWS_PER_BLOCK * dims) {
      turned.set(await product.run(table.slice(from, from + ROWS_PER_BLOCK * dims), axes, dims), from);
    }
    return { table: turned, axes };
  } finally {
    await product.close();
  }
}

/** Factor of an axis: 1 for the second, more for smaller moments, with a limit for those that are only rounding. */
function stretchOf(moments: Float64Array, axis: number): number {
  const second = moments[1]!;
  return second > 0 ? (second / Math.max(moments[axis]!, second * 1e-4)) ** (WHITENING / 2) : 1;
}
