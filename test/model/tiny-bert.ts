import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Graph } from '../../src/engine/graph.ts';
import type { BertConfig } from '../../src/model/transformer/families.ts';
import { writeSafetensors, type Weights } from '../../src/vectors/safetensors.ts';

/** A BERT small enough to build in a test, with random weights. */
export const TINY_CONFIG: Required<Pick<BertConfig, 'hidden_size' | 'num_attention_heads' | 'num_hidden_layers' | 'layer_norm_eps'>> = {
  hidden_size: 16,
  num_attention_heads: 2,
  num_hidden_layers: 2,
  layer_norm_eps: 1e-12,
};

const VOCABULARY = 40;
const POSITIONS = 32;
const FEED_FORWARD = 32;

export function randomBertWeights(seed: number): Weights {
  let state = seed;
  const random = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 31 - 1;
  };
  const weights = new Map<string, { shape: readonly number[]; data: Float32Array }>();
  const add = (name: string, ...shape: number[]): void =>
    void weights.set(name, { shape, data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random() * 0.4) });
  const h = TINY_CONFIG.hidden_size;
  add('embeddings.word_embeddings.weight', VOCABULARY, h);
  add('embeddings.position_embeddings.weight', POSITIONS, h);
  add('embeddings.token_type_embeddings.weight', 2, h);
  const dense = (name: string, outputs: number, inputs: number): void => {
    add(`${name}.weight`, outputs, inputs);
    add(`${name}.bias`, outputs);
  };
  const norm = (name: string): void => {
    weights.set(`${name}.weight`, { shape: [h], data: new Float32Array(h).fill(1) });
    add(`${name}.bias`, h);
  };
  norm('embeddings.LayerNorm');
  for (let layer = 0; layer < TINY_CONFIG.num_hidden_layers; layer++) {
    const prefix = `encoder.layer.${layer}`;
    for (const part of ['query', 'key', 'value']) dense(`${prefix}.attention.self.${part}`, h, h);
    dense(`${prefix}.attention.output.dense`, h, h);
    norm(`${prefix}.attention.output.LayerNorm`);
    dense(`${prefix}.intermediate.dense`, FEED_FORWARD, h);
    dense(`${prefix}.output.dense`, h, FEED_FORWARD);
    norm(`${prefix}.output.LayerNorm`);
  }
  return weights;
}

export type FolderParts = {
  pooling?: object;
  modules?: string[];
  sentenceBert?: object;
  prompts?: object;
  onnx?: 'model.onnx' | 'onnx/model.onnx';
  dims?: number;
};

/** Words of the tiny vocabulary, ids 5 and up. */
export const TINY_WORDS: readonly string[] = ['the', 'cat', 'sat', 'on', 'mat', 'rice', 'is', 'cooked', 'query', ':', 'passage'];

/**
 * Writes a model folder whose ONNX file looks up one vector a token, so that pooling can be checked by hand: the
 * vector of token id n is [n, n², 1, 0].
 */
export function writeLookupModel(
  folder: string,
  { pooling, modules, sentenceBert, prompts, onnx = 'model.onnx', dims = 4 }: FolderParts = {},
): void {
  const json = (file: string, value: unknown): void => {
    mkdirSync(join(folder, file, '..'), { recursive: true });
    writeFileSync(join(folder, file), JSON.stringify(value));
  };
  const vocabulary = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', ...TINY_WORDS];
  const graph = new Graph('lookup');
  graph.input({ name: 'input_ids', type: 'int64', shape: ['batch', 'tokens'] });
  graph.input({ name: 'attention_mask', type: 'int64', shape: ['batch', 'tokens'] });
  const table = Float32Array.from(vocabulary.flatMap((_, id) => [id, id * id, 1, 0]));
  graph.op(
    'Gather',
    [graph.constant('table', { shape: [vocabulary.length, 4], data: table }), 'input_ids'],
    {},
    { as: 'last_hidden_state' },
  );
  graph.output({ name: 'last_hidden_state', type: 'float32', shape: ['batch', 'tokens', 4] });
  json(
    'modules.json',
    (modules ?? ['Transformer', 'Pooling']).map((type, idx) => ({
      idx,
      name: `${idx}`,
      path: idx === 0 ? '' : `${idx}_${type}`,
      type: `sentence_transformers.models.${type}`,
    })),
  );
  json('1_Pooling/config.json', pooling ?? { embedding_dimension: dims, pooling_mode: 'mean' });
  json('config.json', { hidden_size: 4, max_position_embeddings: 16, model_type: 'bert' });
  json('sentence_bert_config.json', sentenceBert ?? { max_seq_length: 8 });
  json('config_sentence_transformers.json', prompts ?? {});
  json('tokenizer_config.json', { model_max_length: 16, tokenizer_class: 'BertTokenizer', unk_token: '[UNK]' });
  json('tokenizer.json', {
    version: '1.0',
    added_tokens: ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'].map((content, id) => ({
      id,
      content,
      special: true,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
    })),
    normalizer: { type: 'BertNormalizer', clean_text: true, handle_chinese_chars: true, strip_accents: null, lowercase: true },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: {
      type: 'TemplateProcessing',
      single: [
        { SpecialToken: { id: '[CLS]', type_id: 0 } },
        { Sequence: { id: 'A', type_id: 0 } },
        { SpecialToken: { id: '[SEP]', type_id: 0 } },
      ],
      pair: [],
      special_tokens: { '[CLS]': { id: '[CLS]', ids: [2], tokens: ['[CLS]'] }, '[SEP]': { id: '[SEP]', ids: [3], tokens: ['[SEP]'] } },
    },
    decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
    model: {
      type: 'WordPiece',
      unk_token: '[UNK]',
      continuing_subword_prefix: '##',
      max_input_chars_per_word: 100,
      vocab: Object.fromEntries(vocabulary.map((word, id) => [word, id])),
    },
  });
  mkdirSync(join(folder, onnx, '..'), { recursive: true });
  writeFileSync(join(folder, onnx), graph.toBytes());
}

/** Writes tensors to a safetensors file that may be there already. */
export function writeTensors(path: string, weights: Weights): void {
  rmSync(path, { force: true });
  writeSafetensors(
    path,
    [...weights].map(([name, { shape, data }]) => ({ name, shape: [...shape], data })),
  );
}

/** Writes a model folder that is run from weights: a tiny BERT with mean pooling. Returns the weights. */
export function writeBertModel(folder: string, { seed = 5, config = {} }: { seed?: number; config?: object } = {}): Weights {
  writeLookupModel(folder, { pooling: { embedding_dimension: TINY_CONFIG.hidden_size, pooling_mode: 'mean' } });
  rmSync(join(folder, 'model.onnx'));
  writeFileSync(
    join(folder, 'config.json'),
    JSON.stringify({ ...TINY_CONFIG, model_type: 'bert', max_position_embeddings: POSITIONS, ...config }),
  );
  const weights = randomBertWeights(seed);
  writeTensors(join(folder, 'model.safetensors'), weights);
  return weights;
}

/** Tensors of random numbers between −scale and scale. */
export function randomTensor(seed: number, shape: readonly number[], scale = 0.4): { shape: readonly number[]; data: Float32Array } {
  let state = seed;
  const random = (): number => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 31 - 1;
  return { shape, data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random() * scale) };
}
