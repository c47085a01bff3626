import { writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { inFreshFolder, run } from '../../run.ts';
import { inTickets, records } from './shared.ts';

describe('--keep', () => {
  it('keeps the row that --keep asks for', async () => {
    inFreshFolder();
    const rows = ['the sea', 'THE SEA', 'the sea', 'The sea.', 'cooked rice'];
    writeFileSync('a.csv', `text,score,day\n${rows.map((text, at) => `${text},${[9, 10, '', 2, 1][at]},2024-0${at + 1}-01`).join('\n')}\n`);
    const kept = async (keep: string): Promise<number[]> =>
      records(await run(['dedup', 'a.csv', '-q', '--format', 'jsonl', '--min-cosine', '0.9', '--keep', keep]))
        .filter(({ verdict }) => verdict === 'kept')
        .map(({ row }) => row);
    expect(await kept('first')).toEqual([0, 4]);
    expect(await kept('last')).toEqual([3, 4]);
    expect(await kept('longest')).toEqual([3, 4]);
    expect(await kept('max:score')).toEqual([1, 4]);
    expect(await kept('min:score')).toEqual([3, 4]);
    expect(await kept('max:day')).toEqual([3, 4]);
    expect(await kept('min:day')).toEqual([0, 4]);
  });

  it('says where values of a field cannot be compared as numbers, and looks into objects', async () => {
    inFreshFolder();
    writeFileSync('a.jsonl', ['9', '"100"', '"n/a"'].map((n) => `{"text":"the sea","meta":{"n":${n}}}\n`).join(''));
    const { err, out } = await run(['dedup', 'a.jsonl', '--text-column', 'text', '--keep', 'max:meta.n', '--format', 'jsonl']);
    expect(err).toContain('note: meta.n is compared as text: "n/a" of row 2 is not a number\n');
    expect(out).toContain('{"row":2,"id":"a.jsonl:3","verdict":"kept"');
  });

  it('tells of a field that a table does not have before the table is encoded', async () => {
    const args = inTickets();
    const { code, err } = await run([...args.slice(0, -1), '--keep', 'max:date']);
    expect(code).toBe(2);
    expect(err).toMatch(/^error: Cannot keep rows of t\.csv by "date": no row has such a field; fields are nr, team\nhint: /);
  });

  it('breaks ties by text, so that the same rows in another order keep the same texts', async () => {
    inFreshFolder();
    const rows = ['the sea!', 'the sea?', 'the sea.', 'THE SEA,', 'the SEA;'];
    const kept = async (lines: string[]): Promise<string[]> => {
      writeFileSync('a.txt', `${lines.join('\n')}\n`);
      return records(await run(['dedup', 'a.txt', '-q', '--format', 'jsonl', '--keep', 'longest', '--min-cosine', '0.8']))
        .filter(({ verdict }) => verdict === 'kept')
        .map(({ text }) => text!)
        .toSorted();
    };
    expect(await kept(rows)).toEqual(await kept(rows.toReversed()));
    const folded = async (lines: string[]): Promise<string[]> => {
      writeFileSync('b.txt', `${lines.join('\n')}\n`);
      return records(await run(['dedup', 'b.txt', '-q', '--format', 'jsonl', '--keep', 'longest', '--fold']))
        .filter(({ verdict }) => verdict === 'kept')
        .map(({ text }) => text!);
    };
    expect(await folded(['the sea', 'THE SEA', 'The Sea'])).toEqual(await folded(['The Sea', 'THE SEA', 'the sea']));
    // characters, not halves of them
    expect(await folded(['\u{1d400}\u{1d401}\u{1d402} the sea', 'ABC  the sea'])).toEqual(['ABC  the sea']);
  });
});
