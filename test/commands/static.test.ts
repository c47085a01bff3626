import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Manifest } from '../../src/vectors/manifest.ts';
import { readNpy } from '../../src/vectors/npy.ts';
import { startHub, type HubServer } from '../hub-server.ts';
import { inFreshFolder, projectFolder, run } from '../run.ts';

/** Static models from outside: wherever --model is taken. */
const fixture = (name: string): string => join(projectFolder, 'fixtures/static', name);

beforeEach(() => {
  const folder = inFreshFolder();
  vi.stubEnv('XDG_CACHE_HOME', join(folder, 'xdg'));
  writeFileSync('c.txt', 'The ferry leaves at noon.\nRain fell on the mill.\n\nthe FERRY leaves at noon\n☃☃☃\n');
});
afterEach(() => void vi.unstubAllEnvs());

describe('a static model', () => {
  it('encodes and is searched: blank rows kept, limit and precision in the manifest', async () => {
    const encoded = await run(['encode', 'c.txt', '--model', fixture('st-int8')]);
    expect([encoded.code, encoded.err]).toEqual([
      0,
      expect.stringMatching(/encoded 5 rows into 12 dims with st-int8 \(int8\)[^]*1 blank row kept in place/),
    ]);
    const { model, counts } = JSON.parse(readFileSync('c.manifest.json', 'utf8')) as Manifest;
    expect(model).toMatchObject({ maxTokens: null, precision: 'int8', pooling: 'mean', normalized: true });
    expect(counts).toMatchObject({ rows: 5, blank: 1, cut: 0, unknownTokens: 1 });
    expect((await run(['encode', 'c.txt', '--model', fixture('st-int8')])).err).toContain('up to date');
    const { code, out } = await run([
      'search',
      'c.npy',
      '--model',
      fixture('st-int8'),
      '-n',
      '1',
      '--format',
      'jsonl',
      'the ferry leaves at noon.',
    ]);
    expect([code, JSON.parse(out)]).toEqual([0, expect.objectContaining({ row: 0, cosine: 1 })]);
  });

  it('gives rows of which it knows nothing zeros, which no command takes for near', async () => {
    const model = ['--model', fixture('m2v-float32')];
    expect((await run(['encode', 'c.txt', ...model])).code).toBe(0);
    const { data, cols } = readNpy('c.npy');
    expect(data.slice(4 * cols, 5 * cols)).toEqual(new Float32Array(12));
    const found = await run(['search', 'c.npy', ...model, '-n', '5', '--format', 'jsonl', 'ferry']);
    expect(found.out.trim().split('\n')).toHaveLength(3);
    expect((await run(['search', 'c.npy', ...model, '☃'])).err).toMatch(/its vector is all zeros and has no direction/);
    const dedup = await run(['dedup', 'c.npy', '--min-cosine', '0.9']);
    expect(dedup.out).toContain('not judged: 1 blank, 1 ');
  });

  it('is cut by --dims, and refuses what does not apply to it', async () => {
    expect((await run(['encode', 'c.txt', '--model', fixture('st-root'), '--dims', '5'])).err).toContain('into 5 dims');
    const refused = async (...flags: string[]): Promise<string> =>
      (await run(['encode', 'c.txt', '-o', 'x.npy', '--model', fixture('st-root'), ...flags])).err;
    expect(await refused('--pooling', 'cls')).toContain(
      'Cannot pool st-root by cls: it is static: the vector of a text is always the mean of its tokens',
    );
    expect(await refused('--precision', 'int8')).toContain('Cannot turn st-root to int8: it is static');
    expect(await refused('--precision', 'int8', '--calibrate', 'c.txt')).toContain('Cannot calibrate st-root with c.txt: it is static');
    expect((await run(['encode', 'c.txt', '--model', fixture('st-int8'), '--precision', 'int8'])).code).toBe(0);
    expect((await run(['encode', 'c.txt', '--model', fixture('st-int8'), '--precision', 'fp32'])).err).toContain('its weights are in int8');
  });

  it('puts its prompts before texts, the document prompt unless another is named', async () => {
    const vectors = async (...flags: string[]): Promise<Float32Array> => {
      await run(['encode', 'c.txt', '--model', fixture('st-nested'), '--overwrite', ...flags]);
      return readNpy('c.npy').data;
    };
    const own = await vectors();
    expect(await vectors('--prompt', 'document')).toEqual(own);
    expect(await vectors('--prompt-text', 'a text: ')).toEqual(own);
    expect(await vectors('--prompt', 'query')).not.toEqual(own);
  });

  it('writes the same bytes with any number of threads, over several windows', async () => {
    const words = ['ferry', 'rain', 'mill', 'Поезд', '夜里下雨了。', 'noon,', '42', '☃'];
    const lines = Array.from({ length: 40_000 }, (_, row) => `${words[row % 8]} ${words[(row * 7) % 5]} ${row}`);
    writeFileSync('many.txt', `${lines.join('\n')}\n`);
    const bytes = async (threads: string): Promise<Buffer> => {
      const { code } = await run(['encode', 'many.txt', '-q', '-o', `${threads}.npy`, '--threads', threads, '--model', fixture('st-int8')]);
      expect(code).toBe(0);
      return readFileSync(`${threads}.npy`);
    };
    const one = await bytes('1');
    expect(one.equals(await bytes('3'))).toBe(true);
    expect(readNpy('1.npy').rows).toBe(40_000);
  });
});

