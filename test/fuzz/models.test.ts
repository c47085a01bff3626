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
import { mutationsOf, someOf } from './mutate-json.ts';

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
async function faultOf(folder: string, what: string): Promise<string[]> {
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

/** A safetensors file with another header. */
function withHeader(file: Buffer, header: string): Buffer {
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(Buffer.byteLength(header)));
  return Buffer.concat([length, Buffer.from(header), file.subarray(8 + Number(file.readBigUInt64LE()))]);
}

it.each(['models/mpnet-dense/model.safetensors', 'static/m2v-weights/model.safetensors', 'static/st-dense/1_Dense/model.safetensors'])(
  'fixtures/%s with any change of its header or of a byte is a model or a plain error',
  async (path) => {
    inFreshFolder();
    const [kind, folder, ...rest] = path.split('/') as [string, string, ...string[]];
    cpSync(join(projectFolder, 'fixtures', kind, folder), 'm', { recursive: true });
    const file = join('m', ...rest);
    const bytes = readFileSync(file);
    const end = 8 + Number(bytes.readBigUInt64LE());
    const changes = [...someOf(mutationsOf(JSON.parse(bytes.toString('utf8', 8, end))))].map(({ what, text }) => ({
      what,
      bytes: withHeader(bytes, text),
    }));
    for (let at = 0; at < end; at += 101) {
      changes.push({
        what: `byte ${at} flipped`,
        bytes: Buffer.concat([bytes.subarray(0, at), Buffer.of(bytes[at]! ^ 64), bytes.subarray(at + 1)]),
      });
      changes.push({ what: `cut at ${at}`, bytes: bytes.subarray(0, at) });
    }
    const faults: string[] = [];
    for (const { what, bytes: changed } of changes) {
      writeFileSync(file, changed);
      faults.push(...(await faultOf('m', what)));
    }
    expect(faults).toEqual([]);
  },
);

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
      faults.push(...(await faultOf('m', mutation.what)));
    }
    expect(faults).toEqual([]);
  },
);
