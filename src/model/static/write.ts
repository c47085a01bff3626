import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { replaceFile } from '../../files/disk.ts';
import { writeSafetensors, type NamedTensor } from '../../vectors/safetensors.ts';

/** A static model: a tokenizer, and a vector per token. The vector of a text is the mean over its tokens, at unit length. */
export type StaticModel = {
  /** tokenizer.json; special tokens, truncation and padding are not written. */
  tokenizer: object;
  /** [tokens, dims] */
  table: Float32Array;
  dims: number;
  precision: 'fp32' | 'int8';
  /** The model card in Markdown, and build.json. */
  card: string;
  build: object;
};

/** The files in the folder of such a model. */
export const MODEL_FILES: readonly string[] = [
  'modules.json',
  '1_Normalize',
  'config_sentence_transformers.json',
  'config.json',
  'tokenizer.json',
  'model.safetensors',
  'README.md',
  'build.json',
];

/**
 * Writes a model as sentence-transformers saves a StaticEmbedding followed by Normalize. In float32 its table is called
 * "embedding.weight". In int8 it has the names of model2vec: "embeddings", and "weights" with one scale per row; config.json marks it
 * as a folder of model2vec. Both libraries read both (sentence-transformers 6.2, model2vec 0.10).
 *
 * @param folder the folder to write to; it is made if needed
 */
export function writeStaticModel(folder: string, { tokenizer, table, dims, precision, card, build }: StaticModel): void {
  const json = (file: string, value: unknown): void => replaceFile(join(folder, file), `${JSON.stringify(value, undefined, 2)}\n`);
  mkdirSync(join(folder, '1_Normalize'), { recursive: true });
  json('modules.json', [
    { idx: 0, name: '0', path: '', type: 'sentence_transformers.models.StaticEmbedding' },
    { idx: 1, name: '1', path: '1_Normalize', type: 'sentence_transformers.models.Normalize' },
  ]);
  const usage = { model_type: 'SentenceTransformer', prompts: {}, default_prompt_name: null, similarity_fn_name: 'cosine' };
  // model2vec reads its settings from either file
  const settings = { normalize: true, max_length: null };
  json('config_sentence_transformers.json', precision === 'int8' ? usage : { ...usage, ...settings });
  if (precision === 'int8') json('config.json', { model_type: 'model2vec', hidden_dim: dims, embedding_dtype: 'int8', ...settings });
  // else both libraries would cut texts at the limit that stands here, and could add special tokens
  replaceFile(join(folder, 'tokenizer.json'), JSON.stringify({ ...tokenizer, truncation: null, padding: null, post_processor: null }));
  const tensors =
    precision === 'int8' ? inInt8(table, dims) : [{ name: 'embedding.weight', shape: [table.length / dims, dims], data: table }];
  writeSafetensors(join(folder, 'model.safetensors'), tensors);
  replaceFile(join(folder, 'README.md'), card);
  json('build.json', build);
}

/** The table as rows of integers from -127 to 127, and the scale of each row. */
export function inInt8(table: Float32Array, dims: number): NamedTensor[] {
  const rows = table.length / dims;
  const embeddings = new Int8Array(table.length);
  const weights = new Float32Array(rows);
  for (let row = 0; row < rows; row++) {
    let largest = 0;
    for (let at = row * dims; at < (row + 1) * dims; at++) largest = Math.max(largest, Math.abs(table[at]!));
    weights[row] = largest / 127;
    if (largest === 0) continue;
    for (let at = row * dims; at < (row + 1) * dims; at++) embeddings[at] = Math.round(table[at]! / weights[row]!);
  }
  return [
    { name: 'embeddings', shape: [rows, dims], data: embeddings },
    { name: 'weights', shape: [rows], data: weights },
  ];
}
