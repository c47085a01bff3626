import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { Graph } from '../../src/engine/graph.ts';
import { loadModel } from '../../src/model/folder/folder.ts';
import { openEncoder } from '../../src/model/open-encoder.ts';
import { openReader } from '../../src/model/reading/reading.ts';
import { rowOf, type Matrix } from '../../src/vectors/matrix.ts';
import { inFreshFolder, projectFolder } from '../run.ts';
import { randomBertWeights, TINY_CONFIG, TINY_WORDS, writeLookupModel } from './tiny-bert.ts';

const corpus = (): string[] => readFileSync(join(projectFolder, 'fixtures/recipes.txt'), 'utf8').trimEnd().split('\n');

async function encode(
  model: string | undefined,
  groups: readonly (readonly string[])[],
  { threads = 2, prompt = '' } = {},
): Promise<Matrix[]> {
  const encoder = openEncoder(loadModel(model), { threads, prompt });
  const vectors: Matrix[] = [];
  for (const texts of groups) vectors.push((await encoder.encode(texts)).vectors);
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
    const { vectors } = await encoder.encode(texts, (rows) => (computed += rows));
    await encoder.close();
    expect(computed).toBe(2);
    expect(rowOf(vectors, 1)).toEqual(rowOf(vectors, 0));
    expect(rowOf(vectors, 2)).toEqual(rowOf(vectors, 0));
  });

  it('does not change when a text is cut at the limit', () => {
    const long = 'the quick brown fox '.repeat(400);
    const { ids, lost, lostExact, bodyTokens } = openReader(loadModel())(long);
    expect(ids.length).toBe(256);
    expect(bodyTokens).toBe(254);
    expect(lost).toBe(1600 - 254);
    expect(lostExact).toBe(true);
  });

  it('of 10 million characters is read in pieces, the loss estimated', () => {
    const read = openReader(loadModel())('lorem ipsum dolor '.repeat(600_000));
    expect(read.ids.length).toBe(256);
    expect(read.lostExact).toBe(false);
    // 6 tokens a repetition: lore ##m ips ##um dolo ##r
    expect(Math.abs(read.lost / 3_600_000 - 1)).toBeLessThan(0.01);
  });
});

describe('an encoder that reads many texts', () => {
  it('says what it read of each, and lets events in between', async () => {
    const encoder = openEncoder(loadModel(), { threads: 1 });
    const texts = Array.from({ length: 3000 }, (_, at) => `potato ${at % 3} `.repeat(100));
    let turns = 0;
    let waiting = true;
    const count = (): void => {
      turns++;
      if (waiting) setImmediate(count);
    };
    count();
    const { reads } = await encoder.encode(texts, () => (waiting = false));
    await encoder.close();
    expect(reads).toHaveLength(3000);
    expect(reads[0]).toEqual({ lost: 0, lostExact: true, bodyTokens: 200, unknown: 0, letters: 600, foreign: 0 });
    expect(turns).toBeGreaterThan(10);
  });
});

