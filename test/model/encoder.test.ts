import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openEncoder } from '../../src/model/encoder.ts';
import { loadModel } from '../../src/model/folder.ts';
import { rowOf, type Matrix } from '../../src/vectors/matrix.ts';
import { readNpy } from '../../src/vectors/npy.ts';
import { inFreshFolder, projectFolder } from '../run.ts';
import { TINY_WORDS, writeLookupModel } from './tiny-bert.ts';

const corpus = (): string[] => readFileSync(join(projectFolder, 'fixtures/recipes.txt'), 'utf8').trimEnd().split('\n');

async function encode(
  model: string | undefined,
  groups: readonly (readonly string[])[],
  { threads = 2, prompt = '' } = {},
): Promise<Matrix[]> {
  const encoder = openEncoder(loadModel(model), { threads, prompt });
  const vectors: Matrix[] = [];
  for (const texts of groups) vectors.push(await encoder.encode(texts.map((text) => encoder.read(text))));
  await encoder.close();
  return vectors;
}

describe("a text's vector", () => {
  it('does not depend on its batch mates, their order or the number of threads', async () => {
    const texts = corpus();
    const [sorted, mixed] = await encode(undefined, [texts.toSorted((a, b) => a.length - b.length), texts]);
    const alone = await encode(
      undefined,
      texts.map((text) => [text]),
      { threads: 1 },
    );
    const order = Array.from(texts.keys()).toSorted((a, b) => texts[a]!.length - texts[b]!.length);
    let worst = 0;
    order.forEach((row, place) => {
      for (const [a, b] of [
        [rowOf(mixed!, row), rowOf(sorted!, place)],
        [rowOf(mixed!, row), rowOf(alone[row]!, 0)],
      ] as const) {
        a.forEach((value, d) => (worst = Math.max(worst, Math.abs(value - b[d]!))));
      }
    });
    expect(worst).toBeLessThanOrEqual(1e-6);
  });

  it('is computed once for texts the model reads alike', async () => {
    const encoder = openEncoder(loadModel(), { threads: 1 });
    let computed = 0;
    const texts = ['Same text.', 'same TEXT.', 'Same text.', 'Another.'];
    const vectors = await encoder.encode(
      texts.map((text) => encoder.read(text)),
      (rows) => (computed += rows),
    );
    await encoder.close();
    expect(computed).toBe(2);
    expect(rowOf(vectors, 1)).toEqual(rowOf(vectors, 0));
    expect(rowOf(vectors, 2)).toEqual(rowOf(vectors, 0));
  });

  it('does not change when a text is cut at the limit', async () => {
    const read = openEncoder(loadModel(), { threads: 1 });
    const long = 'the quick brown fox '.repeat(400);
    const { ids, lost, lostExact, bodyTokens } = read.read(long);
    await read.close();
    expect(ids.length).toBe(256);
    expect(bodyTokens).toBe(254);
    expect(lost).toBe(1600 - 254);
    expect(lostExact).toBe(true);
  });

  it('of 10 million characters is read in pieces, the loss estimated', async () => {
    const encoder = openEncoder(loadModel(), { threads: 1 });
    const read = encoder.read('lorem ipsum dolor '.repeat(600_000));
    await encoder.close();
    expect(read.ids.length).toBe(256);
    expect(read.lostExact).toBe(false);
    // 6 tokens a repetition: lore ##m ips ##um dolo ##r
    expect(Math.abs(read.lost / 3_600_000 - 1)).toBeLessThan(0.01);
  });
});

