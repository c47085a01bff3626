import { cpSync, existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { loadModel } from '../../src/model/folder/folder.ts';
import { openEncoder } from '../../src/model/open-encoder.ts';
import { openReader } from '../../src/model/reading/reading.ts';
import { readNpy } from '../../src/vectors/npy.ts';
import { inFreshFolder, projectFolder } from '../run.ts';

/** Small encoders with random weights of many kinds, against token ids and vectors of sentence-transformers. */
const own = goldenFolders('fixtures/models');

/** More of them, where somebody has laid them beside the project. */
const shared = goldenFolders('../shared/golden/models');
if (shared.length === 0)
  console.warn('skipped: ../shared/golden/models is absent, so that only the encoders of fixtures/models are compared');
const folders = [...own, ...shared];

type Golden = { text: string; prompt_name: string | null; input_ids: number[] };

/** Kinds whose graph is built from weights. */
const BUILT = /\/(bert|labse|roberta|xlmr|mpnet|distilbert|albert|electra)-?[^/]*$/;

/** Largest difference of any number: rounding is 2e-6, another epsilon or GELU 4e-5. */
const MAX_DIFFERENCE = 2e-5;

// graphs are built into this test's own folder, and anew
beforeEach(() => void vi.stubEnv('XDG_CACHE_HOME', join(inFreshFolder(), 'cache')));
afterEach(() => void vi.unstubAllEnvs());

describe('models of other kinds', () => {
  it.each(folders.filter((folder) => existsSync(join(projectFolder, folder, 'onnx'))))(
    '%s gives the tokens and vectors of the reference, alone and in batches',
    async (folder) => {
      const from = join(projectFolder, folder);
      // without the transformer's weights, which would be taken first
      cpSync(from, 'm', { recursive: true, filter: (file) => !(dirname(file) === from && file.endsWith('.safetensors')) });
      await compare('m', from);
    },
  );

  it.each(folders.filter((folder) => BUILT.test(folder)))('%s does so from its weights, without an ONNX file', async (folder) => {
    cpSync(join(projectFolder, folder), 'm', { recursive: true, filter: (file) => !file.includes('onnx') });
    await compare('m', join(projectFolder, folder));
    // the graph is there, and is taken the next time
    const [graph] = readdirSync('cache/embed/graphs');
    expect(graph).toMatch(/^[0-9a-f]{64}$/);
    const before = statSync(join('cache/embed/graphs', graph!)).mtimeMs;
    await openEncoder(loadModel('m'), { threads: 1 }).close();
    expect(statSync(join('cache/embed/graphs', graph!)).mtimeMs).toBe(before);
  });

  it('leaves none of the fixtures out', () => {
    expect(own.length).toBeGreaterThanOrEqual(12);
    for (const folder of own) expect(BUILT.test(folder)).not.toBe(existsSync(join(projectFolder, folder, 'onnx')));
  });
});

/** Folders with what the reference says of them, relative to the project. */
function goldenFolders(parent: string): string[] {
  const place = join(projectFolder, parent);
  if (!existsSync(place)) return [];
  return readdirSync(place)
    .map((name) => `${parent}/${name}`)
    .filter((folder) => existsSync(join(projectFolder, folder, 'golden.npy')));
}

/** Compares the model of a folder with what the reference says. */
async function compare(of: string, folder: string): Promise<void> {
  const model = loadModel(of);
  // U+0085 stands raw in these lines
  const golden = readFileSync(join(folder, 'golden.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Golden);
  const expected = readNpy(join(folder, 'golden.npy'));
  const settings = JSON.parse(readFileSync(join(folder, 'config_sentence_transformers.json'), 'utf8')) as {
    default_prompt_name?: string | null;
  };
  const wrong: string[] = [];
  for (const promptName of new Set(golden.map((row) => row.prompt_name))) {
    const prompt = model.prompts[promptName ?? settings.default_prompt_name ?? ''] ?? '';
    const rows = golden.flatMap((row, at) => (row.prompt_name === promptName ? [{ ...row, at }] : []));
    const encoder = openEncoder(model, { threads: 1, prompt });
    const read = openReader(model, { prompt });
    const { vectors: together } = await encoder.encode(rows.map(({ text }) => text));
    for (const [i, { text, input_ids, at }] of rows.entries()) {
      const label = `${promptName ?? '-'} ${JSON.stringify(text.slice(0, 40))}`;
      const ids = [...read(text).ids];
      if (JSON.stringify(ids) !== JSON.stringify(input_ids)) {
        wrong.push(`${label}: tokens ${ids.slice(0, 12).join(' ')} for ${input_ids.slice(0, 12).join(' ')}`);
        continue;
      }
      const { vectors: alone } = await encoder.encode([text]);
      for (const [how, { data, cols }, row] of [['batch', together, i] as const, ['alone', alone, 0] as const]) {
        expect(cols).toBe(expected.cols);
        let most = 0;
        for (let d = 0; d < cols; d++) most = Math.max(most, Math.abs(data[row * cols + d]! - expected.data[at * cols + d]!));
        if (!(most <= MAX_DIFFERENCE)) wrong.push(`${label}: ${how} differs by ${most.toExponential(1)}`);
      }
    }
    await encoder.close();
  }
  expect(wrong).toEqual([]);
}
