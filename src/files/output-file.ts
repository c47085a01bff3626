import { existsSync, fstatSync, lstatSync, readlinkSync, realpathSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { CliError } from '../errors.ts';
import { removeAtExit } from './disk.ts';
import { openPartFile } from './part-file.ts';

/** A file that a command writes. It gets its name when it is whole; a run that ends before leaves nothing behind. */
export type OutputFile = {
  path: string;
  /** Takes the bytes over: they are not to be changed until the file is finished. */
  write(bytes: Uint8Array): void;
  finish(): void;
  /** Takes an unfinished file away; does nothing to a finished one. */
  abandon(): void;
};

/** Bytes that are written at once. */
const WRITE_BYTES = 1 << 18;

/** Opens a file for writing. Throws a CliError where one of that name exists, unless it may be replaced. */
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
      // a small piece must not keep the large chunk that it is cut from
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

/** Refuses what is no file, and what would be replaced without `overwrite`. */
export function assertWritable(path: string, { overwrite }: { overwrite: boolean }): void {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats && !stats.isFile()) {
    throw new CliError(`Cannot write ${path}: it is ${stats.isDirectory() ? 'a folder' : 'no regular file'}`, {
      hint: 'Name a file, or pipe standard output there with -o -',
    });
  }
  if (!stats && !existsSync(dirname(path))) {
    throw new CliError(`Cannot write ${path}: there is no folder ${dirname(path)}`, {
      hint: 'Choose a folder that exists and that you may write to',
    });
  }
  if (!overwrite && stats) {
    throw new CliError(`Cannot write ${path}: a file of that name exists`, { hint: 'Name another file, or say --overwrite' });
  }
}

/** Refuses to write what is read. */
export function assertNotRead(written: readonly string[], read: readonly string[]): void {
  const files = new Set(read.map(fileKeyOf));
  const path = written.find((one) => files.has(fileKeyOf(one)));
  if (path !== undefined) throw new CliError(`Cannot write ${path}: it is one of the files that are read`, { hint: 'Name another file' });
}

/** Refuses two outputs of one name. */
export function assertDistinct(paths: readonly string[], flags: string): void {
  const targets = paths.map((path) => resolve(targetOf(path)));
  const twice = paths.find((_, at) => targets.indexOf(targets[at]!) < at);
  if (twice !== undefined) throw new CliError(`Cannot write ${twice} twice`, { hint: `Name different files with ${flags}` });
}

/** Links that lead from one to the next; as many as Linux follows. */
const MAX_LINKS = 40;

/** What is written to: a link stays a link, also where it leads to a file that is not there yet. */
function targetOf(path: string): string {
  let file = path;
  for (let links = 0; links < MAX_LINKS && lstatSync(file, { throwIfNoEntry: false })?.isSymbolicLink() === true; links++) {
    file = resolve(dirname(file), readlinkSync(file));
  }
  const folder = dirname(file);
  return existsSync(folder) ? join(realpathSync(folder), basename(file)) : file;
}

/** Whether two paths lead to one file. */
export function sameFile(one: string, other: string): boolean {
  return fileKeyOf(one) === fileKeyOf(other);
}

/** What all names of one file have in common; "-" is the file that standard input comes from. */
function fileKeyOf(path: string): string {
  const stats = path === '-' ? fstatSync(0) : statSync(path, { throwIfNoEntry: false });
  return stats ? `${stats.dev}:${stats.ino}` : resolve(path);
}
