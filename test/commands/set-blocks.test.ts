import { appendFileSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { openSearcher, type Neighbour } from '../../src/analysis/search/neighbours.ts';
import { setBlocks } from '../../src/commands/search/blocks.ts';
import { openSet } from '../../src/vectors/set-reader.ts';
import { rowReader } from '../../src/vectors/stored-rows.ts';
import { inFreshFolder, run } from '../run.ts';

/** Searches a.npy with its first row, as `embed search` does, and tells which files of codes it kept. */
async function search(
  options: { large?: boolean; keep?: Uint8Array; filtered?: boolean; lasting?: boolean } = {},
): Promise<{ found: Neighbour[]; kept: string[]; kind: string }> {
  const set = openSet('a.npy');
  const kept: string[] = [];
  const tally = { zeros: 0 };
  const searcher = openSearcher({ dims: set.vectors.cols, metric: 'cosine', threads: 1 });
  const row = rowReader(set.vectors);
  const query = Float32Array.from(row(0));
  const blocks = setBlocks(set, {
    metric: 'cosine',
    keep: options.keep,
    filtered: options.filtered ?? false,
    queries: 1,
    lasting: options.lasting ?? true,
    tally,
    onKept: (path) => kept.push(path),
    keepCodesBytes: (options.large ?? true) ? 0 : Infinity,
  });
  const kinds = new Set<string>();
  const watched = function* (): Generator<typeof blocks extends Iterable<infer Block> ? Block : never> {
    for (const block of blocks) {
      kinds.add(block.kind);
      yield block;
    }
  };
  const [found] = await searcher.nearest({ data: query, rows: 1, cols: query.length }, { blocks: watched, row }, { top: 5 });
  await searcher.close();
  set.close();
  return { found: found!, kept, kind: [...kinds].join() };
}

const corpus = (word: string): string => Array.from({ length: 100 }, (_, i) => (i === 50 ? '' : `${word} number ${i}`)).join('\n');

describe('codes beside a set', () => {
  it('are kept where the set is large, read from then on, and change no answer', async () => {
    inFreshFolder();
    writeFileSync('a.txt', corpus('apple'));
    await run(['encode', 'a.txt']);
    const keep = new Uint8Array(100).fill(1);
    keep[50] = 0;
    const plain = await search({ large: false, keep });
    expect(plain).toMatchObject({ kept: [], kind: 'float32' });
    const first = await search({ keep });
    expect(first).toEqual({ found: plain.found, kept: ['a.codes'], kind: 'int8' });
    const written = statSync('a.codes').mtimeMs;
    expect(await search({ keep, large: false })).toEqual({ found: plain.found, kept: [], kind: 'int8' });
    expect(statSync('a.codes').mtimeMs).toBe(written);
    // a filter asks for other rows than those that were coded
    expect(await search({ keep, filtered: true })).toMatchObject({ found: plain.found, kept: [], kind: 'float32' });
  });

  it('of other vectors, or cut short, are made anew', async () => {
    inFreshFolder();
    writeFileSync('a.txt', corpus('apple'));
    await run(['encode', 'a.txt']);
    await search();
    writeFileSync('a.txt', corpus('pear'));
    await run(['encode', 'a.txt']);
    const plain = await search({ large: false });
    expect(plain.kind).toBe('float32');
    expect(await search()).toEqual({ found: plain.found, kept: ['a.codes'], kind: 'int8' });
    const whole = readFileSync('a.codes');
    writeFileSync('a.codes', whole.subarray(0, -100));
    expect(await search()).toEqual({ found: plain.found, kept: ['a.codes'], kind: 'int8' });
    expect(Buffer.compare(readFileSync('a.codes'), whole)).toBe(0);
    appendFileSync('a.codes', 'x');
    expect((await search()).kept).toEqual(['a.codes']);
  });

  it('never replace a file that is not ours, and are no loss where they cannot be written', async () => {
    inFreshFolder();
    writeFileSync('a.txt', corpus('apple'));
    await run(['encode', 'a.txt']);
    const plain = await search({ large: false });
    writeFileSync('a.codes', 'my own codes');
    expect(await search()).toEqual(plain);
    expect(readFileSync('a.codes', 'utf8')).toBe('my own codes');
    rmSync('a.codes');
    mkdirSync('a.codes');
    expect(await search()).toEqual(plain);
  });

  it('are not kept for a set that goes away', async () => {
    inFreshFolder();
    writeFileSync('a.txt', corpus('apple'));
    await run(['encode', 'a.txt']);
    expect(await search({ lasting: false })).toMatchObject({ kept: [], kind: 'float32' });
  });
});
