import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import type { EmbedError } from '../../src/errors.ts';
import { loadModel } from '../../src/model/folder/folder.ts';
import { openEncoder } from '../../src/model/open-encoder.ts';
import { openReader } from '../../src/model/reading/reading.ts';
import type { Matrix } from '../../src/vectors/matrix.ts';
import { readNpy } from '../../src/vectors/npy.ts';
import { inFreshFolder, projectFolder } from '../run.ts';

/** Small static models, against token ids and vectors of sentence-transformers and model2vec. */
const FIXTURES = join(projectFolder, 'fixtures/static');
const NAMES = readdirSync(FIXTURES).filter((name) => !name.endsWith('.md'));

type Golden = { text: string; prompt_name: string | null; input_ids: number[] };

/** Largest difference of any number, which is in float32. */
const MAX_DIFFERENCE = 1e-6;

function goldenOf(name: string): Golden[] {
  // U+0085 stands raw in these lines
  const lines = readFileSync(join(FIXTURES, name, 'golden.jsonl'), 'utf8')
    .trimEnd()
    .split('\n');
  return lines.map((line) => JSON.parse(line) as Golden);
}

describe('a static model', () => {
  it.each(NAMES)('%s gives the tokens and vectors of the reference: alone, together, and read in threads', async (name) => {
    const folder = join(FIXTURES, name);
    const model = loadModel(folder);
    const golden = goldenOf(name);
    const expected = readNpy(join(folder, 'golden.npy'));
    expect(model.dims).toBe(expected.cols);
    const wrong: string[] = [];
    for (const promptName of new Set(golden.map((row) => row.prompt_name))) {
      const rows = golden.flatMap((row, at) => (row.prompt_name === promptName ? [{ ...row, at }] : []));
      const prompt = model.prompts[promptName ?? ''] ?? '';
      const encoder = openEncoder(model, { threads: 2, prompt });
      const texts = rows.map(({ text }) => text);
      const read = texts.map(openReader(model, { prompt }));
      const here = await encoder.encode(texts);
      const together = here.vectors;
      const apart: Matrix[] = [];
      for (const text of texts) apart.push((await encoder.encode([text])).vectors);
      expect(read).toMatchObject(here.reads);
      // more texts than are encoded without threads
      await encoder.encode(Array.from({ length: 4096 }, () => ''));
      expect(await encoder.encode(texts)).toEqual(here);
      for (const [i, { text, input_ids, at }] of rows.entries()) {
        const label = `${promptName ?? '-'} ${JSON.stringify(text.slice(0, 40))}`;
        expect([...read[i]!.ids], label).toEqual(input_ids);
        for (const [how, { data, cols }, row] of [['batch', together, i] as const, ['alone', apart[i]!, 0] as const]) {
          let most = 0;
          for (let d = 0; d < cols; d++) most = Math.max(most, Math.abs(data[row * cols + d]! - expected.data[at * cols + d]!));
          if (!(most <= MAX_DIFFERENCE)) wrong.push(`${label}: ${how} differs by ${most.toExponential(1)}`);
        }
      }
      await encoder.close();
    }
    expect(wrong).toEqual([]);
  });

  it('gives a text without tokens a vector of zeros, as the reference does', async () => {
    const model = loadModel(join(FIXTURES, 'm2v-float32'));
    expect(openReader(model)('☃☃').ids).toEqual(new Int32Array(0));
    const encoder = openEncoder(model, { threads: 1 });
    const { vectors, reads } = await encoder.encode(['☃☃']);
    expect(reads).toMatchObject([{ bodyTokens: 1, unknown: 1, lost: 0 }]);
    expect(vectors.data).toEqual(new Float32Array(12));
    await encoder.close();
  });

  it('says how much of a text is beyond its limit, of tokens and of characters', () => {
    const model = loadModel(join(FIXTURES, 'm2v-float32'));
    expect(model.maxTokens).toBe(16);
    const read = openReader(model);
    expect(read('the ferry')).toMatchObject({ lost: 0, lostExact: true });
    const { ids, lost, lostExact } = read('the ferry '.repeat(1000));
    expect(ids.length).toBeLessThanOrEqual(16);
    expect(lost).toBeGreaterThan(1000);
    expect(lostExact).toBe(false);
  });

  it('has no limit where its folder says none', () => {
    const model = loadModel(join(FIXTURES, 'st-root'));
    expect(model).toMatchObject({ maxTokens: Infinity, architecture: 'static', pooling: 'mean', normalized: true, precision: 'fp32' });
    const read = openReader(model);
    const one = read('rain ').ids.length;
    const { ids, lost } = read('rain '.repeat(30_000));
    expect(ids.length).toBeGreaterThan((one - 1) * 30_000);
    expect(lost).toBe(0);
  });

  it('in a folder of model2vec is read as model2vec does, unless other modules follow', () => {
    expect(loadModel(join(FIXTURES, 'm2v-int8')).runs).toMatchObject({ reference: 'model2vec', table: { precision: 'int8' } });
    cpSync(join(FIXTURES, 'm2v-int8'), join(inFreshFolder(), 'm'), { recursive: true });
    const modules = JSON.parse(readFileSync('m/modules.json', 'utf8')) as object[];
    writeFileSync('m/modules.json', JSON.stringify([...modules, { idx: 2, path: '', type: 'sentence_transformers.models.Dropout' }]));
    expect(loadModel('m').runs).toMatchObject({ reference: 'sentence-transformers' });
  });
});

