import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { cluster, dedup } from '../../src/index.ts';
import { encodeOnce, inFreshFolder, run } from '../run.ts';
import { writeMatrix } from './dedup/shared.ts';

const vectors = (dims: number, rows = 2): number[][] =>
  Array.from({ length: rows }, (_, row) => Array.from({ length: dims }, (_, at) => Math.cos(row + at)));

/** Corpora that can be encoded, and files of every kind that do not fit them. */
const inCorpora = (): void => {
  inFreshFolder();
  writeFileSync('a.txt', 'the sea\ncooked rice\n');
  writeFileSync('b.txt', 'a red car\n');
  writeFileSync('t.csv', 'nr,text\n1,the sea\n2,cooked rice\n');
  writeFileSync('two.csv', 'q,answer\nwhat,this\n');
  writeFileSync('bad.jsonl', 'no json\n');
  writeFileSync('other.xyz', 'text\n');
  writeFileSync('small.jsonl', `${JSON.stringify({ id: 'x', embedding: [1, 0, 0] })}\n`);
  writeFileSync('empty.npy', '');
  writeMatrix('d256.npy', vectors(256));
  writeMatrix('d384.npy', vectors(384));
  mkdirSync('folder');
};

const NO_TEXT = 'Cannot tell which column of two.csv is the text: columns are q, answer';

describe('what can be checked is checked before anything is encoded', () => {
  it.each([
    ['dedup a.txt --against gone.txt', 'Cannot read gone.txt: no such file'],
    ['dedup a.txt --against folder', 'Cannot read folder: it is a folder'],
    ['dedup a.txt --against other.xyz', 'Cannot tell the format of other.xyz'],
    ['dedup a.txt --against b.txt --against two.csv', NO_TEXT],
    ['dedup t.csv --against two.csv --text-column text', 'Cannot find column "text" in two.csv: columns are q, answer'],
    ['dedup a.txt --against bad.jsonl', 'Cannot read bad.jsonl: line 1 is not valid JSON'],
    ['dedup a.txt --against empty.npy', 'empty.npy'],
    ['dedup a.txt --against d256.npy', 'Cannot compare a.txt with d256.npy: vectors of 384 and 256 numbers, those of a.txt by minilm'],
    ['dedup a.txt --against small.jsonl', 'Cannot compare a.txt with small.jsonl: vectors of 384 and 3 numbers'],
    ['dedup a.txt --against d384.npy --against d256.npy', 'Cannot compare d384.npy with d256.npy: vectors of 384 and 256 numbers'],
    ['dedup d384.npy --against a.txt --against d256.npy', 'Cannot compare d384.npy with d256.npy: vectors of 384 and 256 numbers'],
    ['dedup d256.npy --against a.txt --min-cosine 0.9', 'Cannot compare a.txt with d256.npy: vectors of 384 and 256 numbers'],
    ['dedup d384.npy --against a.txt --min-cosine 0.9 --texts two.csv', NO_TEXT],
    ['dedup d384.npy --against a.txt --min-cosine 0.9 --texts b.txt', 'Cannot take texts from b.txt: it has 1 row where d384.npy has 2'],
    ['dedup a.txt two.csv', NO_TEXT],
    ['dedup t.csv --keep max:score', 'Cannot keep rows of t.csv by "score": no row has such a field; fields are nr'],
    ['dedup a.txt --against b.txt --report x/r.json', 'Cannot write x/r.json: there is no folder x'],
    ['dedup a.txt --against b.txt --report r.xyz', 'Cannot write r.xyz: its suffix does not name a known format'],
    ['dedup a.txt -o x/clean.txt', 'Cannot write x/clean.txt: there is no folder x'],
    ['cluster a.txt --assign gone.npy', 'gone.npy'],
    ['cluster a.txt --assign d256.npy', 'Cannot compare a.txt with d256.npy: vectors of 384 and 256 numbers'],
    [
      'cluster d384.npy --assign d256.npy',
      'Cannot put rows of d384.npy into the clusters of d256.npy: their vectors have 384 and 256 dims',
    ],
    ['cluster a.txt --centroids x/c.npy', 'Cannot write x/c.npy: there is no folder x'],
    ['search a.txt --vectors d256.npy', 'Cannot compare a.txt with d256.npy: vectors of 384 and 256 numbers'],
    ['search a.txt --vectors empty.npy', 'empty.npy'],
    ['search a.txt --queries two.csv', 'Cannot tell which column of two.csv is the text'],
    [
      'search t.csv --where colour=red sea',
      'Cannot filter the rows of t.csv by "colour": no row has such a field; fields are nr, id, file',
    ],
    ['encode a.txt two.csv -o c.npy', NO_TEXT],
    ['encode a.txt bad.jsonl -o c.npy', 'Cannot read bad.jsonl: line 1 is not valid JSON'],
    ['encode a.txt -o x/c.npy', 'Cannot write x/c.npy: there is no folder x'],
    ['distill a.txt two.csv -o model', NO_TEXT],
  ])('%s', async (line, message) => {
    inCorpora();
    const { code, out, err } = await run(line.split(' '));
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(message);
    expect(err).not.toMatch(/^(encoded|wrote) /m);
    expect(existsSync('c.npy')).toBe(false);
  });

  it('a set of another model than the one that is named, with both names', async () => {
    inCorpora();
    await encodeOnce('b.txt', '--model', 'multilingual');
    for (const args of [
      ['dedup', 'a.txt', '--against', 'b.npy', '--model', 'minilm'],
      ['dedup', 'a.txt', '--against', 'b.npy', '--dims', '64'],
    ]) {
      const { code, err } = await run(args);
      expect({ code, err }).toMatchObject({ code: 2, err: expect.stringContaining('b.npy and a.txt are of different models') as string });
      expect(err).not.toContain('encoded');
    }
  });

  // root may write anywhere
  it.skipIf(process.getuid?.() === 0)('a folder that may not be written to', async () => {
    inCorpora();
    chmodSync('folder', 0o500);
    for (const output of ['folder/clean.txt', 'folder/sub/']) {
      const { code, err } = await run(['dedup', 'a.txt', 'b.txt', '-o', output]);
      expect({ code, err }).toMatchObject({ code: 2, err: expect.stringContaining('you cannot write to the folder') as string });
    }
  });

  it('but a pipe is read once', async () => {
    inCorpora();
    execFileSync('mkfifo', ['p.txt']);
    const writing = run(['dedup', 'a.txt', '--against', 'p.txt', '--format', 'jsonl', '-q']);
    await writeFile('p.txt', 'the sea\n');
    const { code, out } = await writing;
    expect({ code, rows: out.split('\n').length - 1 }).toEqual({ code: 1, rows: 2 });
  });

  it('in the library too', async () => {
    inCorpora();
    await expect(dedup('a.txt', { against: ['b.txt', 'two.csv'] })).rejects.toThrow(NO_TEXT);
    await expect(cluster('a.txt', { assign: 'd256.npy' })).rejects.toThrow('Cannot compare a.txt with d256.npy');
  });
});
