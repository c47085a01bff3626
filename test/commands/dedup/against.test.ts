import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { inFreshFolder, run } from '../../run.ts';
import { records, verdicts } from './shared.ts';

describe('--against', () => {
  it('flags rows that repeat those of another corpus, which stays as it is', async () => {
    inFreshFolder();
    writeFileSync('train.txt', 'cooked rice\nthe sea\n\n');
    writeFileSync('test.txt', 'the sea\na red car\na red car\nRice, cooked\n\n');
    writeFileSync('more.txt', 'a red car!\n');
    expect(await verdicts(['dedup', 'test.txt', '-q', '--against', 'train.txt', '--min-cosine', '0.8'])).toEqual([
      'exact 1',
      'kept',
      'kept',
      'near 0',
      'blank',
    ]);
    expect(await verdicts(['dedup', 'test.txt', '-q', '--against', 'train.txt', '--within', '--min-cosine', '0.8'])).toEqual([
      'exact 1',
      'kept',
      'exact 1',
      'near 0',
      'blank',
    ]);
    const both = await run([
      'dedup',
      'test.txt',
      '-q',
      '--against',
      'train.txt',
      '--against',
      'more.txt',
      '--min-cosine',
      '0.8',
      '--format',
      'jsonl',
    ]);
    expect(records(both).map(({ keeper_file: file, keeper_line: line }) => `${file}:${line}`)).toEqual([
      'train.txt:2',
      'more.txt:1',
      'more.txt:1',
      'train.txt:1',
      'undefined:undefined',
    ]);
    const text = await run(['dedup', 'test.txt', '-q', '--against', 'train.txt', '--min-cosine', '0.8', '-o', 'clean.txt']);
    expect(text.out).toContain('2 of 5 rows repeat rows of train.txt: 1 exact, 1 near');
    expect(readFileSync('clean.txt', 'utf8')).toBe('a red car\na red car\n\n');
    expect(readFileSync('train.txt', 'utf8')).toBe('cooked rice\nthe sea\n\n');
    expect(readdirSync('.').toSorted()).toEqual(['clean.txt', 'more.txt', 'test.txt', 'train.txt']);
  });

  it('--against a set of another model, unless forced', async () => {
    inFreshFolder();
    writeFileSync('a.txt', 'the sea\n');
    await run(['encode', 'a.txt', '-q']);
    const manifest = JSON.parse(readFileSync('a.manifest.json', 'utf8')) as { model: { name: string; hash: string; revision: string } };
    manifest.model = { ...manifest.model, name: 'other', hash: 'sha256:0', revision: 'someone/other' };
    writeFileSync('a.manifest.json', JSON.stringify(manifest));
    writeFileSync('b.txt', 'the sea\n');
    const refused = await run(['dedup', 'b.txt', '--against', 'a.npy', '-q']);
    expect(refused.code).toBe(2);
    expect(refused.err).toContain(
      'Cannot encode b.txt with the model of a.npy: its vectors are of the model other, which is not in the package',
    );
    expect((await run(['dedup', 'b.txt', '--against', 'a.npy', '--force'])).err).toContain(
      'warning: b.txt and a.npy are of different models',
    );
    expect(existsSync('a.npy')).toBe(true);
  });
});
