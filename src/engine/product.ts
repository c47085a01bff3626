import { Graph } from './graph.ts';
import { openSession } from './runtime.ts';

/** Multiplies matrices: the result a · bᵀ holds the dot products of all rows of `a` with all rows of `b`. */
export type Product<Values extends Float32Array | Float64Array = Float32Array> = {
  /** Takes a [m, width] and b [n, width], returns [m, n]. */
  run(a: Values, b: Values, width: number): Promise<Values>;
  close(): Promise<void>;
};

export function openProduct({ threads }: { threads: number }): Promise<Product> {
  return open<Float32Array>('float32', threads);
}

/** The same in float64, half as fast. */
export function openDoubleProduct({ threads }: { threads: number }): Promise<Product<Float64Array>> {
  return open<Float64Array>('float64', threads);
}

async function open<Values extends Float32Array | Float64Array>(type: 'float32' | 'float64', threads: number): Promise<Product<Values>> {
  const graph = new Graph('product');
  const operands = ['a', 'b'].map((name) => graph.input({ name, type, shape: [`${name}_rows`, 'width'] }));
  graph.op('Gemm', operands, { transB: 1 }, { as: 'product' });
  graph.output({ name: 'product', type, shape: ['a_rows', 'b_rows'] });
  const session = await openSession(graph.toBytes(), { threads, spinning: false });
  return {
    async run(a, b, width) {
      const results = await session.run({
        a: { data: a, shape: [a.length / width, width] },
        b: { data: b, shape: [b.length / width, width] },
      });
      return results.get('product')!.data as Values;
    },
    close: () => session.close(),
  };
}
