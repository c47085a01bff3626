import { accessSync, constants, existsSync, fstatSync, lstatSync, readlinkSync, realpathSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { EmbedError } from '../errors.ts';
import { removeAtExit } from './disk.ts';
import { createPart, publish } from './part-file.ts';

/** A file that a command writes. It gets its name when it is complete; a run that ends before that leaves nothing behind. */
export type OutputFile = {
  path: string;
  /** Keeps the bytes for a while: the caller must not change them until the file is finished. */
  write(bytes: Uint8Array): void;
  finish(): void;
  /** Deletes the file if it is unfinished. */
  abandon(): void;
};

/** Bytes collected before they are written. */
const WRITE_BYTES = 1 << 18;

/**
 * Opens a file for writing.
 *
 * @throws EmbedError where a file of that name exists, unless `overwrite` is set
 */
export function openOutputFile(path: string, { overwrite }: { overwrite: boolean }): OutputFile {
  assertWritable(path, { overwrite });
  const target = targetOf(path);
  const part = createPart(target);
  const forget = removeAtExit(part.path);
  let at = 0;
  let open = true;
  let pending: Uint8Array[] = [];
  let pendingBytes = 0;
  const flush = (): void => {
    const bytes = Buffer.concat(pending, pendingBytes);
    part.write(bytes, at);
    at += pendingBytes;
    pending = [];
    pendingBytes = 0;
  };
  const close = (end: () => void): void => {
    if (!open) return;
    open = false;
    try {
      end();
    } finally {
      part.close();
      rmSync(part.path, { force: true });
      forget();
    }
  };
  return {
    path,
    write(bytes) {
      // a copy, so that a small piece does not keep a large chunk in memory
      pending.push(bytes.buffer.byteLength > 2 * bytes.length ? Buffer.from(bytes) : bytes);
      pendingBytes += bytes.length;
      if (pendingBytes >= WRITE_BYTES) flush();
    },
    finish() {
      if (open) flush();
      // two runs that write one file both found that it did not exist: only one may have it
      close(() => publish(part, target, { replace: overwrite }));
    },
    abandon: () => close(() => {}),
  };
}

/** Refuses a path that is not a regular file, and one that exists unless `overwrite` is set. */
export function assertWritable(path: string, { overwrite }: { overwrite: boolean }): void {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (!stats && lstatSync(path, { throwIfNoEntry: false })) {
    throw new EmbedError(`Cannot write ${path}: it is a link to ${readlinkSync(path)}, which does not exist`, {
      hint: 'Name the file itself, or delete the link',
    });
  }
  if (stats && !stats.isFile()) {
    throw new EmbedError(`Cannot write ${path}: it is ${stats.isDirectory() ? 'a folder' : 'not a regular file'}`, {
      hint: 'Name a file, or write to standard output with -o - and redirect it',
    });
  }
  assertFolder(path);
  assertMayWrite(path);
  if (!overwrite && stats) {
    throw new EmbedError(`Cannot write ${path}: a file of that name exists`, { hint: 'Name another file, or add --overwrite' });
  }
}

/** Refuses a path in a folder that does not exist. */
export function assertFolder(path: string): void {
  if (existsSync(dirname(path))) return;
  throw new EmbedError(`Cannot write ${path}: there is no folder ${dirname(path)}`, {
    hint: 'Choose a folder that exists and that you may write to',
  });
}

/** Refuses a path in a folder that may not be written to: files are written under another name first. */
export function assertMayWrite(path: string): void {
  const folder = dirname(targetOf(path));
  try {
    accessSync(folder, constants.W_OK);
  } catch (cause) {
    throw new EmbedError(`Cannot write ${path}: you cannot write to the folder ${dirname(path)}`, {
      hint: 'Choose a folder that exists and that you may write to',
      cause,
    });
  }
}

/** Refuses to write over a file that is read. */
export function assertNotRead(written: readonly string[], read: readonly string[]): void {
  const files = new Set(read.map(fileKeyOf));
  const path = written.find((one) => files.has(fileKeyOf(one)));
  if (path !== undefined) throw new EmbedError(`Cannot write ${path}: the command reads this file`, { hint: 'Name another file' });
}

/** Refuses two outputs that are the same file. */
export function assertDistinct(paths: readonly string[], flags: string): void {
  const targets = paths.map((path) => resolve(targetOf(path)));
  const twice = paths.find((_, at) => targets.indexOf(targets[at]!) < at);
  if (twice !== undefined) throw new EmbedError(`Cannot write ${twice} twice`, { hint: `Name different files with ${flags}` });
}

/** The file that is written for `path`. With --overwrite, what a link leads to is replaced, and the link stays a link. */
function targetOf(path: string): string {
  if (existsSync(path)) return realpathSync(path);
  const folder = dirname(path);
  return existsSync(folder) ? join(realpathSync(folder), basename(path)) : path;
}

/** Whether two paths name the same file. */
export function sameFile(one: string, other: string): boolean {
  return fileKeyOf(one) === fileKeyOf(other);
}

/** A key that is equal for all names of the same file; "-" is the file behind standard input. */
function fileKeyOf(path: string): string {
  const stats = path === '-' ? fstatSync(0) : statSync(path, { throwIfNoEntry: false });
  return stats ? `${stats.dev}:${stats.ino}` : resolve(path);
}
