import { createHash, randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  existsSync,
  fchmodSync,
  fstatSync,
  fsyncSync,
  linkSync,
  lstatSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { EmbedError } from '../errors.ts';
import { isOurs, isRunning } from './disk.ts';
import { ourselves } from './holder.ts';
import { writeError, writing } from './write-error.ts';

/** A file that is written under a temporary name. Errors name the file that it will become. */
export type PartFile = {
  path: string;
  descriptor: number;
  /** Writes all of `bytes` at `position`. */
  write(bytes: Uint8Array, position: number): void;
  /** Waits until everything is on the disk. */
  sync(): void;
  close(): void;
};

// Windows has no such flag, and its links need a right that few users have
const NO_FOLLOW = constants.O_NOFOLLOW ?? 0;

/** Only its owner may read a file that is not finished. */
const PRIVATE = 0o600;

/**
 * Creates a file. What stands at its path already, a file or a link, is neither followed nor changed.
 *
 * @param becomes the name of the file in errors
 * @throws EmbedError where something has that name, and where the folder is missing or cannot be written to
 */
export function createFile(path: string, { becomes = path }: { becomes?: string } = {}): PartFile {
  return open(path, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | NO_FOLLOW, becomes);
}

/**
 * Opens a file that an earlier run has left unfinished. A link, and a file with a second name or of another user, is not opened.
 *
 * @throws EmbedError that says what stands there
 */
export function reopenFile(path: string, { becomes }: { becomes: string }): PartFile {
  const file = open(path, constants.O_RDWR | NO_FOLLOW, becomes);
  const stats = fstatSync(file.descriptor);
  if (stats.isFile() && stats.nlink === 1 && isOurs(stats)) return file;
  file.close();
  throw new EmbedError(`Cannot write ${becomes}: ${path} is not a file that embed has left there`, {
    hint: `Look where it came from, and delete ${path}`,
  });
}

/** Creates a file beside `target` under a name that nobody can foresee. Those that killed runs have left for `target` are removed. */
export function createPart(target: string): PartFile {
  const folder = dirname(target);
  removeLeftParts(target);
  const name = `.${basename(target)}.${process.pid}-${machineTag()}-${randomBytes(8).toString('hex')}.part`;
  return createFile(join(folder, name), { becomes: target });
}

/**
 * Gives a finished file its name.
 *
 * @param replace whether it may replace a file of that name. If not, two runs that began at the same time cannot both have it.
 * @throws EmbedError where a file of that name has appeared in the meantime
 */
export function publish(part: Pick<PartFile, 'path' | 'descriptor'>, target: string, { replace }: { replace: boolean }): void {
  writing(target, () => {
    fchmodSync(part.descriptor, modeOf(target));
    if (!replace && linked(part.path, target)) return rmSync(part.path, { force: true });
    if (!replace && lstatSync(target, { throwIfNoEntry: false })) throw appeared(target);
    renameSync(part.path, target);
  });
}

/** Waits until the names in a folder are on the disk. */
export function syncFolder(folder: string): void {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(folder, 'r');
    fsyncSync(descriptor);
  } catch {
    // some systems cannot do this for folders, and need not
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

function open(path: string, flags: number, becomes: string): PartFile {
  let descriptor: number;
  try {
    descriptor = openSync(path, flags, PRIVATE);
  } catch (cause) {
    throw notOpened(cause as NodeJS.ErrnoException, { path, becomes });
  }
  let isOpen = true;
  return {
    path,
    descriptor,
    write: (bytes, position) =>
      writing(becomes, () => {
        for (let done = 0; done < bytes.length;) done += writeSync(descriptor, bytes, done, bytes.length - done, position + done);
      }),
    sync: () => writing(becomes, () => fsyncSync(descriptor)),
    close() {
      if (isOpen) closeSync(descriptor);
      isOpen = false;
    },
  };
}

function notOpened(cause: NodeJS.ErrnoException, { path, becomes }: { path: string; becomes: string }): unknown {
  if (cause.code === 'EEXIST' || cause.code === 'ELOOP' || cause.code === 'EISDIR') {
    return new EmbedError(`Cannot write ${becomes}: ${path} is in the way`, { hint: `Look where it came from, and delete ${path}`, cause });
  }
  return writeError(becomes, cause);
}

/** The permissions of a finished file: those of the file that it replaces, else what the user's mask leaves. */
function modeOf(target: string): number {
  const old = lstatSync(target, { throwIfNoEntry: false });
  return old?.isFile() ? old.mode & 0o777 : 0o666 & ~process.umask();
}

/** Gives a file a second name, if nothing has that name. Returns false where the file system has no links. */
function linked(path: string, target: string): boolean {
  try {
    linkSync(path, target);
    return true;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') throw appeared(target);
    return false;
  }
}

function appeared(target: string): EmbedError {
  return new EmbedError(`Cannot write ${target}: a file of that name has appeared since the command began`, {
    hint: 'Name another file, or add --overwrite',
  });
}

/** Parts of runs on other machines that share the folder: one as old as this is not written any more. */
const LEFT_AFTER_MS = 86_400_000;

function removeLeftParts(target: string): void {
  const folder = dirname(target);
  const part = new RegExp(`^\\.${escaped(basename(target))}\\.(\\d+)-([0-9a-f]{8})-[0-9a-f]{16}\\.part$`);
  if (!existsSync(folder)) return;
  for (const name of readdirSync(folder)) {
    const [, pid, tag] = part.exec(name) ?? [];
    if (pid === undefined || (tag === machineTag() && isRunning(Number(pid)))) continue;
    const path = join(folder, name);
    const stats = lstatSync(path, { throwIfNoEntry: false });
    if (!stats?.isFile() || !isOurs(stats)) continue;
    if (tag === machineTag() || Date.now() - stats.mtimeMs > LEFT_AFTER_MS) rmSync(path, { force: true });
  }
}

/** Tells process numbers of this machine from those of others. */
function machineTag(): string {
  const { host, boot, pids } = ourselves();
  return createHash('sha256').update([host, boot, pids].join('\0')).digest('hex').slice(0, 8);
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}
