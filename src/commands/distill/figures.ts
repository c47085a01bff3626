import { rankCorrelation } from '../../analysis/regression/rank-correlation.ts';
import { vectorOf } from '../../analysis/regression/token-rows.ts';
import { openProduct, type Product } from '../../engine/product.ts';
import { breathe, orStopped } from '../../io.ts';
import type { Encoder } from '../../model/encoder.ts';
import type { BareTokenizer } from '../../model/tokenizer/bare-tokenizer.ts';
import { rounded } from '../../text.ts';
import { cosine, rowOf } from '../../vectors/matrix.ts';
import type { TaughtVectors } from './targets.ts';
import type { ScoredPairs } from './text-pairs.ts';
import type { DistillRows, HeldTexts } from './token-rows.ts';

/** A fitted table: rows of `dims` numbers, one a token, in `axes` of the space that it was fitted in. */
export type Student = { table: Float32Array; dims: number; axes: Float32Array };

/** What was found on texts that were not fitted; null where there were too few of them. */
export type HeldFigures = {
  texts: number;
  /** Of the student's vectors with the teacher's, centred and cut alike. */
  mean_cosine: number | null;
  /** Share of the ten nearest by the teacher that are among the ten nearest by the student. */
  recall_at_10: number | null;
};

/** How often the second text of a pair is nearest to its own first among all first texts that were held out. */
export type PairFigures = { file: string; pairs: number; firsts: number; accuracy: number };

/** Spearman's correlation of cosines with scores. */
export type EvalFigures = { file: string; pairs: number; before: number; after: number };

const NEIGHBOURS = 10;

/** The samples are small: more decimals would be noise. */
const FIGURE = { decimals: 4 };

export async function measureHeld(
  student: Student,
  held: HeldTexts,
  { taught, threads }: { taught: TaughtVectors; threads: number },
): Promise<HeldFigures> {
  const texts = held.ids.length;
  if (texts === 0) return { texts, mean_cosine: null, recall_at_10: null };
  const vectors = taught.vectorsOf(held.places);
  const ours = encodeAll(student, held.ids);
  const product = await openProduct({ threads });
  try {
    const targets = await product.run(await taught.project(vectors), student.axes, student.dims);
    const rowIn = (data: Float32Array, row: number): Float32Array => rowOf({ data, rows: texts, cols: student.dims }, row);
    let sum = 0;
    for (let row = 0; row < texts; row++) sum += cosineOrZero(rowIn(ours, row), rowIn(targets, row));
    return {
      texts,
      mean_cosine: rounded(sum / texts, FIGURE),
      recall_at_10: texts > NEIGHBOURS ? rounded(await sharedNeighbours(product, { vectors, ours, texts }), FIGURE) : null,
    };
  } finally {
    await product.close();
  }
}

async function sharedNeighbours(
  product: Product,
  { vectors, ours, texts }: { vectors: Float32Array; ours: Float32Array; texts: number },
): Promise<number> {
  const [theirs, own] = [await product.run(vectors, vectors, vectors.length / texts), await product.run(ours, ours, ours.length / texts)];
  let common = 0;
  for (let row = 0; row < texts; row++) {
    const [a, b] = [theirs, own].map((cosines) => nearest(cosines.subarray(row * texts, (row + 1) * texts), row));
    common += a!.filter((one) => b!.includes(one)).length;
  }
  return common / (texts * NEIGHBOURS);
}

/** The rows nearest to `own`, itself aside. */
function nearest(cosines: Float32Array, own: number): number[] {
  const best: number[] = [];
  for (let row = 0; row < cosines.length; row++) {
    if (row === own) continue;
    if (best.length === NEIGHBOURS && cosines[row]! <= cosines[best.at(-1)!]!) continue;
    let at = best.length;
    while (at > 0 && cosines[row]! > cosines[best[at - 1]!]!) at--;
    best.splice(at, 0, row);
    if (best.length > NEIGHBOURS) best.pop();
  }
  return best;
}

export async function measurePairs(
  student: Student,
  { heldFirsts, heldSeconds }: DistillRows,
  { files, threads }: { files: readonly string[]; threads: number },
): Promise<PairFigures[]> {
  const firsts = heldFirsts.ids.length;
  if (firsts === 0) return [];
  const firstVectors = encodeAll(student, heldFirsts.ids);
  const product = await openProduct({ threads });
  try {
    const figures: PairFigures[] = [];
    for (const [number, file] of files.entries()) {
      const seconds = heldSeconds.filter((second) => second.file === number);
      if (seconds.length === 0) continue;
      const cosines = await product.run(
        encodeAll(
          student,
          seconds.map(({ ids }) => ids),
        ),
        firstVectors,
        student.dims,
      );
      let right = 0;
      for (const [row, { first }] of seconds.entries()) {
        const own = cosines.subarray(row * firsts, (row + 1) * firsts);
        // an equal of another first text does not count as its own
        const best = own.reduce((most, value, at) => (value > own[most]! ? at : most), 0);
        if (best === first && own[best]! > 0) right++;
      }
      figures.push({ file, pairs: seconds.length, firsts, accuracy: rounded(right / seconds.length, FIGURE) });
    }
    return figures;
  } finally {
    await product.close();
  }
}

/** Texts that are encoded at once. */
const TEXTS_PER_LOT = 1024;

/** The teacher and the student on pairs that people have scored. */
export async function measureScored(
  student: Student,
  { file, one, other, scores }: ScoredPairs,
  {
    tokenizer,
    encoder,
    signal,
    onTexts,
  }: { tokenizer: BareTokenizer; encoder: Encoder; signal: AbortSignal; onTexts: (texts: number) => void },
): Promise<EvalFigures> {
  const before: number[] = [];
  const after: number[] = [];
  for (let first = 0; first < scores.length; first += TEXTS_PER_LOT / 2) {
    const lot = [one, other].map((texts) => texts.slice(first, first + TEXTS_PER_LOT / 2));
    const count = lot[0]!.length;
    const vectors = await orStopped(encoder.encode(lot.flat().map((text) => encoder.read(text))), signal);
    for (let at = 0; at < count; at++) {
      before.push(cosineOrZero(rowOf(vectors, at), rowOf(vectors, count + at)));
      const [a, b] = lot.map((texts) => vectorOf(tokenizer.read(texts[at]!), student.table, student.dims));
      after.push(cosineOrZero(a!, b!));
    }
    onTexts(count * 2);
    await breathe(signal);
  }
  return {
    file,
    pairs: scores.length,
    before: rounded(rankCorrelation(before, scores), FIGURE),
    after: rounded(rankCorrelation(after, scores), FIGURE),
  };
}

function encodeAll({ table, dims }: Student, texts: readonly Int32Array[]): Float32Array {
  const vectors = new Float32Array(texts.length * dims);
  texts.forEach((ids, at) => vectors.set(vectorOf(ids, table, dims), at * dims));
  return vectors;
}

/** A text of unknown tokens alone has no vector, and is like no other. */
function cosineOrZero(a: Float32Array, b: Float32Array): number {
  const value = cosine(a, b);
  return Number.isNaN(value) ? 0 : value;
}
