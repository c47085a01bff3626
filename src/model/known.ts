import { rowOf, type Matrix } from '../vectors/matrix.ts';
import type { KnownVectors } from './encoder.ts';

/**
 * Computes the vectors of those texts that are not known, and puts them together with those that are.
 *
 * @param compute makes the vectors of the texts at these places, in their order
 */
export async function withKnown(
  texts: readonly string[],
  { dims, known }: { dims: number; known: KnownVectors | undefined },
  compute: (places: readonly number[]) => Promise<Matrix>,
): Promise<Matrix> {
  if (!known) return compute(texts.map((_, at) => at));
  const vectors: Matrix = { data: new Float32Array(texts.length * dims), rows: texts.length, cols: dims };
  const places = texts.flatMap((text, at) => (known.find(text, rowOf(vectors, at)) ? [] : [at]));
  if (places.length === 0) return vectors;
  const computed = await compute(places);
  places.forEach((place, at) => {
    const vector = rowOf(computed, at);
    vectors.data.set(vector, place * dims);
    known.add(texts[place]!, vector);
  });
  return vectors;
}
