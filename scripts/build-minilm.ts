import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { loadModel } from '../src/model/folder/folder.ts';
import { INT8_RECIPE, toInt8 } from '../src/model/int8/int8.ts';
import { openTokenizer } from '../src/model/tokenizer/tokenizer.ts';
import { readBert } from '../src/model/transformer/bert.ts';
import type { BertConfig } from '../src/model/transformer/families.ts';
import { readSafetensors } from '../src/vectors/safetensors.ts';
import { encoderGraph } from './encoder-graph.ts';
import { writeFloor } from './measure-floor.ts';
import { measureDuplicates, measureGolden, measureSts, writeFacts } from './measure.ts';

/**
 * Builds models/minilm (int8) from the published weights of all-MiniLM-L6-v2, and build/minilm-fp32 beside it as the
 * yardstick. Usage: npm run build:model -- [SHARED]; SHARED holds models/, data/ and golden/ (default ../shared).
 */
const shared = process.argv[2] ?? '../shared';
const source = join(shared, 'models/all-MiniLM-L6-v2');

/**
 * Mostly English, which the model is for; a tenth in other languages and some oddities, so that texts it hardly reads
 * stay within the calibrated ranges too (with English alone their cosine to float32 falls from .996 to .993).
 */
const ENGLISH_TEXTS = 2000;
const LANGUAGES = ['ru', 'ja', 'zh', 'de', 'fr', 'es', 'uk', 'ko', 'it', 'pt', 'nl', 'pl'];
const FOREIGN_TEXTS = 20;
const EDGE_TEXTS = [
  '',
  '!',
  '?!',
  '...',
  'a',
  'x'.repeat(150),
  '[CLS] [SEP] [MASK] [PAD] [UNK]',
  '1,234.5 + 6 = ?',
  'สวัสดี',
  'नमस्ते',
  'مرحبا',
];

const FP32 = 'build/minilm-fp32';
const INT8 = 'models/minilm';

const LAYOUT = [
  'config.json',
  'config_sentence_transformers.json',
  'modules.json',
  'sentence_bert_config.json',
  'tokenizer.json',
  'tokenizer_config.json',
  '1_Pooling/config.json',
];

const log = (text: string): void => void process.stderr.write(`${text}\n`);
const copyLayout = (to: string): void => {
  mkdirSync(join(to, '1_Pooling'), { recursive: true });
  for (const file of LAYOUT) cpSync(join(source, file), join(to, file), { mode: 0 });
};

const weightsFile = join(source, 'model.safetensors');
const bert = readBert(readSafetensors(weightsFile), JSON.parse(readFileSync(join(source, 'config.json'), 'utf8')) as BertConfig);

copyLayout(FP32);
writeFileSync(join(FP32, 'model.onnx'), encoderGraph(bert));
writeFileSync(join(FP32, 'build.json'), `${JSON.stringify({ precision: 'fp32', revision: 'sentence-transformers/all-MiniLM-L6-v2' })}\n`);
log(`wrote ${FP32}`);

const tokenize = openTokenizer(loadModel(FP32));
const texts = calibrationTexts().map((text) => tokenize(text).ids);
log(`calibrating on ${texts.length} texts`);
const graph = encoderGraph(await toInt8(bert, texts, { threads: 2 }));
copyLayout(INT8);
writeFileSync(join(INT8, 'model.onnx'), graph);

const recipe = {
  precision: 'int8',
  revision: 'sentence-transformers/all-MiniLM-L6-v2',
  scripts: ['Latin'],
  recipe: {
    ...INT8_RECIPE,
    rounding: 'GPTQ on the calibration texts, damping 0.01',
    calibration:
      `${ENGLISH_TEXTS} English sentences (SNLI, SciTail, STS-B train, OpenTriviaQA, Python docs, Tanaka and others), ` +
      `${FOREIGN_TEXTS} in each of ${LANGUAGES.length} other languages (Python docs, Tatoeba, NTREX-128), and ${EDGE_TEXTS.length} edge cases; ` +
      'CC0, CC BY, CC BY-SA, MIT or public domain; only ranges and correlations of activations are taken from them',
  },
  source: { weights: 'model.safetensors', sha256: createHash('sha256').update(readFileSync(weightsFile)).digest('hex') },
};
writeFileSync(join(INT8, 'build.json'), `${JSON.stringify(recipe, null, 2)}\n`);

log('measuring');
const fidelity = {
  golden: { fp32: await measureGolden(FP32, join(shared, 'golden')), int8: await measureGolden(INT8, join(shared, 'golden')) },
  stsSpearman: {
    data: 'STS-B dev, English, 1,500 pairs',
    fp32: await measureSts(FP32, join(shared, 'data/sts/stsb-en-dev.csv')),
    int8: await measureSts(INT8, join(shared, 'data/sts/stsb-en-dev.csv')),
  },
};
const duplicates = await measureDuplicates(INT8, join(shared, 'data/dup/qqp-dev.tsv'), 0.9);
writeFileSync(join(INT8, 'build.json'), `${JSON.stringify({ ...recipe, fidelity, duplicates }, null, 2)}\n`);
writeFacts(INT8, { languages: ['en'] });
await writeFloor(INT8, join(shared, 'data'));
log(JSON.stringify({ bytes: graph.length, fidelity, duplicates }, null, 2));

function calibrationTexts(): string[] {
  const lines = (file: string): string[] =>
    gunzipSync(readFileSync(join(shared, 'data/train', file)))
      .toString('utf8')
      .split('\n')
      .filter(Boolean);
  // every n-th, so that all parts of a file are heard
  const spread = (all: readonly string[], count: number): string[] =>
    Array.from({ length: count }, (_, i) => all[Math.floor((i * all.length) / count)]!);
  const foreign = LANGUAGES.flatMap((code) =>
    spread(lines(`parallel-en-${code}.tsv.gz`), FOREIGN_TEXTS).map((line) => line.split('\t')[1] ?? ''),
  );
  return [...spread(lines('en-sentences.txt.gz'), ENGLISH_TEXTS), ...foreign, ...EDGE_TEXTS];
}
