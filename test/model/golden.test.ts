import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { measureSts } from '../../scripts/measure.ts';
import { encoderGraph } from '../../scripts/encoder-graph.ts';
import { loadModel } from '../../src/model/folder/folder.ts';
import { openEncoder } from '../../src/model/open-encoder.ts';
import { openTokenizer } from '../../src/model/tokenizer/tokenizer.ts';
import { readBert } from '../../src/model/transformer/bert.ts';
import type { BertConfig } from '../../src/model/transformer/families.ts';
import { cosine, rowOf } from '../../src/vectors/matrix.ts';
import { readNpy } from '../../src/vectors/npy.ts';
import { readSafetensors } from '../../src/vectors/safetensors.ts';

/** The packaged model against vectors of sentence-transformers; the larger set is beside the project, not in it. */
const shared = '../shared/golden';
const weights = '../shared/models/all-MiniLM-L6-v2';
const sts = '../shared/data/sts/stsb-en-dev.csv';

/** The float32 graph from the published weights, built for these tests alone: 90 MB are too much for the package. */
let fp32 = '';

beforeAll(() => {
  if (!existsSync(weights)) return;
  fp32 = mkdtempSync(join(tmpdir(), 'embed-fp32-'));
  cpSync('models/minilm', fp32, { recursive: true, filter: (file) => !/(model\.onnx|build\.json)$/.test(file) });
  const config = JSON.parse(readFileSync(join(weights, 'config.json'), 'utf8')) as BertConfig;
  writeFileSync(join(fp32, 'model.onnx'), encoderGraph(readBert(readSafetensors(join(weights, 'model.safetensors')), config)));
});

afterAll(() => rmSync(fp32, { recursive: true, force: true }));

type Golden = { text: string; input_ids: number[] };

function readGolden(folder: string): Golden[] {
  return readFileSync(join(folder, 'minilm.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Golden);
}

async function cosines(model: string | undefined, folder: string): Promise<{ text: string; value: number }[]> {
  const golden = readGolden(folder);
  const expected = readNpy(join(folder, 'minilm.npy'));
  const encoder = openEncoder(loadModel(model), { threads: 2 });
  const { vectors: found } = await encoder.encode(golden.map(({ text }) => text));
  await encoder.close();
  return golden.map(({ text }, i) => ({ text, value: cosine(rowOf(found, i), rowOf(expected, i)) }));
}

// ours are mostly oddities (one sign, scripts the model cannot read), so their mean lies lower
for (const [name, folder, leastMean] of [
  ['our golden texts', 'fixtures/golden', 0.997],
  ['the shared golden texts', shared, 0.998],
] as const) {
  describe.skipIf(!existsSync(folder))(name, () => {
    it('token ids equal the reference for every text', () => {
      const read = openTokenizer(loadModel());
      for (const { text, input_ids } of readGolden(folder)) expect([...read(text).ids], text.slice(0, 60)).toEqual(input_ids);
    });

    it(`int8 keeps a mean cosine of ${leastMean} and .985 for every text that is not empty`, async () => {
      const found = await cosines(undefined, folder);
      expect(found.reduce((sum, { value }) => sum + value, 0) / found.length).toBeGreaterThanOrEqual(leastMean);
      for (const { text, value } of found) if (text.trim() !== '') expect(value, text.slice(0, 60)).toBeGreaterThanOrEqual(0.985);
    });

    it.skipIf(!existsSync(weights))('fp32 keeps a cosine of .99999 for every text', async () => {
      for (const { text, value } of await cosines(fp32, folder)) expect(value, text.slice(0, 60)).toBeGreaterThanOrEqual(0.99999);
    });
  });
}

describe.skipIf(!existsSync(sts) || !existsSync(weights))('STS-B dev, English', () => {
  it('int8 is within .002 Spearman of fp32', async () => {
    expect(Math.abs((await measureSts('models/minilm', sts)) - (await measureSts(fp32, sts)))).toBeLessThanOrEqual(0.002);
  });
});

if (!existsSync(shared)) console.warn(`skipped: ${shared} is absent, only fixtures/golden is compared`);
if (!existsSync(weights)) console.warn(`skipped: ${weights} is absent, the fidelity of float32 and STS-B are not measured`);
