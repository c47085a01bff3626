import { describe, expect, it } from 'vitest';
import { gitlabChunks } from '../../src/report/gitlab.ts';
import type { DuplicateReport } from '../../src/report/duplicates.ts';
import { inFreshFolder } from '../run.ts';
import { reportOf, textOf } from './shared.ts';

type Entry = {
  description: string;
  check_name: string;
  fingerprint: string;
  severity: string;
  location: { path: string; lines: { begin: number } };
};

const entriesOf = async (report: DuplicateReport): Promise<Entry[]> => {
  inFreshFolder();
  const entries = JSON.parse(await textOf(gitlabChunks(report))) as Entry[];
  for (const entry of entries) {
    expect(Object.keys(entry)).toEqual(['description', 'check_name', 'fingerprint', 'severity', 'location']);
    expect(['info', 'minor', 'major', 'critical', 'blocker']).toContain(entry.severity);
    expect(entry.location).toEqual({ path: expect.stringMatching(/./) as string, lines: { begin: expect.any(Number) as number } });
  }
  // GitLab shows one of those with the same fingerprint
  expect(new Set(entries.map(({ fingerprint }) => fingerprint)).size).toBe(entries.length);
  return entries;
};

const CONFLICT = { verdict: 'conflict', difference: 'it ≠ ops' } as const;

describe('code quality', () => {
  it('is an empty list where nothing is found', async () => {
    expect(await entriesOf(reportOf([{ verdict: 'differs', match: 'near', difference: '1 ≠ 2' }]))).toEqual([]);
  });

  it('lists conflicts first, by how much they matter', async () => {
    const of = async (...args: Parameters<typeof reportOf>): Promise<string[]> =>
      (await entriesOf(reportOf(...args))).map(({ check_name: name, severity }) => `${name} ${severity}`);
    const rows = [{}, { match: 'near', cosine: 0.95 }, CONFLICT] as const;
    expect(await of(rows)).toEqual(['label-conflict critical', 'exact-copy minor', 'near-duplicate minor']);
    expect(await of(rows, { allowed: 3 })).toEqual(['label-conflict major', 'exact-copy info', 'near-duplicate info']);
    const [conflict] = await entriesOf(reportOf(rows));
    expect(conflict).toMatchObject({
      description: 'Row t.txt:4 repeats t.txt:1 with another label: it ≠ ops (exact copy): “the sea” and “the sea”',
      location: { path: 't.txt', lines: { begin: 4 } },
    });
  });

  it('has fingerprints that stay when lines move', async () => {
    const prints = async (...lines: number[]): Promise<string[]> =>
      (await entriesOf(reportOf(lines.map((line) => ({ line }))))).map(({ fingerprint }) => fingerprint);
    expect(await prints(2, 3, 4)).toEqual(await prints(20, 31, 42));
  });

  it('gives rows without a place that of INPUT', async () => {
    const [entry] = await entriesOf(reportOf([{ file: undefined, line: undefined, id: 'row:1' }], { inputs: ['a/m.npy'] }));
    expect(entry!.location).toEqual({ path: 'a/m.npy', lines: { begin: 1 } });
  });

  it('counts what it leaves out', async () => {
    const entries = await entriesOf(reportOf(Array.from({ length: 10_002 }, () => ({}))));
    expect(entries).toHaveLength(10_001);
    expect(entries.at(-1)).toMatchObject({
      severity: 'info',
      description: '2 more findings are not listed here; a report in .csv has all of them',
    });
  });
});
