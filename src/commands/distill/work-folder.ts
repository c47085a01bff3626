import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EmbedError } from '../../errors.ts';
import { isOurs, othersCanWrite } from '../../files/disk.ts';
import { inBrackets } from '../../files/holder.ts';
import { takeLock, type Lock } from '../../files/lock.ts';
import { writeError, writing } from '../../files/write-error.ts';
import { committedRows } from '../../vectors/committed-rows.ts';
import { isNpyPath } from '../../vectors/npy.ts';
import { openSet } from '../../vectors/set-reader.ts';

const WORK_FILE = 'README.txt';
const WORK_NOTE =
  'Vectors for an unfinished run of embed distill, which resumes with them. The folder is removed when the model is written.\n';

/** The lock of the run that uses the folder, and names that locking takes for a moment. */
const LOCK_FILE = /^(lock|\.lock|\.clock)\./;

/** The folder in which the teacher's vectors are kept until the model is written. One run uses it at a time. */
export type WorkFolder = {
  path: string;
  /** Makes the folder, if it is not there, and claims it; further calls do nothing. */
  open(): void;
  /** Removes the folder, also one of an earlier run; one that another run uses is left alone. A note says where that fails. */
  remove(note: (text: string) => void): void;
  /** Leaves what a next run can resume from. Returns how many vectors that are. */
  abandon(): number;
};

/** @param output the model's folder, as the user named it */
export function workFolder(path: string, { output }: { output: string }): WorkFolder {
  let lock: Lock | undefined;
  return {
    path,
    open: () => void (lock ??= claim(path, output)),
    remove(note) {
      const own = lock;
      lock = undefined;
      try {
        const taken = own ? { lock: own } : isWorkFolder(path) ? lockIn(path) : undefined;
        if (taken && 'lock' in taken) remove(path, taken.lock);
      } catch (error) {
        // the model is written
        note(`warning: ${path} cannot be removed: ${(error as Error).message}. Delete it`);
      }
    },
    abandon() {
      if (!lock) return 0;
      const own = lock;
      lock = undefined;
      let rows = 0;
      try {
        rows = rowsIn(path);
        if (rows === 0) remove(path, own);
        else own.release();
      } catch {
        // an error is on its way already
      }
      return rows;
    },
  };
}

/** Makes the folder and takes its lock. A marker says that it is ours: it will be removed with all of its files. */
function claim(work: string, output: string): Lock {
  for (;;) {
    makeFolder(work);
    const taken = lockIn(work);
    // another run has just ended, and removed the folder
    if (!taken) continue;
    if ('lock' in taken) return marked(work, taken.lock);
    throw new EmbedError(`Cannot write ${output}: another run of embed distill is writing it${inBrackets(taken.holder)}`, {
      hint: 'Wait until it ends, or name another folder with -o',
    });
  }
}

function lockIn(work: string): ReturnType<typeof takeLock> | undefined {
  try {
    return takeLock(work);
  } catch (error) {
    if (!existsSync(work)) return undefined;
    throw writeError(work, error);
  }
}

function makeFolder(work: string): void {
  const stats = lstatSync(work, { throwIfNoEntry: false });
  if (!stats) return writing(work, () => void mkdirSync(work, { mode: 0o700, recursive: true }));
  const refuse = (why: string): EmbedError =>
    new EmbedError(`Cannot keep vectors in ${work}: ${why}`, { hint: 'Name another folder with -o, or move that one away' });
  if (!stats.isDirectory()) throw refuse(`it is a ${stats.isSymbolicLink() ? 'link' : 'file'}`);
  if (!isOurs(stats)) throw refuse('it belongs to another user');
  if (othersCanWrite(stats)) throw refuse('other users can write to it');
  if (!isWorkFolder(work) && !isBegun(work)) throw refuse('a folder of that name exists and embed distill did not write it');
}

function marked(work: string, lock: Lock): Lock {
  if (isWorkFolder(work)) return lock;
  try {
    // a run that was killed here has left a part of it
    rmSync(join(work, WORK_FILE), { force: true });
    writeFileSync(join(work, WORK_FILE), WORK_NOTE, { flag: 'wx', mode: 0o600 });
    return lock;
  } catch (error) {
    remove(work, lock);
    throw writeError(work, error);
  }
}

/** Removes the folder. The marker goes after the rest: a run that is killed before leaves a folder that is known to be ours. */
function remove(work: string, lock: Lock): void {
  const rest = readdirSync(work).filter((name) => name !== WORK_FILE && !LOCK_FILE.test(name));
  for (const name of [...rest, WORK_FILE]) rmSync(join(work, name), { recursive: true, force: true });
  lock.release();
  try {
    rmdirSync(work);
  } catch {
    // another run has claimed it in the meantime
  }
}

/** Whether the working folder is there and is ours. */
function isWorkFolder(work: string): boolean {
  return markerOf(work) === WORK_NOTE;
}

/** Whether a run was killed while it made the folder or removed it: there is a lock or a part of the marker, or nothing. */
function isBegun(work: string): boolean {
  return readdirSync(work).every((name) => LOCK_FILE.test(name) || (name === WORK_FILE && WORK_NOTE.startsWith(markerOf(work) ?? '-')));
}

/** The marker's text; undefined where there is none, or a link. */
function markerOf(work: string): string | undefined {
  const path = join(work, WORK_FILE);
  const [folder, file] = [work, path].map((one) => lstatSync(one, { throwIfNoEntry: false }));
  return folder?.isDirectory() && file?.isFile() ? readFileSync(path, 'utf8') : undefined;
}

/** Rows of the whole sets, and those that a stopped run has put on disk. */
function rowsIn(work: string): number {
  const sets = new Set(
    readdirSync(work)
      .map((name) => name.replace(/\.part$/, ''))
      .filter(isNpyPath),
  );
  return [...sets].reduce((sum, name) => sum + rowsOf(join(work, name)), 0);
}

function rowsOf(npyPath: string): number {
  try {
    const set = openSet(npyPath);
    set.close();
    return set.vectors.rows;
  } catch {
    return committedRows(npyPath);
  }
}
