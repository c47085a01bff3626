import { writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { inFreshFolder } from '../run.ts';
import { fuzz } from './fuzz.ts';
import { READERS as INPUTS } from './readers.ts';
import { SET_READERS } from './set-readers.ts';

const READERS = [...INPUTS, ...SET_READERS];

/** A few rounds of every reader. `npm run fuzz -- --seed N --rounds N` runs more. */

const ROUNDS = 120;

describe('a file of any bytes', () => {
  it.each(READERS.map((reader) => [reader.name, reader] as const))('as %s ends in rows or a plain error', async (_, reader) => {
    const folder = inFreshFolder();
    const { rows, refused, faults } = await fuzz(reader, { seed: 1, rounds: ROUNDS, folder });
    expect(faults.map(({ round, error }) => ({ round, error }))).toEqual([]);
    expect(rows + refused).toBe(ROUNDS);
  });

  it.each(READERS.map((reader) => [reader.name, reader] as const))('as %s is read where it is not mutated', async (_, reader) => {
    const { seeds, file, wrap = (bytes: Buffer) => bytes, read } = reader;
    inFreshFolder();
    for (const seed of seeds) {
      writeFileSync(file, wrap(seed));
      expect(await read(file)).toBeGreaterThan(0);
    }
  });
});
