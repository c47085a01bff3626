import { describe, expect, it } from 'vitest';
import { symmetricEigen } from '../../src/analysis/regression/eigen.ts';
import { principalAxes } from '../../src/analysis/regression/principal-axes.ts';
import { rankCorrelation } from '../../src/analysis/regression/rank-correlation.ts';
import { fitRidge, type Fitting } from '../../src/analysis/regression/ridge.ts';
import { shapeAxes } from '../../src/analysis/regression/shape-axes.ts';
import { collectTokenRows, countTokens, rarityWeights, vectorOf } from '../../src/analysis/regression/token-rows.ts';
import { normals } from './normals.ts';

const VOCABULARY = 30;
const DIMS = 48;
const signal = new AbortController().signal;

/** Texts of random tokens, among them repeated ones and an empty text; the last five tokens never occur. */
function toy(rows = 200): Fitting & { goals: Float32Array } {
  const normal = normals(7);
  const builder = collectTokenRows();
  for (let row = 0; row < rows; row++) {
    const length = row === 17 ? 0 : 1 + (row % 9);
    builder.add(
      Array.from({ length }, () => Math.min(VOCABULARY - 6, Math.floor(Math.abs(normal()) * 8))),
      row % 3 === 0 ? 2 : 1,
    );
  }
  const goals = Float32Array.from({ length: rows * DIMS }, normal);
  const tokenRows = builder.finish();
  return {
    rows: tokenRows,
    weights: rarityWeights(countTokens(tokenRows, VOCABULARY), { a: 0.05 }),
    goals,
    targets: {
      dims: DIMS,
      read: async (first, into) => into.set(goals.subarray(first * DIMS, first * DIMS + into.length)),
    },
  };
}

/** The same by elimination, on dense matrices in float64. */
function denseRidge({ rows, weights, goals }: ReturnType<typeof toy>, lambda: number): number[][] {
  const left = Array.from({ length: VOCABULARY }, (_, i) => Array.from({ length: VOCABULARY }, (__, j) => (i === j ? lambda : 0)));
  const right = Array.from({ length: VOCABULARY }, () => Array.from({ length: DIMS }, () => 0));
  for (let row = 0; row < rows.rows; row++) {
    const ids = rows.ids.subarray(rows.offsets[row], rows.offsets[row + 1]);
    const total = ids.reduce((sum, id) => sum + weights[id]!, 0);
    const dense = Array.from({ length: VOCABULARY }, () => 0);
    for (const id of ids) dense[id]! += weights[id]! / total;
    for (let i = 0; i < VOCABULARY; i++) {
      const factor = rows.importances[row]! * dense[i]!;
      for (let j = 0; j < VOCABULARY; j++) left[i]![j]! += factor * dense[j]!;
      for (let d = 0; d < DIMS; d++) right[i]![d]! += factor * goals[row * DIMS + d]!;
    }
  }
  // Gauss and Jordan; the matrix is positive definite
  for (let pivot = 0; pivot < VOCABULARY; pivot++) {
    for (let i = 0; i < VOCABULARY; i++) {
      if (i === pivot) continue;
      const factor = left[i]![pivot]! / left[pivot]![pivot]!;
      for (let j = 0; j < VOCABULARY; j++) left[i]![j]! -= factor * left[pivot]![j]!;
      for (let d = 0; d < DIMS; d++) right[i]![d]! -= factor * right[pivot]![d]!;
    }
  }
  return right.map((row, i) => row.map((value) => (weights[i]! * value) / left[i]![i]!));
}

describe('fitRidge', () => {
  it('finds what a dense solution in float64 finds', async () => {
    const problem = toy();
    const table = await fitRidge(problem, { threads: 1, signal, lambda: 0.05, iterations: 60 });
    const dense = denseRidge(problem, 0.05).flat();
    const largest = Math.max(...dense.map(Math.abs));
    dense.forEach((value, at) => expect(Math.abs(table[at]! - value)).toBeLessThan(2e-5 * largest));
  });

  it('gives the same bytes with one thread, two and three', async () => {
    const problem = toy();
    const [one, two, three] = await Promise.all([1, 2, 3].map((threads) => fitRidge(problem, { threads, signal })));
    expect(two).toEqual(one);
    expect(three).toEqual(one);
  });

  it('leaves the rows of tokens that never occur at zero', async () => {
    const table = await fitRidge(toy(), { threads: 2, signal });
    expect(table.slice((VOCABULARY - 5) * DIMS).every((value) => value === 0)).toBe(true);
  });

  it('reads targets of more rows than a block holds', async () => {
    const problem = toy(9000);
    const table = await fitRidge(problem, { threads: 2, signal, iterations: 60 });
    const dense = denseRidge(problem, 0.05).flat();
    const largest = Math.max(...dense.map(Math.abs));
    dense.forEach((value, at) => expect(Math.abs(table[at]! - value)).toBeLessThan(1e-4 * largest));
  });

  it('stops when it is told to', async () => {
    const controller = new AbortController();
    const fitting = fitRidge(toy(9000), { threads: 2, signal: controller.signal, onProgress: () => controller.abort('SIGINT') });
    await expect(fitting).rejects.toThrow('stopped');
  });
});

