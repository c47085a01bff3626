import { describe, expect, it } from 'vitest';
import { bestOf, chooseClusters, geometricSteps, numbersAround } from '../../src/analysis/clusters/choose.ts';
import { blobs, rowsOf } from './cluster-data.ts';

describe('chooseClusters', () => {
  it.each([5, 30])('finds about %i clusters where there are so many', async (centres) => {
    const { matrix } = blobs({ rows: 4000, cols: 24, centres, spread: 1, seed: centres });
    for (const seed of [0, 1]) {
      const { clusters, standsOut, tried } = await chooseClusters(await rowsOf(matrix, 'cosine'), { seed, threads: 2 });
      expect(standsOut).toBe(true);
      expect(clusters).toBeGreaterThan(centres / 2);
      expect(clusters).toBeLessThan(centres * 2);
      const numbers = tried.map((one) => one.clusters);
      expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
      for (const step of geometricSteps(204)) expect(numbers).toContain(step);
    }
  });

  it.each([4, 6, 9, 13])('finds %i clusters that are well apart, or one less', async (centres) => {
    const { matrix } = blobs({ rows: 2500, cols: 24, centres, spread: 0.5, seed: centres });
    expect((await chooseClusters(await rowsOf(matrix, 'cosine'), { seed: 0, threads: 2 })).clusters - centres).toBeOneOf([-1, 0]);
  });

  it('says so where none stands out', async () => {
    const { matrix } = blobs({ rows: 3000, cols: 48, centres: 1, spread: 100, seed: 2 });
    const { clusters, standsOut } = await chooseClusters(await rowsOf(matrix, 'cosine'), { seed: 0, threads: 2 });
    expect({ clusters, standsOut }).toEqual({ clusters: Math.round(Math.sqrt(1500)), standsOut: false });
  });

  it('comes to an end where most rows are copies', async () => {
    const { matrix } = blobs({ rows: 3000, cols: 16, centres: 10, spread: 0, seed: 4 });
    // thirty rows that no draw has all of
    for (let row = 0; row < 3000; row += 100) matrix.data[row * 16] = row;
    const { clusters } = await chooseClusters(await rowsOf(matrix, 'cosine'), { seed: 0, threads: 2 });
    expect(clusters).toBeGreaterThanOrEqual(8);
    expect(clusters).toBeLessThanOrEqual(25);
  });

  it('tries no more clusters than there are different rows', async () => {
    const { matrix } = blobs({ rows: 500, cols: 8, centres: 4, spread: 0, seed: 3 });
    const { clusters, tried } = await chooseClusters(await rowsOf(matrix, 'euclidean'), { seed: 0, threads: 2 });
    expect(clusters).toBe(4);
    expect(tried.at(-1)!.clusters).toBe(4);
  });
});

describe('numbersAround', () => {
  it('has all of few numbers between the neighbours, and few of many', () => {
    const grid = geometricSteps(204);
    expect(numbersAround(5, grid)).toEqual([4, 6]);
    expect(numbersAround(2, grid)).toEqual([]);
    expect(numbersAround(11, grid)).toEqual([8, 9, 10, 12, 13, 14, 15]);
    expect(numbersAround(88, grid)).toEqual([72, 109]);
    expect(numbersAround(204, grid)).toEqual([154, 177]);
  });
});

describe('bestOf', () => {
  const curve = (silhouettes: readonly number[], spread: number): number | undefined =>
    bestOf(geometricSteps(204).map((clusters, at) => ({ clusters, silhouette: silhouettes[at]!, spread })));

  it('takes the smallest number that more clusters hardly improve on', () => {
    // banking77, of 77 intents; its maximum is at the end
    expect(curve([0.12, 0.134, 0.141, 0.144, 0.149, 0.151, 0.168, 0.188, 0.198, 0.207, 0.21, 0.212], 0.008)).toBe(88);
    // search snippets on 8 subjects, many of them alike in pairs
    expect(curve([0.045, 0.042, 0.052, 0.061, 0.062, 0.06, 0.062, 0.063, 0.066, 0.07, 0.074, 0.073], 0.004)).toBe(7);
    expect(curve([0.6, 0.3, 0.2, 0.2, 0.2, 0.2, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1], 0.01)).toBe(2);
  });

  it('takes none from a flat curve, or one that only falls from two halves', () => {
    expect(curve([0.024, 0.021, 0.02, 0.021, 0.022, 0.024, 0.025, 0.026, 0.026, 0.025, 0.02, 0.02], 0.001)).toBeUndefined();
    expect(curve([0.07, 0.05, 0.045, 0.04, 0.038, 0.037, 0.037, 0.037, 0.038, 0.039, 0.039, 0.04], 0.002)).toBeUndefined();
  });
});
