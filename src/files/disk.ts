import { createHash } from 'node:crypto';
import { closeSync, createReadStream, fstatSync, openSync, readSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';

/** Whether `name` is a folder; one of that name stands before packaged and published models. */
export function isFolder(name: string): boolean {
  return statSync(name, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** "sha256:…" of a whole file. */
export async function hashFile(path: string, signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20, ...(signal ? { signal } : {}) })) hash.update(chunk as Buffer);
  return `sha256:${hash.digest('hex')}`;
}

/**
 * "sha256:…" of a file's length and of up to 64 pieces of it, evenly spread: enough to tell one set's file from another's, in
 * a millisecond whatever its length.
 *
 * @param from bytes at the beginning that are passed over
 */
export function probeFile(path: string, { from: start = 0 }: { from?: number } = {}): string {
  const descriptor = openSync(path, 'r');
  try {
    const size = fstatSync(descriptor).size - start;
    const hash = createHash('sha256').update(`${size}\n`);
    const piece = Buffer.alloc(PROBE_BYTES);
    const pieces = Math.min(PROBE_PIECES, Math.ceil(size / PROBE_BYTES));
    for (let at = 0; at < pieces; at++) {
      const from = pieces < PROBE_PIECES ? at * PROBE_BYTES : Math.floor(((size - PROBE_BYTES) * at) / (PROBE_PIECES - 1));
      hash.update(piece.subarray(0, readSync(descriptor, piece, 0, PROBE_BYTES, start + from)));
    }
    return `sha256:${hash.digest('hex')}`;
  } finally {
    closeSync(descriptor);
  }
}
const PROBE_BYTES = 4096;
const PROBE_PIECES = 64;

/** Writes a small file under another name first: whoever reads meanwhile sees the old one or the new one. */
export function replaceFile(path: string, content: string): void {
  const part = `${path}.${process.pid}.part`;
  writeFileSync(part, content);
  renameSync(part, path);
}

/** Removes a file or folder when the process ends, however it ends short of a kill. Returns what calls that off. */
export function removeAtExit(path: string): () => void {
  if (unfinished.size === 0) process.once('exit', removeUnfinished);
  unfinished.add(path);
  return () => {
    unfinished.delete(path);
    if (unfinished.size === 0) process.off('exit', removeUnfinished);
  };
}
const unfinished = new Set<string>();

function removeUnfinished(): void {
  for (const path of unfinished) rmSync(path, { recursive: true, force: true });
}

/** Whether there is a process of this number. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // it lives, but is somebody else's
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
