import { Graph, MICROSOFT } from './graph.ts';
import { openSession, type Fetched } from './runtime.ts';

/** Centroids, one a row; `bias` is added to every score of its centroid. */
export type CentroidOperand = { data: Float32Array; bias: Float32Array; count: number };

/**
 * The two best centroids of each row, best first, and their scores; equal scores are in the order of the centroids. Of
 * `indices`, only every second number counts: they are the halves of 64-bit integers.
 */
export type TwoNearest = { indices: Int32Array; scores: Float32Array };

/** The kernel of k-means: scores of rows with all centroids, row · centroid + bias, of which only the two best come back. */
export type CentroidKernel = {
  /** @param rows [n, width]; with a single centroid there is one best instead of two */
  run(rows: Float32Array, centroids: CentroidOperand): Promise<TwoNearest>;
  close(): Promise<void>;
};

/** @param single whether there is one centroid only */
export async function openCentroidKernel({
  width,
  single,
  threads,
}: {
  width: number;
  single: boolean;
  threads: number;
}): Promise<CentroidKernel> {
  const graph = new Graph('nearest-centroids');
  const operands = [
    graph.input({ name: 'rows', type: 'float32', shape: ['n', width] }),
    graph.input({ name: 'centroids', type: 'float32', shape: ['k', width] }),
    graph.input({ name: 'bias', type: 'float32', shape: ['k'] }),
  ];
  const names = keepBest(graph, graph.op('Gemm', operands, { transB: 1 }), single ? 1 : 2);
  const session = await openSession(graph.toBytes(), { threads, spinning: false });
  return {
    async run(rows, { data, bias, count }) {
      const results = await session.run({
        rows: { data: rows, shape: [rows.length / width, width] },
        centroids: { data, shape: [count, width] },
        bias: { data: bias, shape: [count] },
      });
      return twoNearest(results, names);
    },
    close: () => session.close(),
  };
}

/** Centroids as codes: `data` is transposed, [width, count]; a score is the product of codes times `scales`, plus `bias`. */
export type CodedCentroids = { data: Int8Array; scales: Float32Array; bias: Float32Array; count: number };

/** The same kernel for 8-bit codes, 2.6 times as fast; rows have the zero point 128. */
export type CodedCentroidKernel = {
  run(rows: Uint8Array, centroids: CodedCentroids): Promise<TwoNearest>;
  close(): Promise<void>;
};

export async function openCodedCentroidKernel({ width, threads }: { width: number; threads: number }): Promise<CodedCentroidKernel> {
  const graph = new Graph('nearest-coded-centroids');
  const rows = graph.input({ name: 'rows', type: 'uint8', shape: ['n', width] });
  const centroids = graph.input({ name: 'centroids', type: 'int8', shape: [width, 'k'] });
  const scales = graph.input({ name: 'scales', type: 'float32', shape: ['k'] });
  const bias = graph.input({ name: 'bias', type: 'float32', shape: ['k'] });
  const one = graph.constant('one', { shape: [], data: new Float32Array([1]) });
  const zeroPoint = graph.constant('zero_point', { shape: [], data: new Uint8Array([128]) });
  const product = graph.op('MatMulIntegerToFloat', [rows, centroids, one, scales, zeroPoint, '', bias], {}, { domain: MICROSOFT });
  const names = keepBest(graph, product, 2);
  const session = await openSession(graph.toBytes(), { threads, spinning: false });
  return {
    async run(codes, coded) {
      const results = await session.run({
        rows: { data: codes, shape: [codes.length / width, width] },
        centroids: { data: coded.data, shape: [width, coded.count] },
        scales: { data: coded.scales, shape: [coded.count] },
        bias: { data: coded.bias, shape: [coded.count] },
      });
      return twoNearest(results, names);
    },
    close: () => session.close(),
  };
}

type Names = { scores: string; indices: string };

/** Makes the best scores of each row, and whose they are, the outputs of a graph. */
function keepBest(graph: Graph, all: string, best: number): Names {
  const count = graph.constant('best', { shape: [1], data: BigInt64Array.of(BigInt(best)) });
  // measured with 256 centroids: TopK of two costs what ArgMax and ReduceMax cost together, a fifth of the product
  const [scores, indices] = graph.ops('TopK', [all, count], 2, { axis: 1 }) as [string, string];
  graph.output({ name: scores, type: 'float32', shape: ['n', best] });
  graph.output({ name: indices, type: 'int64', shape: ['n', best] });
  return { scores, indices };
}

function twoNearest(results: Map<string, Fetched>, { scores, indices }: Names): TwoNearest {
  const wide = results.get(indices)!.data as BigInt64Array;
  return {
    indices: new Int32Array(wide.buffer, wide.byteOffset, wide.length * 2),
    scores: results.get(scores)!.data as Float32Array,
  };
}
