import { createHash } from 'node:crypto';
import { cpSync, existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Graph } from '../../src/engine/graph.ts';
import type { Manifest } from '../../src/vectors/manifest.ts';
import { COMMIT, startHub, type HubServer } from '../hub-server.ts';
import { writeLookupModel } from '../model/tiny-bert.ts';
import { inFreshFolder, projectFolder, run } from '../run.ts';

let hub: HubServer | undefined;

/** A hub with a small model, and an empty cache, in a fresh folder with a corpus. */
async function serve(prepare: (folder: string) => void = () => {}): Promise<HubServer> {
  const folder = inFreshFolder();
  const served = join(folder, 'served');
  writeLookupModel(served, { modules: ['Transformer', 'Pooling', 'Normalize'] });
  writeFileSync(join(served, 'README.md'), 'what nobody needs\n'.repeat(100));
  writeFileSync(join(served, 'pytorch_model.bin'), Buffer.alloc(5000));
  prepare(served);
  writeFileSync('c.txt', 'the cat\nthe mat\nrice is cooked\n');
  hub = await startHub(served);
  vi.stubEnv('HF_ENDPOINT', hub.url);
  vi.stubEnv('HF_HOME', join(folder, 'home'));
  vi.stubEnv('XDG_CACHE_HOME', join(folder, 'xdg'));
  return hub;
}

const snapshot = `home/hub/models--acme--tiny/snapshots/${COMMIT}`;
const blobOf = (bytes: Buffer): string => join('home/hub/models--acme--tiny/blobs', createHash('sha256').update(bytes).digest('hex'));
const resolved = ({ asked }: HubServer): string[] =>
  asked.flatMap((line) => line.split(`/acme/tiny/resolve/${COMMIT}/`)[1] ?? []).toSorted();

beforeEach(() => {
  for (const name of ['HF_TOKEN', 'HF_HUB_CACHE', 'HUGGINGFACE_HUB_CACHE', 'HF_HUB_OFFLINE']) vi.stubEnv(name, undefined);
  // the hub of these tests is on this machine
  vi.stubEnv('NO_PROXY', '*');
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await hub?.close();
  hub = undefined;
});

