import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { uniforms } from '../../src/analysis/random.ts';
import { EmbedError } from '../../src/errors.ts';
import { mutate } from './mutate.ts';

/** A reader of files. It must end in rows or in an EmbedError, whatever the bytes are. */
export type FuzzReader = {
  name: string;
  /** Valid files, which are mutated. */
  seeds: readonly Buffer[];
  /** Name of the file that `read` is given. */
  file: string;
  /** Done to the bytes after they are mutated, such as packing. */
  wrap?: (bytes: Buffer) => Buffer;
  /** Reads a file to its end, and returns how many rows it has. */
  read(path: string): Promise<number>;
};

/** How the rounds of a reader have ended. */
export type Outcomes = { rows: number; refused: number; faults: Fault[] };

/** A round that ended in neither rows nor a plain error. */
export type Fault = { round: number; bytes: Buffer; error: unknown };

/** Runs rounds of a reader: each mutates one seed, and depends on nothing but the seed and its number. */
export async function fuzz(
  { seeds, file, wrap = (bytes) => bytes, read }: FuzzReader,
  { seed, rounds, folder }: { seed: number; rounds: number; folder: string },
): Promise<Outcomes> {
  const outcomes: Outcomes = { rows: 0, refused: 0, faults: [] };
  const path = join(folder, file);
  for (let round = 0; round < rounds; round++) {
    const uniform = uniforms(Math.imul(seed, 1_000_003) + round);
    const bytes = wrap(mutate(seeds[Math.floor(uniform() * seeds.length)]!, uniform));
    writeFileSync(path, bytes);
    try {
      await read(path);
      outcomes.rows++;
    } catch (error) {
      if (isPlain(error)) outcomes.refused++;
      else outcomes.faults.push({ round, bytes, error });
    }
  }
  return outcomes;
}

/** Whether an error is for the user: it says what to do next, and shows no value that JavaScript could not put into words. */
export function isPlain(error: unknown): boolean {
  return error instanceof EmbedError && error.hint !== undefined && !/\[object |\bundefined\b/.test(`${error.message} ${error.hint}`);
}
