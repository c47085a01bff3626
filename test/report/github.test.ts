import { describe, expect, it } from 'vitest';
import type { DuplicateReport } from '../../src/report/duplicates.ts';
import { githubChunks } from '../../src/report/github.ts';
import { inFreshFolder } from '../run.ts';
import { reportOf, textOf } from './shared.ts';

const rows = <T extends object>(count: number, row: T): T[] => Array.from({ length: count }, () => row);
const CONFLICT = { verdict: 'conflict', difference: 'it ≠ ops', cosine: 1 } as const;

const linesOf = async (report: DuplicateReport): Promise<string[]> => {
  inFreshFolder();
  return (await textOf(githubChunks(report))).trimEnd().split('\n');
};

describe('annotations', () => {
  it('are ten, which is what GitHub shows; the log lists the others, and the last line counts them', async () => {
    const ten = await linesOf(reportOf(rows(10, {})));
    expect(ten).toHaveLength(11);
    expect(ten.at(-1)).toBe('::notice title=embed dedup::10 of 11 rows repeat another: 10 exact, 0 near (cosine ≥ 0.94); none is allowed');
    const lines = await linesOf(reportOf(rows(13, {})));
    expect(lines.filter((line) => line.startsWith('::error '))).toHaveLength(10);
    expect(lines.slice(10, -1)).toEqual([
      '::group::3 more findings',
      ...[12, 13, 14].map((line) => `t.txt:${line} repeats t.txt:1 (exact copy): the sea`),
      '::endgroup::',
    ]);
    expect(lines.at(-1)).toMatch(/^::notice .*; none is allowed; 10 of 13 findings are annotations, the log lists 3 more$/);
  });

  it('say where all are when the log does not list them', async () => {
    const lines = await linesOf(reportOf(rows(20_000, {})));
    expect(lines).toHaveLength(10 + 1002 + 1);
    expect(lines.at(-1)).toMatch(/; 10 of 20,000 findings are annotations, the log lists 1,000 more; --report FILE\.csv has all$/);
  });

  it('are of conflicts first, and of ten rows per level', async () => {
    const [first, ...others] = await linesOf(reportOf([...rows(12, {}), CONFLICT]));
    expect(first).toBe(
      '::error file=t.txt,line=14,title=Conflict of labels::repeats t.txt:1 with another label: it ≠ ops (exact copy): the sea',
    );
    expect(others.filter((line) => line.startsWith('::error '))).toHaveLength(9);
    const levels = await linesOf(reportOf([...rows(12, {}), ...rows(12, CONFLICT)], { fail_on: 'conflicts' }));
    expect(levels.filter((line) => line.startsWith('::error ') && line.includes('Conflict'))).toHaveLength(10);
    expect(levels.filter((line) => line.startsWith('::warning ') && line.includes('Exact copy'))).toHaveLength(10);
    expect(levels).toContain('::group::4 more findings');
  });

  it('are not made of rows that differ or are accepted, which the last line counts', async () => {
    const lines = await linesOf(
      reportOf([{ verdict: 'differs', match: 'near', cosine: 0.96, difference: '1 ≠ 2' }, { verdict: 'accepted' }]),
    );
    expect(lines).toEqual([
      '::notice title=embed dedup::no duplicates among 3 rows (cosine ≥ 0.94); 1 near but different in fact (kept); 1 accepted repeat',
    ]);
  });
});
