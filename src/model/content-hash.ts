import { createHash } from 'node:crypto';
import { closeSync, openSync, readFileSync, readSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { cacheFolder } from './user-cache.ts';

/** Hashes of longer files are remembered: half a GB takes half a second. */
const REMEMBERED_FROM_BYTES = 8 << 20;
const CHUNK_BYTES = 4 << 20;

/**
 * sha256 of a file, in hex. That of a large file is remembered in the user's cache by its path, length, inode and times, as version
 * control does it, so that it is read once and not with every run.
 */
export function contentHash(path: string): string {
  const { size, mtimeNs, ctimeNs, ino } = statSync(path, { bigint: true });
  if (size < REMEMBERED_FROM_BYTES) return hashOf(path);
  const key = createHash('sha256')
    .update([resolve(path), size, mtimeNs, ctimeNs, ino].join('\0'))
    .digest('hex');
  let remembered: string | undefined;
  try {
    remembered = join(cacheFolder('hashes'), key);
    const hash = readFileSync(remembered, 'latin1');
    if (/^[0-9a-f]{64}$/.test(hash)) return hash;
  } catch {
    // not seen yet, or nothing can be kept
  }
  const hash = hashOf(path);
  try {
    if (remembered !== undefined) replaceFile(remembered, hash);
  } catch {
    // it is computed again the next time
  }
  return hash;
}

function replaceFile(path: string, content: string): void {
  const part = `${path}.${process.pid}`;
  writeFileSync(part, content);
  renameSync(part, path);
}

function hashOf(path: string): string {
  const hash = createHash('sha256');
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  const descriptor = openSync(path, 'r');
  try {
    for (let count; (count = readSync(descriptor, chunk, 0, CHUNK_BYTES, null)) > 0;) hash.update(chunk.subarray(0, count));
  } finally {
    closeSync(descriptor);
  }
  return hash.digest('hex');
}
