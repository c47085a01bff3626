import { readFileSync } from 'node:fs';
import { parse } from 'csv-parse/sync';
import { describe, expect, it } from 'vitest';
import type { PairRecord } from '../../../src/report/pairs.ts';
import { inFreshFolder, run } from '../../run.ts';
import { inEncodedTickets, records, validPairs, writeMatrix } from './shared.ts';

describe('--pairs', () => {
  it('lists the closest, or all at or above the threshold', async () => {
    const args = await inEncodedTickets();
    const { out, code } = await run([...args, '--pairs', '-n', '2', '--format', 'json']);
    expect(code).toBe(0);
    const json = JSON.parse(out) as { results: PairRecord[] };
    expect(validPairs(json), JSON.stringify(validPairs.errors)).toBe(true);
    expect(json.results.map(({ row, other_row: other }) => [row, other])).toEqual([
      [2, 0],
      [6, 5],
    ]);
    const all = records<PairRecord>(await run([...args, '--pairs', '--format', 'jsonl']));
    expect(all.map(({ row, other_row: other }) => [row, other])).toEqual([
      [1, 0],
      [2, 0],
      [2, 1],
      [6, 5],
    ]);
    const many = records<PairRecord>(await run([...args, '--pairs', '-n', '1000', '--format', 'jsonl']));
    expect(many).toHaveLength(15);
    expect(many.map(({ cosine }) => cosine)).toEqual(many.map(({ cosine }) => cosine).toSorted((a, b) => b - a));
    const text = await run([...args.slice(0, -1), '--pairs', '-n', '1']);
    expect(text.out).toMatch(/^1\.000 {2}t\.csv:2 {2}The printer .*\n {7}t\.csv:5 {2}The printer .*\n\n$/);
    expect(text.err).toMatch(/1 pair; 1 row not judged and left out\n$/);
    const written = await run([...args, '--pairs', '-n', '2', '--report', 'p.csv', '--report', 'p.json', '--format', 'tsv']);
    expect(parse(readFileSync('p.csv', 'utf8'), { columns: true })).toHaveLength(2);
    expect(written.out.split('\n')).toHaveLength(4);
  });

  it('lists the closest among equal rows in order, in no more memory than for others', async () => {
    inFreshFolder();
    writeMatrix(
      'same.npy',
      Array.from({ length: 20_000 }, () => [0.6, 0.8]),
    );
    const pairs = records<PairRecord>(await run(['dedup', 'same.npy', '-q', '--pairs', '-n', '4', '--format', 'jsonl']));
    expect(pairs.map(({ row, other_row: other }) => [row, other])).toEqual([
      [1, 0],
      [2, 0],
      [2, 1],
      [3, 0],
    ]);
  });

  it('asks before it lists very many', async () => {
    inFreshFolder();
    writeMatrix(
      'alike.npy',
      Array.from({ length: 15_000 }, (_, row) => [1, row / 1e6]),
    );
    const { code, err } = await run(['dedup', 'alike.npy', '--pairs', '--min-cosine', '0.9']);
    expect(code).toBe(2);
    expect(err).toContain('Cannot list all pairs: about 110,000,000 have a cosine of 0.9 or more\nhint: Raise --min-cosine');
  });
});
