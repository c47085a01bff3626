import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findDuplicates, type Duplicate } from '../../src/analysis/duplicates/duplicates.ts';
import { MAX_ASIDE } from '../../src/analysis/duplicates/held-rows.ts';
import { isLeftOut, RELATIONS, type Apart, type Relate } from '../../src/analysis/duplicates/relation.ts';
import { cosine, rowOf, type Matrix } from '../../src/vectors/matrix.ts';
import { matrixReader } from '../../src/vectors/stored-rows.ts';
import { everyRow } from './duplicate-data.ts';
import { normals } from './normals.ts';

/** The oracle: rows in order, each compared with every row kept so far. */
function reference(
  corpus: Matrix,
  order: Int32Array,
  {
    minCosine,
    against = [],
    within = true,
    relate = () => 'repeat',
    apart,
  }: { minCosine: number; against?: Matrix[]; within?: boolean; relate?: Relate; apart?: Apart },
): Duplicate[] {
  const keepers = against.flatMap((matrix, at) =>
    Array.from({ length: matrix.rows }, (_, row) => ({ source: at + 1, row, vector: rowOf(matrix, row), aside: false })),
  );
  const found: Duplicate[] = [];
  const asides = new Map<string, number>();
  /** A row that differs from another stands aside by its first fact, unless too many rows do. */
  const standsAside = (row: number): boolean => {
    const fact = Array.from({ length: apart?.count ?? 0 }, (_, at) => at).find((at) => apart!.of(row, at) !== 0);
    const key = `${fact} ${fact === undefined ? '' : apart!.of(row, fact)}`;
    const count = (asides.get(key) ?? 0) + 1;
    if (fact === undefined || count > MAX_ASIDE) return false;
    asides.set(key, count);
    return true;
  };
  for (const row of order) {
    const vector = rowOf(corpus, row);
    if (vector.every((value) => value === 0)) continue;
    const near = keepers.flatMap(({ source, row: other, vector: theirs, aside }): (Duplicate & { aside: boolean })[] => {
      const keeper = { source, row: other };
      const [value, relation] = [cosine(vector, theirs), relate(row, keeper)];
      return value >= minCosine && relation !== undefined ? [{ row, keeper, cosine: value, relation, aside }] : [];
    });
    const weight = ({ relation }: Duplicate): number => RELATIONS.indexOf(relation);
    const byOrder = ({ relation }: Duplicate): boolean => relation === 'differs' || relation === 'known';
    const [best] = near.toSorted((a, b) => weight(a) - weight(b) || (byOrder(a) ? Number(a.aside) - Number(b.aside) : b.cosine - a.cosine));
    if (best) {
      const { aside: _, ...one } = best;
      found.push(one);
    }
    if (within && !(best && isLeftOut(best)))
      keepers.push({ source: 0, row, vector, aside: best?.relation === 'differs' && !best.aside && standsAside(row) });
  }
  return found;
}

/** Rows around a few centres, at distances that put many cosines near the threshold; some rows are copies, some zero. */
function clustered({
  rows,
  cols,
  seed,
  spread,
  centres,
}: {
  rows: number;
  cols: number;
  seed: number;
  spread: number;
  centres: number;
}): Matrix {
  const normal = normals(seed);
  const base = Float32Array.from({ length: centres * cols }, normal);
  const data = new Float32Array(rows * cols);
  for (let row = 0; row < rows; row++) {
    const centre = Math.abs(Math.trunc(normal() * 100)) % centres;
    for (let d = 0; d < cols; d++) data[row * cols + d] = base[centre * cols + d]! + spread * normal();
    if (row % 7 === 3) data.copyWithin(row * cols, (row - 1) * cols, row * cols);
    if (row % 31 === 5) data.fill(0, row * cols, (row + 1) * cols);
  }
  return { data, rows, cols };
}

describe('findDuplicates', () => {
  it('drops what the plain greedy walk drops, and names the same keepers', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          rows: fc.integer({ min: 1, max: 700 }),
          cols: fc.constantFrom(2, 16, 64),
          seed: fc.nat(),
          spread: fc.constantFrom(0, 0.01, 0.2, 1),
          centres: fc.constantFrom(1, 3, 50),
          minCosine: fc.constantFrom(-1, 0, 0.5, 0.9, 0.99, 1),
          reversed: fc.boolean(),
          relations: fc.array(fc.constantFrom(...RELATIONS, undefined), { minLength: 1, maxLength: 7 }),
          facts: fc.array(fc.tuple(fc.nat(3), fc.constantFrom(0, 0, 1, 2)), { minLength: 1, maxLength: 9 }),
        }),
        async ({ minCosine, reversed, relations, facts, ...shape }) => {
          const corpus = clustered(shape);
          const order = reversed ? everyRow(shape.rows).toReversed() : everyRow(shape.rows);
          const apart: Apart = { count: 2, of: (row, fact) => facts[row % facts.length]![fact]! };
          const relate: Relate = (row, other) => {
            const differ = [0, 1].some((fact) => {
              const [one, two] = [apart.of(row, fact), apart.of(other.row, fact)];
              return one !== 0 && two !== 0 && one !== two;
            });
            return differ ? 'differs' : relations[(row + other.row) % relations.length];
          };
          const how = { minCosine, relate, apart };
          const found = await findDuplicates(matrixReader(corpus), order, { ...how, threads: 1, name: 'test' });
          expect(found).toEqual(reference(corpus, order, how));
        },
      ),
      { numRuns: 40 },
    );
  });

  it('compares with other corpora, with its own rows, or with both', async () => {
    const corpus = clustered({ rows: 300, cols: 16, seed: 1, spread: 0.1, centres: 20 });
    const others = [2, 3]
      .map((seed) => clustered({ rows: 40, cols: 16, seed: 1, spread: 0.05 * seed, centres: 20 }))
      .map((matrix) => ({ ...matrix, data: matrix.data.map((value) => value || 1) }));
    for (const within of [true, false]) {
      const against = others.map((matrix) => ({ reader: matrixReader(matrix), rows: everyRow(matrix.rows) }));
      const found = await findDuplicates(matrixReader(corpus), everyRow(300), {
        minCosine: 0.95,
        threads: 1,
        against,
        within,
        name: 'test',
      });
      expect(found).toEqual(reference(corpus, everyRow(300), { minCosine: 0.95, against: others, within }));
      expect(found.length).toBeGreaterThan(10);
    }
  });

  it('goes beyond one block of keepers, with any number of threads', async () => {
    const corpus = clustered({ rows: 6000, cols: 8, seed: 7, spread: 3, centres: 6000 });
    const [one, two] = await Promise.all(
      [1, 2].map((threads) => findDuplicates(matrixReader(corpus), everyRow(6000), { minCosine: 0.995, threads, name: 'test' })),
    );
    expect(two).toEqual(one);
    expect(one).toEqual(reference(corpus, everyRow(6000), { minCosine: 0.995 }));
    expect(one!.length).toBeGreaterThan(500);
    expect(one!.length).toBeLessThan(3500);
  });

  it('names the row that contains NaN', async () => {
    const corpus = clustered({ rows: 10, cols: 4, seed: 1, spread: 1, centres: 3 });
    corpus.data[4 * 7] = NaN;
    await expect(findDuplicates(matrixReader(corpus), everyRow(10), { minCosine: 0.9, threads: 1, name: 'a.npy' })).rejects.toThrow(
      /vectors of a\.npy: row 7 contains NaN/,
    );
  });
});