describe('a model on the hub', () => {
  it('is downloaded when it is named, only the files that are needed, into the cache that Python shares', async () => {
    const served = await serve();
    const { code, err } = await run(['encode', 'c.txt', '--model', 'acme/tiny']);
    expect([code, err]).toEqual([0, expect.stringContaining('encoded 3 rows into 4 dims with acme/tiny')]);
    expect(resolved(served)).toEqual([
      '1_Pooling/config.json',
      'config.json',
      'config_sentence_transformers.json',
      'model.onnx',
      'modules.json',
      'sentence_bert_config.json',
      'tokenizer.json',
      'tokenizer_config.json',
    ]);
    const path = join(snapshot, 'tokenizer.json');
    expect(lstatSync(path).isSymbolicLink()).toBe(true);
    const sha256 = createHash('sha256').update(readFileSync(path)).digest('hex');
    expect(existsSync(join('home/hub/models--acme--tiny/blobs', sha256))).toBe(true);
    expect(readFileSync('home/hub/models--acme--tiny/refs/main', 'utf8')).toBe(COMMIT);
    expect(readdirSync(`home/hub/models--acme--tiny/.no_exist/${COMMIT}`)).toContain('2_Normalize');
    const { model } = JSON.parse(readFileSync('c.manifest.json', 'utf8')) as Manifest;
    expect(model).toMatchObject({ name: 'acme/tiny', revision: COMMIT });
  });

  it('comes with the files of its special tokens, where tokenizer_config.json does not list them', async () => {
    const older = await serve((folder) => writeFileSync(join(folder, 'special_tokens_map.json'), '{"additional_special_tokens":["cat"]}'));
    expect((await run(['models', 'get', 'acme/tiny', '-q'])).code).toBe(0);
    expect(resolved(older)).toContain('special_tokens_map.json');
    expect((await run(['models', 'show', 'acme/tiny'])).out).toContain('special tokens cat');
    await hub?.close();
    const newer = await serve((folder) => {
      writeFileSync(join(folder, 'special_tokens_map.json'), '{}');
      const path = join(folder, 'tokenizer_config.json');
      const settings = JSON.parse(readFileSync(path, 'utf8')) as object;
      writeFileSync(path, JSON.stringify({ ...settings, added_tokens_decoder: {} }));
    });
    expect((await run(['models', 'get', 'acme/tiny', '-q'])).code).toBe(0);
    expect(resolved(newer)).not.toContain('special_tokens_map.json');
  });

  it('is taken from the cache from then on, also by name of its revision, without asking the hub', async () => {
    const served = await serve();
    await run(['models', 'get', 'acme/tiny']);
    const before = served.asked.length;
    vi.stubEnv('HF_HUB_OFFLINE', '1');
    expect((await run(['encode', 'c.txt', '--model', 'acme/tiny', '-o', 'a.npy'])).code).toBe(0);
    expect((await run(['encode', 'c.txt', '--model', `acme/tiny@${COMMIT}`, '-o', 'b.npy'])).code).toBe(0);
    expect((await run(['search', 'a.npy', 'cat', '-n', '1'])).out).toContain('the cat');
    expect(served.asked.length).toBe(before);
    expect(readFileSync('a.npy')).toEqual(readFileSync('b.npy'));
  });

  it('comes second to a folder of the same name', async () => {
    const served = await serve();
    writeLookupModel('acme/tiny');
    expect((await run(['encode', 'c.txt', '--model', 'acme/tiny', '-q'])).code).toBe(0);
    expect(served.asked).toEqual([]);
  });

  it('is fetched anew with models get, and by its tag', async () => {
    const served = await serve();
    expect(await run(['models', 'get', 'acme/tiny@v1'])).toMatchObject({
      code: 0,
      out: expect.stringMatching(new RegExp(`^acme/tiny@${COMMIT} is in .*${COMMIT}\n$`)) as string,
      err: 'next: embed encode CORPUS --model acme/tiny@v1\n',
    });
    const before = resolved(served).length;
    await run(['models', 'get', 'acme/tiny@v1']);
    expect(served.asked.filter((line) => line.includes('/revision/v1'))).toHaveLength(2);
    // what is here is not sent again
    expect(resolved(served)).toHaveLength(before);
  });

  it.each([false, true])('goes on where a download broke off (a server that knows no ranges: %s)', async (ignoreRanges) => {
    const served = await serve();
    const part = `${blobOf(served.files.get('tokenizer.json')!)}.${process.pid}.incomplete`;
    served.faults.cut = { path: 'tokenizer.json', after: 700, taken: () => existsSync(part) && statSync(part).size === 700 };
    served.faults.ignoreRanges = ignoreRanges;
    expect((await run(['models', 'get', 'acme/tiny'])).code).toBe(0);
    expect(served.asked.filter((line) => line.includes('tokenizer.json'))).toEqual([
      expect.stringMatching(/tokenizer.json$/),
      expect.stringMatching(/tokenizer.json bytes=700-$/),
    ]);
    expect(readFileSync(join(snapshot, 'tokenizer.json'))).toEqual(served.files.get('tokenizer.json'));
  });

  it('goes on with what a run that was killed has left', async () => {
    const served = await serve();
    const bytes = served.files.get('tokenizer.json')!;
    const blob = blobOf(bytes);
    mkdirSync('home/hub/models--acme--tiny/blobs', { recursive: true });
    // no process has this number
    writeFileSync(`${blob}.99999999.incomplete`, bytes.subarray(0, 900));
    expect((await run(['models', 'get', 'acme/tiny'])).code).toBe(0);
    expect(served.asked.filter((line) => line.includes('tokenizer.json'))).toEqual([expect.stringMatching(/bytes=900-$/)]);
    expect(readFileSync(blob)).toEqual(bytes);
    expect(readdirSync('home/hub/models--acme--tiny/blobs').filter((name) => name.includes('incomplete'))).toEqual([]);
  });

  it('never enters the cache with other bytes than the hub lists', async () => {
    const served = await serve();
    served.faults.corrupt = 'model.onnx';
    const { code, err } = await run(['models', 'get', 'acme/tiny']);
    expect([code, err]).toEqual([
      2,
      expect.stringMatching(/^error: Cannot fetch the model acme\/tiny: what arrived of model.onnx is not what the hub lists/),
    ]);
    expect(existsSync(join(snapshot, 'model.onnx'))).toBe(false);
    expect(readdirSync('home/hub/models--acme--tiny/blobs').filter((name) => name.includes('incomplete'))).toEqual([]);
    // without its branch it does not count as being here
    vi.stubEnv('HF_HUB_OFFLINE', '1');
    expect((await run(['encode', 'c.txt', '--model', 'acme/tiny'])).err).toContain(
      'it is not in the cache, and HF_HUB_OFFLINE forbids the network',
    );
  });

  it.each([
    [
      'a gated model',
      { token: 'hf_right' },
      /its authors restrict access to it, and no token was given \(status 401\)\nhint: Accept its terms at .*\/acme\/tiny, then set HF_TOKEN/,
    ],
    ['no access', { refuse: { status: 403, code: 'GatedRepo' } }, /its authors restrict access to it/],
    ['a broken hub', { refuse: { status: 503 } }, /answers with status 503\nhint: Give the command again later/],
    ['a file that is gone', { missing: 'tokenizer.json' }, /tokenizer.json is gone from the hub/],
  ] as const)('is refused in words with %s', async (_, faults, message) => {
    const served = await serve();
    Object.assign(served.faults, faults);
    const { code, err } = await run(['models', 'get', 'acme/tiny', '-q']);
    expect([code, err]).toEqual([2, expect.stringMatching(message)]);
  });

  it('is given a token, which only the hub sees', async () => {
    const served = await serve();
    served.faults.token = 'secret';
    vi.stubEnv('HF_TOKEN', 'secret');
    expect((await run(['models', 'get', 'acme/tiny', '-q'])).code).toBe(0);
    vi.stubEnv('HF_TOKEN', undefined);
    rmSync('home', { recursive: true });
    mkdirSync('home');
    writeFileSync('home/token', 'secret\n');
    expect((await run(['models', 'get', 'acme/tiny', '-q'])).code).toBe(0);
  });

  it.each([
    [['--model', 'acme/tiny@v2'], /it has no revision "v2"/],
    [['--model', 'acme/other'], /there is no folder and no public model of that name at http/],
    [['--model', 'nothing'], /Cannot find the model "nothing": no such folder/],
    [['--model', '../x/y'], /Cannot find the model "\.\.\/x\/y": no such folder/],
    [['--model', 'c.txt'], /Cannot find the model "c.txt": it is a file/],
  ])('that is not there is an error: %j', async (words, message) => {
    await serve();
    const { code, err } = await run(['encode', 'c.txt', ...words]);
    expect([code, err]).toEqual([2, expect.stringMatching(message)]);
  });

  it('without modules.json needs to be told how it is pooled', async () => {
    await serve((folder) => rmSync(join(folder, 'modules.json')));
    const { err } = await run(['encode', 'c.txt', '--model', 'acme/tiny']);
    expect(err).toMatch(/modules.json is missing, so nothing says how its tokens become one vector\nhint: .*--pooling mean/);
    expect((await run(['encode', 'c.txt', '--model', 'acme/tiny', '--pooling', 'mean', '-q'])).code).toBe(0);
  });

  it('that only Python has fetched is used offline, and asked for once where it is not known to be whole', async () => {
    const served = await serve();
    // what a snapshot download leaves: no notes of what is missing
    cpSync('served', snapshot, { recursive: true });
    rmSync(join(snapshot, 'config_sentence_transformers.json'));
    mkdirSync('home/hub/models--acme--tiny/refs', { recursive: true });
    writeFileSync('home/hub/models--acme--tiny/refs/main', COMMIT);
    vi.stubEnv('HF_HUB_OFFLINE', '1');
    expect((await run(['encode', 'c.txt', '--model', 'acme/tiny', '-q'])).code).toBe(0);
    expect(served.asked).toEqual([]);
    vi.stubEnv('HF_HUB_OFFLINE', undefined);
    expect((await run(['encode', 'c.txt', '--model', 'acme/tiny', '-q', '-o', 'b.npy'])).code).toBe(0);
    expect(resolved(served)).toEqual(['config_sentence_transformers.json']);
    await served.close();
    hub = undefined;
    expect((await run(['encode', 'c.txt', '--model', 'acme/tiny', '-q', '-o', 'b.npy'])).code).toBe(0);
  });

  it('that cannot be reached is an error where the cache does not have it, and a note where it may be incomplete', async () => {
    await (await serve()).close();
    hub = undefined;
    expect((await run(['encode', 'c.txt', '--model', 'acme/tiny'])).err).toMatch(
      /http:\/\/127.0.0.1:\d+ cannot be reached \(ECONNREFUSED\)\nhint: /,
    );
    cpSync('served', snapshot, { recursive: true });
    mkdirSync('home/hub/models--acme--tiny/refs', { recursive: true });
    writeFileSync('home/hub/models--acme--tiny/refs/main', COMMIT);
    const { code, err } = await run(['encode', 'c.txt', '--model', 'acme/tiny']);
    expect([code, err]).toEqual([
      0,
      expect.stringMatching(/^note: .* cannot be reached \(ECONNREFUSED\); taking acme\/tiny from the cache\n/),
    ]);
  });

  it('that only a manifest names is never downloaded', async () => {
    const served = await serve();
    await run(['encode', 'c.txt', '--model', 'acme/tiny', '-q']);
    rmSync('home', { recursive: true });
    const before = served.asked.length;
    const { code, err } = await run(['search', 'c.npy', 'cat']);
    expect([code, err]).toEqual([
      2,
      'error: Cannot encode a query for c.npy: its vectors are of the model acme/tiny, which is not in the cache\n' +
        `hint: Fetch it: embed models get acme/tiny@${COMMIT}\n`,
    ]);
    expect(served.asked.length).toBe(before);
    expect((await run(['models', 'get', `acme/tiny@${COMMIT}`, '-q'])).code).toBe(0);
    expect((await run(['search', 'c.npy', 'cat', '-n', '1'])).out).toContain('the cat');
  });

  it.each(['../../../..', '/tmp/away', 'a/../../..', String.raw`..\away`])(
    'does not leave its folder, whatever the hub lists: %s',
    async (path) => {
      const served = await serve();
      served.files.set('../../../../evil.json', Buffer.from('{}'));
      const modules = [
        { idx: 0, path: '', type: 'sentence_transformers.models.Transformer' },
        { idx: 1, path, type: 'sentence_transformers.models.Dense' },
      ];
      served.files.set('modules.json', Buffer.from(JSON.stringify(modules)));
      expect((await run(['encode', 'c.txt', '--model', 'acme/tiny'])).err).toContain('modules.json has an invalid path');
      expect(served.asked.some((line) => line.includes('evil'))).toBe(false);
      expect(readdirSync('.').toSorted()).toEqual(['c.txt', 'home', 'served']);
      expect(readdirSync('home/hub')).toEqual(['models--acme--tiny']);
    },
  );

  it('gives its token to the hub alone, not to where the hub points', async () => {
    const served = await serve();
    const other = await startHub('served');
    try {
      served.faults.next = `${other.url}/api/models/acme/tiny/tree/${COMMIT}`;
      vi.stubEnv('HF_TOKEN', 'secret');
      await run(['models', 'get', 'acme/tiny', '-q']);
      expect(served.tokens).toContain('Bearer secret');
      expect(other.asked.length).toBeGreaterThan(0);
      expect(other.tokens.filter(Boolean)).toEqual([]);
    } finally {
      await other.close();
    }
  });

  it('that was damaged in the cache is mended by models get', async () => {
    await serve();
    await run(['models', 'get', 'acme/tiny', '-q']);
    const path = join(snapshot, 'tokenizer.json');
    const whole = readFileSync(path);
    writeFileSync(path, whole.subarray(0, 100));
    expect((await run(['models', 'get', 'acme/tiny', '-q'])).code).toBe(0);
    expect(readFileSync(path)).toEqual(whole);
    // of the same length, as a copy instead of a link
    rmSync(path);
    writeFileSync(path, Buffer.from(whole).fill(' ', 0, 1));
    expect((await run(['models', 'get', 'acme/tiny', '-q'])).code).toBe(0);
    expect(readFileSync(path)).toEqual(whole);
  });

  it('has one hash, whatever else Python has put beside it', async () => {
    await serve((folder) => {
      mkdirSync(join(folder, '2_Normalize'));
      writeFileSync(
        join(folder, '2_Normalize/config.json'),
        '{"module_input_name":"sentence_embedding","module_output_name":"sentence_embedding"}',
      );
    });
    await run(['encode', 'c.txt', '--model', 'acme/tiny', '-q']);
    expect(existsSync(join(snapshot, '2_Normalize/config.json'))).toBe(true);
    writeFileSync(join(snapshot, 'README.md'), 'more');
    expect((await run(['encode', 'c.txt', '--model', 'acme/tiny'])).err).toContain('is up to date');
  });

  it('that may lack its prompts is told of, offline', async () => {
    await serve();
    cpSync('served', snapshot, { recursive: true });
    rmSync(join(snapshot, 'config_sentence_transformers.json'));
    mkdirSync('home/hub/models--acme--tiny/refs', { recursive: true });
    writeFileSync('home/hub/models--acme--tiny/refs/main', COMMIT);
    vi.stubEnv('HF_HUB_OFFLINE', '1');
    expect((await run(['encode', 'c.txt', '--model', 'acme/tiny'])).err).toContain(
      'note: HF_HUB_OFFLINE forbids the network, so it is not known whether acme/tiny has config_sentence_transformers.json, special_tokens_map.json, added_tokens.json; embed models get acme/tiny settles it',
    );
  });
});

