import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, renameSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { loadModel } from '../../src/model/folder/folder.ts';
import { readSafetensors } from '../../src/vectors/safetensors.ts';
import { inFreshFolder, projectFolder } from '../run.ts';

beforeEach(() => cpSync(join(projectFolder, 'fixtures/models/mpnet-dense'), join(inFreshFolder(), 'm'), { recursive: true }));

/** A file or folder of the model as a link to a copy elsewhere. */
function moveAway(file: string): void {
  renameSync(join('m', file), 'elsewhere');
  symlinkSync(join(process.cwd(), 'elsewhere'), join('m', file));
}

describe.skipIf(process.platform === 'win32')('a link', () => {
  it.each(['config.json', 'tokenizer.json', 'model.safetensors', '1_Pooling', '2_Dense', '2_Dense/model.safetensors'])(
    'in the place of %s that leads out of the folder is refused',
    (file) => {
      moveAway(file);
      expect(() => loadModel('m')).toThrow(/: \S+ leads out of the folder, to .*elsewhere/);
    },
  );

  it('within the folder, and a link to the whole folder, are followed', () => {
    renameSync('m/config.json', 'm/other.json');
    symlinkSync('other.json', 'm/config.json');
    symlinkSync('m', 'link');
    expect(loadModel('link').dims).toBe(24);
  });

  it("of a snapshot to the blobs beside it is followed: so is the cache of Hugging Face's libraries", () => {
    const snapshots = 'hub/models--a--b/snapshots';
    const commit = '0123456789'.repeat(4);
    mkdirSync(snapshots, { recursive: true });
    mkdirSync('hub/models--a--b/blobs');
    renameSync('m', join(snapshots, commit));
    for (const [file, up] of [
      ['config.json', '../..'],
      ['1_Pooling/config.json', '../../..'],
    ] as const) {
      const path = join(snapshots, commit, file);
      const blob = file.replace('/', '-');
      renameSync(path, join('hub/models--a--b/blobs', blob));
      symlinkSync(join(up, 'blobs', blob), path);
    }
    expect(loadModel(join(snapshots, commit)).dims).toBe(24);
    renameSync('hub/models--a--b/blobs', 'away');
    symlinkSync('../../away', 'hub/models--a--b/blobs');
    expect(() => loadModel(join(snapshots, commit))).toThrow(/leads out of the folder/);
  });
});

describe.skipIf(process.platform === 'win32')('a named pipe', () => {
  it.each(['modules.json', 'config.json', 'tokenizer.json', 'model.safetensors', '2_Dense/model.safetensors'])(
    'in the place of %s is refused, not waited for',
    (file) => {
      rmSync(join('m', file));
      execFileSync('mkfifo', [join('m', file)]);
      expect(() => loadModel('m')).toThrow(/Cannot read .*: it is a named pipe, not a regular file/);
    },
  );
});

describe('a file that is too large or too deep', () => {
  it('is refused before it is parsed', () => {
    writeFileSync('m/config.json', '{}');
    truncateSync('m/config.json', 17e6);
    expect(() => loadModel('m')).toThrow(/config\.json: it has 17\.0 MB, more than the limit of 16\.0 MB/);
    writeFileSync('m/config.json', `{"a": ${'['.repeat(100)}${']'.repeat(100)}}`);
    expect(() => loadModel('m')).toThrow(/its JSON has 101 lists and objects within each other, more than the limit of 64/);
    writeFileSync('m/config.json', `{"a": [${'{},'.repeat(1e6)}{}]}`);
    expect(() => loadModel('m')).toThrow(/its JSON has 1,000,003 lists and objects, more than the limit of 1,000,000/);
  });

  it('counts no brackets within texts', () => {
    writeFileSync('m/config_sentence_transformers.json', JSON.stringify({ prompts: { query: `"${'['.repeat(100)}\\` } }));
    expect(loadModel('m').prompts['query']).toBe(`"${'['.repeat(100)}\\`);
  });

  it('is refused as a header of safetensors', () => {
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(2_000_000n);
    writeFileSync('w', Buffer.concat([length, Buffer.alloc(2_000_000, '[')]));
    expect(() => readSafetensors('w')).toThrow(/its JSON has 2,000,000 lists and objects within each other, more than the limit of 4/);
    length.writeBigUInt64LE(101_000_000n);
    writeFileSync('w', length);
    truncateSync('w', 102e6);
    expect(() => readSafetensors('w')).toThrow('its header has 101 MB, more than the limit of 100 MB');
  });

  it('is refused as a tensor that only has holes', () => {
    const header = JSON.stringify({ x: { dtype: 'F32', shape: [3e12], data_offsets: [0, 12e12] } });
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(header.length));
    writeFileSync('w', Buffer.concat([length, Buffer.from(header)]));
    try {
      truncateSync('w', 8 + header.length + 12e12);
    } catch {
      // a file system without such files
      return;
    }
    expect(() => readSafetensors('w').get('x')!.data).toThrow(/tensor "x" in w: its 12,000,000 MB do not fit into memory/);
  });
});
