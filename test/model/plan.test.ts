import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { WindowLimits } from '../../src/model/encoder.ts';
import { planBatches } from '../../src/model/transformer/batches.ts';
import { groupWindows } from '../../src/sets/windows.ts';

describe('planBatches', () => {
  it('puts every row into exactly one batch, of its own length and within the budget', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 300 }), { maxLength: 400 }),
        fc.integer({ min: 1, max: 2048 }),
        (lengths, maxTokens) => {
          const batches = planBatches(lengths, { maxTokens });
          expect(batches.flatMap(({ rows }) => rows).toSorted((a, b) => a - b)).toEqual(lengths.map((_, row) => row));
          for (const { tokens, rows } of batches) {
            for (const row of rows) expect(lengths[row]).toBe(tokens);
            expect(rows.length === 1 || rows.length * tokens <= maxTokens).toBe(true);
          }
        },
      ),
    );
  });

  it('leaves out rows without tokens', () => {
    expect(planBatches([0, 3, 0], { maxTokens: 10 })).toEqual([{ tokens: 3, rows: [1] }]);
  });
});

const pause = async (): Promise<void> => {};

describe('groupWindows', () => {
  it('gives the same windows however the rows arrive', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 50 }), { maxLength: 200 }),
        fc.array(fc.integer({ min: 1, max: 40 })),
        async (lengths, cuts) => {
          const rows = lengths.map((length) => ({ text: 'é'.repeat(length), size: length * 7 }));
          const limits = { rows: 16, size: 150, sizeOf: (text: string) => text.length };
          const whole = await collect(groupWindows(arrive(rows, []), limits, { pause }));
          const cut = await collect(groupWindows(arrive(rows, cuts), limits, { pause }));
          expect(cut).toEqual(whole);
          expect(whole.flat()).toEqual(rows);
          for (const window of whole) expect(window.length).toBeLessThanOrEqual(16);
        },
      ),
    );
  });

  it('ends a window with the row that reaches a bound', async () => {
    const lengthsOf = async (texts: string[], limits: WindowLimits): Promise<number[]> => {
      const rows = texts.map((text) => ({ text, size: text.length }));
      return (await collect(groupWindows(arrive(rows, []), limits, { pause }))).map((window) => window.length);
    };
    const sizeOf = (text: string): number => Math.min(3, text.length);
    const texts = ['abc', 'ab', 'x'.repeat(100), 'a', 'b', 'c'];
    expect(await lengthsOf(texts, { rows: 100, size: 5, sizeOf })).toEqual([2, 3, 1]);
    expect(await lengthsOf(texts, { rows: 4, size: 1000, sizeOf })).toEqual([4, 2]);
    // 16 M characters, whatever the model reads of them
    const long = 'x'.repeat(10_000_000);
    expect(await lengthsOf([long, long, 'a'], { rows: 100, size: 1000, sizeOf })).toEqual([2, 1]);
  });
});

async function* arrive<T>(rows: T[], cuts: number[]): AsyncGenerator<T[]> {
  let at = 0;
  for (const cut of cuts) {
    yield rows.slice(at, at + cut);
    at += cut;
  }
  yield rows.slice(at);
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