describe('a damaged static model', () => {
  beforeEach(() => cpSync(join(FIXTURES, 'm2v-vocabulary'), join(inFreshFolder(), 'm'), { recursive: true }));

  const problem = (): string[] => {
    try {
      loadModel('m');
    } catch (error) {
      return [(error as Error).message.replace(/^Cannot load the model in .*?: /, ''), (error as EmbedError).hint ?? ''];
    }
    return [];
  };

  it.each([
    ['without a table', { weights: floats(287) }, 'its model.safetensors has no tensor "embedding.weight" or "embeddings"'],
    ['of one dimension', { embeddings: floats(287) }, 'its tensor "embeddings" has the shape 287, not tokens × dims'],
    [
      'of whole numbers',
      { embeddings: { dtype: 'I32', shape: [287, 1], bytes: 1148 } },
      'its tensor "embeddings" holds I32, but embed reads floats and I8',
    ],
    ['with too few rows', { embeddings: floats(10, 4) }, 'its tokenizer.json has 287 tokens, where its table has rows for 10'],
    [
      'with a short mapping',
      { embeddings: floats(287, 4), mapping: ints(286) },
      'its tokenizer.json has 287 tokens, where its mapping has 286',
    ],
    ['with a mapping out of range', { embeddings: floats(3, 4), mapping: ints(287, 3) }, 'its mapping names the row 3 of 3'],
    ['with a mapping of floats', { embeddings: floats(3, 4), mapping: floats(287) }, 'its tensor "mapping" holds F32, not integers'],
    ['with too few weights', { embeddings: floats(287, 4), weights: floats(3) }, 'it has 3 weights for 287 tokens'],
  ])('%s is refused', (_, tensors, message) => {
    writeFileSync('m/model.safetensors', safetensors(tensors));
    expect(problem()[0]).toBe(message);
    expect(problem()[1]).toContain('copy the whole folder again'.slice(1));
  });

  it('without its weights, or with a limit that is none, is refused', () => {
    const config = JSON.parse(readFileSync('m/config.json', 'utf8')) as object;
    writeFileSync('m/config.json', JSON.stringify({ ...config, max_length: 'long' }));
    expect(() => loadModel('m')).toThrow(/config.json has max_length "long"/);
    cpSync('m/config.json', 'n/config.json');
    cpSync('m/tokenizer.json', 'n/tokenizer.json');
    expect(() => loadModel('n')).toThrow(/model.safetensors is missing/);
  });
});

type Stored = { dtype: string; shape: number[]; bytes: number; fill?: number };

function floats(...shape: number[]): Stored {
  return { dtype: 'F32', shape, bytes: 4 * shape.reduce((product, length) => product * length) };
}

function ints(count: number, value = 0): Stored {
  return { dtype: 'I64', shape: [count], bytes: 8 * count, fill: value };
}

/** A safetensors file of tensors that hold one value each. */
function safetensors(tensors: Readonly<Record<string, Stored>>): Buffer {
  let at = 0;
  const header = JSON.stringify(
    Object.fromEntries(
      Object.entries(tensors).map(([name, { dtype, shape, bytes }]) => [name, { dtype, shape, data_offsets: [at, (at += bytes)] }]),
    ),
  );
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  const values = Object.values(tensors).map(({ bytes, fill = 0 }) =>
    Buffer.from(new BigInt64Array(Math.ceil(bytes / 8)).fill(BigInt(fill)).buffer, 0, bytes),
  );
  return Buffer.concat([length, Buffer.from(header), ...values]);
}
