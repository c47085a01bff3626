import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { fuzz } from '../test/fuzz/fuzz.ts';
import { MODEL_READERS } from '../test/fuzz/model-readers.ts';
import { READERS } from '../test/fuzz/readers.ts';
import { SET_READERS } from '../test/fuzz/set-readers.ts';

/**
 * Gives every reader mutated files, and prints how they ended: in rows, in a plain error, or in a fault, whose bytes are kept in
 * build/fuzz. Usage: npm run fuzz -- [--seed N] [--rounds N] [--reader NAME]
 */
const { values } = parseArgs({
  options: { seed: { type: 'string', default: '1' }, rounds: { type: 'string', default: '10000' }, reader: { type: 'string' } },
});
const seed = Number(values.seed);
const rounds = Number(values.rounds);
const folder = mkdtempSync(join(tmpdir(), 'embed-fuzz-'));
const kept = 'build/fuzz';
let faulty = 0;
console.log(`seed ${seed}, ${rounds} rounds each\n\n| reader | rows | refused | faults |\n|---|---:|---:|---:|`);
for (const reader of [...READERS, ...SET_READERS, ...MODEL_READERS].filter(
  ({ name }) => values.reader === undefined || name === values.reader,
)) {
  const { rows, refused, faults } = await fuzz(reader, { seed, rounds, folder });
  console.log(`| ${reader.name} | ${rows} | ${refused} | ${faults.length} |`);
  for (const { round, bytes, error } of faults) {
    faulty++;
    mkdirSync(kept, { recursive: true });
    const path = join(kept, `${reader.name.replaceAll(/\W+/g, '-')}-${seed}-${round}`);
    writeFileSync(path, bytes);
    console.error(`${path}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  }
}
console.log(`\npeak resident memory ${Math.round(process.resourceUsage().maxRSS / 1024)} MB`);
rmSync(folder, { recursive: true });
process.exitCode = faulty > 0 ? 1 : 0;
