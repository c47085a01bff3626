import { copyFileSync, cpSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bytesField, concat, intField } from '../../src/engine/protobuf.ts';
import { removeAtExit } from '../../src/files/disk.ts';
import { loadModel } from '../../src/model/folder/folder.ts';
import { openEncoder } from '../../src/model/open-encoder.ts';
import { openReader } from '../../src/model/reading/reading.ts';
import { readBert } from '../../src/model/transformer/bert.ts';
import { externalFiles } from '../../src/model/transformer/external-data.ts';
import { weightsOf } from '../../src/model/transformer/weights.ts';
import { projectFolder } from '../project.ts';
import type { FuzzReader } from './fuzz.ts';

const TEXTS = ['the cat sat on a mat 12', 'Straße, 東京 <s>'];

/** Opens a model as a command does, and reads two texts with it; a static model encodes them as well. Returns how many were read. */
export async function openModelFolder(folder: string): Promise<number> {
  const model = loadModel(folder, { pooling: 'mean' });
  const read = openReader(model);
  for (const text of TEXTS) {
    const bad = read(text).ids.find((id) => id < 0);
    if (bad !== undefined) throw new Error(`a token has the id ${bad}`);
  }
  if (model.runs.kind === 'weights') readBert(weightsOf(model.runs), model.runs.config);
  if (model.runs.kind !== 'static') return TEXTS.length;
  const encoder = openEncoder(model, { threads: 1 });
  await encoder.encode(TEXTS);
  await encoder.close();
  return TEXTS.length;
}

/** A file of a model in fixtures, with the rest of the model around it. */
function modelFile(fixture: string, file: string): FuzzReader {
  const whole = join(projectFolder, 'fixtures', fixture);
  let folder: string | undefined;
  return {
    name: `${file} of ${fixture}`,
    seeds: [readFileSync(join(whole, file))],
    file: file.replaceAll('/', '-'),
    read(path) {
      if (folder === undefined) {
        folder = mkdtempSync(join(tmpdir(), 'embed-fuzz-model-'));
        removeAtExit(folder);
        cpSync(whole, folder, { recursive: true });
      }
      copyFileSync(path, join(folder, file));
      return openModelFolder(folder);
    },
  };
}

/** A graph of one tensor, whose values are in a file beside it. */
const EXTERNAL = concat([
  ...intField(1, 8),
  ...bytesField(
    7,
    bytesField(5, [...bytesField(8, 'table'), ...bytesField(13, [...bytesField(1, 'location'), ...bytesField(2, 'values.bin')])]),
  ),
]);

/** Readers of a model's files, each of which must end in a model or a plain error. */
export const MODEL_READERS: readonly FuzzReader[] = [
  ...[
    'modules.json',
    'config.json',
    'config_sentence_transformers.json',
    'sentence_bert_config.json',
    'tokenizer_config.json',
    'tokenizer.json',
    'model.safetensors',
    '1_Pooling/config.json',
    '2_Dense/config.json',
    '2_Dense/model.safetensors',
  ].map((file) => modelFile('models/mpnet-dense', file)),
  modelFile('models/albert-concat', 'tokenizer.json'),
  modelFile('models/qwen3-onnx', 'tokenizer.json'),
  modelFile('static/st-dense', 'tokenizer.json'),
  modelFile('static/m2v-weights', 'model.safetensors'),
  {
    name: 'external data of an ONNX file',
    seeds: [Buffer.from(EXTERNAL)],
    file: 'model.onnx',
    read: (path) => Promise.resolve(1 + externalFiles(path).length),
  },
];
