import { spawn } from 'node:child_process';
import { closeSync, createReadStream, createWriteStream, openSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { hashFile, probeFile } from '../src/files/disk.ts';
import { fileBytes, ROWS_PER_OFFSET, setPaths, type Manifest } from '../src/vectors/manifest.ts';
import { NPY_HEADER_BYTES, npyHeader } from '../src/vectors/npy.ts';
import { summarize } from './rounds.ts';

/** The program as a user starts it: seconds from start to end, and the most memory it held. */
export type ProgramRun = { seconds: number; megabytes: number };

/** How a search takes longer, and more memory, as the set grows. */
export type GrowthRow = {
  rows: number;
  vectorMegabytes: number;
  codeMegabytes: number;
  /** The first search, which makes codes where the set is large; the next ones; many queries at once; reading the file. */
  first: ProgramRun;
  later: ProgramRun;
  many: ProgramRun;
  catSeconds: number;
};

const QUERY = ['how', 'do', 'I', 'cook', 'rice'];

/** What it said on standard error, and after how many seconds the first byte of its output was there. */
export type WatchedRun = ProgramRun & { said: string; firstByteSeconds: number | undefined };

/** Runs a command and watches its memory, which Linux tells while it runs, and its standard output where that goes to a file. */
export async function runWatched(command: string, args: readonly string[], { output }: { output?: string } = {}): Promise<WatchedRun> {
  const started = performance.now();
  const secondsNow = (): number => (performance.now() - started) / 1000;
  const descriptor = output === undefined ? undefined : openSync(output, 'w');
  const child = spawn(command, args, { stdio: ['ignore', descriptor ?? 'ignore', 'pipe'] });
  if (descriptor !== undefined) closeSync(descriptor);
  let said = '';
  child.stderr!.on('data', (chunk: Buffer) => (said += chunk.toString('utf8')));
  let kilobytes = 0;
  let firstByteSeconds: number | undefined;
  const look = (): void => {
    if (output !== undefined && firstByteSeconds === undefined && statSync(output).size > 0) firstByteSeconds = secondsNow();
    try {
      kilobytes = Math.max(kilobytes, Number(/VmHWM:\s*(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1] ?? 0));
    } catch {
      // not Linux, or already gone
    }
  };
  const timer = setInterval(look, 5);
  const code = await new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve));
  clearInterval(timer);
  if (code !== 0) throw new Error(`${command} ${args[0]} ended in ${code}: ${said.trim()}`);
  return { seconds: secondsNow(), megabytes: kilobytes / 1000, said, firstByteSeconds };
}

/** Searches the first rows of a set, in growing numbers. */
export async function measureGrowth(
  setPath: string,
  {
    sizes,
    queriesPath,
    folder,
    rounds,
    log,
  }: { sizes: readonly number[]; queriesPath: string; folder: string; rounds: number; log: (line: string) => void },
): Promise<GrowthRow[]> {
  const table: GrowthRow[] = [];
  for (const rows of sizes) {
    const path = join(folder, `rows-${rows}.npy`);
    await writePrefix(setPath, path, rows);
    const search = (...args: string[]): Promise<ProgramRun> =>
      runWatched(process.execPath, ['bin/embed.js', 'search', path, ...args, '-q']);
    const first = await search(...QUERY);
    const later: ProgramRun[] = [];
    const many: ProgramRun[] = [];
    const cat: number[] = [];
    for (let round = 0; round < rounds; round++) {
      later.push(await search(...QUERY));
      many.push(await search('--vectors', queriesPath, '-o', join(folder, 'hits.jsonl'), '--overwrite'));
      cat.push((await runWatched('cat', [path])).seconds);
    }
    const codes = path.replace(/\.npy$/, '.codes');
    const row = {
      rows,
      vectorMegabytes: fileBytes(path) / 1e6,
      codeMegabytes: Math.max(0, fileBytes(codes)) / 1e6,
      first,
      later: medianRun(later),
      many: medianRun(many),
      catSeconds: summarize(cat).median,
    };
    log(`  ${rows} rows: ${row.later.seconds.toFixed(2)} s, ${row.later.megabytes.toFixed(0)} MB`);
    table.push(row);
    for (const file of [...Object.values(setPaths(path)), codes]) rmSync(file, { force: true });
  }
  return table;
}

/** Medians of seconds and of memory. */
export function medianRun(runs: readonly ProgramRun[]): ProgramRun {
  return {
    seconds: summarize(runs.map(({ seconds }) => seconds)).median,
    megabytes: summarize(runs.map(({ megabytes }) => megabytes)).median,
  };
}

/** The first rows of a set as a set of their own. */
export async function writePrefix(from: string, to: string, rows: number): Promise<void> {
  const [source, target] = [setPaths(from), setPaths(to)];
  const manifest = JSON.parse(readFileSync(source.manifest, 'utf8')) as Manifest;
  const copy = (path: string, into: string, { start, end, head }: { start: number; end: number; head: Uint8Array }): Promise<void> => {
    const sink = createWriteStream(into);
    sink.write(head);
    return pipeline(createReadStream(path, { start, end: end - 1, highWaterMark: 1 << 20 }), sink);
  };
  const vectorEnd = NPY_HEADER_BYTES + rows * manifest.dims * 4;
  await copy(source.vectors, target.vectors, { start: NPY_HEADER_BYTES, end: vectorEnd, head: npyHeader({ rows, cols: manifest.dims }) });
  const end = rows === manifest.counts.rows ? manifest.rows.bytes : await offsetOf(source.rows, manifest, rows);
  await copy(source.rows, target.rows, { start: 0, end, head: new Uint8Array() });
  const part: Manifest = {
    ...manifest,
    counts: { ...manifest.counts, rows, blank: 0 },
    blankRows: [],
    rowOffsets: manifest.rowOffsets.slice(0, Math.ceil(rows / ROWS_PER_OFFSET)),
    vectors: await stampOf(target.vectors),
    rows: await stampOf(target.rows),
  };
  // the last group is cut, so its checksum would not hold
  delete part.checksums;
  writeFileSync(target.manifest, JSON.stringify(part));
}

/** Path, length, hash and probe of a file, as a manifest holds them. */
async function stampOf(path: string): Promise<Manifest['vectors']> {
  return { path: basename(path), bytes: fileBytes(path), hash: await hashFile(path), probe: probeFile(path) };
}

/** Byte offset of a row in a rows file. */
async function offsetOf(path: string, { rowOffsets }: Manifest, row: number): Promise<number> {
  let at = rowOffsets[Math.floor(row / ROWS_PER_OFFSET)]!;
  let left = row % ROWS_PER_OFFSET;
  if (left === 0) return at;
  for await (const chunk of createReadStream(path, { start: at })) {
    const bytes = chunk as Buffer;
    for (let i = 0; i < bytes.length; i++, at++) if (bytes[i] === 10 && --left === 0) return at + 1;
  }
  throw new Error(`${path} has fewer rows than ${row}`);
}
