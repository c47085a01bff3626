import { applyStep, dimsOf, type Head } from '../head.ts';
import type { Reader, Reading } from '../reading/reading.ts';
import type { StaticTable } from './table.ts';

/** The result of encoding texts: vectors [texts, dims] and figures [texts, FIGURES], both in C order. */
export type StaticResult = {
  vectors: Float32Array;
  figures: Float64Array;
};

/** Figures per text; `readingAt` shows their order. */
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
    const { ids, lost, lostExact, bodyTokens, unknown, letters = -1, foreign = 0 } = read.unpacked(texts[row]!);
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

/** The buffers of a result, which move between threads without a copy. */
export function transferable({ vectors, figures }: StaticResult): ArrayBuffer[] {
  return [vectors.buffer as ArrayBuffer, figures.buffer as ArrayBuffer];
}

/** The figures of the text in a row. */
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

/** Writes the vector of a text with these tokens to `into`, from index `at`. */
export type TokenMean = (ids: ArrayLike<number>, into: Float32Array, at: number) => void;

/**
 * The mean of tokens' rows, then the modules of a head. Sums are in float64 and in the order of the tokens, so that a text has the same
 * vector on every thread. A text without tokens gets zeros.
 */
function openTokenMean(table: StaticTable, { steps }: Head): TokenMean {
  const { dims } = table;
  const sum = new Float64Array(dims);
  const addRows = rowAdder(table);
  return (ids, into, at) => {
    sum.fill(0);
    addRows(sum, ids);
    const factor = 1 / (ids.length || 1);
    for (let d = 0; d < dims; d++) sum[d]! *= factor;
    let vector: Float64Array = sum;
    for (const step of steps) vector = applyStep(step, vector);
    into.set(vector, at);
  };
}

type AddRows = (sum: Float64Array, ids: ArrayLike<number>) => void;

/** Adds the rows of tokens, four at a time: the sums are read and written once for all four. */
function rowAdder({ values, dims, weights, rowOf }: StaticTable): AddRows {
  const place = (id: number): number => (rowOf === undefined ? id : rowOf[id]!) * dims;
  const weight = (id: number): number => (weights === undefined ? 1 : weights[id]!);
  // int8 values are taken four at a time, as one number
  const words =
    values instanceof Int8Array && dims % 4 === 0 ? new Int32Array(values.buffer, values.byteOffset, values.length / 4) : undefined;
  return (sum, ids) => {
    let token = 0;
    for (; token + 3 < ids.length; token += 4) {
      const i = ids[token]!;
      const j = ids[token + 1]!;
      const k = ids[token + 2]!;
      const l = ids[token + 3]!;
      const rows = [place(i), place(j), place(k), place(l)] as const;
      const factors = [weight(i), weight(j), weight(k), weight(l)] as const;
      if (words === undefined) addFour(sum, values, rows, factors);
      else addFourPacked(sum, words, rows, factors);
    }
    for (; token < ids.length; token++) addOne(sum, values, place(ids[token]!), weight(ids[token]!));
  };
}

type Four = readonly [number, number, number, number];

function addOne(sum: Float64Array, values: Float32Array | Int8Array, row: number, factor: number): void {
  for (let d = 0; d < sum.length; d++) sum[d]! += factor * values[row + d]!;
}

function addFour(sum: Float64Array, values: Float32Array | Int8Array, [a, b, c, e]: Four, [u, v, w, x]: Four): void {
  for (let d = 0; d < sum.length; d++) {
    sum[d] = sum[d]! + u * values[a + d]! + v * values[b + d]! + w * values[c + d]! + x * values[e + d]!;
  }
}

/** The same for int8 values: the first of four is in the lowest byte. */
function addFourPacked(sum: Float64Array, words: Int32Array, [a, b, c, e]: Four, [u, v, w, x]: Four): void {
  for (let d = 0; d < sum.length; d += 4) {
    const p = words[(a + d) >> 2]!;
    const q = words[(b + d) >> 2]!;
    const r = words[(c + d) >> 2]!;
    const s = words[(e + d) >> 2]!;
    sum[d] = sum[d]! + u * ((p << 24) >> 24) + v * ((q << 24) >> 24) + w * ((r << 24) >> 24) + x * ((s << 24) >> 24);
    sum[d + 1] = sum[d + 1]! + u * ((p << 16) >> 24) + v * ((q << 16) >> 24) + w * ((r << 16) >> 24) + x * ((s << 16) >> 24);
    sum[d + 2] = sum[d + 2]! + u * ((p << 8) >> 24) + v * ((q << 8) >> 24) + w * ((r << 8) >> 24) + x * ((s << 8) >> 24);
    sum[d + 3] = sum[d + 3]! + u * (p >> 24) + v * (q >> 24) + w * (r >> 24) + x * (s >> 24);
  }
}
