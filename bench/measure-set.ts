import { join } from 'node:path';
import { cosine, rowOf } from '../src/vectors/matrix.ts';
import { readNpy } from '../src/vectors/npy.ts';
import type { Contender } from './contender.ts';
import type { Cosines, SetResult } from './encode-report.ts';
import { runRounds } from './rounds.ts';
import { describeSet, type TextSet } from './text-sets.ts';

/** Whose vectors are the right ones. */
const REFERENCE = 'sentence-transformers';

type Options = { rounds: number; folder: string; log: (line: string) => void };

/** Warms everybody up on the whole set, keeps the vectors of that, then times the rounds. */
export async function measureSet(set: TextSet, contenders: readonly Contender[], { rounds, folder, log }: Options): Promise<SetResult> {
  log(`\n${set.name}: ${describeSet(set)}`);
  const vectorsPath = (name: string): string => join(folder, `${name.replaceAll(/\W+/g, '-')}.npy`);
  for (const { name, encode } of contenders) {
    log(`  warm-up  ${name}: ${(await encode(set, vectorsPath(name))).toFixed(2)} s`);
  }
  const timed = contenders.map(({ name, encode }) => ({ name, run: () => encode(set) }));
  const seconds = await runRounds(timed, { rounds, log });
  const hasReference = contenders.some(({ name }) => name === REFERENCE);
  const results = contenders.map(({ name, side }) => ({
    name,
    side,
    seconds: seconds.get(name)!,
    cosine: hasReference && name !== REFERENCE ? compareVectors(vectorsPath(REFERENCE), vectorsPath(name)) : undefined,
  }));
  return { set, results };
}

function compareVectors(expectedPath: string, foundPath: string): Cosines {
  const [expected, found] = [readNpy(expectedPath), readNpy(foundPath)];
  if (found.rows !== expected.rows)
    throw new Error(`Cannot compare vectors: ${found.rows} rows in ${foundPath}, ${expected.rows} expected`);
  const cosines = Array.from({ length: found.rows }, (_, row) => cosine(rowOf(expected, row), rowOf(found, row)));
  return { mean: cosines.reduce((sum, value) => sum + value, 0) / cosines.length, min: Math.min(...cosines) };
}
