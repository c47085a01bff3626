import { readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { beforeEach, describe, expect, it } from 'vitest';
import { inFreshFolder, projectFolder, run } from '../run.ts';

const tiny = join(projectFolder, 'fixtures/models/bert-mean');
const valid = new Ajv2020().compile(
  JSON.parse(readFileSync(join(projectFolder, 'docs/schemas/sets-verify.schema.json'), 'utf8')) as object,
);

const flip = (path: string, at: number): void => {
  const bytes = readFileSync(path);
  bytes[at < 0 ? bytes.length + at : at]! ^= 1;
  writeFileSync(path, bytes);
};

describe('embed sets verify', () => {
  beforeEach(async () => {
    inFreshFolder();
    writeFileSync('a.txt', Array.from({ length: 600 }, (_, at) => `the cat sat on mat ${at}\n`).join(''));
    await run(['encode', 'a.txt', '-q', '--model', tiny]);
  });

  it('says that a set is whole, and whether its corpus has changed', async () => {
    expect(await run(['sets', 'verify', 'a.npy'])).toEqual({ code: 0, out: 'a.npy: whole, 600 rows\n', err: '' });
    writeFileSync('a.txt', 'another\n');
    const { code, err } = await run(['sets', 'verify', 'a.npy']);
    expect(code).toBe(0);
    expect(err).toContain('note: a.txt has changed since a.npy was made from it');
  });

  it.each([
    ['a bit of the vectors', (): void => flip('a.npy', 128 + 300 * 64), 'a.npy is not what embed has written, rows 256 to 511'],
    ['the last bit of the vectors', (): void => flip('a.npy', -1), 'a.npy is not what embed has written, rows 512 to 599'],
    ['a bit of the header', (): void => flip('a.npy', 100), 'a.npy is not what embed has written'],
    ['a bit of the rows', (): void => flip('a.rows.jsonl', 20), 'a.rows.jsonl is not what embed has written, rows 0 to 255'],
    ['a file that is cut off', (): void => truncateSync('a.rows.jsonl', 1000), 'a.rows.jsonl has 1000 bytes, not '],
    ['a file that is missing', (): void => rmSync('a.rows.jsonl'), 'a.rows.jsonl is missing'],
    [
      'a manifest that is none',
      (): void => writeFileSync('a.manifest.json', '{"format":1}'),
      'a.manifest.json is not a manifest: tool is missing',
    ],
  ])('finds %s, with exit code 1', async (_, damage, said) => {
    damage();
    const { code, out } = await run(['sets', 'verify', 'a.npy']);
    expect(code).toBe(1);
    expect(out).toContain(`a.npy: damaged: ${said}`);
    const { out: json } = await run(['sets', 'verify', 'a.npy', '--format', 'json']);
    expect(valid(JSON.parse(json)), JSON.stringify(valid.errors)).toBe(true);
    expect(JSON.parse(json)).toMatchObject({ summary: { sets: 1, damaged: 1, passed: false } });
  });

  it('has nothing to compare without a manifest, with exit code 2', async () => {
    rmSync('a.manifest.json');
    for (const [path, why] of [
      ['a.npy', 'there is no a.manifest.json, so nothing says what it should hold'],
      ['b.npy', 'no such file'],
    ]) {
      const { code, err } = await run(['sets', 'verify', path!]);
      expect(code).toBe(2);
      expect(err).toContain(`Cannot verify ${path}: ${why}`);
    }
  });
});
