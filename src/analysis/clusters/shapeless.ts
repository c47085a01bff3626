import { uniforms } from '../random.ts';

/** Rows that are added up for each shapeless row: with so many, the sum is close to normal. */
const SUMMANDS = 16;

/**
 * As many rows without clusters: normally distributed, with the mean and the covariance of the given ones. Each is the mean plus
 * a sum of random rows with random signs. What is found in these as well says nothing about the given rows.
 */
export function shapelessRows(data: Float32Array, { dims, seed }: { dims: number; seed: number }): Float32Array {
  const rows = data.length / dims;
  const uniform = uniforms(seed);
  const mean = new Float64Array(dims);
  for (let at = 0; at < data.length;) for (let i = 0; i < dims; i++) mean[i]! += data[at++]! / rows;
  const shapeless = new Float32Array(data.length);
  const row = new Float64Array(dims);
  for (let at = 0; at < data.length; at += dims) {
    row.fill(0);
    for (let count = 0; count < SUMMANDS; count++) {
      const from = Math.floor(uniform() * rows) * dims;
      const factor = (uniform() < 0.5 ? -1 : 1) / Math.sqrt(SUMMANDS);
      for (let i = 0; i < dims; i++) row[i]! += factor * (data[from + i]! - mean[i]!);
    }
    for (let i = 0; i < dims; i++) shapeless[at + i] = mean[i]! + row[i]!;
  }
  return shapeless;
}
