import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { inFreshFolder, projectFolder, run } from '../run.ts';

const tiny = join(projectFolder, 'fixtures/models/bert-mean');

it.each([
  ['dedup', ['--min-cosine', '0.99', '--pairs', '--format', 'json']],
  ['cluster', ['-k', '2', '--format', 'json']],
])('%s puts a prompt before the texts of a corpus, and refuses one for vectors', async (command, flags) => {
  inFreshFolder();
  writeFileSync('a.txt', 'rice\ntea\nthe cat\nrice\n');
  writeFileSync('b.txt', 'mat rice\nmat tea\nmat the cat\nmat rice\n');
  const of = async (path: string, ...more: string[]): Promise<string> =>
    (await run([command, path, '-q', '--model', tiny, ...flags, ...more])).out.replace(/"(inputs|text|file|id)":[^,}\]]*\]?/g, '');
  const prompted = await of('a.txt', '--prompt-text', 'mat ');
  const cosines = (text: string): string[] => text.match(/"cosine":[\d.]+/g) ?? [];
  expect(cosines(prompted)).toEqual(cosines(await of('b.txt')));
  await run(['encode', 'a.txt', '-q', '--model', tiny]);
  const { code, err } = await run([command, 'a.npy', ...flags, '--prompt-text', 'mat ']);
  expect(code).toBe(2);
  expect(err).toContain('Cannot use --prompt-text with a.npy');
});
