import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openEncoder } from '../../src/model/encoder.ts';
import { loadModel } from '../../src/model/folder.ts';
import { openTokenizer } from '../../src/model/tokenizer.ts';
import { cosine, rowOf } from '../../src/vectors/matrix.ts';
import { readNpy } from '../../src/vectors/npy.ts';

/** The packaged model against vectors of sentence-transformers; the larger set is beside the project, not in it. */
const shared = '../shared/golden';
const FP32 = 'build/minilm-fp32';

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
  const found = await encoder.encode(golden.map(({ text }) => encoder.read(text)));
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

    it.skipIf(!existsSync(FP32))('fp32 keeps a cosine of .99999 for every text', async () => {
      for (const { text, value } of await cosines(FP32, folder)) expect(value, text.slice(0, 60)).toBeGreaterThanOrEqual(0.99999);
    });
  });
}

if (!existsSync(shared)) console.warn(`skipped: ${shared} is absent, only fixtures/golden is compared`);
if (!existsSync(FP32)) console.warn(`skipped: ${FP32} is absent (npm run build:model writes it), fp32 fidelity is not compared`);
