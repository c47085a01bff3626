import { noSums, openGram } from '../../engine/gram.ts';
import { symmetricEigen } from './eigen.ts';

/** The directions in which vectors are longest, in descending order. */
export type PrincipalAxes = {
  /** Axes, one per row, [width, width]; and the mean square of the vectors along each axis, [width]. */
  axes: Float32Array;
  moments: Float64Array;
};

/**
 * Computes the principal components of vectors without centring them, because cosines do not centre them either.
 *
 * @param blocks rows of `width` numbers, some rows per block
 */
export async function principalAxes(
  blocks: Iterable<Float32Array>,
  { width, threads }: { width: number; threads: number },
): Promise<PrincipalAxes> {
  const sums = noSums(width);
  let rows = 0;
  const kernel = await openGram(width, { threads });
  try {
    for (const block of blocks) {
      await kernel.add(sums, block);
      rows += block.length / width;
    }
  } finally {
    await kernel.close();
  }
  const { values, vectors } = symmetricEigen(
    sums.gram.map((sum) => sum / (rows || 1)),
    width,
  );
  return { axes: Float32Array.from(vectors), moments: values };
}
