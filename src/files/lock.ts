import { randomBytes } from 'node:crypto';
import { closeSync, linkSync, lstatSync, openSync, readdirSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { removeAtExit } from './disk.ts';
import { isHolder, isOnThisMachine, isStillRunning, ourselves, type Holder } from './holder.ts';
import { createFile } from './part-file.ts';

/**
 * A lock on a folder: the file `lock.N` with the highest number names the process that holds it. A lock whose holder is gone is
 * outnumbered, never removed by others, so that two runs that find it at the same time cannot both take it. A lock file gets its name
 * and its content in one step (link), which file systems in a network do as well.
 */
export type Lock = {
  /** Whether no other run has taken the lock in the meantime, as may happen where this one was suspended for minutes. */
  isHeld(): boolean;
  release(): void;
};

/** A holder on another machine is not seen. It renews its lock this often, and is gone if it has not done so for the time of a lease. */
const RENEW_MS = 15_000;
const LEASE_MS = 120_000;

/**
 * Takes the lock of a folder, or returns who holds it; undefined if that is not known.
 *
 * @throws the system's error where the folder cannot be read or written
 */
export function takeLock(folder: string): { lock: Lock } | { holder: Holder | undefined } {
  for (;;) {
    const newest = newestLock(folder);
    if (newest && isAlive(newest, folder)) return { holder: newest.holder };
    const own = newest ? newest.number + 1 : 1;
    // if another run was faster, look again
    if (!placeLock(folder, own)) continue;
    const lock = openLock(folder, own);
    // between the look and the lock, others may have come and gone, and one may have come that numbers from 1 again
    const other = locksIn(folder).find((one) => one.number !== own && isAlive(one, folder));
    if (!other) return { lock };
    lock.release();
    return { holder: other.holder };
  }
}

function openLock(folder: string, number: number): Lock {
  const path = lockPath(folder, number);
  const forget = removeAtExit(path);
  const renewal = setInterval(() => renew(path), RENEW_MS);
  renewal.unref();
  return {
    isHeld: () => Math.max(0, ...lockNumbers(folder)) === number,
    release() {
      clearInterval(renewal);
      // those that were outnumbered first: without its own, an earlier one would count again
      for (const earlier of lockNumbers(folder)) if (earlier < number) rmSync(lockPath(folder, earlier), { force: true });
      rmSync(path, { force: true });
      // what a run has left that was killed while it made its lock
      for (const name of readdirSync(folder)) if (TEMPORARY.test(name)) rmSync(join(folder, name), { force: true });
      forget();
    },
  };
}

function temporaryName(): string {
  return `.lock.${randomBytes(8).toString('hex')}`;
}

const TEMPORARY = /^\.lock\.[0-9a-f]{16}$/;

function lockPath(folder: string, number: number): string {
  return join(folder, `lock.${number}`);
}

function lockNumbers(folder: string): number[] {
  return readdirSync(folder).flatMap((name) => (/^lock\.\d{1,9}$/.test(name) ? [Number(name.slice(5))] : []));
}

type FoundLock = { number: number; path: string; holder: Holder | undefined };

function locksIn(folder: string): FoundLock[] {
  return lockNumbers(folder).map((number) => {
    const path = lockPath(folder, number);
    let holder: unknown;
    try {
      if (lstatSync(path).isFile()) holder = JSON.parse(readFileSync(path, 'utf8'));
    } catch {
      // a lock that cannot be read ages like that of another machine
    }
    return { number, path, holder: isHolder(holder) ? holder : undefined };
  });
}

function newestLock(folder: string): FoundLock | undefined {
  return locksIn(folder).toSorted((a, b) => b.number - a.number)[0];
}

/** Places a lock file, if none has that number. */
function placeLock(folder: string, number: number): boolean {
  const path = lockPath(folder, number);
  const content = Buffer.from(JSON.stringify(ourselves()));
  const part = createFile(join(folder, temporaryName()), { becomes: path });
  try {
    part.write(content, 0);
    part.close();
    linkSync(part.path, path);
    return true;
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    // another run was faster, or it has just released the folder and cleaned it up
    if (code === 'EEXIST' || code === 'ENOENT') return false;
    if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'EOPNOTSUPP' && code !== 'ENOSYS') throw cause;
    return placeWithoutLink(path, content);
  } finally {
    part.close();
    rmSync(part.path, { force: true });
  }
}

/** For file systems without links: the content comes a moment after the name. */
function placeWithoutLink(path: string, content: Uint8Array): boolean {
  let descriptor: number;
  try {
    descriptor = openSync(path, 'wx', 0o600);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw cause;
  }
  writeSync(descriptor, content);
  closeSync(descriptor);
  return true;
}

/** Writes the first byte again: then the file's time is that of the file system, as is the one it is compared with. */
function renew(path: string): void {
  try {
    const descriptor = openSync(path, 'r+');
    writeSync(descriptor, '{', 0);
    closeSync(descriptor);
  } catch {
    // `isHeld` says what has become of it
  }
}

function isAlive({ path, holder }: FoundLock, folder: string): boolean {
  return holder && isOnThisMachine(holder) ? isStillRunning(holder) : ageMs(path, folder) < LEASE_MS;
}

/** The age of a file by the clock of its file system. */
function ageMs(path: string, folder: string): number {
  const now = createFile(join(folder, temporaryName()));
  try {
    now.close();
    return statSync(now.path).mtimeMs - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0);
  } finally {
    rmSync(now.path, { force: true });
  }
}
