import { vectorOf } from '../../analysis/regression/token-rows.ts';
import { inInt8 } from '../../model/static/write.ts';
import { cosine } from '../../vectors/matrix.ts';

/** A fitted table: rows of `dims` numbers, one per token, in `axes` of the space that it was fitted in. */
export type Student = { table: Float32Array; dims: number; axes: Float32Array };

/** The student with the table that is read back from integers. */
export function withInt8Table(student: Student): Student {
  const { table, dims } = student;
  const [embeddings, weights] = inInt8(table, dims);
  return { ...student, table: Float32Array.from(embeddings!.data, (value, at) => value * weights!.data[Math.floor(at / dims)]!) };
}

/** Vectors of texts, one after the other. */
export function encodeTokens({ table, dims }: Student, texts: readonly Int32Array[]): Float32Array {
  const vectors = new Float32Array(texts.length * dims);
  texts.forEach((ids, at) => vectors.set(vectorOf(ids, table, dims), at * dims));
  return vectors;
}

/** A text of unknown tokens only has no vector, and is like no other. */
export function cosineOrZero(a: Float32Array, b: Float32Array): number {
  const value = cosine(a, b);
  return Number.isNaN(value) ? 0 : value;
}