describe('a model in a folder', () => {
  it('that its ONNX file keeps its values outside of is another model when they change', async () => {
    inFreshFolder();
    writeLookupModel('m');
    const graph = new Graph('outside', {
      external: { location: 'numbers.dat', append: (bytes) => (writeFileSync('m/numbers.dat', bytes), 0) },
    });
    graph.input({ name: 'input_ids', type: 'int64', shape: ['batch', 'tokens'] });
    const data = Float32Array.from({ length: 4096 }, (_, at) => (at % 7) + 1);
    graph.op('Gather', [graph.constant('table', { shape: [1024, 4], data }), 'input_ids'], {}, { as: 'last_hidden_state' });
    graph.output({ name: 'last_hidden_state', type: 'float32', shape: ['batch', 'tokens', 4] });
    writeFileSync('m/model.onnx', graph.toBytes());
    writeFileSync('c.txt', 'the cat\n');
    expect((await run(['encode', 'c.txt', '--model', 'm'])).err).toContain('next: embed search c.npy --model m YOUR QUESTION');
    writeFileSync('m/numbers.dat', readFileSync('m/numbers.dat').fill(0, 0, 100));
    expect((await run(['encode', 'c.txt', '--model', 'm'])).err).toContain('encoded 1 row');
  });

  it('of the name of the packaged one does not stand in for it where none is named', async () => {
    inFreshFolder();
    writeLookupModel('minilm');
    writeFileSync('c.txt', 'the cat\n');
    expect((await run(['encode', 'c.txt'])).err).toContain('into 384 dims with minilm (int8)');
    expect((await run(['search', 'c.npy', 'cat'])).code).toBe(0);
    expect((await run(['encode', 'c.txt', '--model', 'minilm', '-o', 'b.npy'])).err).toContain('into 4 dims');
  });

  it('pooled as asked for is searched so without saying it again', async () => {
    inFreshFolder();
    writeLookupModel('m');
    writeFileSync('c.txt', 'the cat\nrice is cooked\n');
    expect((await run(['encode', 'c.txt', '--model', 'm', '--pooling', 'cls', '-q'])).code).toBe(0);
    expect(await run(['search', 'c.npy', 'cat', '--model', 'm', '-n', '1'])).toMatchObject({ code: 0 });
  });
});

