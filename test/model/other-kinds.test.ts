import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { loadModel } from '../../src/model/folder/folder.ts';
import { inFreshFolder, run } from '../run.ts';
import { writeBertModel, writeLookupModel } from './tiny-bert.ts';

beforeEach(() => {
  inFreshFolder();
  writeLookupModel('m');
});

function write(file: string, value: unknown): void {
  mkdirSync(dirname(join('m', file)), { recursive: true });
  writeFileSync(join('m', file), typeof value === 'string' ? value : JSON.stringify(value));
}

function extend(file: string, values: object): void {
  write(file, { ...(JSON.parse(readFileSync(join('m', file), 'utf8')) as object), ...values });
}

const modules = (...types: string[]): void =>
  write(
    'modules.json',
    types.map((type, idx) => ({ idx, name: `${idx}`, path: idx === 0 ? '' : `${idx}_x`, type })),
  );

/** What the program says of the model. */
async function refusal(): Promise<string> {
  writeFileSync('c.txt', 'the cat\n');
  const { code, err } = await run(['encode', 'c.txt', '--model', 'm']);
  expect(code).toBe(2);
  return err.replaceAll(process.cwd(), '');
}

describe('a model that gives no vectors of texts', () => {
  it.each<[string, () => void, string, string]>([
    [
      'a router',
      () => modules('sentence_transformers.models.Router', 'sentence_transformers.models.Normalize'),
      'it has other parts for queries than for documents (Router)',
      'Name one of the models that it routes to, or compute the vectors with Python',
    ],
    [
      'an asymmetric model of old',
      () => modules('sentence_transformers.models.Asym'),
      'it has other parts for queries than for documents (Asym)',
      'Name one of the models',
    ],
    [
      'word vectors',
      () => modules('sentence_transformers.models.WordEmbeddings', 'sentence_transformers.models.Pooling'),
      'it looks up word vectors (WordEmbeddings) by a tokenizer of its own',
      'Name a transformer or a model2vec model, or compute',
    ],
    [
      'SPLADE by its modules',
      () =>
        modules('sentence_transformers.sparse_encoder.models.MLMTransformer', 'sentence_transformers.sparse_encoder.models.SpladePooling'),
      'it is a SparseEncoder (SPLADE)',
      'Name a model that gives one vector per text',
    ],
    [
      'SPLADE by its settings',
      () => write('config_sentence_transformers.json', { model_type: 'SparseEncoder' }),
      'it is a SparseEncoder (SPLADE)',
      'Name a model that gives one vector per text',
    ],
    [
      'ColBERT',
      () => write('config_sentence_transformers.json', { model_type: 'MultiVectorEncoder' }),
      'it is a MultiVectorEncoder (ColBERT): it gives one vector per token',
      'Name a model that gives one vector per text',
    ],
    [
      'a reranker by its settings',
      () => write('config_sentence_transformers.json', { model_type: 'CrossEncoder' }),
      'it is a CrossEncoder (a reranker)',
      'Name a model that gives one vector per text',
    ],
    [
      'a reranker by its architecture',
      () => {
        rmSync('m/modules.json');
        extend('config.json', { architectures: ['BertForSequenceClassification'] });
      },
      'it is a classifier or a reranker (BertForSequenceClassification in config.json)',
      'Name a model that gives one vector per text',
    ],
  ])('%s is named', async (_, change, what, hint) => {
    change();
    const err = await refusal();
    expect(err).toContain(`error: Cannot use the model /m: ${what}`);
    expect(err).toContain(`\nhint: ${hint}`);
  });

  it('is an encoder where modules.json says so, or where its pooling is asked for', () => {
    extend('config.json', { architectures: ['BertForSequenceClassification'] });
    expect(loadModel('m').dims).toBe(4);
    rmSync('m/modules.json');
    expect(loadModel('m', { pooling: 'mean' }).dims).toBe(4);
  });
});

