import { describe, expect, it } from 'vitest';
import { asGood, bestOf, geometricSteps, numbersAround, standingOut } from '../../src/analysis/clusters/best-number.ts';
import { chooseClusters } from '../../src/analysis/clusters/choose.ts';
import { TEMPLATES, templatedTexts } from '../../bench/templated-texts.ts';
import { openEncoder } from '../../src/index.ts';
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
      // some rows are near copies, so that the largest number may be a little less than 204
      expect([numbers[0], numbers.at(-1)! > 180]).toEqual([2, true]);
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

  it('takes few rows with copies as one cluster each', async () => {
    const { matrix } = blobs({ rows: 500, cols: 8, centres: 4, spread: 0, seed: 3 });
    const choice = await chooseClusters(await rowsOf(matrix, 'euclidean'), { seed: 0, threads: 2 });
    expect(choice).toEqual({ clusters: 4, standsOut: true, tried: [] });
  });

  it.each(['cosine', 'euclidean'] as const)('counts copies once: they change nothing (%s)', async (metric) => {
    const { matrix } = blobs({ rows: 400, cols: 24, centres: 9, spread: 0.7, seed: 9 });
    const copied = { ...matrix, rows: 4000, data: new Float32Array(4000 * 24) };
    for (let row = 0; row < 4000; row++) copied.data.set(matrix.data.subarray((row % 400) * 24, ((row % 400) + 1) * 24), row * 24);
    const { clusters, tried } = await chooseClusters(await rowsOf(copied, metric), { seed: 0, threads: 2 });
    expect(clusters).toBeGreaterThan(4);
    expect(clusters).toBeLessThan(19);
    // a tenth of the rows that differ, not of all rows
    expect(tried.at(-1)!.clusters).toBeLessThanOrEqual(40);
  });

  it('keeps to a range, and to what the rows allow', async () => {
    const { matrix } = blobs({ rows: 300, cols: 24, centres: 9, spread: 0.7, seed: 9 });
    const rows = await rowsOf(matrix, 'cosine');
    const numbers = async (min: number, max: number): Promise<number[]> =>
      (await chooseClusters(rows, { seed: 0, threads: 2, range: { min, max } })).tried.map(({ clusters }) => clusters);
    const some = await numbers(5, 12);
    expect([some[0], some.at(-1)]).toEqual([5, 12]);
    expect((await numbers(20, 500)).at(-1)).toBeLessThanOrEqual(100);
  });

  it('is the same with the same seed', async () => {
    const { matrix } = blobs({ rows: 300, cols: 12, centres: 5, spread: 1, seed: 6 });
    const rows = await rowsOf(matrix, 'cosine');
    expect(await chooseClusters(rows, { seed: 3, threads: 2 })).toEqual(await chooseClusters(rows, { seed: 3, threads: 1 }));
  });
});

describe('chooseClusters of templates', () => {
  it.each(['en', 'de', 'ru', 'ja', 'zh'] as const)('finds about twelve themes: %s', async (language) => {
    const { texts } = templatedTexts(TEMPLATES[language], language === 'ja' || language === 'zh' ? '' : ' ');
    await using encoder = await openEncoder('multilingual', { threads: 2 });
    const { vectors } = await encoder.encode(texts);
    const { cols } = vectors;
    // each text once, and each about ten times
    const copied = new Float32Array(4320 * cols);
    for (let row = 0; row < 4320; row++) {
      const text = (row * 7919 + Math.floor(row / 432)) % 400;
      copied.set(vectors.data.subarray(text * cols, (text + 1) * cols), row * cols);
    }
    for (const matrix of [vectors, { data: copied, rows: 4320, cols }]) {
      const { clusters, standsOut } = await chooseClusters(await rowsOf(matrix, 'cosine'), { seed: 0, threads: 2 });
      if (standsOut) expect([clusters >= 6, clusters <= 24]).toEqual([true, true]);
      else expect.fail(`none stands out in ${language}`);
    }
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
  const rated = (agreements: readonly number[], error: number): { clusters: number; agreement: number; error: number }[] =>
    geometricSteps(204).map((clusters, at) => ({ clusters, agreement: agreements[at]!, error }));

  it('takes the smallest number within one standard error of the best', () => {
    // banking77, of 77 intents
    expect(bestOf(rated([0, 0.13, 0.3, 0.31, 0.32, 0.36, 0.38, 0.43, 0.46, 0.47, 0.46, 0.44], 0.02))).toBe(58);
    expect(bestOf(rated([0.6, 0.3, 0.2, 0.2, 0.2, 0.2, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1], 0.01))).toBe(2);
  });

  it('takes none where halves agree no more than shapeless ones', () => {
    expect(bestOf(rated([-0.1, 0.02, 0.01, 0, 0.01, 0, 0, -0.01, 0, 0, 0, 0], 0.02))).toBeUndefined();
  });

  it('counts the error of a number against it', () => {
    const tried = rated([0.2, 0.5, 0.2, 0.2, 0.3, 0.45, 0.3, 0.2, 0.2, 0.2, 0.1, 0.1], 0.02);
    tried[1]!.error = 0.2;
    expect(bestOf(tried)).toBe(16);
  });

  it('finds none standing out where much smaller ones are as good as much larger ones', () => {
    const two = rated([0.1, 0.2, 0.4, 0.2, 0.2, 0.2, 0.3, 0.41, 0.3, 0.2, 0.2, 0.2], 0.01);
    expect(bestOf(two)).toBe(5);
    expect(asGood(two)).toEqual({ smallest: 5, largest: 38 });
    expect(standingOut(two)).toBeUndefined();
  });
});
