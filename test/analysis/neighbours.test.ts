import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { codeBlocks } from '../../src/analysis/codes.ts';
import { floatBlocks, type RowBlock } from '../../src/analysis/row-blocks.ts';
import { openSearcher, type Neighbour } from '../../src/analysis/search/neighbours.ts';
import { cosine, dotProduct, euclideanDistance, rowOf, type Matrix, type Metric } from '../../src/vectors/matrix.ts';
import { matrixReader, rowReader } from '../../src/vectors/stored-rows.ts';
import { normals } from './normals.ts';

/** The oracle: every pair, compared as it is reported. */
function reference(
  queries: Matrix,
  rows: Matrix,
  { top, metric, keep }: { top: number; metric: Metric; keep?: Uint8Array },
): Neighbour[][] {
  const measure = { cosine, dot: dotProduct, euclidean: euclideanDistance }[metric];
  const sign = metric === 'euclidean' ? 1 : -1;
  return Array.from({ length: queries.rows }, (_, query) =>
    Array.from({ length: rows.rows }, (_, row) => ({ row, value: measure(rowOf(queries, query), rowOf(rows, row)) }))
      .filter(({ row, value }) => keep?.[row] !== 0 && !Number.isNaN(value))
      .toSorted((a, b) => sign * (a.value - b.value) || a.row - b.row)
      .slice(0, top),
  );
}

const searchers = new Map<string, ReturnType<typeof openSearcher>>();
afterAll(async () => {
  for (const searcher of searchers.values()) await searcher.close();
});

type Case = {
  kernel: 'float32' | 'int8';
  metric: Metric;
  top: number;
  blockRows: number;
  threads?: number;
  keep?: Uint8Array;
  candidatesHeld?: number;
};

async function search(
  queries: Matrix,
  rows: Matrix,
  { kernel, metric, top, blockRows, threads = 1, keep, candidatesHeld }: Case,
): Promise<Neighbour[][]> {
  const key = `${rows.cols} ${metric} ${threads}`;
  const searcher = searchers.get(key) ?? openSearcher({ dims: rows.cols, metric, threads });
  searchers.set(key, searcher);
  const reader = matrixReader(rows);
  const reading = { reader, keep, metric, name: 'test', tally: { zeros: 0 } };
  const blocks = (): Iterable<RowBlock> => (kernel === 'int8' ? codeBlocks(reading, { blockRows }) : floatBlocks(reading, { blockRows }));
  return searcher.nearest(queries, { blocks, row: rowReader(reader) }, { top, ...(candidatesHeld ? { candidatesHeld } : {}) });
}

/** Data of the kinds that search meets, and of the kinds that break bounds. */
const KINDS: Readonly<Record<string, (size: { rows: number; cols: number; normal: () => number }) => Float32Array>> = {
  random: ({ rows, cols, normal }) => Float32Array.from({ length: rows * cols }, normal),
  'all rows equal': ({ rows, cols, normal }) => {
    const one = Array.from({ length: cols }, normal);
    return Float32Array.from({ length: rows * cols }, (_, i) => one[i % cols]!);
  },
  'few distinct rows': ({ rows, cols, normal }) => {
    const some = Array.from({ length: 3 * cols }, normal);
    return Float32Array.from({ length: rows * cols }, (_, i) => some[((Math.floor(i / cols) * 7) % 3) * cols + (i % cols)]!);
  },
  'a subspace with small tails': ({ rows, cols, normal }) => {
    const base = Array.from({ length: cols }, normal);
    return Float32Array.from({ length: rows * cols }, (_, i) => base[i % cols]! * (1 + (Math.floor(i / cols) % 5)) + 1e-4 * normal());
  },
  'one number a row': ({ rows, cols }) =>
    Float32Array.from({ length: rows * cols }, (_, i) => (i % cols === Math.floor(i / cols) % cols ? 1 : 0)),
  'zero rows among others': ({ rows, cols, normal }) =>
    Float32Array.from({ length: rows * cols }, (_, i) => (Math.floor(i / cols) % 3 === 1 ? 0 : normal())),
  'lengths from tiny to huge': ({ rows, cols, normal }) =>
    Float32Array.from({ length: rows * cols }, (_, i) => normal() * 10 ** ((Math.floor(i / cols) % 7) - 3)),
  'very short rows': ({ rows, cols, normal }) => Float32Array.from({ length: rows * cols }, () => 1e-7 * normal()),
  'better and better rows': ({ rows, cols }) =>
    Float32Array.from({ length: rows * cols }, (_, i) => (i % cols === 0 ? 1 : (rows - Math.floor(i / cols)) / rows / cols)),
};

const matrix = (kind: string, { rows, cols, seed }: { rows: number; cols: number; seed: number }): Matrix => ({
  data: KINDS[kind]!({ rows, cols, normal: normals(seed) }),
  rows,
  cols,
});

