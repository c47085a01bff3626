import { createHash, randomBytes } from 'node:crypto';
import { closeSync, fstatSync, futimesSync, lstatSync, mkdirSync, openSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { EmbedError } from '../errors.ts';
import { isOurs, othersCanWrite } from '../files/disk.ts';
import { createPart, publish } from '../files/part-file.ts';
import { readFully } from '../files/read-fully.ts';
import { fits, literal, object, whole, type Schema } from '../schema.ts';
import { KEY_WORDS, textIndex, type TextKey } from './text-index.ts';

/**
 * Vectors by the text that they were made from, in a folder that all runs share. There is a folder for each model with its options and
 * its runtime. In it, each run leaves one file, which is never changed: a header, vectors, and an entry per vector with the key of its text
 * and a checksum. So two runs cannot disturb each other, whatever they do at the same time.
 */
export type VectorCache = {
  /** Fills `into` with the vector of a text. Returns false where the cache does not have it; `into` then holds anything. */
  find(key: TextKey, into: Float32Array): boolean;
  /** Keeps a vector for later runs. */
  add(key: TextKey, vector: Float32Array): void;
  /** Writes what was added, and deletes the files that were not used for the longest time, down to `maxBytes`. */
  close(): void;
};

const HEADER_BYTES = 128;
const ENTRY_BYTES = KEY_WORDS * 4 + 4;

type Header = { format: 'embed-cache 1'; dims: number; count: number };
const HEADER: Schema<Header> = object({ format: literal('embed-cache 1'), dims: whole(1), count: whole() });

/** A run leaves a file whenever it has this much. */
const FILE_BYTES = 64 << 20;

/** Vectors that are read at once. */
const MAX_READ_ROWS = 64;

/** Files smaller than this are joined when there are so many of them. */
const SMALL_BYTES = 4 << 20;
const MAX_SMALL_FILES = 32;

type CacheFile = { path: string; descriptor: number; first: number; count: number; checksums: Uint32Array; used: boolean };

/**
 * Opens the cache in `folder`, and makes it if there is none.
 *
 * @param model identifies the model, its options and its runtime
 * @throws EmbedError where the folder cannot be used, or others may write to it
 */
export function openVectorCache(folder: string, { model, dims, maxBytes }: { model: string; dims: number; maxBytes: number }): VectorCache {
  openFolder(folder);
  const own = join(folder, createHash('sha256').update(model).digest('hex').slice(0, 32));
  openFolder(own);
  const vectorBytes = dims * 4;
  const index = textIndex(0);
  const files: CacheFile[] = [];
  const small: { path: string; keys: Uint32Array; file: CacheFile }[] = [];
  let first = 0;
  for (const name of readdirSync(own).toSorted()) {
    if (!name.endsWith(SUFFIX)) continue;
    const read = readEntries(join(own, name), { dims, first });
    if (!read) continue;
    const { file, keys } = read;
    files.push(file);
    for (let at = 0; at < file.count; at++) index.add(keys.subarray(at * KEY_WORDS, (at + 1) * KEY_WORDS), first + at);
    if (file.count * (vectorBytes + ENTRY_BYTES) < SMALL_BYTES) small.push({ path: file.path, keys, file });
    first += file.count;
  }
  // texts come mostly in the order of the run that kept their vectors: then many are read at once
  const held = { bytes: new Uint8Array(MAX_READ_ROWS * vectorBytes), first: 0, count: 0 };
  let last = -1;
  const bytesAt = (row: number, file: CacheFile): Uint8Array => {
    if (row < held.first || row >= held.first + held.count) {
      const isNext = row > last && row - last <= MAX_READ_ROWS;
      const count = isNext ? Math.min(MAX_READ_ROWS, file.first + file.count - row) : 1;
      held.count = 0;
      const position = HEADER_BYTES + (row - file.first) * vectorBytes;
      readFully(file.descriptor, held.bytes.subarray(0, count * vectorBytes), { position, path: file.path });
      Object.assign(held, { first: row, count });
    }
    last = row;
    return held.bytes.subarray((row - held.first) * vectorBytes, (row - held.first + 1) * vectorBytes);
  };
  const vectorAt = (row: number, key: TextKey, into: Float32Array): boolean => {
    const file = files.findLast((one) => one.first <= row)!;
    const bytes = bytesAt(row, file);
    // one that does not hold is made again
    if (checksumOf(key, bytes) !== file.checksums[row - file.first]) return false;
    new Uint8Array(into.buffer, into.byteOffset, vectorBytes).set(bytes);
    file.used = true;
    return true;
  };
  const added = textIndex(0);
  let pending: { key: TextKey; vector: Float32Array }[] = [];
  const write = (): void => {
    if (pending.length > 0) writeFile(own, { dims, entries: pending });
    pending = [];
  };
  return {
    find(key, into) {
      const row = index.find(key);
      return row >= 0 && vectorAt(row, key, into);
    },
    add(key, vector) {
      if (added.find(key) >= 0) return;
      added.add(key, added.size());
      pending.push({ key, vector: vector.slice() });
      if (pending.length * vectorBytes >= FILE_BYTES) write();
    },
    close() {
      const join = small.length >= MAX_SMALL_FILES;
      if (join) {
        const vector = new Float32Array(dims);
        for (const { keys, file } of small) {
          for (let at = 0; at < file.count; at++) {
            const key = keys.slice(at * KEY_WORDS, (at + 1) * KEY_WORDS);
            if (vectorAt(file.first + at, key, vector)) pending.push({ key, vector: vector.slice() });
          }
        }
      }
      write();
      const now = new Date();
      for (const { descriptor, used } of files) {
        // the time of a file says when it was last of use
        if (used) futimesSync(descriptor, now, now);
        closeSync(descriptor);
      }
      if (join) for (const { path } of small) rmSync(path, { force: true });
      prune(folder, maxBytes);
    },
  };
}

const SUFFIX = '.vectors';

function openFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const stats = statSync(folder);
    if (stats.isDirectory() && isOurs(stats) && !othersCanWrite(stats)) return;
  } catch (cause) {
    throw new EmbedError(`Cannot keep vectors in ${folder}: ${(cause as Error).message}`, {
      hint: 'Name a folder that you may write to',
      cause,
    });
  }
  throw new EmbedError(`Cannot keep vectors in ${folder}: others may write to it, and could give you vectors of other texts`, {
    hint: `Name a folder of your own, or run chmod go-w ${folder}`,
  });
}