describe('shapeAxes', () => {
  it('turns a table into principal axes, and stretches those along which little was found', async () => {
    const { rows, weights, targets } = toy();
    const table = await fitRidge({ rows, weights, targets }, { threads: 1, signal });
    const { table: turned, axes } = await shapeAxes(table, { rows, dims: DIMS, threads: 1 });
    const axis = (at: number): Float32Array => axes.subarray(at * DIMS, (at + 1) * DIMS);
    const dot = (a: Float32Array, b: Float32Array): number => a.reduce((sum, value, at) => sum + value * b[at]!, 0);
    const vectorIn = (row: number, one: Float32Array): Float32Array =>
      vectorOf(rows.ids.subarray(rows.offsets[row], rows.offsets[row + 1]), one, DIMS);
    const before = Array.from({ length: rows.rows }, (_, row) => vectorIn(row, table));
    const moments = Array.from({ length: DIMS }, (_, at) => {
      const length = Math.sqrt(dot(axis(at), axis(at)));
      return before.reduce((sum, vector) => sum + (dot(vector, axis(at)) / length) ** 2, 0) / before.length;
    });
    for (let i = 0; i < DIMS; i++) {
      expect(dot(axis(i), axis(i))).toBeCloseTo(i === 0 ? 1.6 ** 2 : Math.sqrt(Math.min(1e4, moments[1]! / moments[i]!)), 2);
      if (i > 0) expect(moments[i]!).toBeLessThanOrEqual(moments[i - 1]! * (1 + 1e-4) + 1e-9);
      for (let j = 0; j < i; j++) expect(dot(axis(i), axis(j))).toBeCloseTo(0, 4);
      expect(turned[3 * DIMS + i]).toBeCloseTo(dot(table.subarray(3 * DIMS, 4 * DIMS), axis(i)), 4);
    }
  });
});

describe('symmetricEigen', () => {
  it('takes a matrix apart so that it can be put together again', () => {
    const size = 40;
    const normal = normals(3);
    const half = Float64Array.from({ length: size * size }, normal);
    const matrix = Float64Array.from({ length: size * size }, (_, at) => half[at]! + half[(at % size) * size + Math.floor(at / size)]!);
    const { values, vectors } = symmetricEigen(matrix, size);
    for (let i = 1; i < size; i++) expect(values[i]!).toBeLessThanOrEqual(values[i - 1]!);
    for (let i = 0; i < size; i++) {
      for (let j = 0; j < size; j++) {
        let sum = 0;
        let dot = 0;
        for (let k = 0; k < size; k++) {
          sum += values[k]! * vectors[k * size + i]! * vectors[k * size + j]!;
          dot += vectors[i * size + k]! * vectors[j * size + k]!;
        }
        expect(sum).toBeCloseTo(matrix[i * size + j]!, 10);
        expect(dot).toBeCloseTo(i === j ? 1 : 0, 10);
      }
    }
  });
});

describe('principalAxes', () => {
  it('finds the direction in which vectors are longest, and how long they are there', async () => {
    const normal = normals(5);
    const points = Float32Array.from({ length: 3000 }, () => 0);
    for (let row = 0; row < 1000; row++) {
      const far = 3 * normal();
      points.set([far + normal() * 0.1, far + normal() * 0.1, normal() * 0.1], row * 3);
    }
    const { moments, axes } = await principalAxes([points.subarray(0, 1500), points.subarray(1500)], { width: 3, threads: 1 });
    expect(moments[0]! / 18).toBeCloseTo(1, 0);
    for (const [at, value] of [Math.SQRT1_2, Math.SQRT1_2, 0].entries()) expect(Math.abs(axes[at]!)).toBeCloseTo(value, 1);
  });
});

describe('rankCorrelation', () => {
  it.each([
    [[1, 2, 3, 4], [10, 20, 30, 40], 1],
    [[1, 2, 3, 4], [4, 3, 2, 1], -1],
    // scipy.stats.spearmanr([1, 2, 2, 4], [1, 3, 2, 2]) = 0.5
    [[1, 2, 2, 4], [1, 3, 2, 2], 0.5],
    [[1, 1, 1], [1, 2, 3], NaN],
  ])('of %j and %j is %d', (one, other, expected) => {
    const found = rankCorrelation(one, other);
    if (Number.isNaN(expected)) expect(found).toBeNaN();
    else expect(found).toBeCloseTo(expected, 12);
  });
});
