import { copyFileSync, cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { readCentroids } from '../../src/commands/cluster/centroid-files.ts';
import { removeAtExit } from '../../src/files/disk.ts';
import { createFile } from '../../src/files/part-file.ts';
import { openCodes, openCodeWriter, type CodeStamp } from '../../src/vectors/code-file.ts';
import { noCounts } from '../../src/vectors/manifest.ts';
import { npyHeader } from '../../src/vectors/npy.ts';
import { findResume } from '../../src/vectors/resume.ts';
import { openSet } from '../../src/vectors/set-reader.ts';
import { openSetWriter } from '../../src/vectors/set-writer.ts';
import { openVectorCache } from '../../src/vectors/vector-cache.ts';
import { claimSet } from '../../src/vectors/work-folder.ts';
import { keyOf } from '../../src/vectors/text-index.ts';
import type { FuzzReader } from './fuzz.ts';

/** Readers of what embed itself has written: sets, what a stopped run has left, codes, centroids, the cache of vectors. */

const DIMS = 3;
const ROWS = 300;
const { signal } = new AbortController();

/** A folder with one of each, made once. */
const whole = mkdtempSync(join(tmpdir(), 'embed-fuzz-set-'));
removeAtExit(whole);

function write(name: string, { finished }: { finished: boolean }): Promise<void> {
  const writer = openSetWriter(claimSet(join(whole, name)), { dims: DIMS, key: 'k' });
  writer.commit({
    vectors: { data: Float32Array.from({ length: ROWS * DIMS }, (_, at) => at % 7), rows: ROWS, cols: DIMS },
    lines: Array.from({ length: ROWS }, (_, at) => JSON.stringify({ id: `${at}`, text: `text ${at}`, line: at + 1 })),
    blankRows: [3],
    counts: { ...noCounts(), rows: ROWS, blank: 1 },
    digest: 'd',
  });
  if (finished) {
    const options = { text: true, dims: DIMS };
    const counts = { ...noCounts(), rows: ROWS, blank: 1 };
    return writer.finish({ format: 1, tool: 'x', runtime: '', model: null, options, inputs: [], dims: DIMS, counts });
  }
  writer.abandon();
  return Promise.resolve();
}

const STAMP: CodeStamp = { vectors: 'v', rows: 'r', width: 4, compared: 8 };

/** A vector of its own for each text. */
function vectorOf(text: string): Float32Array {
  return new Float32Array(DIMS).fill(text.charCodeAt(0));
}

function writeOthers(): void {
  const codes = openCodeWriter(join(whole, 'a.codes'), STAMP);
  codes.write({ codes: new Int8Array(32), scales: new Float32Array(8), rows: new Int32Array(8), count: 8 });
  codes.finish(0);
  const part = createFile(join(whole, 'c.npy'));
  part.write(npyHeader({ rows: 2, cols: DIMS }), 0);
  part.write(new Uint8Array(new Float32Array(2 * DIMS).fill(1).buffer), 128);
  part.close();
  const cache = openVectorCache(join(whole, 'kept'), { model: 'm', dims: DIMS, maxBytes: 1e9 });
  for (const text of ['a', 'b', 'c']) cache.add(keyOf(text), vectorOf(text));
  cache.close();
}

await write('a.npy', { finished: true });
await write('b.npy', { finished: false });
writeOthers();

/** A file of the folder, with the others around it; `file` is its path there. */
function fileOf(name: string, file: string, read: (folder: string) => Promise<number> | number): FuzzReader {
  return {
    name,
    seeds: [readFileSync(join(whole, file))],
    file: 'x',
    async read(path) {
      const folder = mkdtempSync(join(tmpdir(), 'embed-fuzz-set-'));
      try {
        cpSync(whole, folder, { recursive: true });
        mkdirSync(dirname(join(folder, file)), { recursive: true });
        copyFileSync(path, join(folder, file));
        return await read(folder);
      } finally {
        rmSync(folder, { recursive: true });
      }
    },
  };
}

function readSet(folder: string): number {
  const set = openSet(join(folder, 'a.npy'));
  try {
    let rows = 0;
    for (const _ of set.rows?.scan() ?? []) rows++;
    set.vectors.read(0, new Float32Array(set.vectors.rows * set.vectors.cols));
    return rows + set.vectors.rows;
  } finally {
    set.close();
  }
}

async function readLeft(folder: string): Promise<number> {
  const claim = claimSet(join(folder, 'b.npy'));
  try {
    const { resume } = await findResume(claim, { key: 'k', signal });
    return 1 + (resume?.last.counts.rows ?? 0);
  } finally {
    claim.release({ keep: true });
  }
}

function readCodes(folder: string): number {
  const codes = openCodes(join(folder, 'a.codes'), STAMP);
  return typeof codes === 'object' ? Array.from(codes.blocks(), ({ count }) => count).length : 1;
}

function readKept(folder: string): number {
  const cache = openVectorCache(join(folder, 'kept'), { model: 'm', dims: DIMS, maxBytes: 1e9 });
  let found = 0;
  for (const text of ['a', 'b', 'c']) {
    const into = new Float32Array(DIMS);
    if (!cache.find(keyOf(text), into)) continue;
    found++;
    if (into.join() !== vectorOf(text).join()) throw new Error('another vector than was written');
  }
  cache.close();
  return 1 + found;
}

function readFacts(folder: string): number {
  return readCentroids(join(folder, 'c.npy'), { metric: undefined }).matrix.rows;
}

const kept = join('kept', String(readdirSync(join(whole, 'kept'), { recursive: true }).at(-1)));

export const SET_READERS: readonly FuzzReader[] = [
  fileOf('manifest', 'a.manifest.json', readSet),
  fileOf('rows of a set', 'a.rows.jsonl', readSet),
  fileOf('vectors of a set', 'a.npy', readSet),
  fileOf('journal', 'b.npy.part/journal', readLeft),
  fileOf('vectors of a stopped run', 'b.npy.part/vectors', readLeft),
  fileOf('rows of a stopped run', 'b.npy.part/rows', readLeft),
  fileOf('codes', 'a.codes', readCodes),
  fileOf('centroids', 'c.npy', readFacts),
  fileOf('cache of vectors', kept, readKept),
];
