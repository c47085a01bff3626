import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { vectorOf } from '../../src/analysis/regression/token-rows.ts';
import { openBareTokenizer } from '../../src/model/tokenizer/bare-tokenizer.ts';
import { cosine } from '../../src/vectors/matrix.ts';
import { npyHeader } from '../../src/vectors/npy.ts';
import { readSafetensors } from '../../src/vectors/safetensors.ts';
import { start } from '../children.ts';
import { inFreshFolder, projectFolder, run, signalWhen } from '../run.ts';

const recipes = join(projectFolder, 'fixtures/recipes.txt');

/** A teacher of a few numbers, which takes no time. */
const tiny = join(projectFolder, 'fixtures/models/bert-mean');

/** Texts of words that say what they are about. */
const topics = ['rice soup bread oven', 'train ticket station delay', 'refund invoice charge card', 'sea wave beach sand'];
const textOf = (at: number): string => {
  const words = topics[at % 4]!.split(' ');
  return `The ${words[at % 3]} and the ${words[(at >> 2) % 4]} of number ${at}`;
};
const corpus = (rows: number): string => Array.from({ length: rows }, (_, at) => `${textOf(at)}\n`).join('');

/** A tokenizer that knows some words and nothing else. */
function wordTokenizer(words: readonly string[]): object {
  return {
    version: '1.0',
    added_tokens: [],
    normalizer: { type: 'Lowercase' },
    pre_tokenizer: { type: 'WhitespaceSplit' },
    post_processor: null,
    decoder: null,
    model: { type: 'WordLevel', unk_token: '[UNK]', vocab: Object.fromEntries(['[UNK]', ...words].map((word, id) => [word, id])) },
  };
}

const tableOf = (folder: string): { data: Float32Array; dims: number } => {
  const tensor = readSafetensors(join(folder, 'model.safetensors')).get('embedding.weight')!;
  return { data: tensor.data, dims: tensor.shape[1]! };
};
const readJson = <T>(file: string): T => JSON.parse(readFileSync(file, 'utf8')) as T;

const ajv = new Ajv2020({ allowUnionTypes: true });
const valid = ajv.compile(readJson<object>(join(projectFolder, 'docs/schemas/distill.schema.json')));

