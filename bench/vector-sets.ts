import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EmbedError } from '../src/errors.ts';
import { PEER_FOLDER } from './install.ts';
import { seededRandom, shuffled } from './seeded.ts';
import { readLines } from './text-sets.ts';

/** Vectors of real text to search in: sentences, dictionary definitions, titles, and the sentences of abstracts. */
export type VectorSets = { small: string; large: string; queries: string };

/** What a report says of them. */
export const VECTORS =
  '384 dims, all-MiniLM-L6-v2 (packaged, int8), of different English texts: sentences, definitions, titles, sentences of abstracts';

const SIZES = { small: 100_000, large: 1_000_000, queries: 4096 };

/**
 * Makes the sets once, in the folder of the peers: 1,000,000 different texts, of which the first 100,000 are the small
 * set, and 4,096 others as queries. Encoding takes a quarter of an hour on two cores.
 */
export function makeVectorSets(texts: string, { log }: { log: (line: string) => void }): VectorSets {
  const folder = join(PEER_FOLDER, 'vectors');
  mkdirSync(folder, { recursive: true });
  const path = (name: string): string => join(folder, `${name}.npy`);
  if (!existsSync(path('large'))) {
    log(`Making vectors of ${SIZES.large.toLocaleString('en')} texts in ~/.cache/embed-bench/vectors, once`);
    const all = shuffled([...distinctTexts(texts)], seededRandom(1));
    if (all.length < SIZES.large + SIZES.queries)
      throw new EmbedError(`Cannot make the sets: ${texts} holds only ${all.length} different texts`);
    for (const [name, part] of [
      ['small', all.slice(0, SIZES.small)],
      ['queries', all.slice(SIZES.large, SIZES.large + SIZES.queries)],
      ['large', all.slice(0, SIZES.large)],
    ] as const) {
      writeFileSync(join(folder, `${name}.txt`), part.map((text) => `${text}\n`).join(''));
      const { status } = spawnSync(process.execPath, ['bin/embed.js', 'encode', join(folder, `${name}.txt`), '-o', path(name)], {
        stdio: 'inherit',
      });
      if (status !== 0) throw new EmbedError(`Cannot make the set ${name}: encoding ended in ${status}`);
    }
  }
  return { small: path('small'), large: path('large'), queries: path('queries') };
}

function distinctTexts(folder: string): Set<string> {
  const texts = new Set<string>();
  const add = (raw: string): void => {
    const text = raw.split(/\s+/).join(' ').trim();
    if (text.length >= 8) texts.add(text);
  };
  for (const line of readLines(join(folder, 'en-sentences.txt.gz'))) add(line);
  for (const line of readLines(join(folder, 'en-wordnet.tsv.gz'))) add(line.split('\t').slice(0, 2).join(': '));
  for (const line of readLines(join(folder, 'en-papers.tsv.gz'))) {
    const [title = '', abstract = ''] = line.split('\t');
    add(title);
    for (const sentence of abstract.split(/(?<=[.!?]) +(?=[A-Z])/)) add(sentence.slice(0, 300));
  }
  return texts;
}
