import { Graph } from './graph.ts';
import { openSession } from './runtime.ts';

/** Sums over the rows of X: XᵀX [width, width], and the smallest and largest value of each column [width]. */
export type Sums = { gram: Float64Array; min: Float32Array; max: Float32Array };

/** Computes the sums of rows, some rows per call. */
export type GramKernel = {
  /**
   * Adds rows to the sums. Within a call products are summed in float32, across calls in float64.
   *
   * @param rows [n, width]
   */
  add(into: Sums, rows: Float32Array): Promise<void>;
  close(): Promise<void>;
};

/** Rows of XᵀX per stripe. Of each stripe only the part from the diagonal on is computed: 2.2 times as fast for 3,072 columns. */
const STRIPE = 512;

export function noSums(width: number): Sums {
  return {
    gram: new Float64Array(width * width),
    min: new Float32Array(width).fill(Infinity),
    max: new Float32Array(width).fill(-Infinity),
  };
}

export async function openGram(width: number, { threads }: { threads: number }): Promise<GramKernel> {
  const graph = new Graph('gram');
  const x = graph.input({ name: 'x', type: 'float32', shape: ['rows', width] });
  const whole = (value: number): string => graph.constant(`whole${value}`, { shape: [1], data: BigInt64Array.of(BigInt(value)) });
  const columns = (from: number, to: number): string => graph.op('Slice', [x, whole(from), whole(to), whole(1)]);
  const stripes = Array.from({ length: Math.ceil(width / STRIPE) }, (_, at): [from: number, to: number] => [
    at * STRIPE,
    Math.min(width, (at + 1) * STRIPE),
  ]);
  for (const [from, to] of stripes) {
    const left = graph.op('Transpose', [columns(from, to)], { perm: [1, 0] });
    graph.op('MatMul', [left, columns(from, width)], {}, { as: `gram.${from}` });
    graph.output({ name: `gram.${from}`, type: 'float32', shape: [to - from, width - from] });
  }
  for (const [name, reduce] of [
    ['min', 'ReduceMin'],
    ['max', 'ReduceMax'],
  ] as const) {
    graph.op(reduce, [x, whole(0)], { keepdims: 0 }, { as: name });
    graph.output({ name, type: 'float32', shape: [width] });
  }
  const session = await openSession(graph.toBytes(), { threads, spinning: false });
  return {
    async add({ gram, min, max }, rows) {
      const results = await session.run({ x: { data: rows, shape: [rows.length / width, width] } });
      const values = (name: string): Float32Array => results.get(name)!.data as Float32Array;
      values('min').forEach((value, at) => (min[at] = Math.min(min[at]!, value)));
      values('max').forEach((value, at) => (max[at] = Math.max(max[at]!, value)));
      for (const [from, to] of stripes) {
        const part = values(`gram.${from}`);
        for (let i = from; i < to; i++) {
          const products = part.subarray((i - from) * (width - from), (i - from + 1) * (width - from));
          for (let j = i; j < width; j++) gram[i * width + j]! += products[j - from]!;
        }
      }
      // XᵀX is symmetric: copy the upper triangle to the lower
      for (let i = 0; i < width; i++) for (let j = 0; j < i; j++) gram[i * width + j] = gram[j * width + i]!;
    },
    close: () => session.close(),
  };
}
