import { parse } from 'csv-parse/sync';
import { describe, expect, it } from 'vitest';
import { tableChunks } from '../../src/report/formats.ts';
import type { AnyReport } from '../../src/report/report.ts';

const reportOf = (records: object[], more: { isData?: true } = {}): AnyReport => ({
  schema: '',
  summary: {},
  columns: ['row', 'text', 'cosine'],
  async *groups() {
    yield records;
  },
  recordsOf: (record) => [record as object],
  ...more,
});

const rowsOf = async (report: AnyReport, format: 'csv' | 'tsv' = 'csv'): Promise<string[][]> => {
  let text = '';
  for await (const chunk of tableChunks(report, format)) text += chunk;
  return parse(text, { delimiter: format === 'csv' ? ',' : '\t', quote: format === 'csv' ? '"' : null }) as string[][];
};

describe('cells of a report', () => {
  it.each([
    '=1+1',
    '+1+1',
    '-1+1',
    '@SUM(A1)',
    '=HYPERLINK("http://x","y")',
    '\t=1',
    '\r=1',
    '\n=1',
    '＝1',
    '- a point',
    '+49 30 12',
    '@me',
  ])('get an apostrophe where a spreadsheet would run them: %j', async (text) => {
    const report = reportOf([{ row: 0, text, fields: { note: text, '=2+2': 1 } }]);
    const [head, row] = await rowsOf(report);
    expect(head).toEqual(['row', 'text', 'cosine', 'note', "'=2+2"]);
    expect(row).toEqual(['0', `'${text}`, '', `'${text}`, '1']);
    expect((await rowsOf(report, 'tsv'))[1]![1]).toBe(`'${text.replace(/[\t\r\n]+/g, ' ')}`);
  });

  it.each(['-5', '+5', '-0.25', '-1,000.5', '+3e-2', '-12%', 'a=b', ' =1', '', "'=1", '2-1', '(x)'])(
    'stay as they are: %j',
    async (text) => {
      expect((await rowsOf(reportOf([{ row: 0, text }])))[1]).toEqual(['0', text, '']);
    },
  );

  it('are numbers whatever their sign', async () => {
    expect((await rowsOf(reportOf([{ row: 0, text: 'a', cosine: -0.1, fields: { n: -5, o: { a: 1 }, b: true } }])))[1]).toEqual([
      '0',
      'a',
      '-0.1',
      '-5',
      '{"a":1}',
      'true',
    ]);
  });

  it('stay as they are where the records are data', async () => {
    expect((await rowsOf(reportOf([{ row: 0, text: '=1+1' }], { isData: true })))[1]).toEqual(['0', '=1+1', '']);
  });
});
