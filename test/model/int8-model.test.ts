import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { loadModel } from '../../src/model/folder/folder.ts';
import { toInt8Model } from '../../src/model/int8/int8-model.ts';
import type { Model } from '../../src/model/model.ts';
import { openEncoder } from '../../src/model/open-encoder.ts';
import { cosine, rowOf } from '../../src/vectors/matrix.ts';
import { readNpy } from '../../src/vectors/npy.ts';
import type { Weights } from '../../src/vectors/safetensors.ts';
import { inFreshFolder, projectFolder } from '../run.ts';
import { randomBertWeights, TINY_CONFIG, TINY_WORDS, writeLookupModel } from './tiny-bert.ts';

const golden = join(projectFolder, '../shared/golden');
const minilm = join(projectFolder, '../shared/models/all-MiniLM-L6-v2');

/** One of every family whose graph is built from weights, with pooling of several kinds. */
const FAMILIES = ['bert-cls-norm', 'labse', 'roberta-mean', 'xlmr-mean', 'mpnet-mean', 'distilbert-mean', 'albert-mean'].filter((name) =>
  existsSync(join(golden, 'models', name)),
);

if (FAMILIES.length === 0) console.warn(`skipped: ${golden} is absent, so that only a tiny BERT is turned to int8`);
if (!existsSync(minilm)) console.warn(`skipped: ${minilm} is absent, so that no real model is turned to int8`);

const signal = new AbortController().signal;

let cache = '';

beforeEach(() => {
  cache = join(inFreshFolder(), 'cache');
  vi.stubEnv('XDG_CACHE_HOME', cache);
});

afterEach(() => vi.unstubAllEnvs());

const graphs = (): string[] => (existsSync(join(cache, 'embed/graphs')) ? readdirSync(join(cache, 'embed/graphs')) : []);

describe('toInt8Model', () => {
  it('gives a model close to float32, and says how close', async () => {
    const model = tinyModel();
    const heard: [string, number][] = [];
    const { model: int8, fidelity } = await toInt8Model(model, {
      texts: sentences(200),
      threads: 1,
      signal,
      onProgress: (...at) => heard.push(at),
    });
    expect(int8).toMatchObject({ name: model.name, precision: 'int8', dims: model.dims, runs: { kind: 'onnx' } });
    expect(int8.hash).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(int8.hash).not.toBe(model.hash);
    expect(fidelity).toMatchObject({ texts: 25 });
    expect(fidelity!.meanCosine).toBeGreaterThan(0.99);
    expect(fidelity!.worstCosine).toBeLessThanOrEqual(fidelity!.meanCosine);
    expect(heard.map(([text]) => text)).toContain('calibrating: layer 2 of 2');
    expect(heard.map(([, fraction]) => fraction)).toEqual(heard.map(([, fraction]) => fraction).toSorted((a, b) => a - b));
    expect(heard.at(-1)![1]).toBe(1);
    expect(await cosines(model, int8, sentences(50))).toSatisfy((values: number[]) => mean(values) > 0.99);
  });

  it('keeps the graph, and takes it the next time', async () => {
    const options = { texts: sentences(40), threads: 1, signal };
    const first = await toInt8Model(tinyModel(), options);
    const [folder] = graphs();
    expect(graphs()).toEqual([expect.stringMatching(/^[0-9a-f]{64}$/)]);
    const before = statSync(join(cache, 'embed/graphs', folder!)).mtimeMs;
    const onProgress = vi.fn<(text: string, fraction: number) => void>();
    expect(await toInt8Model(loadModel('m'), { ...options, onProgress })).toEqual(first);
    expect(onProgress).not.toHaveBeenCalled();
    expect(statSync(join(cache, 'embed/graphs', folder!)).mtimeMs).toBe(before);
  });

  it('gives the same bytes for the same texts, and another hash for others', async () => {
    const bytes = (model: Model): Buffer[] => {
      const { path } = model.runs as { path: string };
      return [readFileSync(path), readFileSync(join(path, '../values.bin'))];
    };
    const model = tinyModel();
    const { model: one } = await toInt8Model(model, { texts: sentences(40), threads: 1, signal });
    vi.stubEnv('XDG_CACHE_HOME', join(cache, 'other'));
    const { model: same } = await toInt8Model(model, { texts: sentences(40), threads: 1, signal });
    const { model: other } = await toInt8Model(model, { texts: sentences(41), threads: 1, signal });
    expect(same.hash).toBe(one.hash);
    expect(bytes(same)).toEqual(bytes(one));
    expect(other.hash).not.toBe(one.hash);
  });

  it('leaves nothing behind when it is stopped', async () => {
    const stop = new AbortController();
    const options = { texts: sentences(40), threads: 1, signal: stop.signal, onProgress: () => stop.abort() };
    await expect(toInt8Model(tinyModel(), options)).rejects.toThrow('stopped');
    expect(graphs()).toEqual([]);
  });

  it('builds anew what is not whole', async () => {
    const options = { texts: sentences(40), threads: 1, signal };
    const first = await toInt8Model(tinyModel(), options);
    writeFileSync(join(cache, 'embed/graphs', graphs()[0]!, 'fidelity.json'), '{');
    expect(await toInt8Model(loadModel('m'), options)).toEqual(first);
  });

  it('needs some different texts', async () => {
    await expect(toInt8Model(tinyModel(), { texts: Array(100).fill('the cat sat'), threads: 1, signal })).rejects.toThrow(
      'Cannot calibrate with 1 different texts: at least 16 are needed',
    );
  });

  it('refuses a model whose graph comes from an ONNX file', async () => {
    writeLookupModel('lookup');
    await expect(toInt8Model(loadModel('lookup'), { threads: 1, signal })).rejects.toThrow(
      'Cannot turn lookup to int8: its graph comes from an ONNX file, not from weights, as it has no weights',
    );
  });

  it('returns a model that is int8 already, unless it is to be calibrated', async () => {
    const packaged = loadModel();
    expect(await toInt8Model(packaged, { threads: 1, signal })).toEqual({
      model: packaged,
      fidelity: { texts: 257, meanCosine: 0.998408, worstCosine: 0.994424 },
    });
    await expect(toInt8Model(packaged, { texts: sentences(20), threads: 1, signal })).rejects.toThrow('it is in int8 already');
  });
});