describe('models show, of a static model', () => {
  it('says what it is', async () => {
    const { out } = await run(['models', 'show', fixture('st-int8')]);
    expect(out).toMatch(/^architecture {2}static$/m);
    expect(out).toMatch(
      /^runs +no graph, the rows of 0_StaticEmbedding\/model.safetensors \(0.0 MB\): modules.json begins with StaticEmbedding$/m,
    );
    expect(out).toMatch(/^limit +none: every token of a text counts$/m);
    expect(out).toMatch(/^modules +StaticEmbedding \d+ × 12 int8, as in sentence-transformers → Normalize$/m);
    const own = await run(['models', 'show', fixture('m2v-float32')]);
    expect(own.out).toMatch(/^limit +16 tokens, and \d+ characters, prompt included$/m);
    const { results } = JSON.parse((await run(['models', 'show', fixture('st-int8'), '--format', 'json'])).out) as { results: object[] };
    expect(results[0]).toMatchObject({ runs: 'static', limit: null, precision: 'int8', architecture: 'static' });
  });

  it.each(['m2v-int8', 'm2v-weights', 'st-dense'])('and models verify finds %s equal to the reference', async (name) => {
    const texts = ['--against', join(fixture(name), 'golden.npy'), '--texts', join(fixture(name), 'golden.jsonl')];
    const { code, out } = await run(['models', 'verify', fixture(name), ...texts]);
    expect([code, out]).toEqual([0, expect.stringMatching(/token ids +equal in all 23/)]);
  });
});

describe('a static model on the hub', () => {
  let hub: HubServer | undefined;
  afterEach(() => hub?.close());

  it.each([
    ['m2v-weights', ['config.json', 'model.safetensors', 'modules.json', 'tokenizer.json']],
    ['m2v-vocabulary', ['config.json', 'model.safetensors', 'tokenizer.json']],
    [
      'st-nested',
      ['0_StaticEmbedding/model.safetensors', '0_StaticEmbedding/tokenizer.json', 'config_sentence_transformers.json', 'modules.json'],
    ],
  ])('%s is fetched with the files it needs, and listed', async (name, files) => {
    cpSync(fixture(name), 'served', { recursive: true });
    writeFileSync('served/README.md', 'what nobody needs');
    hub = await startHub('served', { id: 'acme/table' });
    for (const [variable, value] of [
      ['HF_ENDPOINT', hub.url],
      ['HF_HOME', join(process.cwd(), 'home')],
      ['HF_HUB_CACHE', undefined],
      ['HF_TOKEN', undefined],
      ['HF_HUB_OFFLINE', undefined],
    ] as const)
      vi.stubEnv(variable, value);
    expect((await run(['models', 'get', 'acme/table'])).code).toBe(0);
    expect(hub.asked.flatMap((line) => line.split(/\/resolve\/[^/]+\//)[1] ?? []).toSorted()).toEqual(files);
    expect((await run(['encode', 'c.txt', '--model', 'acme/table'])).code).toBe(0);
    const { results } = JSON.parse((await run(['models', '--format', 'json'])).out) as { results: { model: string }[] };
    expect(results.find(({ model }) => model === 'acme/table')).toMatchObject({ problem: null, limit: name === 'st-nested' ? 20 : 512 });
  });
});
