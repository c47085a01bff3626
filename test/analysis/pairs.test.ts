import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findDuplicates } from '../../src/analysis/duplicates/duplicates.ts';
import { findPairs, type Pair } from '../../src/analysis/duplicates/pairs.ts';
import { cosine, rowOf, type Matrix } from '../../src/vectors/matrix.ts';
import { matrixReader } from '../../src/vectors/stored-rows.ts';
import { everyRow, shapes } from './duplicate-data.ts';

const allPairs = async (
  corpus: Matrix,
  minCosine: number,
  { against = [], within = true, projected }: { against?: Matrix[]; within?: boolean; projected?: boolean } = {},
): Promise<Pair[]> => {
  const found: Pair[] = [];
  await findPairs(matrixReader(corpus), everyRow(corpus.rows), {
    minCosine: () => minCosine,
    against: against.map((matrix) => ({ reader: matrixReader(matrix), rows: everyRow(matrix.rows) })),
    within,
    ...(projected === undefined ? {} : { projected }),
    threads: 1,
    name: 'test',
    onPairs: (pairs) => void found.push(...pairs),
  });
  return found.toSorted((a, b) => a.row - b.row || a.other.source - b.other.source || a.other.row - b.other.row);
};

const plainPairs = (corpus: Matrix, minCosine: number, against: Matrix[] = [], within = true): Pair[] => {
  const found: Pair[] = [];
  for (let row = 0; row < corpus.rows; row++) {
    for (const [source, matrix] of [corpus, ...against].entries()) {
      const end = source > 0 ? matrix.rows : within ? row : 0;
      for (let other = 0; other < end; other++) {
        const value = cosine(rowOf(corpus, row), rowOf(matrix, other));
        if (value >= minCosine) found.push({ row, other: { source, row: other }, cosine: value, relation: 'repeat' });
      }
    }
  }
  return found;
};

/** As toEqual, which takes a second for a hundred thousand pairs. */
const expectPairs = (found: readonly Pair[], expected: readonly Pair[]): void => {
  const numbers = (pairs: readonly Pair[]): Float64Array =>
    Float64Array.from(pairs.flatMap(({ row, other, cosine: value }) => [row, other.source, other.row, value]));
  if (Buffer.compare(new Uint8Array(numbers(found).buffer), new Uint8Array(numbers(expected).buffer)) !== 0)
    expect(found).toEqual(expected);
};

/** Of all pairs, those at or above a cosine. */
const near = (pairs: readonly Pair[], minCosine: number): Pair[] => pairs.filter(({ cosine: value }) => value >= minCosine);

describe('findPairs', () => {
  it.each(Object.keys(shapes))('finds every pair, and no other: %s', async (kind) => {
    const corpus = shapes[kind]!(400, 24, 5);
    const all = plainPairs(corpus, -Infinity);
    for (const minCosine of [0.3, 0.9, 0.999999, 1]) expectPairs(await allPairs(corpus, minCosine), near(all, minCosine));
  });

  it.each(Object.keys(shapes))('finds the same pairs when rows are projected: %s', async (kind) => {
    for (const [rows, cols] of [
      [400, 24],
      [250, 300],
    ] as const) {
      const corpus = shapes[kind]!(rows, cols, 6);
      const all = plainPairs(corpus, -Infinity);
      for (const minCosine of [0.3, 0.9, 0.999999, 1]) {
        expectPairs(await allPairs(corpus, minCosine, { projected: true }), near(all, minCosine));
      }
    }
  });

  it('compares with other corpora', async () => {
    const corpus = shapes['clustered']!(150, 16, 1);
    const others = [shapes['clustered']!(60, 16, 1), shapes['random']!(60, 16, 2)];
    for (const within of [true, false]) {
      const found = await allPairs(corpus, 0.8, { against: others, within });
      expect(found).toEqual(plainPairs(corpus, 0.8, others, within));
      expect(found.length).toBeGreaterThan(20);
    }
  });
});

describe('findDuplicates', () => {
  it.each(Object.keys(shapes))('drops what resembles a row it keeps, and keeps no two rows alike: %s', async (kind) => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.constantFrom(0.5, 0.9, 0.97, 0.999999, 1), async (seed, minCosine) => {
        const corpus = shapes[kind]!(300, 24, seed);
        const dropped = await findDuplicates(matrixReader(corpus), everyRow(300), { minCosine, threads: 1, name: 'test' });
        const gone = new Set(dropped.map(({ row }) => row));
        for (const { row, keeper, cosine: value } of dropped) {
          expect(gone.has(keeper.row)).toBe(false);
          expect(keeper.row).toBeLessThan(row);
          expect(value).toBe(cosine(rowOf(corpus, row), rowOf(corpus, keeper.row)));
          expect(value).toBeGreaterThanOrEqual(minCosine);
        }
        const kept = Array.from(everyRow(300)).filter((row) => !gone.has(row));
        const alike: [number, number][] = [];
        for (const row of kept)
          for (const other of kept)
            if (other < row && cosine(rowOf(corpus, row), rowOf(corpus, other)) >= minCosine) alike.push([row, other]);
        expect(alike).toEqual([]);
      }),
      { numRuns: 5 },
    );
  });

  it('does not depend on where blocks begin: beyond 65,536 keepers, which kernels hold for good', async () => {
    const cols = 12;
    // rows of another corpus are keepers without being compared; those of this one make more of them than 65,536
    const other = shapes['random']!(65_000, cols, 3);
    const corpus = shapes['random']!(2500, cols, 4);
    const [rows, repeats] = [corpus.rows, 500];
    const source = (at: number): { source: number; row: number } =>
      at % 4 === 0 ? { source: 0, row: at * 3 } : { source: 1, row: at * 129 };
    // the last 500 rows repeat others that are spread over all blocks
    for (let at = 0; at < repeats; at++) {
      const from = source(at);
      corpus.data.set(rowOf(from.source === 0 ? corpus : other, from.row), (rows - repeats + at) * cols);
    }
    const drop = (projected: boolean): ReturnType<typeof findDuplicates> =>
      findDuplicates(matrixReader(corpus), everyRow(rows), {
        minCosine: 0.9999,
        against: [{ reader: matrixReader(other), rows: everyRow(other.rows) }],
        threads: 2,
        name: 'test',
        projected,
      });
    const dropped = await drop(false);
    expect(await drop(true)).toEqual(dropped);
    const found = new Map(dropped.map(({ row, keeper }) => [row, keeper]));
    // nearly none of the others has a twin
    expect(found.size).toBeLessThan(repeats + 50);
    for (let at = 0; at < repeats; at++) {
      const from = source(at);
      expect(found.get(rows - repeats + at)).toEqual((from.source === 0 ? found.get(from.row) : undefined) ?? from);
    }
  });

  it('leaves pairs out that may not match', async () => {
    const corpus = shapes['equal']!(6, 8, 1);
    const dropped = await findDuplicates(matrixReader(corpus), everyRow(6), {
      minCosine: 0.9,
      threads: 1,
      name: 'test',
      relate: (row, other) => (row % 2 === other.row % 2 ? 'repeat' : undefined),
    });
    expect(dropped.map(({ row, keeper }) => [row, keeper.row])).toEqual([
      [2, 0],
      [3, 1],
      [4, 0],
      [5, 1],
    ]);
  });
});
