import { chmodSync, chownSync, lstatSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { contentHash } from '../../src/files/content-hash.ts';
import { cacheFolder } from '../../src/files/user-cache.ts';
import { loadModel } from '../../src/model/folder/folder.ts';
import { onnxFile } from '../../src/model/transformer/graph-cache.ts';
import { inFreshFolder, projectFolder } from '../run.ts';

let folder = '';
const uid = process.getuid?.() ?? 0;
const isRoot = process.getuid !== undefined && uid === 0;

beforeEach(() => {
  folder = inFreshFolder();
  vi.stubEnv('XDG_CACHE_HOME', join(folder, 'cache'));
  vi.stubEnv('TMPDIR', join(folder, 'tmp'));
  mkdirSync('tmp');
});
afterEach(() => vi.unstubAllEnvs());

describe.skipIf(process.platform === 'win32')('cacheFolder', () => {
  const modeOf = (path: string): number => lstatSync(path).mode & 0o777;
  const withoutOwn = (): void => {
    writeFileSync('file', '');
    vi.stubEnv('XDG_CACHE_HOME', join(folder, 'file'));
  };

  it("is the user's alone, also where an earlier version left it open to a group", () => {
    expect(modeOf(cacheFolder('graphs'))).toBe(0o700);
    chmodSync('cache/embed/graphs', 0o775);
    expect(modeOf(cacheFolder('graphs'))).toBe(0o700);
  });

  it('is in the temporary folder, by user, where the cache cannot be written', () => {
    withoutOwn();
    expect(cacheFolder('hashes')).toBe(join(folder, `tmp/embed-${uid}/hashes`));
    expect(modeOf(`tmp/embed-${uid}`)).toBe(0o700);
  });

  it('is not a link of a stranger in the temporary folder', () => {
    withoutOwn();
    mkdirSync('theirs');
    symlinkSync('../theirs', `tmp/embed-${uid}`);
    expect(() => cacheFolder('graphs')).toThrow(/Cannot keep graphs of models: neither .* has a folder that only you can write to/);
    expect(readdirSync('theirs')).toEqual([]);
  });

  it.skipIf(!isRoot)('is not the folder of another user', () => {
    mkdirSync('cache/embed/graphs', { recursive: true });
    chownSync('cache/embed/graphs', 4711, 4711);
    expect(cacheFolder('graphs')).toBe(join(folder, `tmp/embed-${uid}/graphs`));
    mkdirSync(`tmp/embed-${uid}/hashes`);
    chownSync(`tmp/embed-${uid}`, 4711, 4711);
    expect(() => cacheFolder('graphs')).toThrow(/Cannot keep graphs/);
  });
});

describe('a graph in the cache', () => {
  it('is built again where a bit of it or of its values has changed', () => {
    const model = loadModel(join(projectFolder, 'fixtures/models/mpnet-dense'));
    if (model.runs.kind !== 'weights') throw new Error('it has weights');
    const path = onnxFile(model.runs, model);
    for (const file of [path, join(path, '../values.bin')]) {
      const before = readFileSync(file);
      const changed = Buffer.from(before);
      changed[100]! ^= 1;
      writeFileSync(file, changed);
      expect(onnxFile(model.runs, model)).toBe(path);
      expect(readFileSync(file).equals(before)).toBe(true);
    }
    expect(readdirSync(cacheFolder('graphs'))).toHaveLength(1);
  });
});

describe('a hash in the cache', () => {
  it('is computed again unless it is a hash', () => {
    writeFileSync('large', Buffer.alloc(9 << 20));
    const hash = contentHash('large');
    const [name] = readdirSync(cacheFolder('hashes'));
    writeFileSync(join(cacheFolder('hashes'), name!), 'no hash');
    expect(contentHash('large')).toBe(hash);
  });
});
