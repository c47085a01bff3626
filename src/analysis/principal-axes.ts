import { noSums, openGram } from '../engine/gram.ts';
import { symmetricEigen } from './eigen.ts';

/** The directions in which vectors differ most, largest first: principal component analysis. */
export type PrincipalAxes = {
  /** [width]; zeros where vectors are not centred. */
  mean: Float32Array;
  /** One axis a row, [width, width], and the variance along each. */
  axes: Float32Array;
  variances: Float64Array;
};

/**
 * @param blocks whole rows of `width` numbers, some at a time
 * @param centred whether the mean is taken off first
 */
export async function principalAxes(
  blocks: Iterable<Float32Array>,
  { width, threads, centred }: { width: number; threads: number; centred: boolean },
): Promise<PrincipalAxes> {
  const sums = noSums(width);
  const mean = new Float64Array(width);
  let rows = 0;
  const kernel = await openGram(width, { threads });
  try {
    for (const block of blocks) {
      await kernel.add(sums, block);
      rows += block.length / width;
      for (let at = 0, d = 0; at < block.length; at++) {
        mean[d]! += block[at]!;
        if (++d === width) d = 0;
      }
    }
  } finally {
    await kernel.close();
  }
  for (let d = 0; d < width; d++) mean[d] = centred ? mean[d]! / (rows || 1) : 0;
  const covariance = sums.gram.map((sum, at) => sum / (rows || 1) - mean[Math.floor(at / width)]! * mean[at % width]!);
  const { values, vectors } = symmetricEigen(covariance, width);
  return { mean: Float32Array.from(mean), axes: Float32Array.from(vectors), variances: values };
}
