import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { cellsOf, looksOf } from '../../src/report/cells.ts';
import { duplicateLines } from '../../src/report/duplicate-lines.ts';
import type { DuplicateReport } from '../../src/report/duplicates.ts';
import { reportOf, textOf } from './shared.ts';

const CONFLICT = { verdict: 'conflict', difference: 'it ≠ ops', fields: { label: 'ops' }, keeper_fields: { label: 'it' } } as const;
const DIFFERS = {
  verdict: 'differs',
  match: 'near',
  cosine: 0.961,
  difference: '10023 ≠ 10024',
  text: 'order 10024',
  keeper_text: 'order 10023',
} as const;

const plain = (report: DuplicateReport): Promise<string> => textOf(duplicateLines(report, looksOf({}).file));
const onScreen = async (report: DuplicateReport, columns: number): Promise<string[]> =>
  stripVTControlCharacters(await textOf(duplicateLines(report, looksOf({ isTTY: true, columns }).screen))).split('\n');

describe('the text report', () => {
  it('has conflicts first, then repeats, then a few rows that differ', async () => {
    expect(await plain(reportOf([{}, CONFLICT, DIFFERS], { label_column: 'label' }))).toBe(
      'repeats whose labels disagree:\n\nt.txt:1  the sea\n  exact  t.txt:3  [it ≠ ops]  the sea\n\n' +
        'repeats:\n\nt.txt:1  the sea\n  exact  t.txt:2  the sea\n\n' +
        'near, but different in fact: kept (--differing drop drops them):\n\nt.txt:1  order 10023\n  0.961  t.txt:4  [10023 ≠ 10024]  order 10024\n\n' +
        '2 of 4 rows repeat another: 1 exact, 0 near, 1 conflict of labels (cosine ≥ 0.94); 1 near but different in fact (kept); no duplicate or conflict is allowed\n',
    );
  });

  it('shows three rows of a group of those that differ, and counts the others', async () => {
    const text = await plain(reportOf(Array.from({ length: 10_000 }, () => DIFFERS)));
    expect(text.split('\n')).toHaveLength(10);
    expect(text).toContain('\n  … and 9,997 rows more\n');
  });

  it('says how many groups of them it leaves out', async () => {
    const report = { ...reportOf([DIFFERS]), groupsOf: () => 2 };
    expect(await plain(report)).toContain('\n\n1 smaller group is not shown; --report FILE.csv lists them\n\n');
  });

  it.each([80, 60, 40])('fits %i columns: the line, what disagrees, and the beginning of the text', async (columns) => {
    const file = 'a/very/long/path/to/the/data/of/support-tickets-2026.csv';
    const text = '打印机在三楼没有反应，请尽快派人来修理一下，谢谢 the printer does not respond at all';
    const lines = await onScreen(
      reportOf([{ ...CONFLICT, difference: '技术支持 ≠ 运营部门', file, line: 12_345, keeper_file: file, text, keeper_text: text }]),
      columns,
    );
    const shown = lines.slice(2, 4);
    for (const line of shown) expect(cellsOf(line)).toBeLessThanOrEqual(columns);
    expect(shown[0]).toMatch(/csv:1 {2}打印机/);
    expect(shown[1]).toMatch(columns === 40 ? /csv:12345 {2}\[技术支…?/ : /csv:12345 {2}\[技术支持 ≠ 运营部门\] {2}打印/);
  });
});