/** Opens a file of the cache. Returns undefined for one that does not hold, or that another run has just deleted. */
function readEntries(path: string, { dims, first }: { dims: number; first: number }): { file: CacheFile; keys: Uint32Array } | undefined {
  let descriptor: number | undefined;
  try {
    if (!lstatSync(path).isFile()) return undefined;
    descriptor = openSync(path, 'r');
    const head = Buffer.alloc(HEADER_BYTES);
    readFully(descriptor, head, { position: 0, path });
    const header: unknown = JSON.parse(head.toString('utf8'));
    if (!fits(HEADER, header) || header.dims !== dims) throw new Error('it is of another model');
    const { count } = header;
    if (fstatSync(descriptor).size !== HEADER_BYTES + count * (dims * 4 + ENTRY_BYTES)) throw new Error('it is cut short');
    const entries = new Uint32Array((count * ENTRY_BYTES) / 4);
    readFully(descriptor, new Uint8Array(entries.buffer), { position: HEADER_BYTES + count * dims * 4, path });
    const keys = entries.subarray(0, count * KEY_WORDS);
    return { file: { path, descriptor, first, count, checksums: entries.subarray(count * KEY_WORDS), used: false }, keys };
  } catch {
    if (descriptor !== undefined) closeSync(descriptor);
    return undefined;
  }
}

function writeFile(folder: string, { dims, entries }: { dims: number; entries: readonly { key: TextKey; vector: Float32Array }[] }): void {
  const target = join(folder, `${Date.now().toString(36)}-${process.pid}-${randomBytes(4).toString('hex')}${SUFFIX}`);
  const part = createPart(target);
  try {
    const header: Header = { format: 'embed-cache 1', dims, count: entries.length };
    part.write(Buffer.from(JSON.stringify(header).padEnd(HEADER_BYTES)), 0);
    const table = new Uint32Array((entries.length * ENTRY_BYTES) / 4);
    entries.forEach(({ key, vector }, at) => {
      const bytes = new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength);
      part.write(bytes, HEADER_BYTES + at * dims * 4);
      table.set(key, at * KEY_WORDS);
      table[entries.length * KEY_WORDS + at] = checksumOf(key, bytes);
    });
    part.write(new Uint8Array(table.buffer), HEADER_BYTES + entries.length * dims * 4);
    part.sync();
    publish(part, target, { replace: false });
  } finally {
    part.close();
    rmSync(part.path, { force: true });
  }
}

/** CRC-32 of a key and its vector: a vector beside the key of another text does not hold. */
function checksumOf(key: TextKey, vector: Uint8Array): number {
  return crc32(vector, crc32(new Uint8Array(key.buffer, key.byteOffset, key.byteLength)));
}

/** Deletes the files of all models that were not used for the longest time, until the others take at most `maxBytes`. */
function prune(folder: string, maxBytes: number): void {
  const files = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && /^[0-9a-f]{32}$/.test(entry.name))
    .flatMap((entry) => readdirSync(join(folder, entry.name)).map((name) => join(folder, entry.name, name)))
    .filter((path) => path.endsWith(SUFFIX))
    .flatMap((path) => {
      const stats = lstatSync(path, { throwIfNoEntry: false });
      return stats?.isFile() ? [{ path, bytes: stats.size, time: stats.mtimeMs }] : [];
    })
    .toSorted((a, b) => b.time - a.time || (a.path < b.path ? -1 : 1));
  let bytes = 0;
  for (const file of files) {
    bytes += file.bytes;
    if (bytes > maxBytes) rmSync(file.path, { force: true });
  }
}