describe('--precision int8', () => {
  it('does not hide that the weights are others', async () => {
    inFreshFolder();
    vi.stubEnv('XDG_CACHE_HOME', join(process.cwd(), 'xdg'));
    for (const folder of ['a', 'b']) cpSync(join(projectFolder, 'fixtures/models/bert-mean'), `${folder}/model`, { recursive: true });
    const weights = readFileSync('b/model/model.safetensors');
    writeFileSync('b/model/model.safetensors', weights.fill(weights.subarray(-2000, -1000), weights.length - 1000));
    writeFileSync('c.txt', 'the cat\nrice is cooked\n');
    await run(['encode', 'c.txt', '--model', 'a/model', '-q']);
    expect((await run(['search', 'c.npy', 'cat', '--model', 'a/model', '--precision', 'int8'])).err).toContain(
      'cosines may differ in the second decimal',
    );
    expect((await run(['search', 'c.npy', 'cat', '--model', 'b/model', '--precision', 'int8'])).err).toContain(
      'files of the model (weights or tokenizer)',
    );
    // a set in int8 takes its model so, and says what it takes otherwise
    await run(['encode', 'c.txt', '--model', 'a/model', '--precision', 'int8', '-q', '-o', 'i.npy']);
    expect((await run(['search', 'i.npy', 'cat', '--model', 'a/model', '-n', '1'])).code).toBe(0);
    const lines = Array.from({ length: 40 }, (_, at) => `rice is cooked ${at}`);
    writeFileSync('own.txt', lines.join('\n'));
    await run(['encode', 'c.txt', '--model', 'a/model', '--precision', 'int8', '--calibrate', 'own.txt', '-q', '-o', 'o.npy']);
    expect((await run(['search', 'o.npy', 'cat', '--model', 'a/model'])).err).toContain('hint: Say --calibrate FILE with those texts');
    expect((await run(['search', 'o.npy', 'cat', '--model', 'a/model', '--precision', 'int8', '--calibrate', 'own.txt'])).code).toBe(0);
  });

  it.each([
    [['--precision', 'fp32'], /Cannot give float32 vectors of minilm: its weights are in int8\nhint: Name the published model/],
    [['--calibrate', 'c.txt'], /only int8 is calibrated/],
    [['--precision', 'int8', '--calibrate', 'c.txt'], /it is in int8 already/],
    [['--precision', 'int8', '--calibrate', '-'], /Cannot calibrate with standard input/],
  ])('answers %j', async (words, message) => {
    inFreshFolder();
    writeFileSync('c.txt', 'the cat\n');
    expect((await run(['encode', 'c.txt', ...words])).err).toMatch(message);
  });
});