describe('an encoder that is closed', () => {
  it('stops reading', async () => {
    const encoder = openEncoder(loadModel(), { threads: 1 });
    const stopped = expect(encoder.encode(Array.from({ length: 8192 }, (_, at) => `potato ${at} `.repeat(100)))).rejects.toThrow('stopped');
    await encoder.close();
    await stopped;
  });

  it.each(['minilm', 'multilingual'])('ends when the batches that run have ended, and drops the others (%s)', async (name) => {
    const encoder = openEncoder(loadModel(name), { threads: 1 });
    // a batch is 1,024 tokens, or 512 texts of a static model
    const texts = Array.from({ length: 8192 }, (_, at) => `${at} potatoes`);
    let computed = 0;
    await new Promise<void>((resolve) => {
      const onBatch = (rows: number): void => {
        computed += rows;
        resolve();
      };
      void encoder.encode(texts, onBatch);
    });
    await encoder.close();
    expect(computed).toBeGreaterThan(0);
    // one batch has been computed, and one may have been under way
    expect(computed).toBeLessThanOrEqual(2 * 512);
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

  it('puts a prompt before every text and counts it towards the limit', () => {
    writeLookupModel(inFreshFolder(), { sentenceBert: { max_seq_length: 5 } });
    const read = openReader(loadModel('.'), { prompt: 'passage: ' })('the cat sat');
    expect(read.ids.length).toBe(5);
    expect(read.lost).toBe(2);
  });

  it('leaves the prompt out of pooling where the model says so, and the special token before it', async () => {
    writeLookupModel(inFreshFolder(), { pooling: { embedding_dimension: 4, pooling_mode: 'mean', include_prompt: false } });
    // [CLS] query : cat [SEP] are 2, 13, 14, 6 and 3
    const [vectors] = await encode('.', [['cat']], { prompt: 'query: ' });
    expect([...vectors!.data]).toEqual([4.5, 22.5, 1, 0]);
    const [plain] = await encode('.', [['cat']]);
    expect([...plain!.data].slice(0, 1)).toEqual([Math.fround(11 / 3)]);
  });

  it('with a Dense module whose weights are missing, or do not fit, is refused with the file', () => {
    const modules = ['Transformer', 'Pooling', 'Dense'];
    writeLookupModel(inFreshFolder(), { modules });
    mkdirSync('2_Dense');
    writeFileSync(
      '2_Dense/config.json',
      JSON.stringify({ in_features: 4, out_features: 2, activation_function: 'torch.nn.modules.activation.Tanh' }),
    );
    expect(() => loadModel('.')).toThrow(/2_Dense\/model.safetensors is missing$/);
    writeFileSync('2_Dense/pytorch_model.bin', '');
    expect(() => loadModel('.')).toThrow(/is missing, there is only pytorch_model.bin/);
    const header = JSON.stringify({ 'linear.weight': { dtype: 'F32', shape: [2, 3], data_offsets: [0, 24] } });
    const size = Buffer.alloc(8);
    size.writeBigUInt64LE(BigInt(header.length));
    writeFileSync('2_Dense/model.safetensors', Buffer.concat([size, Buffer.from(header), Buffer.alloc(24)]));
    expect(() => loadModel('.')).toThrow(/has "linear.weight" of 2 × 3 numbers where its config.json asks for 8/);
    writeFileSync('2_Dense/config.json', JSON.stringify({ in_features: 3, out_features: 2, bias: false }));
    expect(() => loadModel('.')).toThrow(/a dense module takes 3 dims but gets 4/);
    writeFileSync('2_Dense/config.json', JSON.stringify({ in_features: 3, out_features: 2, activation_function: 'torch.nn.PReLU' }));
    expect(() => loadModel('.')).toThrow(/asks for the activation torch.nn.PReLU/);
  });

  it('without an ONNX file is refused with what would work, where no graph can be built', () => {
    const folder = inFreshFolder();
    writeLookupModel(folder);
    rmSync('model.onnx');
    expect(() => loadModel('.')).toThrow(/there is no model.onnx or onnx\/model.onnx, and it has no weights/);
    writeFileSync('pytorch_model.bin', '');
    expect(() => loadModel('.')).toThrow(/and its weights are in pytorch_model.bin/);
    writeFileSync('model.safetensors', '');
    writeFileSync('config.json', JSON.stringify({ model_type: 'deberta-v2', hidden_size: 4 }));
    expect(() => loadModel('.')).toThrow(/and its architecture is deberta-v2/);
    writeFileSync('config.json', JSON.stringify({ model_type: 'bert', hidden_size: 4, hidden_act: 'mish' }));
    expect(() => loadModel('.')).toThrow(/and its activation is mish/);
    rmSync('model.safetensors');
    writeFileSync('model.safetensors.index.json', JSON.stringify({ weight_map: { a: '../away.safetensors' } }));
    expect(() => loadModel('.')).toThrow(/\.\.\/away.safetensors, which model.safetensors.index.json lists, is missing/);
  });

  it('is built from weights in several files, in half precision', async () => {
    const folder = inFreshFolder();
    vi.stubEnv('XDG_CACHE_HOME', join(folder, 'cache'));
    writeLookupModel(folder, { pooling: { embedding_dimension: TINY_CONFIG.hidden_size, pooling_mode: 'mean' } });
    rmSync('model.onnx');
    writeFileSync('config.json', JSON.stringify({ ...TINY_CONFIG, model_type: 'bert', max_position_embeddings: 16 }));
    const weights = [...randomBertWeights(5)].map(([name, { shape, data }]) => ({
      name: `bert.${name}`,
      shape,
      data: data.map((value) => Math.round(value * 64) / 64),
    }));
    const brain = (data: Float32Array): Buffer => Buffer.from(Uint16Array.from(new Uint32Array(data.buffer), (bits) => bits >>> 16).buffer);
    const write = (path: string, dtype: 'F32' | 'BF16', some: typeof weights): void => {
      let at = 0;
      const parts = some.map(({ data }) => (dtype === 'F32' ? Buffer.from(data.buffer, data.byteOffset, data.byteLength) : brain(data)));
      const header = JSON.stringify(
        Object.fromEntries(some.map(({ name, shape }, i) => [name, { dtype, shape, data_offsets: [at, (at += parts[i]!.length)] }])),
      );
      const size = Buffer.alloc(8);
      size.writeBigUInt64LE(BigInt(Buffer.byteLength(header)));
      writeFileSync(path, Buffer.concat([size, Buffer.from(header), ...parts]));
    };
    write('model.safetensors', 'F32', weights);
    const [whole] = await encode('.', [['the cat', 'rice is cooked']]);
    rmSync('model.safetensors');
    write('a.safetensors', 'BF16', weights.slice(0, 9));
    write('b.safetensors', 'BF16', weights.slice(9));
    writeFileSync(
      'model.safetensors.index.json',
      JSON.stringify({ weight_map: Object.fromEntries(weights.map(({ name }, i) => [name, i < 9 ? 'a.safetensors' : 'b.safetensors'])) }),
    );
    const [split] = await encode('.', [['the cat', 'rice is cooked']]);
    expect(split).toEqual(whole);
    vi.unstubAllEnvs();
  });

  it('takes weights before an ONNX file, and says why', () => {
    writeLookupModel(inFreshFolder());
    expect(loadModel('.').runs).toMatchObject({ kind: 'onnx', why: 'it has no weights' });
    writeFileSync('model.safetensors', Buffer.concat([Buffer.from([2, 0, 0, 0, 0, 0, 0, 0]), Buffer.from('{}')]));
    expect(loadModel('.').runs).toMatchObject({ kind: 'weights', why: 'its graph is faster than model.onnx' });
    writeFileSync('config.json', JSON.stringify({ model_type: 't5', hidden_size: 4 }));
    expect(loadModel('.').runs).toMatchObject({ kind: 'onnx', why: 'its architecture is t5' });
  });

  it('that requires custom code is run without it only if that is asked for', () => {
    writeLookupModel(inFreshFolder());
    const config = { model_type: 'new', hidden_size: 4, auto_map: { AutoModel: 'modeling.NewModel' } };
    writeFileSync('config.json', JSON.stringify(config));
    writeFileSync('modeling.py', 'raise SystemExit');
    const refused = (): unknown => {
      try {
        return loadModel('.');
      } catch (error) {
        return [(error as Error).message, (error as { hint?: string }).hint];
      }
    };
    const message = expect.stringContaining('config.json requires custom code (auto_map), which is never run') as string;
    expect(refused()).toEqual([message, 'Its model.onnx is used instead of that code with --force']);
    expect(loadModel('.', { force: true }).runs.kind).toBe('onnx');
    rmSync('model.onnx');
    expect(refused()).toEqual([message, expect.stringContaining('Export it once with Python')]);
  });

  it('without modules.json is pooled as asked for, and only then', async () => {
    writeLookupModel(inFreshFolder());
    rmSync('modules.json');
    expect(() => loadModel('.')).toThrow(/modules.json is missing, so nothing says how its tokens become one vector/);
    expect(loadModel('.', { pooling: 'cls' }).pooling).toBe('cls');
  });

  it('in the subfolder of an old layout is found there', async () => {
    const folder = inFreshFolder();
    writeLookupModel(folder);
    mkdirSync('0_Transformer');
    for (const file of ['config.json', 'sentence_bert_config.json', 'tokenizer.json', 'tokenizer_config.json', 'model.onnx']) {
      cpSync(file, `0_Transformer/${file}`);
      rmSync(file);
    }
    const modules = JSON.parse(readFileSync('modules.json', 'utf8')) as { path: string }[];
    modules[0]!.path = '0_Transformer';
    writeFileSync('modules.json', JSON.stringify(modules));
    const [vectors] = await encode('.', [['the cat']]);
    expect(vectors!.cols).toBe(4);
  });

  it.each([
    ['sentence_bert_config.json', { max_seq_length: 0 }, /in sentence_bert_config.json, max_seq_length is 0, not a whole number from 1 to/],
    ['sentence_bert_config.json', { max_seq_length: '32' }, /max_seq_length is "32", not a whole number/],
    ['sentence_bert_config.json', { tokenizer_args: { model_max_length: 9 } }, /has tokenizer_args for the tokenizer/],
    [
      'sentence_bert_config.json',
      { modality_config: { text: { method_output_name: 'pooler_output' } } },
      /takes pooler_output as token_embeddings/,
    ],
    ['config_sentence_transformers.json', { default_prompt_name: 'q' }, /its default prompt "q" is not among its prompts/],
    ['modules.json', {}, /modules.json does not hold a JSON list/],
    ['modules.json', [null], /in modules.json, 0 is null, not an object/],
    [
      'modules.json',
      [{ idx: 0, path: '../x', type: 'sentence_transformers.models.Transformer' }],
      /modules.json has an invalid path: "..\/x"/,
    ],
    ['config.json', [], /config.json does not hold a JSON object/],
  ])('with %s of %j is refused', (file, content, message) => {
    writeLookupModel(inFreshFolder());
    writeFileSync(file, JSON.stringify(content));
    expect(() => loadModel('.')).toThrow(message);
  });

  it('with more tokens than embeddings is refused with both numbers', () => {
    writeLookupModel(inFreshFolder());
    const header = JSON.stringify({ 'embeddings.word_embeddings.weight': { dtype: 'F32', shape: [10, 1], data_offsets: [0, 40] } });
    const size = Buffer.alloc(8);
    size.writeBigUInt64LE(BigInt(header.length));
    writeFileSync('model.safetensors', Buffer.concat([size, Buffer.from(header), Buffer.alloc(40)]));
    expect(() => loadModel('.')).toThrow(/its tokenizer.json has the token id 15, where its weights have 10 embeddings/);
  });

  it('gives RoBERTa no more tokens than it has positions', () => {
    writeLookupModel(inFreshFolder(), { sentenceBert: {} });
    writeFileSync('config.json', JSON.stringify({ model_type: 'roberta', hidden_size: 4, max_position_embeddings: 16, pad_token_id: 1 }));
    expect(loadModel('.').maxTokens).toBe(14);
  });

  it('with an ONNX file that asks for int32 and gives float64 is run, one that asks for more is refused', async () => {
    writeLookupModel(inFreshFolder());
    const graph = new Graph('odd');
    graph.input({ name: 'input_ids', type: 'int32', shape: ['batch', 'tokens'] });
    const table = graph.constant('table', { shape: [20, 4], data: Float32Array.from({ length: 80 }, (_, at) => at) });
    // 11 is float64
    graph.op('Cast', [graph.op('Gather', [table, 'input_ids'])], { to: 11 }, { as: 'last_hidden_state' });
    graph.output({ name: 'last_hidden_state', type: 'float64', shape: ['batch', 'tokens', 4] });
    writeFileSync('model.onnx', graph.toBytes());
    const [vectors] = await encode('.', [['the']]);
    const mean = [2, 5, 3].reduce((sum, id) => sum + 4 * id, 0) / 3;
    expect([...vectors!.data]).toEqual([mean, mean + 1, mean + 2, mean + 3].map(Math.fround));
    const more = new Graph('more');
    for (const name of ['input_ids', 'past_key_values']) more.input({ name, type: 'int64', shape: ['batch', 'tokens'] });
    more.op('Cast', ['input_ids'], { to: 1 }, { as: 'last_hidden_state' });
    more.output({ name: 'last_hidden_state', type: 'float32', shape: ['batch', 'tokens'] });
    writeFileSync('model.onnx', more.toBytes());
    await expect(encode('.', [['the']])).rejects.toThrow(
      /its inputs are input_ids, past_key_values, but embed can give input_ids, attention_mask/,
    );
  });

  it.each([
    [
      'another pooling',
      { pooling: { embedding_dimension: 4, pooling_mode: 'attention' } },
      /its pooling is attention, which embed does not support/,
    ],
    ['no pooling', { pooling: { embedding_dimension: 4, pooling_mode: [] } }, /its pooling is not named/],
    ['another module', { modules: ['Transformer', 'Pooling', 'WordWeights'] }, /modules.json lists the module WordWeights/],
    ['another order', { modules: ['Transformer', 'Normalize', 'Pooling'] }, /modules.json lists Transformer → Normalize → Pooling/],
  ])('with %s is refused by name', (_, parts, message) => {
    writeLookupModel(inFreshFolder(), parts);
    expect(() => loadModel('.')).toThrow(message);
  });

  it('whose graph gives other dimensions than its configuration is refused', async () => {
    writeLookupModel(inFreshFolder(), { dims: 5 });
    await expect(encode('.', [['the cat']])).rejects.toThrow(/vectors have 4 dimensions where the model's configuration says 5/);
  });
});