describe('a model folder', () => {
  const [the, cat] = [5 + TINY_WORDS.indexOf('the'), 5 + TINY_WORDS.indexOf('cat')];

  it('pools by mean over all tokens, special ones included', async () => {
    writeLookupModel(inFreshFolder());
    const [vectors] = await encode('.', [['the cat']]);
    const ids = [2, the, cat, 3];
    expect([...vectors!.data]).toEqual([ids.reduce((a, b) => a + b) / 4, ids.reduce((sum, id) => sum + id * id, 0) / 4, 1, 0]);
  });

  it('pools by cls, under old and new key names, and normalises', async () => {
    for (const pooling of [
      { embedding_dimension: 4, pooling_mode: 'cls' },
      { word_embedding_dimension: 4, pooling_mode_cls_token: true, pooling_mode_mean_tokens: false },
    ]) {
      writeLookupModel(inFreshFolder(), { pooling, onnx: 'onnx/model.onnx', modules: ['Transformer', 'Pooling', 'Normalize'] });
      const [vectors] = await encode('.', [['the cat']]);
      const norm = Math.hypot(2, 4, 1);
      expect([...vectors!.data]).toEqual([2, 4, 1, 0].map((value) => Math.fround(value / norm)));
    }
  });

  it('puts a prompt before every text and counts it towards the limit', async () => {
    writeLookupModel(inFreshFolder(), { sentenceBert: { max_seq_length: 5 } });
    const encoder = openEncoder(loadModel('.'), { threads: 1, prompt: 'passage: ' });
    const read = encoder.read('the cat sat');
    await encoder.close();
    expect(read.ids.length).toBe(5);
    expect(read.lost).toBe(2);
  });

  it.each([
    [
      'another pooling',
      { pooling: { embedding_dimension: 4, pooling_mode: 'max' } },
      /its pooling is max, which embed does not support yet/,
    ],
    ['several poolings', { pooling: { pooling_mode_cls_token: true, pooling_mode_mean_tokens: true } }, /its pooling is cls \+ mean/],
    ['another module', { modules: ['Transformer', 'Pooling', 'Dense'] }, /modules.json lists the module Dense/],
    ['another order', { modules: ['Transformer', 'Normalize', 'Pooling'] }, /modules.json lists Transformer → Normalize → Pooling/],
    ['lower-casing', { sentenceBert: { do_lower_case: true } }, /asks for do_lower_case/],
    [
      'prompts left out of pooling',
      { pooling: { pooling_mode: 'mean', include_prompt: false }, prompts: { prompts: { query: 'query: ' } } },
      /include_prompt: false/,
    ],
  ])('with %s is refused by name', (_, parts, message) => {
    writeLookupModel(inFreshFolder(), parts);
    expect(() => loadModel('.')).toThrow(message);
  });

  it('whose graph gives other dimensions than its configuration is refused', async () => {
    writeLookupModel(inFreshFolder(), { dims: 5 });
    await expect(encode('.', [['the cat']])).rejects.toThrow(/vectors have 4 dimensions where the model's configuration says 5/);
  });
});

const golden = join(projectFolder, '../shared/golden/models');

describe.skipIf(!existsSync(golden))("random models of sentence-transformers' layout", () => {
  it.each([
    'bert-mean-norm',
    'bert-cls-norm',
    'bert-mean-prompts',
    'bert-default-prompt',
    'bert-legacy-layout',
    'roberta-mean',
    'xlmr-mean',
    'xlmr-cls',
    'distilbert-mean',
    'mpnet-mean',
    'modernbert-cls',
  ])('%s gives the reference vectors to 2e-5, in mixed batches', async (name) => {
    const folder = join(golden, name);
    const model = loadModel(folder);
    const rows = readFileSync(join(folder, 'golden.jsonl'), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { text: string; prompt_name: string | null });
    const expected = readNpy(join(folder, 'golden.npy'));
    const defaultPrompt = name === 'bert-default-prompt' ? 'passage' : '';
    let worst = 0;
    for (const promptName of new Set(rows.map((row) => row.prompt_name))) {
      const own = rows.map((row, index) => ({ ...row, index })).filter((row) => row.prompt_name === promptName);
      const [vectors] = await encode(folder, [own.map(({ text }) => text)], { prompt: model.prompts[promptName ?? defaultPrompt] ?? '' });
      own.forEach(({ index }, at) =>
        rowOf(vectors!, at).forEach((value, d) => (worst = Math.max(worst, Math.abs(value - rowOf(expected, index)[d]!)))),
      );
    }
    expect(worst).toBeLessThanOrEqual(2e-5);
  });

  it.each([
    ['bert-max', /its pooling is max/],
    ['bert-concat', /its pooling is cls \+ mean \+ max/],
    ['labse', /the module Dense/],
    ['bert-mean-noprompt', /include_prompt: false/],
    ['bert-do-lower-case', /do_lower_case/],
  ])('%s is refused, and the reason named', (name, message) => {
    expect(() => loadModel(join(golden, name))).toThrow(message);
  });
});

if (!existsSync(golden)) console.warn('skipped: ../shared/golden/models is absent, parity with random models is not compared');
