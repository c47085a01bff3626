import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { inFreshFolder, projectFolder } from '../run.ts';
import { fuzz, isPlain } from './fuzz.ts';
import { MODEL_READERS, openModelFolder } from './model-readers.ts';
import { mutationsOf, someOf } from './mutate-json.ts';

/** The fault of a changed model: anything but a model that works, or a plain error. */
async function faultOf(folder: string, what: string): Promise<string[]> {
  try {
    await openModelFolder(folder);
    return [];
  } catch (error) {
    const plain = isPlain(error) && (error as Error).message.length < MAX_MESSAGE;
    return plain ? [] : [`${what}: ${(error as Error).stack}`];
  }
}

/** Values of a file are shortened in messages. */
const MAX_MESSAGE = 400;

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

/** Rounds per reader here; `EMBED_FUZZ=all` runs more. */
const ROUNDS = process.env['EMBED_FUZZ'] === 'all' ? 400 : 15;

it.each(MODEL_READERS.map((reader) => [reader.name, reader] as const))('%s of any bytes is a model or a plain error', async (_, reader) => {
  const { faults } = await fuzz(reader, { seed: 1, rounds: ROUNDS, folder: inFreshFolder() });
  expect(faults.map(({ round, error }) => ({ round, error }))).toEqual([]);
});