describe('weights that are not read', () => {
  it.each([
    ['GGUF, for llama.cpp', 'tiny-q8_0.gguf'],
    ['OpenVINO', 'openvino/openvino_model.xml'],
    ['OpenVINO', 'openvino_model.bin'],
    ['TensorFlow', 'tf_model.h5'],
    ['Flax', 'flax_model.msgpack'],
  ])('of %s alone are named: %s', async (kind, file) => {
    rmSync('m/model.onnx');
    write(file, 'x');
    const expected = `error: Cannot load the model /m: there is no model.safetensors and no model.onnx, only weights of ${kind}\nhint: Name the model that it was converted from`;
    expect(await refusal()).toContain(expected);
    for (const other of ['config.json', 'modules.json', 'tokenizer.json']) rmSync(join('m', other));
    expect(await refusal()).toContain(expected);
  });

  it('are no obstacle beside those that are', () => {
    write('tiny.gguf', 'x');
    expect(loadModel('m').dims).toBe(4);
  });

  it.each(['pytorch_model.bin', 'pytorch_model.bin.index.json'])('in %s are saved again by the command of the hint', async (file) => {
    rmSync('m/model.onnx');
    write(file, '{}');
    expect(await refusal()).toContain(
      `and its weights are in ${file}\nhint: Save it again with Python: pip install sentence-transformers; python3 -c 'from sentence_transformers import SentenceTransformer as S; S("/m").save("/m-safetensors")'; then --model /m-safetensors\n`,
    );
  });

  it('that are quantised are named by their type, or by config.json', async () => {
    writeBertModel('m');
    const path = 'm/model.safetensors';
    const bytes = readFileSync(path);
    const length = Number(bytes.readBigUInt64LE());
    const header = JSON.parse(bytes.subarray(8, 8 + length).toString()) as Record<
      string,
      { dtype: string; shape: number[]; data_offsets: number[] }
    >;
    const name = 'encoder.layer.0.attention.self.query.weight';
    // four eights of bits in the place of each float
    header[name] = { ...header[name]!, dtype: 'F8_E4M3', shape: [16, 64] };
    const json = Buffer.from(JSON.stringify(header));
    const size = Buffer.alloc(8);
    size.writeBigUInt64LE(BigInt(json.length));
    writeFileSync(path, Buffer.concat([size, json, bytes.subarray(8 + length)]));
    expect(await refusal()).toContain(`"${name}" holds F8_E4M3, so the model is quantised\nhint: Name the model that it was made from`);
    writeBertModel('m', { config: { quantization_config: { quant_method: 'fp8' } } });
    expect(await refusal()).toContain(
      'config.json asks for quantised weights (quantization_config)\nhint: Name the model that it was made from',
    );
    writeBertModel('m', { config: { quantization_config: {} } });
    expect(loadModel('m').runs.kind).toBe('weights');
  });

  it('of an architecture without a graph are exported by the command of the hint', async () => {
    writeBertModel('m', { config: { model_type: 'deberta-v2' } });
    expect(await refusal()).toContain(
      "and its architecture is deberta-v2\nhint: Export it once with Python: pip install 'optimum-onnx[onnxruntime]'; optimum-cli export onnx --library-name transformers --task feature-extraction -m /m /m/onnx; graphs are built for",
    );
    extend('config.json', { auto_map: { AutoModel: 'x.Y' } });
    expect(await refusal()).toContain('--task feature-extraction --trust-remote-code -m /m /m/onnx; then --force takes the ONNX file');
  });
});