describe('nearest', () => {
  it.each(Object.keys(KINDS))('finds what comparing every pair finds: %s', async (kind) => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          rows: fc.integer({ min: 1, max: 400 }),
          cols: fc.constantFrom(1, 3, 16, 130, 512),
          far: fc.constantFrom(1, 1000, 1e-12),
          signs: fc.boolean(),
          candidatesHeld: fc.constantFrom(1, 1e6),
          seed: fc.nat(),
          top: fc.constantFrom(1, 2, 10, 100, 500),
          blockRows: fc.constantFrom(32, 64, 100, 1000),
          metric: fc.constantFrom<Metric>('cosine', 'dot', 'euclidean'),
          kernel: fc.constantFrom<'float32' | 'int8'>('float32', 'int8'),
          masked: fc.boolean(),
        }),
        async ({ rows, cols, seed, masked, far, signs, ...asked }) => {
          const data = matrix(kind, { rows, cols, seed });
          // half of the queries are rows themselves
          const queries = matrix('random', { rows: 4, cols, seed: seed + 1 });
          // the longest codes there are, and distances that dwarf those between rows
          queries.data.forEach((value, at) => (queries.data[at] = far * (signs ? Math.sign(value) || 1 : value)));
          for (const at of [0, 1]) {
            const row = rowOf(data, (seed + at) % rows);
            if (row.some((value) => value !== 0)) queries.data.set(row, at * cols);
          }
          const keep = masked ? Uint8Array.from({ length: rows }, (_, row) => ((row * 7 + seed) % 3 === 0 ? 0 : 1)) : undefined;
          const what: Case = { ...asked, kernel: asked.metric === 'cosine' ? asked.kernel : 'float32', ...(keep ? { keep } : {}) };
          expect(await search(queries, data, what)).toEqual(reference(queries, data, what));
        },
      ),
      { numRuns: 40 },
    );
  });

  it('does not depend on kernel, block size or threads, with many queries and real widths', async () => {
    const rows = matrix('random', { rows: 3000, cols: 384, seed: 3 });
    const queries = matrix('random', { rows: 600, cols: 384, seed: 5 });
    const expected = reference({ ...queries, rows: 20, data: queries.data.subarray(0, 20 * 384) }, rows, { top: 10, metric: 'cosine' });
    const all: Neighbour[][][] = [];
    for (const kernel of ['float32', 'int8'] as const)
      for (const [blockRows, threads] of [
        [512, 1],
        [2048, 2],
      ] as const)
        all.push(await search(queries, rows, { kernel, metric: 'cosine', top: 10, blockRows, threads }));
    expect(all[0]!.slice(0, 20)).toEqual(expected);
    for (const other of all) expect(other).toEqual(all[0]);
  });

  it('orders distances as they are reported', async () => {
    const rows: Matrix = { data: Float32Array.of(0.0099998, 0, 0.01, 0), rows: 2, cols: 2 };
    const queries: Matrix = { data: Float32Array.of(1000, 0), rows: 1, cols: 2 };
    expect(await search(queries, rows, { kernel: 'float32', metric: 'euclidean', top: 1, blockRows: 32 })).toEqual([
      [{ row: 0, value: 999.99 }],
    ]);
  });

  it.each([511, 512, 1024, 4096])('keeps its bounds at %i dims, for queries of equal numbers', async (cols) => {
    const rows = matrix('random', { rows: 300, cols, seed: cols });
    const queries: Matrix = { data: new Float32Array(2 * cols).map((_, at) => (at % 3 === 0 ? -1 : 1)), rows: 2, cols };
    const what = { kernel: 'int8', metric: 'cosine', top: 10, blockRows: 128 } as const;
    expect(await search(queries, rows, what)).toEqual(reference(queries, rows, what));
  });

  it('puts equal values in row order and finds exact copies at cosine 1', async () => {
    const rows = matrix('all rows equal', { rows: 200, cols: 384, seed: 9 });
    const [found] = await search({ ...rows, rows: 1 }, rows, { kernel: 'int8', metric: 'cosine', top: 5, blockRows: 64 });
    expect(found).toEqual([0, 1, 2, 3, 4].map((row) => ({ row, value: 1 })));
  });

  it('names the row that contains NaN', async () => {
    const rows = matrix('random', { rows: 10, cols: 4, seed: 1 });
    rows.data[4 * 7 + 2] = NaN;
    for (const kernel of ['float32', 'int8'] as const) {
      await expect(search(rows, rows, { kernel, metric: 'cosine', top: 1, blockRows: 64 })).rejects.toThrow(
        /row 7 contains NaN or infinity/,
      );
    }
  });
});
