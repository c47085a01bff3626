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

  it('reads the text of another corpus from a column of its own', async () => {
    inFreshFolder();
    writeFileSync('test.csv', 'q,nr\nthe sea,1\na red car,2\n');
    writeFileSync('train.csv', 'question,nr\ncooked rice,a\nthe sea,b\n');
    writeFileSync('train.jsonl', '{"turns":[{"say":"a red car"}]}\n');
    writeFileSync('train.txt', 'the sea\n');
    writeFileSync('two.tsv', 'head\tbody\nthe\tsea\n');
    writeFileSync('two.jsonl', '{"q":"the\\nsea"}\n');
    const test = ['dedup', 'test.csv', '--text-column', 'q', '-q'];
    const refused = await run([...test, '--against', 'train.csv']);
    expect(refused).toMatchObject({ code: 2 });
    expect(refused.err).toContain(
      'Cannot find column "q" in train.csv: columns are question, nr\nhint: Choose one of them with --against-text-column',
    );
    const missing = await run([...test, '--against', 'train.jsonl']);
    expect(missing.err).toContain('or choose another text column with --against-text-column');
    expect(await verdicts([...test, '--against', 'train.csv', '--against-text-column', 'question'])).toEqual(['exact 1', 'kept']);
    expect(await verdicts([...test, '--against', 'train.jsonl', '--against-text-column', 'turns.0.say'])).toEqual(['kept', 'exact 0']);
    // lines have no columns: there is nothing to choose
    expect(await verdicts([...test, '--against', 'train.txt'])).toEqual(['exact 0', 'kept']);
    const both = [...test, '--against', 'train.txt', '--against', 'train.csv', '--against-text-column', 'question'];
    expect(await verdicts(both)).toEqual(['exact 0', 'kept']);
    const several = ['--against', 'two.tsv', '--against-text-column', 'head', '--against-text-column', 'body'];
    expect(await verdicts(['dedup', 'two.jsonl', '--text-column', 'q', '-q', ...several])).toEqual(['exact 0']);
    const lines = ['dedup', 'train.txt', '-q', '--against', 'train.csv'];
    expect(await verdicts([...lines, '--against-text-column', 'question'])).toEqual(['exact 1']);
    expect((await run([...lines, '--text-column', 'question'])).err).toContain('Name the column of --against with --against-text-column');
  });

  it('refuses a column for another corpus that nobody reads', async () => {
    inFreshFolder();
    writeFileSync('test.csv', 'q\nthe sea\n');
    writeFileSync('train.csv', 'question\nthe sea\n');
    writeFileSync('train.txt', 'the sea\n');
    await run(['encode', 'train.csv', '-q']);
    writeFileSync('vectors.jsonl', `${JSON.stringify({ text: 'the sea', embedding: Array.from({ length: 384 }, () => 0.1) })}\n`);
    const column = ['--against-text-column', 'question'];
    const errorOf = async (...args: string[]): Promise<string> => {
      const { code, err } = await run(['dedup', ...args, '-q']);
      expect(code).toBe(2);
      return err;
    };
    expect(await errorOf('test.csv', ...column)).toContain('Cannot use --against-text-column without --against');
    expect(await errorOf('test.csv', '--against', 'train.npy', ...column)).toContain(
      'Cannot use --against-text-column: train.npy holds vectors',
    );
    expect(await errorOf('test.csv', '--against', 'train.txt', ...column)).toContain('train.txt is read as lines of text');
    expect(await errorOf('test.csv', '--against', 'vectors.jsonl', ...column)).toContain(
      'Cannot use --against-text-column with vectors.jsonl',
    );
    expect(await errorOf('train.npy', '--text-column', 'q', '--against', 'test.csv', '--against-text-column', 'q')).toContain(
      'Cannot use --text-column with train.npy',
    );
    expect((await run(['dedup', 'train.npy', '--against', 'test.csv', '--against-text-column', 'q', '-q'])).code).toBe(1);
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