const ajv = new Ajv2020({ strict: true, allowUnionTypes: true });
const schemaOf = (name: string): ReturnType<typeof ajv.compile> =>
  ajv.compile(JSON.parse(readFileSync(join(projectFolder, `docs/schemas/${name}.schema.json`), 'utf8')) as object);

describe('embed models', () => {
  it('lists the package and the cache, and says what cannot be used', async () => {
    await serve();
    await run(['models', 'get', 'acme/tiny', '-q']);
    mkdirSync(`home/hub/models--other--decoder/snapshots/${COMMIT}`, { recursive: true });
    writeFileSync(`home/hub/models--other--decoder/snapshots/${COMMIT}/config.json`, '{}');
    const { code, out } = await run(['models']);
    expect(code).toBe(0);
    expect(out).toMatch(
      /^model +dims +limit +precision +MB +where\nminilm +384 +256 +int8 +24\.2 +package\nmultilingual +256 +none +int8 +23\.\d +package\n/,
    );
    expect(out).toMatch(/\nacme\/tiny +4 +8 +– +0\.0 +cache c0ffeec0ffee\n/);
    expect(out).toMatch(/\nother\/decoder@c0ffeec0ffee +– .* not a sentence encoder: modules.json is missing\n/);
    const json = JSON.parse((await run(['models', 'list', '--format', 'json'])).out) as { results: object[] };
    expect(schemaOf('models')(json)).toBe(true);
    expect(json.results).toHaveLength(4);
    expect((await run(['models', '--format', 'csv'])).out).toMatch(/^model,revision,commit,dims,.*\nminilm,[^\n]*\nmultilingual,/);
  });

  it('shows what was read of a model, and why it is run as it is', async () => {
    await serve();
    writeLookupModel('m', { prompts: { prompts: { query: 'query: ', passage: 'passage: ' }, default_prompt_name: 'passage' } });
    const { code, out } = await run(['models', 'show', 'm']);
    expect(code).toBe(0);
    expect(out).toContain('runs          model.onnx (0.0 MB): it has no weights\n');
    expect(out).toContain('modules       Transformer → Pooling mean\n');
    expect(out).toContain('prompt        passage "passage: " (documents, by default)\n');
    expect(out).toContain('limit         8 tokens');
    const cut = JSON.parse((await run(['models', 'show', 'm', '--dims', '3', '--format', 'json'])).out) as { results: object[] };
    expect(schemaOf('model')(cut)).toBe(true);
    expect(cut.results).toMatchObject([
      { dims: 3, modules: ['Transformer', 'Pooling mean', 'first 3 numbers'], default_prompt: 'passage' },
    ]);
  });

  it.each([
    [['models', 'get', 'nothing'], /that is not a name on the Hugging Face Hub/],
    [['models', 'shw', 'minilm'], /Cannot run embed models shw: there is no such command/],
    [['models', 'show', 'minilm', 'more'], /Cannot run embed models show: it takes one MODEL\nhint: Run embed models show --help/],
    [['models', 'show'], /^Usage: embed models show/],
    [['models', 'show', 'minilm', '--dims', '400'], /Cannot give vectors of 400 dims: those of minilm have 384/],
    [['models', 'verify', 'minilm'], /required option '--against <FILE>' not specified/i],
  ])('answers %j', async (args, message) => {
    const { code, err } = await run(args);
    expect([code, err]).toEqual([2, expect.stringMatching(message)]);
  });
});

