import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { vectorOf } from '../../../src/analysis/regression/token-rows.ts';
import { openBareTokenizer } from '../../../src/model/tokenizer/bare-tokenizer.ts';
import { cosine } from '../../../src/vectors/matrix.ts';
import { inFreshFolder, projectFolder, run } from '../../run.ts';
import { corpus, readJson, tableOf, tiny } from './fixtures.ts';

const recipes = join(projectFolder, 'fixtures/recipes.txt');

describe('embed distill TEXTS', () => {
  it('writes a folder as sentence-transformers does, says what is in it and what to do next, and tidies up', async () => {
    inFreshFolder();
    writeFileSync('recipes.txt', readFileSync(recipes));
    const { code, out, err } = await run(['distill', 'recipes.txt', '-o', 'small', '--dims', '32']);
    expect({ code, err }).toMatchObject({ code: 0 });
    expect(out).toMatchInlineSnapshot(`
      "teacher   minilm (int8)
      fitted    32 rows: 32 texts
      table     30,522 tokens, 260 of them in the texts, × 32 dims, fp32
      held out  nothing: there are fewer than 100 texts
      size      4.4 MB
      "
    `);
    expect(err).toMatch(
      /^encoded 32 rows into 384 dims with minilm \(int8\) in [\d.]+ s(?: \(\d+ rows\/s\))?\nwrote small in [\d.]+ s\nnext: embed search recipes\.txt --model small YOUR QUESTION\n$/,
    );
    expect(readdirSync('.').toSorted()).toEqual(['recipes.txt', 'small']);
    expect(readdirSync('small').toSorted()).toEqual([
      '1_Normalize',
      'README.md',
      'build.json',
      'config_sentence_transformers.json',
      'model.safetensors',
      'modules.json',
      'tokenizer.json',
    ]);
    expect(readJson('small/build.json')).toMatchObject({
      made_by: 'embed distill',
      precision: 'fp32',
      seed: 0,
      scripts: ['Latin'],
      texts: 32,
    });
    const { data, dims } = tableOf('small');
    const tokenizer = openBareTokenizer(readJson<object>('small/tokenizer.json'), { where: 'small', maxTokens: 256 });
    expect(data.length).toBe(tokenizer.vocabulary * dims);
    expect(data.subarray(tokenizer.unknownId! * dims, (tokenizer.unknownId! + 1) * dims).every((value) => value === 0)).toBe(true);
    const near = (one: string, other: string): number =>
      cosine(...([one, other].map((text) => vectorOf(tokenizer.read(text), data, dims)) as [Float32Array, Float32Array]));
    expect(near('rinse the rice until the water runs clear', 'cooked rice')).toBeGreaterThan(
      near('rinse the rice until the water runs clear', 'roast the peppers'),
    );
  });

  it('uses the set that encode has left, of any options for its rows, and leaves it there', async () => {
    inFreshFolder();
    writeFileSync('corpus.txt', corpus(120));
    await run(['encode', 'corpus.txt', '--no-text', '--model', tiny]);
    const { code, err } = await run(['distill', 'corpus.txt', '-o', 'small', '--teacher', tiny, '--dims', '16']);
    expect(code).toBe(0);
    expect(err).toMatch(/^using corpus\.npy, which is up to date\n(?!encoded)/);
    expect(existsSync('corpus.npy')).toBe(true);
  });

  it('reads the vectors of a set instead of computing them, and writes nothing beside the product', async () => {
    inFreshFolder();
    writeFileSync('corpus.txt', corpus(120));
    await run(['encode', 'corpus.txt']);
    await run(['distill', 'corpus.txt', '-o', 'one', '--dims', '32', '-q']);
    rmSync('corpus.txt');
    const { code, err } = await run(['distill', 'corpus.npy', '-o', 'two', '--dims', '32']);
    expect(code).toBe(0);
    expect(err).toMatch(/^wrote two in [\d.]+ s\nnext: embed search CORPUS --model two YOUR QUESTION\n$/);
    expect(Buffer.compare(readFileSync('one/model.safetensors'), readFileSync('two/model.safetensors'))).toBe(0);
  });

  it('takes texts from --texts where a set has none', async () => {
    inFreshFolder();
    writeFileSync('corpus.txt', corpus(120));
    await run(['encode', 'corpus.txt', '--no-text', '-o', 'vectors.npy']);
    expect(await run(['distill', 'vectors.npy', '-o', 'small'])).toMatchObject({
      code: 2,
      err: 'error: Cannot learn from vectors.npy: the set has vectors, but no texts\nhint: Give the file of its texts with --texts, or that file in place of the set\n',
    });
    expect((await run(['distill', 'vectors.npy', '--texts', 'corpus.txt', '-o', 'small', '-q', '--dims', '16'])).code).toBe(0);
  });

  it('reads standard input, and leaves a working folder alone that is not its own', async () => {
    inFreshFolder();
    const flags = ['distill', '-', '-o', 'small', '--teacher', tiny, '--dims', '16'];
    const { code, err } = await run(flags, { stdin: corpus(120) });
    expect({ code, err }).toMatchObject({
      code: 0,
      err: expect.stringContaining('next: embed search CORPUS --model small YOUR QUESTION\n') as string,
    });
    expect(readdirSync('.')).toEqual(['small']);
    mkdirSync('small.teacher');
    writeFileSync('small.teacher/thesis.txt', 'years of work');
    expect(await run(flags, { stdin: corpus(120) })).toMatchObject({
      code: 2,
      err: 'error: Cannot keep vectors in small.teacher: a folder of that name exists and embed distill did not write it\nhint: Name another folder with -o, or move that one away\n',
    });
    writeFileSync('corpus.txt', corpus(120));
    await run(['encode', 'corpus.txt', '--model', tiny]);
    expect((await run(['distill', 'corpus.npy', ...flags.slice(2)])).code).toBe(0);
    expect(existsSync('small.teacher/thesis.txt')).toBe(true);
  });
});
