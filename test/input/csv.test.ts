import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { splitFields } from '../../src/input/split-fields.ts';

/** The splitter of tables against csv-parse, which is slower and holds a record several times. */

type Read = { values: string[]; line: number }[] | 'never closed';

function ours(parts: readonly Buffer[], options: { delimiter: string; quotes: boolean }): Read {
  const records: { values: string[]; line: number }[] = [];
  const splitter = splitFields(options, (values, { line }) => records.push({ values, line }));
  for (const part of parts) splitter.push(part);
  return splitter.end() ? 'never closed' : records;
}

function oracle(text: string, { delimiter, quotes }: { delimiter: string; quotes: boolean }): Read {
  try {
    const parsed: unknown = parse(text, {
      delimiter,
      quote: quotes ? '"' : false,
      relax_quotes: true,
      record_delimiter: ['\r\n', '\n'],
      relax_column_count: true,
      info: true,
    });
    const bytes = Buffer.from(text);
    let end = 0;
    return (parsed as { record: string[]; info: { bytes: number } }[]).map(({ record, info }) => {
      const line = bytes.subarray(0, end).toString().split('\n').length;
      end = info.bytes;
      return { values: record, line };
    });
  } catch (error) {
    if ((error as { code?: string }).code === 'CSV_QUOTE_NOT_CLOSED') return 'never closed';
    throw error;
  }
}

const unit = fc.constantFrom('a', 'é', '😀', '\n', '\r', '\r\n', ' ', '"', '"', '""', ',', ',', ';', '::', '\0');
const text = fc.string({ unit, maxLength: 40 });

describe('splitFields', () => {
  it('reads what csv-parse reads, wherever the bytes are cut', () => {
    fc.assert(
      fc.property(
        text,
        fc.array(fc.nat(), { maxLength: 12 }),
        fc.constantFrom(',', ';', '::', 'é', '\t'),
        fc.boolean(),
        (whole, cuts, delimiter, quotes) => {
          const bytes = Buffer.from(whole);
          const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).toSorted((a, b) => a - b), bytes.length];
          const parts = places.slice(1).map((end, at) => bytes.subarray(places[at], end));
          expect(ours(parts, { delimiter, quotes })).toEqual(oracle(whole, { delimiter, quotes }));
        },
      ),
      { numRuns: 2000 },
    );
  });
});