describe('embed models verify', () => {
  /** Vectors and token ids of the packaged model, as another tool would leave them. */
  async function prepare(): Promise<string[]> {
    inFreshFolder();
    const texts = ['the cat sat', 'rice is cooked', ''];
    writeFileSync('t.jsonl', texts.map((text) => JSON.stringify({ text })).join('\n'));
    await run(['encode', 't.jsonl', '-o', 'v.npy', '-q', '--columns', 'none']);
    return texts;
  }

  it('passes where vectors are equal', async () => {
    await prepare();
    const { code, out } = await run(['models', 'verify', 'minilm', '--against', 'v.npy', '--texts', 't.jsonl']);
    expect(code).toBe(0);
    expect(out).toContain('cosine      mean 1.000000, worst 1.000000');
    expect(out).toContain('token ids   not given');
    expect(out).toContain('ok: every cosine is at least 0.98\n');
  });

  it('fails below the bound, and where token ids differ, and names the texts', async () => {
    await prepare();
    writeFileSync(
      't.jsonl',
      [
        { text: 'the cat sat', input_ids: [101, 1996, 4937, 2938, 102] },
        { text: 'quite another text', input_ids: [101, 102] },
        { text: '', input_ids: [101, 102] },
      ]
        .map((row) => JSON.stringify(row))
        .join('\n'),
    );
    const { code, out } = await run(['models', 'verify', 'minilm', '--against', 'v.npy', '--texts', 't.jsonl', '--min-cosine', '0.999']);
    expect(code).toBe(1);
    expect(out).toContain('token ids   differ in 1 of 3\n');
    expect(out).toMatch(
      /not equal: 1 text below 0.999; different token ids in 1 text\n {2}0\.\d{6} {2}different ids {2}t.jsonl:2 {2}quite another text\n$/,
    );
    const json = JSON.parse(
      (await run(['models', 'verify', 'minilm', '--against', 'v.npy', '--texts', 't.jsonl', '--format', 'json'])).out,
    ) as object;
    expect(schemaOf('verify')(json)).toBe(true);
    expect(json).toMatchObject({ summary: { texts: 3, ids_compared: 3, ids_differ: 1, passed: false } });
  });

  it('refuses other numbers of rows and dims', async () => {
    await prepare();
    writeFileSync('two.txt', 'a\nb\n');
    const other = await run(['models', 'verify', 'minilm', '--against', 'v.npy', '--texts', 'two.txt']);
    expect([other.code, other.err]).toEqual([2, expect.stringContaining('Cannot compare two.txt with v.npy: 2 texts and 3 vectors')]);
    await run(['encode', 'two.txt', '--dims', '16', '-q']);
    const cut = await run(['models', 'verify', 'minilm', '--against', 'two.npy', '--texts', 'two.txt']);
    expect(cut.err).toContain('its vectors have 16 dims, those of minilm 384\nhint: If they were cut, say --dims 16');
    expect((await run(['models', 'verify', 'minilm', '--against', 'two.npy', '--texts', 'two.txt', '--dims', '16'])).code).toBe(0);
  });
});

describe('--dims', () => {
  it('keeps the first numbers, is part of what a set is, and needs not be said again', async () => {
    inFreshFolder();
    writeFileSync('c.txt', 'the cat\nrice is cooked\n');
    await run(['encode', 'c.txt', '-q', '-o', 'whole.npy']);
    await run(['encode', 'c.txt', '-q', '-o', 'cut.npy', '--dims', '8']);
    const [whole, cut] = ['whole.npy', 'cut.npy'].map((file) => readFileSync(file).subarray(128));
    expect(cut!.length).toBe(2 * 8 * 4);
    expect(cut!.subarray(0, 32)).toEqual(whole!.subarray(0, 32));
    expect((await run(['search', 'cut.npy', 'cat', '-n', '1'])).out).toContain('the cat');
    expect((await run(['encode', 'c.txt', '-o', 'cut.npy'])).err).toContain('encoded 2 rows into 384 dims');
  });
});
