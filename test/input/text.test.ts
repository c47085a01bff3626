import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readDelimited } from '../../src/input/csv.ts';
import { decodeText } from '../../src/input/decode.ts';
import { splitLines } from '../../src/input/lines.ts';
import { recordLimit } from '../../src/input/record-size.ts';

/** However bytes and texts are chunked, what is read is the same. */

const cutAt = <T extends { slice(from: number, to?: number): T; length: number }>(whole: T, cuts: readonly number[]): T[] => {
  const places = [0, ...cuts.map((cut) => cut % (whole.length + 1)).toSorted((a, b) => a - b), whole.length];
  return places.slice(1).map((end, i) => whole.slice(places[i]!, end));
};

async function* arrive<T>(parts: readonly T[]): AsyncGenerator<T> {
  yield* parts;
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

const limit = recordLimit('x');

const cuts = fc.array(fc.nat(), { maxLength: 12 });
const text = fc.string({ unit: fc.constantFrom('a', 'é', '米', '😀', '\n', '\r', ' ', '"', ','), maxLength: 60 });

describe('decodeText', () => {
  it('gives the same text wherever the bytes are cut', async () => {
    await fc.assert(
      fc.asyncProperty(text, cuts, fc.boolean(), async (whole, at, marked) => {
        const bytes = Buffer.from((marked ? '\ufeff' : '') + whole);
        const parts = cutAt(bytes, at).map((part) => Buffer.from(part));
        expect((await collect(decodeText(arrive(parts), { name: 'x' }))).join('')).toBe(whole);
      }),
    );
  });

  it('recognises UTF-16 by its mark, wherever it is cut', async () => {
    await fc.assert(
      fc.asyncProperty(text, cuts, async (whole, at) => {
        const parts = cutAt(Buffer.from(`\ufeff${whole}`, 'utf16le'), at).map((part) => Buffer.from(part));
        expect((await collect(decodeText(arrive(parts), { name: 'x' }))).join('')).toBe(whole);
      }),
    );
  });

  it('names line and byte of the first byte that is not UTF-8', async () => {
    await fc.assert(
      fc.asyncProperty(text, text, cuts, async (before, after, at) => {
        const bytes = Buffer.concat([Buffer.from(before), Buffer.from([0xff]), Buffer.from(after)]);
        const parts = cutAt(bytes, at).map((part) => Buffer.from(part));
        const ends = (pattern: RegExp): number => (before + after).match(pattern)?.length ?? 0;
        const any = ends(/\r(?!\n)/g) > 0 && ends(/\r(?!\n)/g) >= ends(/\n/g);
        const line = before.split(any ? /\r\n|\r|\n/ : '\n').length;
        await expect(collect(decodeText(arrive(parts), { name: 'x' }))).rejects.toThrow(
          `line ${line} has an invalid byte (0xff) at byte ${Buffer.byteLength(before)}`,
        );
      }),
    );
  });
});

describe('splitLines', () => {
  it('gives the same lines wherever the text is cut', async () => {
    await fc.assert(
      fc.asyncProperty(text, cuts, async (whole, at) => {
        const lines = (await collect(splitLines(arrive(cutAt(whole, at)), limit))).flat();
        const expected = whole.split('\n').map((line) => line.replace(/\r+$/, ''));
        if (whole === '' || whole.endsWith('\n')) expected.pop();
        expect(lines).toEqual(expected);
      }),
    );
  });
});

describe('readDelimited', () => {
  it('reads more records than its parser holds at a time', async () => {
    for (const size of [7, 1000, 1 << 20]) {
      const csv = Array.from({ length: 5000 }, (_, i) => `${i},"text ${i}"\n`).join('');
      const parts = csv.match(new RegExp(`[^]{1,${size}}`, 'g'))!;
      const records = (await collect(readDelimited(arrive(parts), { delimiter: ',', quotes: true, limit }))).flat();
      expect(records).toHaveLength(5000);
      expect(records[4999]).toMatchObject({ line: 5000, values: ['4999', 'text 4999'] });
    }
  });

  it('gives back quoted values and the line each record begins on, wherever the text is cut', async () => {
    const value = fc.string({ unit: fc.constantFrom('a', 'é', '\n', '"', ',', ';', ' '), maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(value, value), { minLength: 1, maxLength: 12 }), cuts, async (rows, at) => {
        const quote = (cell: string): string => `"${cell.replaceAll('"', '""')}"`;
        const lines: number[] = [];
        let csv = '';
        for (const row of rows) {
          lines.push(csv.split('\n').length);
          csv += `${row.map(quote).join(',')}\n`;
        }
        const records = (await collect(readDelimited(arrive(cutAt(csv, at)), { delimiter: ',', quotes: true, limit }))).flat();
        expect(records.map(({ values }) => values)).toEqual(rows);
        expect(records.map(({ line }) => line)).toEqual(lines);
      }),
    );
  });
});
