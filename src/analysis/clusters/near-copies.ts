import { openProduct } from '../../engine/product.ts';
import { yieldToEvents } from '../../io.ts';
import { squaredNorm } from '../../vectors/matrix.ts';
import { uniforms } from '../random.ts';

/** Rows that stand for all rows of a sample: each is the first of its near copies. */
export type Originals = {
  /** Their places, ascending. */
  places: Int32Array;
  /** How many rows each stands for. */
  sizes: Int32Array;
};

/**
 * Rows nearer than this share of the usual distance between rows are near copies. At .2, half of the questions of banking77 were
 * near copies, and its intents were no longer found.
 */
const NEAR = 0.1;

/** Pairs of rows whose median is the usual distance. Copies do not count, so that they change nothing. */
const PAIRS = 4000;

/** Rows that are compared with all earlier ones at once. */
const BLOCK_ROWS = 512;

/** Squared distances below this share of the squared lengths are rounding. */
const SAME = 1e-6;

/** Finds the rows that stand for all: a row is left out if an earlier one that stays is its near copy. */
export async function originalsOf(
  data: Float32Array,
  { dims, threads, signal }: { dims: number; threads: number; signal: AbortSignal },
): Promise<Originals> {
  const rows = data.length / dims;
  const squares = Float64Array.from({ length: rows }, (_, at) => squaredNorm(data, at * dims, (at + 1) * dims));
  const near = NEAR * usualDistance(data, { dims, squares });
  const kept: number[] = [];
  const sizes: number[] = [];
  const operand = new Float32Array(data.length);
  const product = await openProduct({ threads });
  try {
    for (let first = 0; first < rows; first += BLOCK_ROWS) {
      const last = Math.min(rows, first + BLOCK_ROWS);
      const block = data.subarray(first * dims, last * dims);
      const before = kept.length;
      const earlier = before > 0 ? await product.run(block, operand.subarray(0, before * dims), dims) : new Float32Array(0);
      const among = await product.run(block, block, dims);
      for (let place = first; place < last; place++) {
        const at = place - first;
        const isCopy = (index: number): boolean => {
          const original = kept[index]!;
          const dot = index < before ? earlier[at * before + index]! : among[at * (last - first) + original - first]!;
          const both = squares[place]! + squares[original]!;
          return both - 2 * dot <= Math.max(near, SAME * both);
        };
        let index = 0;
        while (index < kept.length && !isCopy(index)) index++;
        if (index === kept.length) {
          operand.set(data.subarray(place * dims, (place + 1) * dims), index * dims);
          kept.push(place);
          sizes.push(0);
        }
        sizes[index]!++;
      }
      await yieldToEvents(signal);
    }
  } finally {
    await product.close();
  }
  return { places: Int32Array.from(kept), sizes: Int32Array.from(sizes) };
}

/** The median squared distance of random pairs of rows, without pairs of equal rows. */
function usualDistance(data: Float32Array, { dims, squares }: { dims: number; squares: Float64Array }): number {
  const rows = squares.length;
  const uniform = uniforms(rows);
  const distances: number[] = [];
  for (let pair = 0; pair < PAIRS; pair++) {
    const [one, other] = [Math.floor(uniform() * rows), Math.floor(uniform() * rows)];
    let squared = 0;
    for (let i = 0; i < dims; i++) squared += (data[one * dims + i]! - data[other * dims + i]!) ** 2;
    if (squared > SAME * (squares[one]! + squares[other]!)) distances.push(squared);
  }
  return distances.toSorted((a, b) => a - b)[distances.length >> 1] ?? 0;
}