type Report = {
  summary: { held_out: { texts: number; mean_cosine: number | null }; [key: string]: unknown };
  results: Record<string, unknown>[];
};

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
      held out  nothing: there are fewer than a hundred texts
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

  it('reports in JSON as its schema says, with figures on held-out texts, pairs and scores', async () => {
    inFreshFolder();
    writeFileSync('corpus.txt', corpus(400));
    // half of the first texts are among the texts
    writeFileSync(
      'pairs.tsv.gz',
      gzipSync(Array.from({ length: 300 }, (_, at) => `${textOf(at + 250)}\tauf ${textOf(at + 250)} deutsch\n`).join('')),
    );
    writeFileSync(
      'scores.csv',
      `one,other,score\n${Array.from({ length: 20 }, (_, at) => `${textOf(at)},${textOf(at * 3)},${(at * 7) % 5}\n`).join('')}`,
    );
    const { code, out, err } = await run([
      'distill',
      'corpus.txt',
      '-o',
      'small',
      '--teacher',
      tiny,
      '--dims',
      '16',
      '--pairs',
      'pairs.tsv.gz',
      '--eval',
      'scores.csv',
      '--format',
      'json',
    ]);
    expect({ code, err }).toMatchObject({ code: 0 });
    const report = JSON.parse(out) as Report;
    expect(valid(report), JSON.stringify(valid.errors)).toBe(true);
    // four texts and three pairs are held out; a text that begins a held-out pair counts there
    expect(report.summary).toMatchObject({ texts: 400, pairs: 300, dims: 16, inputs: ['corpus.txt'] });
    expect(report.summary.held_out.texts).toBeGreaterThan(0);
    expect(report.summary.held_out.mean_cosine).toBeGreaterThan(0.3);
    expect(report.results.map(({ kind, file }) => [kind, file])).toEqual([
      ['file', 'corpus.txt'],
      ['file', 'pairs.tsv.gz'],
      ['pairs', 'pairs.tsv.gz'],
      ['eval', 'scores.csv'],
    ]);
    expect(report.results[2]).toMatchObject({ pairs: 3, firsts: 3 });
    expect(report.results[3]).toMatchObject({ pairs: 20 });
    // first texts that are among the texts are not encoded again
    expect(err).toContain('encoded 400 rows');
    expect(err).toContain('encoded 150 rows');
    expect(readdirSync('.').toSorted()).toEqual(['corpus.txt', 'pairs.tsv.gz', 'scores.csv', 'small']);
    expect(readFileSync('small/README.md', 'utf8')).toContain('| pairs.tsv.gz |');
  });

  it('never fits the second text of a held-out pair, wherever else it stands', async () => {
    inFreshFolder();
    const words = Array.from({ length: 400 }, (_, at) => `word${at}`);
    writeFileSync('words.json', JSON.stringify(wordTokenizer(['the', 'one', 'other', ...words])));
    writeFileSync('corpus.txt', 'the one\nthe other\nthe one other\n');
    // each second text has two firsts; where one of them is held out, it is fitted with neither
    const pairs = words.flatMap((word, at) => [`one ${word}\tthe word${(at + 1) % 400}\n`, `other ${word}\tthe word${(at + 1) % 400}\n`]);
    writeFileSync('pairs.tsv', pairs.join(''));
    const args = ['corpus.txt', '--pairs', 'pairs.tsv', '--teacher', tiny, '--dims', '16', '--tokenizer', 'words.json', '-q'];
    const { out, code } = await run(['distill', ...args, '-o', 'small', '--format', 'json']);
    expect(code).toBe(0);
    const { summary, results } = JSON.parse(out) as { summary: { rows: number }; results: { kind: string; firsts?: number }[] };
    const { firsts } = results.find(({ kind }) => kind === 'pairs')!;
    expect(firsts).toBeGreaterThan(3);
    // of 3 texts, 800 firsts and 800 seconds: neither these firsts, nor the two rows of each of their seconds, few of which they share
    expect(summary.rows).toBeLessThan(3 + 800 - firsts! + 800 - 1.5 * firsts!);
  });

  it('never fits what it measures on', async () => {
    inFreshFolder();
    const words = Array.from({ length: 300 }, (_, at) => `word${at}`);
    writeFileSync('words.json', JSON.stringify(wordTokenizer(['the', ...words])));
    // each text is there twice: both or neither are held out
    writeFileSync('corpus.txt', [...words, ...words].map((word) => `the ${word}\n`).join(''));
    const { out, code } = await run([
      'distill',
      'corpus.txt',
      '-o',
      'small',
      '--teacher',
      tiny,
      '--dims',
      '16',
      '--tokenizer',
      'words.json',
      '--format',
      'json',
      '-q',
    ]);
    expect(code).toBe(0);
    const { summary } = JSON.parse(out) as Report;
    const { data, dims } = tableOf('small');
    const zero = words.filter((_, at) => data.subarray((at + 2) * dims, (at + 3) * dims).every((value) => value === 0));
    expect(summary.held_out.texts).toBe(6);
    expect(zero).toHaveLength(3);
    expect(summary).toMatchObject({ rows: 594, seen_tokens: 298 });
  });

  it('gives the same bytes with one thread and with two, and others with another seed', async () => {
    inFreshFolder();
    writeFileSync('corpus.txt', corpus(300));
    // the vectors are not what this is about
    await run(['encode', 'corpus.txt']);
    for (const [folder, ...more] of [
      ['a', '--threads', '1'],
      ['b', '--threads', '2'],
      ['c', '--seed', '1'],
    ] as string[][]) {
      expect((await run(['distill', 'corpus.txt', '-o', folder!, '--dims', '64', '-q', ...more])).code).toBe(0);
    }
    const [a, b, c] = ['a', 'b', 'c'].map((folder) => readFileSync(join(folder, 'model.safetensors')));
    expect(Buffer.compare(a!, b!)).toBe(0);
    expect(Buffer.compare(a!, c!)).not.toBe(0);
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

  it('writes int8 as integers with a scale a row', async () => {
    inFreshFolder();
    writeFileSync('corpus.txt', corpus(120));
    await run(['distill', 'corpus.txt', '-o', 'whole', '--teacher', tiny, '--dims', '16', '-q']);
    await run(['distill', 'corpus.txt', '-o', 'small', '--teacher', tiny, '--dims', '16', '-q', '--precision', 'int8']);
    const bytes = readFileSync('small/model.safetensors');
    const length = Number(bytes.readBigUInt64LE());
    const header = JSON.parse(bytes.toString('utf8', 8, 8 + length)) as Record<
      string,
      { dtype: string; shape: number[]; data_offsets: [number, number] }
    >;
    const { data, dims } = tableOf('whole');
    expect(header).toMatchObject({
      embeddings: { dtype: 'I8', shape: [data.length / dims, 16] },
      weights: { dtype: 'F32', shape: [data.length / dims] },
    });
    const values = new Int8Array(bytes.buffer, bytes.byteOffset + 8 + length, data.length);
    const scales = readSafetensors('small/model.safetensors').get('weights')!.data;
    data.forEach((value, at) =>
      expect(Math.abs(values[at]! * scales[Math.floor(at / dims)]! - value)).toBeLessThanOrEqual(scales[Math.floor(at / dims)]! * 0.5001),
    );
    expect(readJson('small/config.json')).toMatchObject({ model_type: 'model2vec', normalize: true });
  });

  it('says which files a vocabulary does not know', async () => {
    inFreshFolder();
    writeFileSync('words.json', JSON.stringify(wordTokenizer(['the', 'rice', 'and', 'of', 'number'])));
    writeFileSync('corpus.txt', 'the rice and the rice\nthe number of rice\n');
    writeFileSync('ru.tsv', 'the rice\tварёный рис the\n');
    const { code, err } = await run([
      'distill',
      'corpus.txt',
      '-o',
      'small',
      '--teacher',
      tiny,
      '--dims',
      '16',
      '--tokenizer',
      'words.json',
      '--pairs',
      'ru.tsv',
    ]);
    expect(code).toBe(0);
    expect(err).toContain(
      'warning: ru.tsv: 67 % of its tokens are unknown to the vocabulary. Learn one from the texts with --vocab N, or give another with --tokenizer\n',
    );
    expect(err).not.toContain('corpus.txt: ');
  });

  it('goes on where it was stopped, with the same result', async () => {
    inFreshFolder();
    // a window and a few rows
    writeFileSync('corpus.txt', corpus(4500));
    const flags = ['--teacher', tiny, '--dims', '16'];
    const journal = 'small.teacher/corpus.npy.journal';
    const signal = signalWhen(() => existsSync(journal) && readFileSync(journal, 'utf8').includes('"counts"'));
    expect(await run(['distill', 'corpus.txt', '-o', 'small', ...flags], { signal })).toMatchObject({
      code: 130,
      err: expect.stringMatching(/stopped: the same command resumes at row 4097\n$/) as string,
    });
    expect(readdirSync('.').toSorted()).toEqual(['corpus.txt', 'small.teacher']);
    const { code, err } = await run(['distill', 'corpus.txt', '-o', 'small', ...flags]);
    expect(code).toBe(0);
    expect(err).toMatch(/^resuming at row 4097, where an earlier run was stopped\n/);
    await run(['distill', 'corpus.txt', '-o', 'whole', ...flags, '-q']);
    expect(Buffer.compare(readFileSync('small/model.safetensors'), readFileSync('whole/model.safetensors'))).toBe(0);
    expect(readdirSync('.').toSorted()).toEqual(['corpus.txt', 'small', 'whole']);
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

  it('keeps the vectors when it is stopped after they are there', async () => {
    inFreshFolder();
    writeFileSync('corpus.txt', corpus(600));
    const flags = ['distill', 'corpus.txt', '-o', 'small', '--teacher', tiny, '--dims', '16'];
    const signal = signalWhen(() => existsSync('small.teacher/corpus.manifest.json'));
    expect(await run(flags, { signal })).toMatchObject({
      code: 130,
      err: expect.stringContaining("stopped: the teacher's vectors are kept, the same command goes on with them\n") as string,
    });
    const { code, err } = await run(flags);
    expect(code).toBe(0);
    expect(err).toContain('using small.teacher/corpus.npy of an earlier run\n');
    expect(existsSync('small.teacher')).toBe(false);
  });

  it('replaces its own product, and no other folder unless told to', async () => {
    inFreshFolder();
    writeFileSync('corpus.txt', corpus(120));
    const flags = ['distill', 'corpus.txt', '--teacher', tiny, '--dims', '16', '-q'];
    for (let time = 0; time < 2; time++) expect((await run([...flags, '-o', 'small/'])).code).toBe(0);
    expect(readdirSync('.').toSorted()).toEqual(['corpus.txt', 'small']);
    writeFileSync('small/notes.txt', 'of my own');
    expect((await run([...flags, '-o', 'small'])).err).toContain('a folder of that name exists and embed distill did not write it');
    expect((await run(['distill', 'small.teacher/corpus.npy', '-o', 'small', '-q'])).code).toBe(2);
    mkdirSync('small.teacher');
    writeFileSync('small.teacher/corpus.npy', '');
    expect((await run(['distill', 'small.teacher/corpus.npy', '-o', 'small', '-q'])).err).toMatch(
      /lies in small\.teacher, which goes away with the run/,
    );
    expect(existsSync('small.teacher/corpus.npy')).toBe(true);
    mkdirSync('mine');
    writeFileSync('mine/thesis.txt', 'years of work');
    expect(await run([...flags, '-o', 'mine'])).toEqual({
      code: 2,
      out: '',
      err: 'error: Cannot write mine: a folder of that name exists and embed distill did not write it\nhint: Name another folder with -o, or say --overwrite\n',
    });
    expect((await run([...flags, '-o', 'mine', '--overwrite'])).code).toBe(0);
    expect(existsSync('mine/thesis.txt')).toBe(false);
  });
});

describe('embed distill refuses', () => {
  const prepare = (): void => {
    inFreshFolder();
    writeFileSync('corpus.txt', corpus(40));
    writeFileSync('other.txt', corpus(40));
    writeFileSync('one.txt', 'a single text\n');
    writeFileSync('good.tsv', 'the rice\tder Reis\n');
    writeFileSync('narrow.tsv', 'the rice\nthe sea\n');
    writeFileSync('empty-side.tsv', 'the rice\tder Reis\nthe sea\t \n');
    writeFileSync('ragged.tsv', 'the rice\tder Reis\nthe sea\n');
    writeFileSync('none.tsv', '');
    writeFileSync('two.csv', 'a,b\nc,d\n');
    writeFileSync('words.csv', 'one,other,score\na,b,1\nc,d,much\n');
    writeFileSync('same.csv', 'a,b,1\nc,d,1\n');
    writeFileSync('broken.json', '{');
    writeFileSync('list.json', '{"model": 3}');
    mkdirSync('empty-folder');
    mkdirSync('models');
    writeFileSync('models/corpus.txt', corpus(40));
    cpSync(tiny, 'tiny', { recursive: true });
  };
  const base = ['-o', 'small', '--teacher', 'tiny', '--dims', '16'];

  it.each<[string[], string, string]>([
    [['corpus.txt', ...base, '--dims', '32'], 'Cannot fit vectors of 32 dims: those of tiny have 16', 'Give --dims up to 16'],
    [
      ['one.txt', ...base],
      'Cannot fit a model to one text',
      'Give at least some thousands, better some hundred thousand, of the kind that the model is for',
    ],
    [['nothing.txt', ...base], 'Cannot read nothing.txt: no such file', 'Check the path; it is taken from the folder you are in'],
    [['corpus.txt', 'corpus.txt', ...base], 'Cannot read corpus.txt twice as a corpus', 'Name it once'],
    [
      ['corpus.txt', ...base, '--pairs', 'good.tsv', '--pairs', './good.tsv'],
      'Cannot read ./good.tsv twice as a file of pairs',
      'Name it once',
    ],
    [
      ['corpus.txt', ...base, '--pairs', 'missing.tsv'],
      'Cannot read missing.tsv: no such file',
      'Check the path; it is taken from the folder you are in',
    ],
    [
      ['corpus.txt', ...base, '--pairs', 'narrow.tsv'],
      'Cannot use line 1 of narrow.tsv: it has 1 column, not two columns: a text and its translation',
      'Columns of a .tsv are parted by tabs, those of a .csv by commas',
    ],
    [
      ['corpus.txt', ...base, '--pairs', 'empty-side.tsv'],
      'Cannot use the pair at line 2 of empty-side.tsv: its second text is empty',
      'Leave the line out, or fill it in',
    ],
    [
      ['corpus.txt', ...base, '--pairs', 'ragged.tsv'],
      'Cannot read ragged.tsv: the record at line 2 has 1 field where the first has 2',
      'Quote values that hold the separator or a line break, or name another separator with --delimiter',
    ],
    [
      ['corpus.txt', ...base, '--pairs', 'none.tsv'],
      'Cannot read pairs from none.tsv: there are none in it',
      'Check that it is the file you meant',
    ],
    [
      ['corpus.txt', ...base, '--pairs', 'other.txt'],
      'Cannot read pairs from other.txt: it is no table',
      'Write them as .tsv: two texts with a tab between them',
    ],
    [['corpus.txt', ...base, '--pairs', '-'], 'Cannot read pairs from standard input', 'Put them into a file'],
    [
      ['corpus.txt', ...base, '--eval', 'two.csv'],
      'Cannot use line 1 of two.csv: it has 2 columns, not three columns: two texts and a score',
      'Columns of a .csv are parted by commas, those of a .tsv by tabs',
    ],
    [
      ['corpus.txt', ...base, '--eval', 'words.csv'],
      'Cannot use the score at line 3 of words.csv: "much" is no number',
      'The third column is the score; more columns do not matter',
    ],
    [
      ['corpus.txt', ...base, '--eval', 'same.csv'],
      'Cannot compare with same.csv: all of its scores are equal',
      'Give pairs of texts with different scores in the third column',
    ],
    [
      ['corpus.txt', ...base, '--tokenizer', 'empty-folder'],
      'Cannot take the tokenizer from empty-folder: there is no tokenizer.json in it',
      'Name a tokenizer.json, or a folder that has one',
    ],
    [
      ['corpus.txt', ...base, '--tokenizer', 'broken.json'],
      'Cannot take the tokenizer from broken.json: it is not valid JSON',
      'Name a tokenizer.json as the tokenizers library writes it',
    ],
    [
      ['corpus.txt', ...base, '--tokenizer', 'list.json'],
      'Cannot use the tokenizer.json in .: it has no "model" with a vocabulary',
      'Copy it again if it is damaged; else use a model with a tokenizer of BERT, MPNet, RoBERTa, XLM-RoBERTa, T5, ModernBERT or Qwen',
    ],
    [
      ['corpus.txt', ...base, '--vocab', '100', '--tokenizer', 'tiny'],
      "Option '--vocab <N>' cannot be used with option '--tokenizer <DIR>'",
      'Run embed distill --help',
    ],
    [
      ['models/corpus.txt', ...base, '-o', 'models'],
      'Cannot write models: models/corpus.txt is read, and would be replaced',
      'Name another folder with -o',
    ],
    [['corpus.txt', ...base, '-o', 'tiny'], 'Cannot write tiny: tiny is read, and would be replaced', 'Name another folder with -o'],
    [['corpus.txt', ...base, '-o', 'one.txt'], 'Cannot write one.txt: it is a file', 'Name another folder with -o'],
    [['corpus.txt', ...base, '-o', 'no/where'], 'Cannot write no/where: there is no folder no', 'Choose a folder that exists'],
    [['corpus.txt', ...base, '-o', '-'], 'Cannot write a model to standard output: it is a folder', 'Name a folder with -o'],
    [
      ['corpus.txt', ...base, '--texts', 'other.txt'],
      'Cannot take texts from other.txt: --texts belongs to a single .npy',
      'Leave --texts out: a corpus has its own',
    ],
    [['corpus.txt', ...base, '--teacher', 'nobody'], 'Cannot find the model "nobody": no such folder', ''],
  ])('%j', async (args, message, hint) => {
    prepare();
    const before = readdirSync('.').toSorted();
    const { code, out, err } = await run(['distill', ...args, '-q']);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(`error: ${message}\n`);
    expect(err).toContain(`hint: ${hint}`);
    // what was encoded may be kept; the product is not there
    expect(
      readdirSync('.')
        .toSorted()
        .filter((name) => name !== 'small.teacher'),
    ).toEqual(before);
  });

  it('the folder one is in, and a command without -o', async () => {
    prepare();
    expect((await run(['distill', 'corpus.txt', '-o', '.'])).err).toContain('error: Cannot write .: ');
    const { code, err } = await run(['distill', 'corpus.txt']);
    expect(code).toBe(2);
    expect(err).toContain("Required option '-o, --output <DIR>' not specified");
  });

  it('a set of another model than --teacher, and sets of two models', async () => {
    prepare();
    await run(['encode', 'corpus.txt', '-q']);
    await run(['encode', 'other.txt', '-q', '--model', 'tiny']);
    expect((await run(['distill', 'corpus.npy', ...base])).err).toBe(
      'error: Cannot learn from corpus.npy what tiny does: its vectors are of minilm (int8)\nhint: Leave --teacher out, name the model of the set, or give the texts themselves\n',
    );
    expect((await run(['distill', 'corpus.npy', 'other.npy', '-o', 'small'])).err).toBe(
      'error: Cannot learn from other.npy what minilm does: its vectors are of tiny (fp32)\nhint: Encode it again, or give the texts themselves\n',
    );
    expect((await run(['distill', 'other.npy', '-o', 'small'])).err).toMatch(
      /^error: Cannot open the teacher of other\.npy: its vectors are of the model tiny, .*\nhint: Name its folder with --teacher\n$/,
    );
  });

  it('a set of another prompt beside texts that are still to be encoded', async () => {
    prepare();
    await run(['encode', 'corpus.txt', '-q', '--model', 'tiny', '--prompt-text', 'query: ']);
    expect((await run(['distill', 'corpus.npy', ...base, '--pairs', 'good.tsv'])).err).toBe(
      'error: Cannot learn from corpus.npy and other texts: its own were encoded with the prompt "query: ", these with ""\nhint: Encode it again without --prompt, or give the texts in place of the set\n',
    );
    expect((await run(['distill', 'corpus.npy', ...base, '-q'])).code).toBe(0);
  });

  it('a row without a vector', async () => {
    prepare();
    const rows = 40;
    const vectors = new Float32Array(rows * 16).fill(0.25);
    vectors.fill(0, 7 * 16, 8 * 16);
    const write = (): void => writeFileSync('bare.npy', Buffer.concat([npyHeader({ rows, cols: 16 }), new Uint8Array(vectors.buffer)]));
    write();
    const args = ['distill', 'bare.npy', '--texts', 'corpus.txt', ...base, '-q'];
    expect((await run(args)).err).toBe(
      'error: Cannot learn from row 7 of bare.npy: the teacher has no vector for it (all zeros)\nhint: Encode the texts again, or leave that text out\n',
    );
    vectors[7 * 16] = NaN;
    write();
    expect((await run(args)).err).toContain('row 7 of bare.npy: the teacher has no vector for it (NaN or infinite numbers)\n');
    expect((await run(['distill', 'bare.npy', '--texts', 'one.txt', ...base])).err).toContain('it has 1 row where bare.npy has 40\n');
    expect((await run(['distill', 'bare.npy', '--texts', 'corpus.txt', '-o', 'small'])).err).toContain(
      'Cannot learn from bare.npy what minilm does: its vectors have 16 dims, those of minilm 384\n',
    );
  });

  it('texts of which the tokenizer knows nothing', async () => {
    prepare();
    writeFileSync('words.json', JSON.stringify(wordTokenizer(['рис'])));
    expect((await run(['distill', 'corpus.txt', ...base, '--tokenizer', 'words.json', '-q'])).err).toBe(
      'error: Cannot fit a model: the tokenizer knows no token of these texts\nhint: Learn a vocabulary from them with --vocab N\n',
    );
  });
});

const learns = !readFileSync(join(projectFolder, 'src/model/train-unigram.ts'), 'utf8').includes('this is a stub');
if (!learns) console.warn('skipped: src/model/train-unigram.ts is a stub, so that no vocabulary is learnt');

describe.skipIf(!learns)('embed distill --vocab', () => {
  it('learns a vocabulary from texts and translations, which then knows both', async () => {
    inFreshFolder();
    writeFileSync('corpus.txt', corpus(300));
    writeFileSync('ru.tsv', Array.from({ length: 200 }, (_, at) => `${textOf(at)}\tварёный рис номер ${at} на берегу моря\n`).join(''));
    const args = [
      'distill',
      'corpus.txt',
      '--pairs',
      'ru.tsv',
      '--teacher',
      tiny,
      '--dims',
      '16',
      '--vocab',
      '70',
      '--format',
      'json',
      '-q',
    ];
    const { code, out, err } = await run([...args, '-o', 'small']);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const { summary, results } = JSON.parse(out) as Report;
    expect(summary).toMatchObject({ tokens: 70, scripts: ['Latin', 'Cyrillic'] });
    for (const { unknown, tokens } of results.slice(0, 2)) expect(Number(unknown)).toBeLessThan(0.05 * Number(tokens));
    await run([...args, '-o', 'again']);
    for (const file of ['tokenizer.json', 'model.safetensors']) {
      expect(Buffer.compare(readFileSync(join('small', file)), readFileSync(join('again', file)))).toBe(0);
    }
  });

  it('says when texts are too few for it', async () => {
    inFreshFolder();
    writeFileSync('corpus.txt', corpus(40));
    const { code, err } = await run(['distill', 'corpus.txt', '--teacher', tiny, '--dims', '16', '--vocab', '20000', '-o', 'small', '-q']);
    expect(code).toBe(2);
    expect(err).toMatch(
      /^error: Cannot learn a vocabulary of 20000 pieces: the texts give \d+\nhint: Use --vocab \d+ or less, or give more texts\n$/,
    );
    expect(existsSync('small')).toBe(false);
  });
});

const python = join(homedir(), '.cache/embed-bench/venv/bin/python');
if (!existsSync(python)) console.warn(`skipped: ${python} is absent, so that no other library loads what distill writes`);

describe.skipIf(!existsSync(python))('sentence-transformers and model2vec', () => {
  it.each(['fp32', 'int8'])('give the same vectors of what is written in %s', async (precision) => {
    inFreshFolder();
    const texts = Array.from({ length: 40 }, (_, at) => textOf(at * 7)).concat([
      '',
      'Ein Satz mit Wörtern, die keiner kennt: 漢字',
      'rice '.repeat(700),
    ]);
    writeFileSync('corpus.txt', corpus(200));
    writeFileSync('texts.json', JSON.stringify(texts));
    expect(
      (await run(['distill', 'corpus.txt', '-o', 'small', '--teacher', tiny, '--dims', '16', '--precision', precision, '-q'])).code,
    ).toBe(0);
    const { code, out, err } = await start(
      python,
      [
        '-c',
        [
          'import json',
          'from sentence_transformers import SentenceTransformer',
          'from model2vec import StaticModel',
          'texts = json.load(open("texts.json"))',
          'model = SentenceTransformer("small", device="cpu")',
          'print(json.dumps([model.encode(texts).tolist(), StaticModel.from_pretrained("small").encode(texts).tolist()]))',
        ].join('\n'),
      ],
      { env: { ...process.env, HF_HUB_OFFLINE: '1' } },
    ).ended;
    expect(code, err).toBe(0);
    const tokenizer = openBareTokenizer(readJson<object>('small/tokenizer.json'), { where: 'small', maxTokens: 1e6 });
    const table = writtenTable('small');
    const ours = texts.map((text) => vectorOf(tokenizer.read(text), table, 16));
    for (const theirs of JSON.parse(out) as number[][][]) {
      ours.forEach((vector, at) => vector.forEach((value, d) => expect(Math.abs(value - theirs[at]![d]!)).toBeLessThan(1e-5)));
    }
  });
});

/** The table of a folder, in float32. */
function writtenTable(folder: string): Float32Array {
  const tensors = readSafetensors(join(folder, 'model.safetensors'));
  const whole = tensors.get('embedding.weight');
  if (whole) return whole.data;
  const bytes = readFileSync(join(folder, 'model.safetensors'));
  const { embeddings } = JSON.parse(bytes.toString('utf8', 8, 8 + Number(bytes.readBigUInt64LE()))) as {
    embeddings: { shape: [number, number]; data_offsets: [number, number] };
  };
  const [begin, end] = embeddings.data_offsets;
  const from = 8 + Number(bytes.readBigUInt64LE());
  const scales = tensors.get('weights')!.data;
  return Float32Array.from(
    new Int8Array(bytes.subarray(from + begin, from + end)),
    (value, at) => value * scales[Math.floor(at / embeddings.shape[1])]!,
  );
}
