import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readSafetensors } from '../../../src/vectors/safetensors.ts';
import { projectFolder } from '../../run.ts';

/** A teacher of a few numbers, which takes no time. */
export const tiny: string = join(projectFolder, 'fixtures/models/bert-mean');

/** Texts of words that say what they are about. */
const topics = ['rice soup bread oven', 'train ticket station delay', 'refund invoice charge card', 'sea wave beach sand'];
export const textOf = (at: number): string => {
  const words = topics[at % 4]!.split(' ');
  return `The ${words[at % 3]} and the ${words[(at >> 2) % 4]} of number ${at}`;
};
export const corpus = (rows: number): string => Array.from({ length: rows }, (_, at) => `${textOf(at)}\n`).join('');

/** A tokenizer that knows some words and nothing else. */
export function wordTokenizer(words: readonly string[]): object {
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

export const tableOf = (folder: string): { data: Float32Array; dims: number } => {
  const tensor = readSafetensors(join(folder, 'model.safetensors')).get('embedding.weight')!;
  return { data: tensor.data, dims: tensor.shape[1]! };
};
export const readJson = <T>(file: string): T => JSON.parse(readFileSync(file, 'utf8')) as T;

export type Report = {
  summary: { held_out: { texts: number; mean_cosine: number | null }; [key: string]: unknown };
  results: Record<string, unknown>[];
};
