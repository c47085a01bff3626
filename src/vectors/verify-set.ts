import { closeSync, fstatSync, readSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { EmbedError } from '../errors.ts';
import { openRegularFile } from '../files/disk.ts';
import { yieldToEvents } from '../io.ts';
import { findManifest } from './manifest-file.ts';
import { fileBytes, ROWS_PER_OFFSET, setPaths, type Manifest } from './manifest.ts';
import { NPY_HEADER_BYTES, openNpy } from './npy.ts';
import { openRows } from './rows-file.ts';

/** What is wrong with a file of a set: `why` goes on after its name. Rows are named where it is known which are damaged. */
export type Fault = { file: string; why: string; rows?: { first: number; last: number } };

/** The result for one set; no faults where every byte is what embed has written. */
export type Verified = { rows: number; faults: Fault[] };

type Options = { signal: AbortSignal; onProgress: (fraction: number) => void };

/**
 * Reads all files of a set, and compares them with its manifest: hashes of whole files, checksums of groups of rows, and what each row
 * and each vector holds.
 *
 * @throws EmbedError where there is nothing to compare with
 */
export async function verifySet(npyPath: string, { signal, onProgress }: Options): Promise<Verified> {
  const paths = setPaths(npyPath);
  const found = findManifest(npyPath);
  if (!found) {
    const missing = fileBytes(npyPath) < 0 ? 'no such file' : `there is no ${paths.manifest}, so nothing says what it should hold`;
    throw new EmbedError(`Cannot verify ${npyPath}: ${missing}`, {
      hint: 'Name the .npy of a set that embed encode has written',
    });
  }
  if ('misfit' in found) return { rows: 0, faults: [{ file: paths.manifest, why: `is not a manifest: ${found.misfit}` }] };
  const { manifest } = found;
  const all = manifest.vectors.bytes + manifest.rows.bytes || 1;
  const faults: Fault[] = [];
  let before = 0;
  for (const name of ['vectors', 'rows'] as const) {
    const from = before;
    const progress = (bytes: number): void => onProgress((from + bytes) / (2 * all));
    faults.push(...(await verifyFile(paths[name], manifest, { name, signal, onProgress: progress })));
    before += manifest[name].bytes;
  }
  if (faults.length === 0) faults.push(...(await verifyVectors(npyPath, { signal })), ...(await verifyRows(npyPath, manifest, { signal })));
  return { rows: manifest.counts.rows, faults };
}

/** Bytes that are read between two looks at signals. */
const CHUNK_BYTES = 1 << 20;

/** Compares a file's length and hash with its stamp; where they differ, finds the groups of rows that do. */
async function verifyFile(
  path: string,
  manifest: Manifest,
  { name, signal, onProgress }: { name: 'vectors' | 'rows'; signal: AbortSignal; onProgress: (bytes: number) => void },
): Promise<Fault[]> {
  let descriptor: number | undefined;
  try {
    descriptor = openRegularFile(path);
  } catch (error) {
    return [
      {
        file: path,
        why: (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'is missing' : `cannot be read: ${(error as Error).message}`,
      },
    ];
  }
  if (descriptor === undefined) return [{ file: path, why: 'is not a regular file' }];
  try {
    const stamp = manifest[name];
    const { size } = fstatSync(descriptor);
    if (size !== stamp.bytes) return [{ file: path, why: `has ${size} bytes, not ${stamp.bytes}` }];
    const hash = createHash('sha256');
    const groups = groupsOf(manifest, name);
    const damaged: number[] = [];
    const chunk = Buffer.alloc(CHUNK_BYTES);
    for (let group = -1, at = 0; at < size; group++) {
      // before the first group is the header of a .npy
      const end = group + 1 < groups.length ? groups[group + 1]! : size;
      let checksum = 0;
      while (at < end) {
        const bytes = chunk.subarray(0, readSync(descriptor, chunk, 0, Math.min(chunk.length, end - at), at));
        if (bytes.length === 0) return [{ file: path, why: 'became shorter while it was read' }];
        hash.update(bytes);
        checksum = crc32(bytes, checksum);
        at += bytes.length;
        onProgress(at);
        await yieldToEvents(signal);
      }
      if (group >= 0 && manifest.checksums && checksum !== manifest.checksums[name][group]) damaged.push(group);
    }
    if (`sha256:${hash.digest('hex')}` === stamp.hash) return [];
    const ranges = rangesOf(damaged, manifest.counts.rows);
    return ranges.length === 0
      ? [{ file: path, why: 'is not what embed has written' }]
      : ranges.map((rows) => ({ file: path, why: 'is not what embed has written', rows }));
  } finally {
    closeSync(descriptor);
  }
}

/** Offsets in a file at which its groups of 256 rows begin. */
function groupsOf({ counts, dims, rowOffsets }: Manifest, name: 'vectors' | 'rows'): readonly number[] {
  if (name === 'rows') return rowOffsets;
  const groups = Math.ceil(counts.rows / ROWS_PER_OFFSET);
  return Array.from({ length: groups }, (_, group) => NPY_HEADER_BYTES + group * ROWS_PER_OFFSET * dims * 4);
}

/** Neighbouring groups as ranges of rows. */
function rangesOf(groups: readonly number[], rows: number): { first: number; last: number }[] {
  const ranges: { first: number; last: number }[] = [];
  for (const group of groups) {
    const first = group * ROWS_PER_OFFSET;
    const last = Math.min(first + ROWS_PER_OFFSET, rows) - 1;
    const open = ranges.at(-1);
    if (open?.last === first - 1) open.last = last;
    else ranges.push({ first, last });
  }
  return ranges;
}

/** Looks for vectors that nothing can be compared with. */
async function verifyVectors(npyPath: string, { signal }: { signal: AbortSignal }): Promise<Fault[]> {
  const vectors = openNpy(npyPath);
  try {
    const group = new Float32Array(ROWS_PER_OFFSET * vectors.cols);
    for (let first = 0; first < vectors.rows; first += ROWS_PER_OFFSET) {
      const count = vectors.read(first, group);
      const bad = group.subarray(0, count * vectors.cols).findIndex((value) => !Number.isFinite(value));
      const row = first + Math.floor(bad / vectors.cols);
      if (bad >= 0) return [{ file: npyPath, why: 'holds NaN or infinity', rows: { first: row, last: row } }];
      await yieldToEvents(signal);
    }
    return [];
  } finally {
    vectors.close();
  }
}

/** Reads every row. */
async function verifyRows(npyPath: string, { counts, rowOffsets }: Manifest, { signal }: { signal: AbortSignal }): Promise<Fault[]> {
  const path = setPaths(npyPath).rows;
  const file = openRows(path, { rows: counts.rows, rowOffsets, checksums: undefined });
  try {
    let rows = 0;
    for (const _ of file.scan()) if (++rows % ROWS_PER_OFFSET === 0) await yieldToEvents(signal);
    return rows === counts.rows ? [] : [{ file: path, why: `has ${rows} rows, not ${counts.rows}` }];
  } catch (error) {
    if (!(error instanceof EmbedError) || signal.aborted) throw error;
    return [{ file: path, why: `cannot be read: ${error.message}` }];
  } finally {
    file.close();
  }
}
