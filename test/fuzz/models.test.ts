import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { EmbedError } from '../../src/errors.ts';
import { loadModel } from '../../src/model/folder/folder.ts';
import { openEncoder } from '../../src/model/open-encoder.ts';
import { openReader } from '../../src/model/reading/reading.ts';
import { readBert } from '../../src/model/transformer/bert.ts';
import { readAllSafetensors } from '../../src/vectors/safetensors.ts';
import { inFreshFolder, projectFolder } from '../run.ts';
import { mutationsOf, someOf, type Mutation } from './mutate-json.ts';

const TEXTS = ['the cat sat on a mat 12', 'Straße, 東京 <s>'];

/** Opens a model as a command does, and reads two texts with it; a static model encodes them as well. */
async function open(folder: string): Promise<void> {
  const model = loadModel(folder, { pooling: 'mean' });
  const read = openReader(model);
  const texts = TEXTS.map((text) => read(text));
  expect(texts.every(({ ids }) => ids.every((id) => id >= 0))).toBe(true);
  if (model.runs.kind === 'weights') readBert(readAllSafetensors(model.runs.files), model.runs.config);
  if (model.runs.kind !== 'static') return;
  const encoder = openEncoder(model, { threads: 1 });
  const { vectors } = await encoder.encode(TEXTS);
  expect(vectors.data.every(Number.isFinite)).toBe(true);
  await encoder.close();
}

/** The fault of a changed model: anything but a model that works, or a plain error. */
async function faultOf(folder: string, { what }: Mutation): Promise<string[]> {
  try {
    await open(folder);
    return [];
  } catch (error) {
    const { message, hint } = error as EmbedError;
    const plain = error instanceof EmbedError && hint !== undefined && !/undefined|NaN|\[object/.test(message) && message.length < 400;
    return plain ? [] : [`${what}: ${(error as Error).stack}`];
  }
}

const FOLDERS: readonly [folder: string, files: readonly string[]][] = [
  [
    'models/mpnet-dense',
    [
      'modules.json',
      'config.json',
      'config_sentence_transformers.json',
      'sentence_bert_config.json',
      'tokenizer_config.json',
      'tokenizer.json',
      '1_Pooling/config.json',
      '2_Dense/config.json',
    ],
  ],
  ['models/albert-concat', ['tokenizer.json']],
  ['models/qwen3-onnx', ['tokenizer.json', 'config.json']],
  ['models/roberta-max', ['tokenizer.json']],
  ['static/m2v-vocabulary', ['config.json']],
  ['static/st-dense', ['modules.json', 'tokenizer.json', '1_Dense/config.json', '2_LayerNorm/config.json']],
];

it.each(FOLDERS.flatMap(([folder, files]) => files.map((file) => [folder, file] as const)))(
  'fixtures/%s with any change of %s is a model or a plain error',
  async (folder, file) => {
    inFreshFolder();
    cpSync(join(projectFolder, 'fixtures', folder), 'm', { recursive: true });
    const path = join('m', file);
    expect(existsSync(path)).toBe(true);
    const faults: string[] = [];
    for (const mutation of someOf(mutationsOf(JSON.parse(readFileSync(path, 'utf8'))))) {
      writeFileSync(path, mutation.text);
      faults.push(...(await faultOf('m', mutation)));
    }
    expect(faults).toEqual([]);
  },
);
