import { Graph } from './graph.ts';
import { openSession } from './runtime.ts';

/** The product of two matrices, each row of one with each row of the other. */
export type Product = {
  /** [m, k] and [n, k] → [m, n]. */
  run(a: Float32Array, b: Float32Array, width: number): Promise<Float32Array>;
  close(): Promise<void>;
};

export async function openProduct({ threads }: { threads: number }): Promise<Product> {
  const graph = new Graph('product');
  const operands = ['a', 'b'].map((name) => graph.input({ name, type: 'float32', shape: [`${name}_rows`, 'width'] }));
  graph.op('Gemm', operands, { transB: 1 }, { as: 'product' });
  graph.output({ name: 'product', type: 'float32', shape: ['a_rows', 'b_rows'] });
  const session = await openSession(graph.toBytes(), { threads, spinning: false });
  return {
    async run(a, b, width) {
      const results = await session.run({
        a: { data: a, shape: [a.length / width, width] },
        b: { data: b, shape: [b.length / width, width] },
      });
      return results.get('product')!.data as Float32Array;
    },
    close: () => session.close(),
  };
}