describe.skipIf(FAMILIES.length === 0)('families', () => {
  it.each(FAMILIES)('%s stays near float32, alone as in a batch', async (name) => {
    cpSync(join(golden, 'models', name), 'm', { recursive: true, filter: (file) => !file.includes('onnx') });
    const model = loadModel('m');
    expect(model.runs.kind).toBe('weights');
    const { model: int8, fidelity } = await toInt8Model(model, { threads: 2, signal });
    expect(fidelity!.meanCosine).toBeGreaterThan(0.98);
    const texts = goldenTexts(join(golden, 'models', name, 'golden.jsonl'));
    expect(mean(await cosines(model, int8, texts))).toBeGreaterThan(0.98);

    const encoder = openEncoder(int8, { threads: 1 });
    const some = texts.slice(0, 40);
    const { vectors: together } = await encoder.encode(some);
    for (const [row, text] of some.entries()) {
      const { vectors } = await encoder.encode([text]);
      const most = vectors.data.reduce((largest, value, d) => Math.max(largest, Math.abs(value - rowOf(together, row)[d]!)), 0);
      expect(most, text.slice(0, 40)).toBeLessThanOrEqual(1e-6);
    }
    await encoder.close();
  });
});

describe.skipIf(!existsSync(minilm) || !existsSync(golden))('all-MiniLM-L6-v2, calibrated on the sample', () => {
  it('keeps a mean cosine of .998 to the reference, and .985 for every text that is not empty', async () => {
    const { model, fidelity } = await toInt8Model(loadModel(minilm), { threads: 2, signal });
    expect(fidelity!.meanCosine).toBeGreaterThan(0.998);
    expect(fidelity!.worstCosine).toBeGreaterThan(0.985);
    const texts = goldenTexts(join(golden, 'minilm.jsonl'));
    const expected = readNpy(join(golden, 'minilm.npy'));
    const encoder = openEncoder(model, { threads: 2 });
    const { vectors: found } = await encoder.encode(texts);
    await encoder.close();
    const values = texts.map((_, row) => cosine(rowOf(found, row), rowOf(expected, row)));
    expect(mean(values)).toBeGreaterThanOrEqual(0.998);
    for (const [row, text] of texts.entries()) if (text.trim() !== '') expect(values[row], text.slice(0, 60)).toBeGreaterThanOrEqual(0.985);
  });
});

/** A tiny BERT from random weights, in the folder m. */
function tinyModel(): Model {
  writeLookupModel('lookup', { pooling: { embedding_dimension: TINY_CONFIG.hidden_size, pooling_mode: 'mean' } });
  mkdirSync('m');
  cpSync('lookup', 'm', { recursive: true, filter: (file) => !file.endsWith('.onnx') });
  writeFileSync('m/config.json', JSON.stringify({ ...TINY_CONFIG, model_type: 'bert', max_position_embeddings: 32 }));
  writeSafetensors('m/model.safetensors', randomBertWeights(5));
  return loadModel('m');
}

function writeSafetensors(path: string, weights: Weights): void {
  const header: Record<string, object> = {};
  const values: Buffer[] = [];
  let end = 0;
  for (const [name, { shape, data }] of weights) {
    header[name] = { dtype: 'F32', shape, data_offsets: [end, (end += data.byteLength)] };
    values.push(Buffer.from(data.buffer, data.byteOffset, data.byteLength));
  }
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  writeFileSync(path, Buffer.concat([length, json, ...values]));
}

/** Different sentences of the tiny vocabulary. */
function sentences(count: number): string[] {
  return Array.from({ length: count }, (_, at) =>
    Array.from({ length: 2 + (at % 4) }, (_, word) => TINY_WORDS[Math.floor(at / 7 ** word + word * at) % TINY_WORDS.length]).join(' '),
  ).map((text, at) => `${text} ${TINY_WORDS[at % 11]} ${TINY_WORDS[Math.floor(at / 11) % 11]}`);
}

function goldenTexts(file: string): string[] {
  return readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => (JSON.parse(line) as { text: string }).text);
}

async function cosines(a: Model, b: Model, texts: readonly string[]): Promise<number[]> {
  const [one, other] = await Promise.all(
    [a, b].map(async (model) => {
      const encoder = openEncoder(model, { threads: 1 });
      const { vectors } = await encoder.encode(texts);
      await encoder.close();
      return vectors;
    }),
  );
  return texts.map((_, row) => cosine(rowOf(one!, row), rowOf(other!, row)));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
