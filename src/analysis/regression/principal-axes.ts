import { noSums, openGram } from '../../engine/gram.ts';
import { symmetricEigen } from './eigen.ts';

/** The directions in which vectors are longest, largest first. */
export type PrincipalAxes = {
  /** One axis a row, [width, width], and the mean of the squares along each. */
  axes: Float32Array;
  moments: Float64Array;
};

/**
 * Principal components of vectors that are not centred, because cosines are not either.
 *
 * @param blocks whole rows of `width` numbers, some at a time
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