describe('settings of the transformer', () => {
  it.each<[object, string]>([
    [{ model_args: { num_hidden_layers: 1 } }, 'has model_args for the transformer (num_hidden_layers)'],
    [{ model_kwargs: { trust_remote_code: true, variant: 'fp16' } }, 'has model_kwargs for the transformer (variant)'],
    [{ config_args: { hidden_act: 'relu' } }, 'has config_args that change config.json (hidden_act)'],
    [{ config_kwargs: { is_causal: true } }, 'has config_kwargs that change config.json (is_causal)'],
    [{ tokenizer_kwargs: { padding_side: 'left' } }, 'has tokenizer_kwargs for the tokenizer (padding_side)'],
    [{ processing_kwargs: { text: { add_special_tokens: true } } }, 'has processing_kwargs for the tokenizer (text)'],
    [{ transformer_task: 'fill-mask' }, 'asks for the task fill-mask'],
    [{ tokenizer_name_or_path: 'bert-base-uncased' }, 'has tokenizer_name_or_path'],
    [{ query_length: 32 }, 'has query_length'],
    [{ query_expansion: { length: 32 } }, 'has query_expansion'],
  ])('%j is refused', async (settings, what) => {
    write('sentence_bert_config.json', { max_seq_length: 8, ...settings });
    const err = await refusal();
    expect(err).toContain(`sentence_bert_config.json ${what}, which embed does not support\n`);
    expect(err).toContain('hint: If its vectors do not need that, take it out of sentence_bert_config.json; else');
  });

  it.each([
    { model_args: { trust_remote_code: true, attn_implementation: 'sdpa', torch_dtype: 'float16' } },
    { model_kwargs: { use_safetensors: false, add_pooling_layer: false }, config_kwargs: {}, tokenizer_args: null },
    { config_args: { trust_remote_code: true, revision: 'main' }, unpad_inputs: true, transformer_task: 'feature-extraction' },
    { processing_kwargs: { text: {}, common: {} }, query_length: null, document_length: null },
  ])('%j changes no vector', (settings) => {
    write('sentence_bert_config.json', { max_seq_length: 8, ...settings });
    expect(loadModel('m').maxTokens).toBe(8);
  });
});

describe('a limit beyond the positions of a model', () => {
  it('is capped, and said', async () => {
    write('sentence_bert_config.json', { max_seq_length: 1000 });
    expect((await run(['models', 'show', 'm'])).out).toContain(
      'limit         16 tokens, prompt and special tokens included; max_seq_length is 1,000, but it has no more positions\n',
    );
    writeFileSync('c.txt', `${'the cat '.repeat(20)}\n`);
    const { code, err } = await run(['encode', 'c.txt', '--model', 'm']);
    expect(code).toBe(0);
    expect(err).toContain('note: m reads 16 tokens of a text, not the 1000 of max_seq_length: it has no more positions\n');
  });

  it('stands where the positions have no end', () => {
    write('sentence_bert_config.json', { max_seq_length: 1000 });
    for (const config of [{ model_type: 't5' }, { position_embedding_type: 'alibi' }]) {
      extend('config.json', config);
      expect(loadModel('m')).toMatchObject({ maxTokens: 1000 });
      expect(loadModel('m')).not.toHaveProperty('askedTokens');
      extend('config.json', { model_type: 'bert' });
    }
  });
});

describe('an old layout', () => {
  it('has its ONNX variants and its adapter in the folder of the transformer', () => {
    modules('sentence_transformers.models.Transformer', 'sentence_transformers.models.Pooling');
    const list = JSON.parse(readFileSync('m/modules.json', 'utf8')) as { path: string }[];
    list[0]!.path = '0_Transformer';
    list[1]!.path = '1_Pooling';
    write('modules.json', list);
    mkdirSync('m/0_Transformer/onnx', { recursive: true });
    for (const file of ['config.json', 'tokenizer.json', 'tokenizer_config.json', 'sentence_bert_config.json'])
      renameSync(`m/${file}`, `m/0_Transformer/${file}`);
    renameSync('m/model.onnx', 'm/0_Transformer/onnx/model_quantized.onnx');
    expect(loadModel('m')).toMatchObject({ notes: ['note: m is run from model_quantized.onnx, as there is no model.onnx'] });
    write('0_Transformer/adapter_config.json', { peft_type: 'LORA' });
    expect(() => loadModel('m')).toThrow('adapter_config.json changes weights, but onnx/model_quantized.onnx is run');
  });
});
