import { existsSync, fstatSync, lstatSync, readlinkSync, realpathSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { EmbedError } from '../errors.ts';
import { removeAtExit } from './disk.ts';
import { openPartFile } from './part-file.ts';

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
  const part = openPartFile(`${target}.${process.pid}.part`, 'w');
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
    part.close();
    end();
    forget();
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
      close(() => renameSync(part.path, target));
    },
    abandon: () => close(() => rmSync(part.path, { force: true })),
  };
}

/** Refuses a path that is not a regular file, and one that exists unless `overwrite` is set. */
export function assertWritable(path: string, { overwrite }: { overwrite: boolean }): void {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats && !stats.isFile()) {
    throw new EmbedError(`Cannot write ${path}: it is ${stats.isDirectory() ? 'a folder' : 'not a regular file'}`, {
      hint: 'Name a file, or write to standard output with -o - and redirect it',
    });
  }
  if (!stats && !existsSync(dirname(path))) {
    throw new EmbedError(`Cannot write ${path}: there is no folder ${dirname(path)}`, {
      hint: 'Choose a folder that exists and that you may write to',
    });
  }
  if (!overwrite && stats) {
    throw new EmbedError(`Cannot write ${path}: a file of that name exists`, { hint: 'Name another file, or add --overwrite' });
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

/** How many links are followed in a row; Linux has the same limit. */
const MAX_LINKS = 40;

/** The file that is written for `path`. A link stays a link, even when its target does not exist yet. */
function targetOf(path: string): string {
  let file = path;
  for (let links = 0; links < MAX_LINKS && lstatSync(file, { throwIfNoEntry: false })?.isSymbolicLink() === true; links++) {
    file = resolve(dirname(file), readlinkSync(file));
  }
  const folder = dirname(file);
  return existsSync(folder) ? join(realpathSync(folder), basename(file)) : file;
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
