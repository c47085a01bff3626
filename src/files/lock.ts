import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, linkSync, lstatSync, openSync, readdirSync, readFileSync, readlinkSync, rmSync, statSync, writeSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { number, object, string, fits, type Schema } from '../schema.ts';
import { isRunning, removeAtExit } from './disk.ts';
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

/** The process that holds a lock. `start` and `boot` tell it from a later process with the same number. */
export type Holder = { host: string; boot: string; pids: string; pid: number; start: string };

const HOLDER: Schema<Holder> = object({ host: string(), boot: string(), pids: string(), pid: number(), start: string() });

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
      forget();
    },
  };
}

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
    return { number, path, holder: fits(HOLDER, holder) ? holder : undefined };
  });
}

function newestLock(folder: string): FoundLock | undefined {
  return locksIn(folder).toSorted((a, b) => b.number - a.number)[0];
}

/** Places a lock file, if none has that number. */
function placeLock(folder: string, number: number): boolean {
  const path = lockPath(folder, number);
  const content = Buffer.from(JSON.stringify(ourselves()));
  const part = createFile(join(folder, `.lock.${randomBytes(8).toString('hex')}`), { becomes: path });
  try {
    part.write(content, 0);
    part.close();
    linkSync(part.path, path);
    return true;
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'EEXIST') return false;
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
  const us = ourselves();
  if (holder && holder.host === us.host && holder.boot === us.boot && holder.pids === us.pids) {
    const start = startOf(holder.pid);
    return isRunning(holder.pid) && (start === undefined || start === holder.start);
  }
  return ageMs(path, folder) < LEASE_MS;
}

/** The age of a file by the clock of its file system. */
function ageMs(path: string, folder: string): number {
  const now = createFile(join(folder, `.clock.${randomBytes(8).toString('hex')}`));
  try {
    now.close();
    return statSync(now.path).mtimeMs - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0);
  } finally {
    rmSync(now.path, { force: true });
  }
}

let us: Holder | undefined;

function ourselves(): Holder {
  return (us ??= {
    host: hostname(),
    boot: firstLineOf('/proc/sys/kernel/random/boot_id') ?? '',
    // containers on one machine have process numbers of their own
    pids: linkOf('/proc/self/ns/pid'),
    pid: process.pid,
    start: startOf(process.pid) ?? '',
  });
}

/**
 * When a process started, as the system counts it; '' for one that has ended, also where its parent has not noticed yet; undefined where
 * that cannot be seen.
 */
function startOf(pid: number): string | undefined {
  if (process.platform === 'linux') {
    const stat = firstLineOf(`/proc/${pid}/stat`);
    // after the name, which may hold anything, come the state and, as the twentieth field, the time of the start
    const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields?.[0] === 'Z' || fields?.[0] === 'X' ? '' : fields?.[19];
  }
  if (process.platform === 'win32') return undefined;
  try {
    return execFileSync('ps', ['-o', 'lstart=', '-p', `${pid}`], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return undefined;
  }
}

function firstLineOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').split('\n')[0];
  } catch {
    return undefined;
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
