import { createHash, randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  createReadStream,
  fstatSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  type Stats,
} from 'node:fs';

/** Whether `name` is a folder. As a model, a folder takes precedence over a packaged or published model of the same name. */
export function isFolder(name: string): boolean {
  return statSync(name, { throwIfNoEntry: false })?.isDirectory() === true;
}

/**
 * Opens a file for reading. A pipe or a device is not waited for.
 *
 * @returns its descriptor; undefined where it is no regular file
 * @throws the system's error where there is no such file
 */
export function openRegularFile(path: string): number | undefined {
  const descriptor = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  if (fstatSync(descriptor).isFile()) return descriptor;
  closeSync(descriptor);
  return undefined;
}

/** The hash of a whole file: "sha256:…". */
export async function hashFile(path: string, signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20, ...(signal ? { signal } : {}) })) hash.update(chunk as Buffer);
  return `sha256:${hash.digest('hex')}`;
}

/**
 * The hash of a file's length and of up to 64 evenly spread pieces of 4,096 bytes: "sha256:…". It tells the files of two sets
 * apart, and takes a millisecond whatever their length.
 */
export function probeFile(path: string): string {
  const descriptor = openSync(path, 'r');
  try {
    return probeOpenFile(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/**
 * `probeFile` of an open file.
 *
 * @param from number of bytes at the beginning that are skipped
 */
export function probeOpenFile(descriptor: number, { from: start = 0 }: { from?: number } = {}): string {
  const size = fstatSync(descriptor).size - start;
  const hash = createHash('sha256').update(`${size}\n`);
  const piece = Buffer.alloc(PROBE_BYTES);
  const pieces = Math.min(PROBE_PIECES, Math.ceil(size / PROBE_BYTES));
  for (let at = 0; at < pieces; at++) {
    const from = pieces < PROBE_PIECES ? at * PROBE_BYTES : Math.floor(((size - PROBE_BYTES) * at) / (PROBE_PIECES - 1));
    hash.update(piece.subarray(0, readSync(descriptor, piece, 0, PROBE_BYTES, start + from)));
  }
  return `sha256:${hash.digest('hex')}`;
}
const PROBE_BYTES = 4096;
const PROBE_PIECES = 64;

/** Writes a small file under a temporary name, then renames it, so that readers see either the old file or the new one. */
export function replaceFile(path: string, content: string): void {
  const part = `${path}.${process.pid}-${randomBytes(8).toString('hex')}.part`;
  // 'wx' follows no link
  writeFileSync(part, content, { flag: 'wx' });
  renameSync(part, path);
}

/** Whether a file belongs to the user who runs this process. Systems without user ids have no other answer. */
export function isOurs({ uid }: Pick<Stats, 'uid'>): boolean {
  return process.getuid === undefined || uid === process.getuid();
}

/** Removes a file or folder when the process ends, unless it is killed. Returns a function that cancels the removal. */
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

/** Whether others than its owner can write to a file or a folder. Windows has no such modes: there, a user's folders are the user's. */
export function othersCanWrite({ mode }: Pick<Stats, 'mode'>): boolean {
  return process.platform !== 'win32' && (mode & 0o022) !== 0;
}

/** Whether a process with this id exists. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // the process exists, but belongs to another user
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
