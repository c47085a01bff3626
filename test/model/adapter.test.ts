import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { loadModel } from '../../src/model/folder/folder.ts';
import type { Weights } from '../../src/vectors/safetensors.ts';
import { readNpy } from '../../src/vectors/npy.ts';
import { inFreshFolder, run } from '../run.ts';
import { randomTensor, writeBertModel, writeTensors } from './tiny-bert.ts';

type Tensors = Map<string, { shape: readonly number[]; data: Float32Array }>;

const QUERY = 'encoder.layer.0.attention.self.query';
const DOWN = 'encoder.layer.1.output.dense';
const WORDS = 'embeddings.word_embeddings';
const POOLER = 'pooler.dense';

/** The two halves of a change of a layer with this rank, as PEFT names them. */
function pair(module: string, rank: number, [outputs, inputs]: [number, number], seed: number): Tensors {
  return new Map([
    [`base_model.model.${module}.lora_A.weight`, randomTensor(seed, [rank, inputs])],
    [`base_model.model.${module}.lora_B.weight`, randomTensor(seed + 1, [outputs, rank])],
  ]);
}

const config = {
  peft_type: 'LORA',
  base_model_name_or_path: 'acme/tiny',
  r: 4,
  lora_alpha: 12,
  target_modules: ['query', 'dense'],
  bias: 'none',
};

function writeAdapter(settings: object, tensors: Tensors): void {
  writeFileSync('m/adapter_config.json', JSON.stringify({ ...config, ...settings }));
  writeTensors('m/adapter_model.safetensors', tensors);
}

/** W + s·BA by the formula, in float64. */
function folded(weights: Weights, tensors: Tensors, module: string, scale: number): Float32Array {
  const { shape, data } = weights.get(`${module}.weight`)!;
  const a = tensors.get(`base_model.model.${module}.lora_A.weight`)!;
  const b = tensors.get(`base_model.model.${module}.lora_B.weight`)!;
  const [rank, inputs] = [a.shape[0]!, shape[1]!];
  return data.map((value, at) => {
    let sum = 0;
    for (let k = 0; k < rank; k++) sum += b.data[Math.floor(at / inputs) * rank + k]! * a.data[k * inputs + (at % inputs)]!;
    return value + scale * sum;
  });
}

/** The vectors of a few texts by the model in a folder. */
async function vectorsOf(model: string): Promise<number[]> {
  writeFileSync('c.txt', 'the cat sat on the mat\nrice is cooked\n');
  const { code, err } = await run(['encode', 'c.txt', '--model', model, '-o', 'v.npy', '--overwrite', '--no-reuse']);
  expect([code, err]).toEqual([0, expect.stringContaining('encoded 2 rows')]);
  return [...readNpy('v.npy').data];
}

/** The vectors of a model whose weights have these values in the place of their own. */
async function plainVectors(weights: Weights, changes: Record<string, Float32Array>): Promise<number[]> {
  rmSync('plain', { recursive: true, force: true });
  cpSync('m', 'plain', { recursive: true });
  for (const file of ['adapter_config.json', 'adapter_model.safetensors']) rmSync(`plain/${file}`);
  const changed = new Map([...weights].map(([name, { shape, data }]) => [name, { shape, data: changes[name] ?? data }]));
  writeTensors('plain/model.safetensors', changed);
  return vectorsOf('plain');
}

let weights: Weights;

beforeEach(() => {
  vi.stubEnv('XDG_CACHE_HOME', `${inFreshFolder()}/xdg`);
  weights = writeBertModel('m');
});

afterEach(() => void vi.unstubAllEnvs());

