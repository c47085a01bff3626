import { copyFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { ClusterRecord, ClustersSummary } from '../../src/report/clusters.ts';
import { inFreshFolder, run } from '../run.ts';

type Clusters = { summary: ClustersSummary; results: ClusterRecord[] };

const clustersOf = async (...args: string[]): Promise<Clusters & { err: string }> => {
  const { code, out, err } = await run(['cluster', ...args, '--format', 'json']);
  expect(code, err).toBe(0);
  return { ...(JSON.parse(out) as Clusters), err };
};

/** Themes of a set that was encoded with these options, and its texts once more as new.txt, of which there is no set. */
const inThemes = async (...options: string[]): Promise<void> => {
  inFreshFolder();
  writeFileSync(
    'old.txt',
    Array.from({ length: 24 }, (_, at) => `${['the pump leaks', 'the invoice is late'][at % 2]} again, case ${at}\n`).join(''),
  );
  await run(['encode', 'old.txt', '-q', ...options]);
  expect((await run(['cluster', 'old.npy', '-k', '2', '--centroids', 'themes.npy', '-q'])).code).toBe(0);
  copyFileSync('old.txt', 'new.txt');
};

describe('cluster --assign', () => {
  it.each([[['--model', 'multilingual']], [['--model', 'multilingual', '--dims', '64']], [['--dims', '128', '--prompt-text', 'note: ']]])(
    'encodes new rows as those of the centroids: %j',
    async (options) => {
      await inThemes(...options);
      const old = await clustersOf('old.npy', '--assign', 'themes.npy');
      const found = await clustersOf('new.txt', '--assign', 'themes.npy');
      expect(found.summary.model).toBe(old.summary.model);
      expect(found.results.map(({ cluster, cosine }) => [cluster, cosine])).toEqual(
        old.results.map(({ cluster, cosine }) => [cluster, cosine]),
      );
      expect(found.err.includes('note: the prompt is that of themes.npy: "note: "')).toBe(options.includes('--prompt-text'));
    },
  );

  it('refuses another model, and says both', async () => {
    await inThemes('--model', 'multilingual');
    for (const [option, value] of [
      ['--model', 'minilm'],
      ['--dims', '64'],
    ] as const) {
      const { code, err } = await run(['cluster', 'new.txt', '--assign', 'themes.npy', option, value]);
      expect(code).toBe(2);
      expect(err).toMatch(/^error: Cannot compare vectors: themes\.npy and new\.txt are of different models: dims 256 and \d+/m);
      expect(err).not.toContain('encoded');
      if (option === '--model') expect(err).toContain('model multilingual and minilm');
    }
  });
});
