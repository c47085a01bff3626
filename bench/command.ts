import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EmbedError } from '../src/errors.ts';

/** Runs a benchmark as a command: usage with -h, known errors in words, exit code 2 for all errors. */
export async function runCommand(usage: string, main: () => Promise<void>): Promise<void> {
  if (process.argv.slice(2).some((word) => word === '-h' || word === '--help')) {
    process.stdout.write(usage);
    return;
  }
  try {
    await main();
  } catch (error) {
    const wrongUsage = String((error as NodeJS.ErrnoException).code).startsWith('ERR_PARSE_ARGS');
    if (wrongUsage) console.error(`error: ${(error as Error).message}\n\n${usage}`);
    else if (error instanceof EmbedError) console.error(`error: ${error.message}\n${error.hint ? `hint: ${error.hint}\n` : ''}`);
    else console.error(error);
    process.exitCode = 2;
  }
}

/** Makes a report in a folder of its own, prints it, and keeps it in bench/runs under `name`, if it has one. */
export async function keepReport(make: (folder: string) => Promise<{ markdown: string; name: string | undefined }>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'embed-bench-'));
  try {
    const { markdown, name } = await make(folder);
    console.log(`\n${markdown}`);
    if (name === undefined) return;
    mkdirSync('bench/runs', { recursive: true });
    writeFileSync(join('bench/runs', name), markdown);
    console.log(`wrote bench/runs/${name}`);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
