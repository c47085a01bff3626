import { existsSync, lstatSync, mkdirSync, renameSync, rmdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { EmbedError } from '../errors.ts';
import { isOurs, othersCanWrite } from '../files/disk.ts';
import { inBrackets, isOnThisMachine, type Holder } from '../files/holder.ts';
import { takeLock, type Lock } from '../files/lock.ts';
import { reopenFile, syncFolder } from '../files/part-file.ts';
import { writeError } from '../files/write-error.ts';
import { readJournal } from './journal.ts';
import { setPaths } from './manifest.ts';

/**
 * The folder `NAME.npy.part`, in which a set grows until it is whole: the journal, the three files under short names, and the lock of
 * the run that writes it. Only its owner may look into it, so that nobody else can put a link in the place of a file.
 */
export type SetClaim = {
  npyPath: string;
  folder: string;
  lock: Lock;
  /** Gives the set free; further calls do nothing. What a later run can resume from stays, if `keep` is set. */
  release(options?: { keep?: boolean }): void;
};

/** Names of the files in the folder. */
export const JOURNAL = 'journal';
export const PARTS = ['vectors', 'rows', 'manifest'] as const;

/** The folder in which the set of this path is written. */
export function workFolder(npyPath: string): string {
  return `${npyPath}.part`;
}

/**
 * Claims a set for writing: until it is released, no other run can write it. If a run was killed while it gave the files of a finished
 * set their names, that is done now.
 *
 * @throws EmbedError where another run is writing this set, and where its folder cannot be used
 */
export function claimSet(npyPath: string): SetClaim {
  const claim = tryClaim(npyPath);
  if ('lock' in claim) return claim;
  const { holder } = claim;
  const elsewhere = !holder || !isOnThisMachine(holder);
  throw new EmbedError(`Cannot write ${npyPath}: another run of embed is writing it${inBrackets(holder)}`, {
    hint: `Wait until it ends, or name another file with -o${elsewhere ? '; if it was killed, wait two minutes' : ''}`,
  });
}

/** As `claimSet`, but returns the run that writes the set instead of throwing. */
export function tryClaim(npyPath: string): SetClaim | { holder: Holder | undefined } {
  const folder = workFolder(npyPath);
  for (;;) {
    openFolder(folder, npyPath);
    try {
      const taken = takeLock(folder);
      if (!('lock' in taken)) return taken;
      const claim = claimOf(npyPath, taken.lock);
      try {
        finishNames(npyPath);
        return claim;
      } catch (error) {
        claim.release({ keep: true });
        throw error;
      }
    } catch (error) {
      // another run has just finished, and removed the folder
      if (existsSync(folder)) throw writeError(npyPath, error);
    }
  }
}

function claimOf(npyPath: string, lock: Lock): SetClaim {
  const folder = workFolder(npyPath);
  let released = false;
  return {
    npyPath,
    folder,
    lock,
    release({ keep = false } = {}) {
      if (released) return;
      released = true;
      try {
        // the journal first: without it, nothing is resumed from the others
        if (!keep && lock.isHeld()) for (const name of [JOURNAL, ...PARTS]) rmSync(join(folder, name), { force: true });
        lock.release();
        rmdirSync(folder);
      } catch {
        // what is kept, or what another run has begun there, stays; a lock that cannot be removed ends with this process
      }
    },
  };
}

function openFolder(folder: string, npyPath: string): void {
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw writeError(npyPath, cause);
    const stats = lstatSync(folder, { throwIfNoEntry: false });
    if (!stats || (stats.isDirectory() && isOurs(stats) && !othersCanWrite(stats))) return;
    throw new EmbedError(`Cannot write ${npyPath}: ${folder} is in the way, and it is not a folder that only you can write to`, {
      hint: `Look where it came from, and delete ${folder}`,
      cause,
    });
  }
}

/** Whether a run was killed after the set was whole, but before all its files had their names. */
export function isHalfNamed(npyPath: string): boolean {
  const path = join(workFolder(npyPath), JOURNAL);
  if (!existsSync(path)) return false;
  const file = reopenFile(path, { becomes: npyPath });
  try {
    const last = readJournal(file).lines.at(-1);
    return last !== undefined && 'state' in last.entry;
  } finally {
    file.close();
  }
}

/** If a run was killed while it gave a finished set its names, gives them now. */
export function healNames(npyPath: string): void {
  try {
    if (!isHalfNamed(npyPath)) return;
    const claim = tryClaim(npyPath);
    if ('lock' in claim) claim.release();
  } catch {
    // a folder that cannot be written: the files are read as they are
  }
}

/** Gives the files of a whole set their names, the manifest last, as far as they do not have them yet. */
function finishNames(npyPath: string): void {
  if (!isHalfNamed(npyPath)) return;
  const folder = workFolder(npyPath);
  const paths = setPaths(npyPath);
  for (const name of PARTS) {
    const part = join(folder, name);
    // one that is missing has its name already
    if (existsSync(part)) renameSync(part, paths[name]);
  }
  syncFolder(dirname(npyPath));
  rmSync(join(folder, JOURNAL), { force: true });
}
