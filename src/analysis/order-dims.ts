import { openProduct } from '../engine/product.ts';
import { principalAxes } from './principal-axes.ts';
import { vectorOf, type TokenRows } from './token-rows.ts';

/** Texts that the axes are found with. */
const SAMPLE_ROWS = 50_000;
const ROWS_PER_BLOCK = 4096;

/**
 * Turns a table so that the first numbers of texts' vectors hold most of them: the cosines of whole vectors stay, and those of the first N
 * numbers are as near to them as N numbers can be. Vectors are not centred, because cosines are not.
 *
 * @param table [tokens, dims]
 * @returns the same table in other axes, and these, one a row
 */
export async function orderDims(
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
  const { axes } = await principalAxes(sample(), { width: dims, threads, centred: false });
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
