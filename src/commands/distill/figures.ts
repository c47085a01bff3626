import { openProduct, type Product } from '../../engine/product.ts';
import { rounded } from '../../text.ts';
import { rowOf } from '../../vectors/matrix.ts';
import { cosineOrZero, encodeTokens, type Student } from './student.ts';
import type { TaughtVectors } from './targets.ts';
import type { DistillRows, HeldTexts } from './token-rows.ts';

/** Measured on held-out texts; null where they are too few. */
export type HeldFigures = {
  texts: number;
  /** Mean cosine between the student's vectors and the teacher's in as many dims. */
  mean_cosine: number | null;
  /** Share of the teacher's ten nearest texts that are among the student's ten nearest. */
  recall_at_10: number | null;
};

/** How often the second text of a held-out pair is nearest to its own first text among all held-out first texts. */
export type PairFigures = { file: string; pairs: number; firsts: number; accuracy: number };

const NEIGHBOURS = 10;

/** The samples are small: more decimals would be noise. */
export const FIGURE = { decimals: 4 };

/** Measures the student on texts and pairs that were not fitted. */
export async function measureHeldOut(
  student: Student,
  rows: DistillRows,
  { taught, files, threads }: { taught: TaughtVectors; files: readonly string[]; threads: number },
): Promise<{ held_out: HeldFigures; bitext: PairFigures[] }> {
  const product = await openProduct({ threads });
  try {
    return {
      held_out: await measureTexts(student, rows.held, { taught, product }),
      bitext: await measurePairs(student, rows, { files, product }),
    };
  } finally {
    await product.close();
  }
}

async function measureTexts(
  student: Student,
  held: HeldTexts,
  { taught, product }: { taught: TaughtVectors; product: Product },
): Promise<HeldFigures> {
  const texts = held.ids.length;
  if (texts === 0) return { texts, mean_cosine: null, recall_at_10: null };
  const theirs = taught.vectorsOf(held.places);
  const ours = encodeTokens(student, held.ids);
  const targets = await product.run(await taught.project(theirs), student.axes, student.dims);
  const rowIn = (data: Float32Array, row: number): Float32Array => rowOf({ data, rows: texts, cols: student.dims }, row);
  let sum = 0;
  for (let row = 0; row < texts; row++) sum += cosineOrZero(rowIn(ours, row), rowIn(targets, row));
  return {
    texts,
    mean_cosine: rounded(sum / texts, FIGURE),
    recall_at_10: texts > NEIGHBOURS ? rounded(await recall(product, { theirs, ours, texts }), FIGURE) : null,
  };
}

async function recall(
  product: Product,
  { theirs, ours, texts }: { theirs: Float32Array; ours: Float32Array; texts: number },
): Promise<number> {
  const cosines = [];
  for (const vectors of [theirs, ours]) cosines.push(await product.run(vectors, vectors, vectors.length / texts));
  let common = 0;
  for (let row = 0; row < texts; row++) {
    const [a, b] = cosines.map((all) => nearest(all.subarray(row * texts, (row + 1) * texts), row));
    common += a!.filter((one) => b!.includes(one)).length;
  }
  return common / (texts * NEIGHBOURS);
}

/** The rows nearest to the row `own`, without that row. */
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

async function measurePairs(
  student: Student,
  { heldFirsts, heldSeconds }: DistillRows,
  { files, product }: { files: readonly string[]; product: Product },
): Promise<PairFigures[]> {
  const firsts = heldFirsts.ids.length;
  const firstVectors = encodeTokens(student, heldFirsts.ids);
  const figures: PairFigures[] = [];
  for (const [number, file] of files.entries()) {
    const seconds = heldSeconds.filter((second) => second.file === number);
    if (seconds.length === 0) continue;
    const tokens = seconds.map(({ ids }) => ids);
    const cosines = await product.run(encodeTokens(student, tokens), firstVectors, student.dims);
    const right = seconds.filter(({ first }, row) => isNearest(cosines.subarray(row * firsts, (row + 1) * firsts), first));
    figures.push({ file, pairs: seconds.length, firsts, accuracy: rounded(right.length / seconds.length, FIGURE) });
  }
  return figures;
}

/** Whether `own` has the highest cosine. Of equal ones the first counts, and a text without a vector is near to none. */
function isNearest(cosines: Float32Array, own: number): boolean {
  const best = cosines.reduce((highest, value, at) => (value > cosines[highest]! ? at : highest), 0);
  return best === own && cosines[best]! > 0;
}
