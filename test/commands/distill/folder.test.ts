import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { vectorOf } from '../../../src/analysis/regression/token-rows.ts';
import { openBareTokenizer } from '../../../src/model/tokenizer/bare-tokenizer.ts';
import { readSafetensors } from '../../../src/vectors/safetensors.ts';
import { start } from '../../children.ts';
import { inFreshFolder, run } from '../../run.ts';
import { corpus, readJson, tableOf, textOf, tiny } from './fixtures.ts';

describe('embed distill -o', () => {
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
      /lies in small\.teacher, which is removed at the end/,
    );
    expect(existsSync('small.teacher/corpus.npy')).toBe(true);
    mkdirSync('mine');
    writeFileSync('mine/thesis.txt', 'years of work');
    expect(await run([...flags, '-o', 'mine'])).toEqual({
      code: 2,
      out: '',
      err: 'error: Cannot write mine: a folder of that name exists and embed distill did not write it\nhint: Name another folder with -o, or replace it with --overwrite\n',
    });
    expect((await run([...flags, '-o', 'mine', '--overwrite'])).code).toBe(0);
    expect(existsSync('mine/thesis.txt')).toBe(false);
  });
});

const python = join(homedir(), '.cache/embed-bench/venv/bin/python');
const lib = join(homedir(), '.cache/embed-bench/venv/lib');
/** The folder may be there with other peers only. */
const installed = ['sentence_transformers', 'model2vec'].every((name) =>
  (existsSync(lib) ? readdirSync(lib) : []).some((version) => existsSync(join(lib, version, 'site-packages', name))),
);
if (!installed)
  console.warn(`skipped: sentence-transformers and model2vec are not in ${lib}, so no other library loads what distill writes`);

describe.skipIf(!installed)('sentence-transformers and model2vec', () => {
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
