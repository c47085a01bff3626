import { copyFileSync, existsSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { beforeEach, describe, expect, it } from 'vitest';
import { dedup } from '../../../src/index.ts';
import { encodeOnce, inFreshFolder, run } from '../../run.ts';

const MODEL = ['--model', 'multilingual'];

/** Writes other text of the same length, whose time says that it is as old as before. */
const changeInSecret = (path: string): void => {
  const { atime, mtime } = statSync(path);
  const text = readFileSync(path, 'utf8');
  writeFileSync(path, text.replace('sea', 'sky'));
  utimesSync(path, atime, mtime);
};

beforeEach(async () => {
  inFreshFolder();
  writeFileSync('a.txt', 'the sea\ncooked rice\na red car\n');
  writeFileSync('b.txt', 'boiled eggs\n');
  await encodeOnce('a.txt', ...MODEL);
});

describe('dedup of a set whose corpus has changed', () => {
  it('is refused whatever its time says, even quietly, and --force judges the set as it is', async () => {
    expect((await run(['dedup', 'a.npy', '-q'])).code).toBe(0);
    changeInSecret('a.txt');
    const refused = {
      code: 2,
      out: '',
      err:
        'error: Cannot judge a.npy: a.txt has changed since a.npy was made from it\n' +
        'hint: Encode it again, give a.txt in the place of the set, or judge the set as it is with --force\n',
    };
    expect(await run(['dedup', 'a.npy', '-q'])).toEqual(refused);
    expect(await run(['dedup', 'a.npy', '-o', 'clean.npy', '--exit-zero'])).toEqual(refused);
    expect(existsSync('clean.npy')).toBe(false);
    const forced = await run(['dedup', 'a.npy', '--force']);
    expect(forced).toEqual({
      code: 0,
      out: expect.stringContaining('no duplicates among 3 rows') as string,
      err: 'note: a.txt has changed since a.npy was made from it\n',
    });
    await run(['encode', 'a.txt', ...MODEL]);
    expect((await run(['dedup', 'a.npy'])).err).toBe('');
  });

  it('is refused before another corpus is encoded: --against', async () => {
    writeFileSync('a.txt', 'the sea\n');
    for (const args of [
      ['b.txt', '--against', 'a.npy'],
      ['a.npy', '--against', 'b.txt'],
      ['a.npy', '--pairs'],
    ]) {
      const { code, err } = await run(['dedup', ...args]);
      expect({ args, code, err }).toEqual({
        args,
        code: 2,
        err: expect.stringMatching(/^error: Cannot judge a\.npy: a\.txt has /) as string,
      });
    }
  });

  it('is refused by the library too, unless forced', async () => {
    changeInSecret('a.txt');
    await expect(dedup('a.npy')).rejects.toThrow('Cannot judge a.npy: a.txt has changed since a.npy was made from it');
    await expect(dedup('b.txt', { against: 'a.npy' })).rejects.toThrow('Cannot judge a.npy');
    const { summary } = await dedup('a.npy', { force: true });
    expect(summary.rows).toBe(3);
  });

  it('is possible without the corpus, which a note says', async () => {
    rmSync('a.txt');
    expect(await run(['dedup', 'a.npy'])).toEqual({
      code: 0,
      out: expect.stringContaining('no duplicates among 3 rows') as string,
      err: 'note: cannot read a.txt: whether a.npy is still up to date is not known\n',
    });
    expect((await run(['search', 'a.npy', 'rice'])).err).toBe('');
    await run(['encode', '-', '-o', 'piped.npy', '-q', ...MODEL], { stdin: 'the sea\ncooked rice\n' });
    expect((await run(['dedup', 'piped.npy'])).err).toBe('');
    copyFileSync('b.txt', 'c.txt');
    await run(['encode', 'b.txt', 'c.txt', '-o', 'both.npy', '-q', ...MODEL]);
    for (const file of ['b.txt', 'c.txt']) rmSync(file);
    expect((await run(['dedup', 'both.npy', '--exit-zero'])).err).toBe(
      'note: cannot read b.txt and 1 other: whether both.npy is still up to date is not known\n',
    );
  });
});