describe('a LoRA adapter beside weights', () => {
  const both = (): Tensors => new Map([...pair(QUERY, 4, [16, 16], 1), ...pair(DOWN, 4, [16, 32], 3)]);

  it('gives the vectors of W + BA·α/r', async () => {
    const base = await vectorsOf('m');
    const tensors = both();
    writeAdapter({}, tensors);
    const found = await vectorsOf('m');
    expect(found).toEqual(
      await plainVectors(weights, {
        [`${QUERY}.weight`]: folded(weights, tensors, QUERY, 3),
        [`${DOWN}.weight`]: folded(weights, tensors, DOWN, 3),
      }),
    );
    expect(found).not.toEqual(base);
  });

  it('scales by α/√r with use_rslora, and by the patterns of a module', async () => {
    const tensors = new Map([...pair(QUERY, 2, [16, 16], 1), ...pair(DOWN, 4, [16, 32], 3)]);
    writeAdapter({ use_rslora: true, rank_pattern: { 'layer.0.attention.self.query': 2 }, alpha_pattern: { [`^${DOWN}`]: 5 } }, tensors);
    expect(await vectorsOf('m')).toEqual(
      await plainVectors(weights, {
        [`${QUERY}.weight`]: folded(weights, tensors, QUERY, 12 / Math.sqrt(2)),
        [`${DOWN}.weight`]: folded(weights, tensors, DOWN, 5 / 2),
      }),
    );
  });

  it('changes embeddings, whose product is stored transposed', async () => {
    const a = randomTensor(7, [4, 40]);
    const b = randomTensor(8, [16, 4]);
    writeAdapter(
      { target_modules: ['word_embeddings'] },
      new Map([
        [`base_model.model.${WORDS}.lora_embedding_A`, a],
        [`base_model.model.${WORDS}.lora_embedding_B`, b],
      ]),
    );
    const table = weights.get(`${WORDS}.weight`)!.data.map((value, at) => {
      const [row, column] = [Math.floor(at / 16), at % 16];
      let sum = 0;
      for (let k = 0; k < 4; k++) sum += b.data[column * 4 + k]! * a.data[k * 40 + row]!;
      return value + 3 * sum;
    });
    expect(await vectorsOf('m')).toEqual(await plainVectors(weights, { [`${WORDS}.weight`]: table }));
  });

  it('puts its own biases and modules_to_save in the place of those of the weights', async () => {
    const norm = 'encoder.layer.0.output.LayerNorm';
    const [bias, gain] = [randomTensor(21, [16]), randomTensor(22, [16])];
    const tensors = both();
    tensors.set(`base_model.model.${QUERY}.base_layer.bias`, bias);
    tensors.set(`base_model.model.${norm}.weight`, gain);
    writeAdapter({ bias: 'all', modules_to_save: ['LayerNorm'] }, tensors);
    expect(await vectorsOf('m')).toEqual(
      await plainVectors(weights, {
        [`${QUERY}.weight`]: folded(weights, tensors, QUERY, 3),
        [`${DOWN}.weight`]: folded(weights, tensors, DOWN, 3),
        [`${QUERY}.bias`]: bias.data,
        [`${norm}.weight`]: gain.data,
      }),
    );
  });

  it('is found under the prefix of a model with a head, and its pooler and classifier are no part of a vector', async () => {
    const tensors = both();
    writeAdapter({}, tensors);
    const plain = await vectorsOf('m');
    const renamed = new Map([...tensors].map(([name, tensor]) => [name.replace('model.encoder', 'model.bert.encoder'), tensor]));
    for (const [name, tensor] of pair(POOLER, 4, [16, 16], 9)) renamed.set(name, tensor);
    renamed.set('base_model.model.classifier.weight', randomTensor(11, [2, 16]));
    writeAdapter({ modules_to_save: ['classifier'] }, renamed);
    expect(await vectorsOf('m')).toEqual(plain);
    writeTensors('m/model.safetensors', new Map([...weights].map(([name, tensor]) => [`bert.${name}`, tensor])));
    expect(await vectorsOf('m')).toEqual(plain);
    writeAdapter({}, tensors);
    expect(await vectorsOf('m')).toEqual(plain);
  });

  it('counts in the hash of the model, in its settings and in its weights, so that sets and caches keep them apart', async () => {
    const { hash } = loadModel('m');
    writeAdapter({}, both());
    const hashes = [hash, loadModel('m').hash];
    writeAdapter({ lora_alpha: 13 }, both());
    hashes.push(loadModel('m').hash);
    writeAdapter({}, pair(QUERY, 4, [16, 16], 5));
    hashes.push(loadModel('m').hash);
    expect(new Set(hashes).size).toBe(4);
    writeFileSync('c.txt', 'the cat\n');
    await run(['encode', 'c.txt', '--model', 'm']);
    writeAdapter({}, both());
    expect((await run(['search', 'c.npy', 'cat', '--model', 'm'])).err).toContain('files of the model (weights or tokenizer)');
    const { out } = await run(['models', 'show', 'm']);
    expect(out).toMatch(/^runs +a graph built from model\.safetensors, adapter_model\.safetensors \(0\.0 MB\)/m);
  });

  it('is in the int8 model as well', async () => {
    writeFileSync('own.txt', Array.from({ length: 40 }, (_, at) => `${'the cat sat on a mat '.repeat((at % 5) + 1)}${at}`).join('\n'));
    writeFileSync('c.txt', 'the cat\n');
    const encode = ['encode', 'c.txt', '--model', 'm', '--precision', 'int8', '--calibrate', 'own.txt', '--overwrite', '-o'];
    await run([...encode, 'a.npy']);
    writeAdapter({}, both());
    expect((await run([...encode, 'b.npy'])).code).toBe(0);
    expect(readFileSync('a.npy')).not.toEqual(readFileSync('b.npy'));
  });

  it.each<[string, object, (tensors: Tensors) => void, string]>([
    ['of another kind', { peft_type: 'IA3' }, () => {}, 'adapter_config.json is of the type IA3'],
    ['with DoRA', { use_dora: true }, () => {}, 'adapter_config.json has use_dora'],
    ['with a bias of its own', { lora_bias: true }, () => {}, 'adapter_config.json has lora_bias'],
    ['with repeated layers', { layer_replication: [[0, 1]] }, () => {}, 'adapter_config.json has layer_replication'],
    ['that has changed its base', { init_lora_weights: 'pissa' }, () => {}, 'adapter_config.json has init_lora_weights "pissa"'],
    ['with a setting of later versions', { use_something_new: 1 }, () => {}, 'adapter_config.json has use_something_new'],
    ['with a pattern that is no name', { rank_pattern: { '.*query': 2 } }, () => {}, 'has the pattern ".*query"'],
  ])('%s is refused, with the command that merges it', (_, settings, change, message) => {
    const tensors = both();
    change(tensors);
    writeAdapter(settings, tensors);
    let error: { message: string; hint?: string } | undefined;
    try {
      loadModel('m');
    } catch (cause) {
      error = cause as Error;
    }
    expect(error?.message).toContain(message);
    expect(error?.hint).toMatch(
      /^Merge it in Python: pip install .* peft; python3 -c '.*S\("acme\/tiny"\).*merge_and_unload\(\); m\.save\(".*m-merged"\)'/,
    );
  });

  it.each<[string, object, (tensors: Tensors) => void, string]>([
    ['of another rank', { r: 8 }, () => {}, 'where adapter_config.json asks for the rank 8'],
    [
      'for other modules',
      { target_modules: ['query'] },
      () => {},
      'it changes "encoder.layer.1.output.dense", which target_modules does not name',
    ],
    ['without a half', {}, (tensors) => tensors.delete(`base_model.model.${QUERY}.lora_B.weight`), 'lora_A.weight" without its other half'],
    [
      'without the other half',
      {},
      (tensors) => tensors.delete(`base_model.model.${QUERY}.lora_A.weight`),
      'lora_B.weight" without its other half',
    ],
    ['of other dims', {}, (tensors) => add(tensors, pair(QUERY, 4, [16, 8], 1)), 'is for 16 × 8 numbers, where the weights have 16 × 16'],
    [
      'for a layer that is not there',
      {},
      (tensors) => add(tensors, pair('encoder.layer.9.attention.self.query', 4, [16, 16], 1)),
      'it changes "encoder.layer.9.attention.self.query.weight", which the weights do not have',
    ],
    [
      'with a bias as old versions name it',
      { bias: 'lora_only' },
      (tensors) => void tensors.set(`base_model.model.${QUERY}.bias`, randomTensor(1, [16])),
      'has a name of an old version of PEFT',
    ],
    ['without tensors', {}, (tensors) => tensors.clear(), 'it has no tensors'],
  ])('%s does not fit, and is refused when the model is opened', (_, settings, change, message) => {
    const tensors = both();
    change(tensors);
    writeAdapter(settings, tensors);
    expect(() => loadModel('m')).toThrow(message);
  });

  it('in a pickle is refused', () => {
    writeAdapter({}, both());
    rmSync('m/adapter_model.safetensors');
    expect(() => loadModel('m')).toThrow('adapter_model.safetensors is missing');
    writeFileSync('m/adapter_model.bin', '');
    expect(() => loadModel('m')).toThrow('there is only adapter_model.bin');
  });
});

function add(tensors: Tensors, more: Tensors): void {
  for (const [name, tensor] of more) tensors.set(name, tensor);
}

describe('an adapter', () => {
  it('without its base names it, with what to type', async () => {
    writeAdapter({}, pair(QUERY, 4, [16, 16], 1));
    for (const file of ['model.safetensors', 'config.json']) rmSync(`m/${file}`);
    writeFileSync('c.txt', 'the cat\n');
    const { code, err } = await run(['encode', 'c.txt', '--model', 'm']);
    expect(code).toBe(2);
    expect(err).toMatch(/^error: Cannot load the model in \S+\/m: it is only an adapter \(adapter_config\.json\) of acme\/tiny\n/);
    expect(err).toMatch(
      /hint: Fetch that model: embed models get acme\/tiny; then copy config\.json and model\.safetensors from the folder that it names into \S+\/m; or/,
    );
  });

  it('beside an ONNX file cannot be folded into it', () => {
    writeAdapter({}, pair(QUERY, 4, [16, 16], 1));
    rmSync('m/model.safetensors');
    writeFileSync('m/model.onnx', '');
    expect(() => loadModel('m')).toThrow('adapter_config.json changes weights, but model.onnx is run, as it has no weights');
  });
});
