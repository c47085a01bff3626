import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { EmbedError, openSet } from '../../src/index.ts';
import { encodeOnce, inFreshFolder, projectFolder, run } from '../run.ts';

/** Sets that a newer version has written are named as such, and never replaced. */
const NEWER =
  /^error: Cannot read recipes\.manifest\.json: it was written by a newer version of embed \(format 2, this version reads 1\)\nhint: Update embed, /;

describe('a set of a newer format', () => {
  it('is neither read nor replaced', async () => {
    inFreshFolder();
    copyFileSync(join(projectFolder, 'fixtures/recipes.txt'), 'recipes.txt');
    await encodeOnce('recipes.txt', '--model', 'multilingual');
    const newer = readFileSync('recipes.manifest.json', 'utf8').replace('"format":1', '"format":2');
    writeFileSync('recipes.manifest.json', newer);
    for (const args of [
      ['search', 'recipes.npy', 'rice'],
      ['cluster', 'recipes.npy'],
      ['dedup', 'recipes.npy'],
      ['search', 'recipes.txt', 'rice', '--model', 'multilingual'],
      ['encode', 'recipes.txt', '--model', 'multilingual'],
    ]) {
      const { code, err } = await run(args);
      expect({ args, code }).toEqual({ args, code: 2 });
      expect(err).toMatch(NEWER);
    }
    expect(readFileSync('recipes.manifest.json', 'utf8')).toBe(newer);
    expect(() => openSet('recipes.npy')).toThrow(EmbedError);
  });

  it('is told of centroids too', async () => {
    inFreshFolder();
    copyFileSync(join(projectFolder, 'fixtures/feedback.csv'), 'feedback.csv');
    const args = ['cluster', 'feedback.csv', '--text-column', 'message', '--model', 'multilingual', '-q'];
    await run([...args, '-k', '3', '--centroids', 'c.npy']);
    writeFileSync('c.clusters.json', readFileSync('c.clusters.json', 'utf8').replace('"format": 1', '"format": 2'));
    expect((await run([...args, '--assign', 'c.npy'])).err).toContain(
      'Cannot read c.clusters.json: it was written by a newer version of embed',
    );
  });
});
