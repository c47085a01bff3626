import { applyStep, dimsOf, type Head } from './head.ts';
import type { Reader, Reading } from './reading.ts';
import type { StaticTable } from './static-table.ts';

/** What encoding some texts gives: vectors [texts, dims] in C order, and what was read, a column a figure. */
export type StaticResult = {
  vectors: Float32Array;
  figures: Float64Array;
};

/** Figures of a text, in the order in which they stand in `figures`. */
const FIGURES = 6;

/** Reads texts and computes their vectors. */
export function encodeStatic(
  texts: readonly string[],
  { read, table, head }: { read: Reader; table: StaticTable; head: Head },
): StaticResult {
  const dims = dimsOf(head);
  const mean = openTokenMean(table, head);
  const vectors = new Float32Array(texts.length * dims);
  const figures = new Float64Array(texts.length * FIGURES);
  for (let row = 0; row < texts.length; row++) {
    const { ids, lost, lostExact, bodyTokens, unknown, letters = -1, foreign = 0 } = read(texts[row]!);
    mean(ids, vectors, row * dims);
    const at = row * FIGURES;
    figures[at] = lost;
    figures[at + 1] = lostExact ? 1 : 0;
    figures[at + 2] = bodyTokens;
    figures[at + 3] = unknown;
    figures[at + 4] = letters;
    figures[at + 5] = foreign;
  }
  return { vectors, figures };
}

/** What of a result goes from thread to thread without a copy. */
export function transferable({ vectors, figures }: StaticResult): ArrayBuffer[] {
  return [vectors.buffer as ArrayBuffer, figures.buffer as ArrayBuffer];
}

/** The figures of a text. */
export function readingAt(figures: Float64Array, row: number): Reading {
  const at = row * FIGURES;
  const letters = figures[at + 4]!;
  return {
    lost: figures[at]!,
    lostExact: figures[at + 1] === 1,
    bodyTokens: figures[at + 2]!,
    unknown: figures[at + 3]!,
    ...(letters < 0 ? {} : { letters, foreign: figures[at + 5]! }),
  };
}

/** Puts the vector of a text with these tokens into `into`, from `at` on. */
export type TokenMean = (ids: Int32Array, into: Float32Array, at: number) => void;

/**
 * The mean of tokens' rows, then the modules of a head. Sums are in float64 and in the order of the tokens, so that a text has one vector
 * wherever it is encoded; a text without tokens has zeros.
 */
export function openTokenMean({ values, dims, weights, rowOf }: StaticTable, { steps }: Head): TokenMean {
  const sum = new Float64Array(dims);
  return (ids, into, at) => {
    sum.fill(0);
    addRows(sum, values, ids, { dims, weights, rowOf });
    for (let d = 0; d < dims; d++) sum[d]! /= ids.length || 1;
    let vector: Float64Array = sum;
    for (const step of steps) vector = applyStep(step, vector);
    into.set(vector, at);
  };
}

type Rows = Pick<StaticTable, 'dims' | 'weights' | 'rowOf'>;

/** Adds the rows of tokens, four at a time: the sums are read and written once for all four. */
function addRows(sum: Float64Array, values: Float32Array | Int8Array, ids: Int32Array, { dims, weights, rowOf }: Rows): void {
  const place = (id: number): number => (rowOf === undefined ? id : rowOf[id]!) * dims;
  const weight = (id: number): number => (weights === undefined ? 1 : weights[id]!);
  let token = 0;
  for (; token + 3 < ids.length; token += 4) {
    const [i, j, k, l] = [ids[token]!, ids[token + 1]!, ids[token + 2]!, ids[token + 3]!];
    const [a, b, c, e] = [place(i), place(j), place(k), place(l)];
    const [u, v, w, x] = [weight(i), weight(j), weight(k), weight(l)];
    for (let d = 0; d < dims; d++) {
      sum[d] = sum[d]! + u * values[a + d]! + v * values[b + d]! + w * values[c + d]! + x * values[e + d]!;
    }
  }
  for (; token < ids.length; token++) {
    const from = place(ids[token]!);
    const factor = weight(ids[token]!);
    for (let d = 0; d < dims; d++) sum[d]! += factor * values[from + d]!;
  }
}
