import { createHash } from 'node:crypto';
import { closeSync, readSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { crc32 } from 'node:zlib';
import { replaceFile } from './disk.ts';
import { takeRegularFile, readRegularFile } from './regular-file.ts';
import { cacheFolder } from './user-cache.ts';

/** Results for files of at least this size are remembered: hashing half a GB takes half a second. */
const REMEMBERED_FROM_BYTES = 8 << 20;
const CHUNK_BYTES = 4 << 20;

/** The largest result in the cache. */
const MAX_RESULT_BYTES = 1 << 16;

/** sha256 of a file, in hex. */
export function contentHash(path: string): string {
  return remembered('sha256', path, { find: hashOf, form: /^[0-9a-f]{64}$/ });
}

/**
 * The result of `find` for a file. For a large file the result is kept in the user's cache, under its path, length, inode and
 * times, as version control does it: so the file is read once, not in every run.
 *
 * @param what names the result within the cache
 * @param form pattern of a valid result; a cached one that does not match is computed again
 */
export function remembered(what: string, path: string, { find, form }: { find: (path: string) => string; form: RegExp }): string {
  const { size, mtimeNs, ctimeNs, ino } = statSync(path, { bigint: true });
  if (size < REMEMBERED_FROM_BYTES) return find(path);
  const key = createHash('sha256')
    .update([what, resolve(path), size, mtimeNs, ctimeNs, ino].join('\0'))
    .digest('hex');
  let place: string | undefined;
  try {
    place = join(cacheFolder('hashes'), key);
    const found = readRegularFile(place, { maxBytes: MAX_RESULT_BYTES }).toString('utf8');
    if (form.test(found)) return found;
  } catch {
    // the file was not seen before, or there is no cache
  }
  const found = find(path);
  try {
    if (place !== undefined) replaceFile(place, found);
  } catch {
    // the next run computes it again
  }
  return found;
}

function hashOf(path: string): string {
  const hash = createHash('sha256');
  eachChunk(path, (chunk) => hash.update(chunk));
  return hash.digest('hex');
}

/**
 * A checksum of a file, in hex, and its length. It finds damage, not forgery, and reads 1.8 times as fast as a hash: 2.6 GB/s against 1.5
 * (measured on one core, in memory).
 */
export function checksumOf(path: string): string {
  let sum = 0;
  let bytes = 0;
  eachChunk(path, (chunk) => {
    sum = crc32(chunk, sum);
    bytes += chunk.length;
  });
  return `${bytes}:${sum.toString(16).padStart(8, '0')}`;
}

function eachChunk(path: string, use: (chunk: Buffer) => void): void {
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  const descriptor = takeRegularFile(path);
  try {
    for (let count; (count = readSync(descriptor, chunk, 0, CHUNK_BYTES, null)) > 0;) use(chunk.subarray(0, count));
  } finally {
    closeSync(descriptor);
  }
}
