import { describe, expect, it } from 'vitest';
import { sampleBackground, suggestMinCosine } from '../../src/analysis/duplicates/background.ts';
import { cosine, rowOf } from '../../src/vectors/matrix.ts';
import { matrixReader } from '../../src/vectors/stored-rows.ts';
import { everyRow, shapes } from './duplicate-data.ts';

describe('sampleBackground', () => {
  it('counts all pairs of a small corpus', async () => {
    const corpus = shapes['clustered']!(300, 16, 1);
    const background = await sampleBackground(matrixReader(corpus), everyRow(300), { seed: 1, threads: 1, name: 'test' });
    expect(background).toMatchObject({ rows: 300, pairs: (300 * 299) / 2 });
    for (const level of [-0.5, 0, 0.35, 0.9]) {
      let hits = 0;
      for (let row = 0; row < 300; row++)
        for (let other = 0; other < row; other++) if (cosine(rowOf(corpus, row), rowOf(corpus, other)) >= level) hits++;
      const share = background.share(level);
      // cosines are counted in thousandths
      expect(Math.abs(share.hits - hits)).toBeLessThanOrEqual(0.004 * background.pairs);
      expect(share.low).toBeLessThanOrEqual(share.value);
      expect(share.high).toBeGreaterThanOrEqual(share.value);
    }
  });

  it('draws some rows of a large corpus by its seed, and its interval holds the share of all pairs', async () => {
    const corpus = shapes['clustered']!(9000, 12, 4);
    const draw = (seed: number): ReturnType<typeof sampleBackground> =>
      sampleBackground(matrixReader(corpus), everyRow(9000), { seed, threads: 2, name: 'test' });
    const [one, again, other] = [await draw(1), await draw(1), await draw(2)];
    expect(one.rows).toBe(4096);
    expect(again.share(0.8)).toEqual(one.share(0.8));
    expect(other.share(0.8)).not.toEqual(one.share(0.8));
    // 20 centres of equal weight: one pair in 20, less what the spread takes
    const { low, high } = one.share(0.8);
    expect(other.share(0.8).value).toBeGreaterThan(low * 0.98);
    expect(other.share(0.8).value).toBeLessThan(high * 1.02);
  });
});

describe('suggestMinCosine', () => {
  const suggest = async (kind: string, rows: number): Promise<number | undefined> => {
    const corpus = shapes[kind]!(rows, 64, 1);
    return suggestMinCosine(await sampleBackground(matrixReader(corpus), everyRow(rows), { seed: 1, threads: 1, name: 'test' }), { rows });
  };

  it('is above what unrelated rows reach', async () => {
    const value = await suggest('random', 2000);
    expect(value).toBeGreaterThanOrEqual(0.5);
    expect(value).toBeLessThan(0.85);
  });

  it('is none where nothing separates, and where there is too little to see', async () => {
    expect(await suggest('one template', 2000)).toBeUndefined();
    expect(await suggest('random', 100)).toBeUndefined();
  });
});
