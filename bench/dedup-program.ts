import { closeSync, openSync, readSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { nodeIo } from '../src/io.ts';
import { rowReading } from '../src/sets/dedup/sides.ts';
import { readRowFacts } from '../src/sets/dedup/rows.ts';
import { settle } from '../src/sets/dedup/settings.ts';
import type { CorpusFlags } from '../src/sets/flags.ts';
import { parseInput } from '../src/sets/input.ts';
import { openInput } from '../src/sets/open-input.ts';
import { openRowTexts } from '../src/sets/row-texts.ts';
import { openRun } from '../src/sets/run.ts';
import { setPaths } from '../src/vectors/manifest.ts';
import { openNpy } from '../src/vectors/npy.ts';
import { runWatched, writePrefix, type ProgramRun } from './search-program.ts';
import { seededRandom } from './seeded.ts';
import { writeNpy } from './write-npy.ts';

/** `embed dedup` on a set, as a user starts it. */
export type DedupRun = ProgramRun & {
  rows: number;
  /** What the rows are, where they are no texts. */
  remark: string;
  minCosine: number;
  dropped: number;
  /** From the first byte of the report to the end. */
  reportSeconds: number;
};

export type DedupGrowth = {
  runs: readonly DedupRun[];
  /** Opening the largest set and reading through its rows, in process. */
  reading: { rows: number; seconds: number };
};

type Options = { folder: string; log: (line: string) => void };

/** Below the largest, sets are deduplicated at this cosine alone. */
const MIN_COSINE = 0.9;
const MANY_COSINES = [0.8, 0.9, 0.95];

/**
 * Deduplicates the first rows of a set, in growing numbers, and a set of nearly equal rows.
 *
 * @param alike rows of that set; 0 leaves it out
 */
export async function measureDedupGrowth(
  sets: { small: string; large: string },
  { sizes, alike, folder, log }: Options & { sizes: readonly number[]; alike: number },
): Promise<DedupGrowth> {
  const runs: DedupRun[] = [];
  const largest = Math.max(...sizes);
  let reading = { rows: 0, seconds: 0 };
  for (const rows of sizes) {
    const path = await setOfRows(sets, rows, folder);
    for (const minCosine of rows === largest ? MANY_COSINES : [MIN_COSINE]) {
      runs.push(await runDedup(path, { rows, remark: '', minCosine, folder, log }));
    }
    if (rows === largest) reading = { rows, seconds: await secondsToRead(path) };
    if (path.startsWith(folder)) for (const file of Object.values(setPaths(path))) rmSync(file, { force: true });
  }
  if (alike > 0) {
    const path = join(folder, 'alike.npy');
    writeAlike(sets.small, path, alike);
    runs.push(await runDedup(path, { rows: alike, remark: 'nearly equal, half of them exactly', minCosine: MIN_COSINE, folder, log }));
    rmSync(path);
  }
  return { runs, reading };
}

/** The set itself where it has so many rows, else the first of it. */
async function setOfRows({ small, large }: { small: string; large: string }, rows: number, folder: string): Promise<string> {
  for (const path of [small, large]) {
    const file = openNpy(path);
    file.close();
    if (file.rows === rows) return path;
  }
  const path = join(folder, `rows-${rows}.npy`);
  await writePrefix(large, path, rows);
  return path;
}

async function runDedup(
  path: string,
  { rows, remark, minCosine, folder, log }: Options & Pick<DedupRun, 'rows' | 'remark' | 'minCosine'>,
): Promise<DedupRun> {
  const output = join(folder, 'report.json');
  const args = ['bin/embed.js', 'dedup', path, '--min-cosine', String(minCosine), '--exit-zero', '-q', '--format', 'json'];
  const { seconds, megabytes, firstByteSeconds = seconds } = await runWatched(process.execPath, args, { output });
  const { dropped } = readSummary(output);
  rmSync(output);
  log(
    `  ${rows} rows ${remark ? `(${remark}) ` : ''}at ${minCosine}: ${seconds.toFixed(2)} s, ${megabytes.toFixed(0)} MB, ${dropped} dropped`,
  );
  return { rows, remark, minCosine, seconds, megabytes, dropped, reportSeconds: seconds - firstByteSeconds };
}

/** The totals, which stand on the second line of a report. */
function readSummary(path: string): { dropped: number } {
  const start = Buffer.alloc(4096);
  const descriptor = openSync(path, 'r');
  const length = readSync(descriptor, start);
  closeSync(descriptor);
  const line = start.toString('utf8', 0, length).split('\n')[1]!;
  return JSON.parse(line.slice('"summary":'.length, -1)) as { dropped: number };
}

/** What the program does before it compares, but for starting. */
async function secondsToRead(path: string): Promise<number> {
  const started = performance.now();
  const io = nodeIo(new AbortController().signal);
  const run = openRun({ quiet: true }, io);
  const flags: CorpusFlags = { textColumn: [], columns: 'all', header: true, quiet: true };
  const opened = await openInput([parseInput(path, flags)], flags, run);
  const texts = await openRowTexts(opened, { name: path, texts: undefined, flags, io });
  const reading = { ...rowReading(settle({}), 'cosine'), priority: { by: 'row' as const }, scripts: undefined, note: () => {} };
  await readRowFacts({ opened, texts, name: path }, reading);
  opened.close();
  return (performance.now() - started) / 1000;
}

/** Noise of this length beside a unit vector leaves cosines of .995 between any two. */
const NOISE = 0.05;

/** A matrix of one real row with a little noise, different in every second row; the others are copies of earlier ones. */
function writeAlike(from: string, to: string, rows: number): void {
  const random = seededRandom(4);
  const source = openNpy(from);
  const { cols } = source;
  const base = new Float32Array(cols);
  source.read(Math.floor(random() * source.rows), base);
  source.close();
  const data = new Float32Array(rows * cols);
  for (let row = 0; row < rows; row++) {
    if (row % 2 === 1) {
      const copied = Math.floor(random() * row);
      data.copyWithin(row * cols, copied * cols, (copied + 1) * cols);
      continue;
    }
    // uniform noise of variance 1 is as wide as √12
    for (let at = 0; at < cols; at++) data[row * cols + at] = base[at]! + (random() - 0.5) * Math.sqrt(12 / cols) * NOISE;
  }
  writeNpy(to, { data, rows, cols });
}
