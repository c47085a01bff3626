import { randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { EmbedError } from '../errors.ts';
import { fits, object, string, type Schema } from '../schema.ts';
import { isFolder, isOurs, isRunning } from './disk.ts';
import { isHolder, isOnThisMachine, isStillRunning, type Holder } from './holder.ts';
import { writing } from './write-error.ts';

/**
 * Folders cannot be exchanged in one step: between two renames there is none of that name. So `replaceFolder` keeps a record beside
 * the folder, which says what a killed run has left, and lets the next run or reader put it right. All names have one id, the number
 * of the process and a random part:
 *
 * - `.NAME.ID.replace`: the record: the process, and before the first rename the inodes of the old folder and the new one
 * - `.NAME.ID.part`: the new folder until it is complete
 * - `.NAME.ID.before`: the old folder until it is removed
 *
 * An old folder is renamed or removed only if it has the inode in a record that this user wrote: so never that of a stranger, or one
 * that happens to have such a name.
 */
export type Replacement = { record: string; part: string; before: string };

/** Names for a replacement of `target` that nobody can foresee. */
export function newReplacement(target: string): Replacement {
  return namesOf(target, `${process.pid}-${randomBytes(8).toString('hex')}`);
}

function namesOf(target: string, id: string): Replacement {
  const name = (kind: string): string => join(dirname(target), `.${basename(target)}.${id}.${kind}`);
  return { record: name('replace'), part: name('part'), before: name('before') };
}

/** The two lines of a record. The second is written when the new folder is complete, and only where there is an old one. */
export type Complete = { before: string; part: string };
const COMPLETE: Schema<Complete> = object({ before: string(), part: string() });

/** A replacement that has not ended: it is under way, or its run was killed. */
type Unended = Replacement & { pid: number; holder: Holder | undefined; complete: Complete | undefined; ageMs: number };

/** A replacement takes seconds: after an hour its run is gone, wherever it was. */
const MAX_AGE_MS = 3_600_000;

/** How long a reader waits for a run that is between its two renames, and between two looks. */
const MAX_WAIT_MS = 2000;
const LOOK_MS = 10;

/**
 * Gives a folder its name back, where a run was killed while it replaced it. Waits a moment for a run that is just doing so.
 *
 * @returns whether it was put back
 * @throws EmbedError where it cannot be put back
 */
export function putBackFolder(folder: string): boolean {
  if (isFolder(folder)) return false;
  const target = linkTargetOf(folder);
  for (let waitedMs = 0; ; waitedMs += LOOK_MS) {
    const aside = unendedOf(target).filter((one) => one.complete !== undefined && inodeOf(one.before) === one.complete.before);
    if (isFolder(target)) return false;
    const [latest] = aside.toSorted((a, b) => a.ageMs - b.ageMs);
    if (!latest) return false;
    // a run that goes on after that finds the name taken
    if (!mayRun(latest) || waitedMs >= MAX_WAIT_MS) return putBack(latest.before, target);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LOOK_MS);
  }
}

function putBack(before: string, target: string): boolean {
  try {
    renameSync(before, target);
    return true;
  } catch (cause) {
    // another reader was faster, or the run has ended
    if (isFolder(target)) return false;
    throw new EmbedError(`Cannot use ${target}: a run that was replacing it was killed, and has left it as ${before}`, {
      hint: 'Give it its name back, or run the command as a user who may write there',
      cause,
    });
  }
}

/** A folder beside `folder` that a killed run seems to have moved aside, for a hint: nothing proves that embed did. */
export function formerFolder(folder: string): string | undefined {
  const target = linkTargetOf(folder);
  const name = namesBeside(target, 'before').find((one) => isRealFolder(join(dirname(target), one)));
  return name === undefined ? undefined : join(dirname(folder), name);
}

/**
 * Puts right what killed runs have left of a folder: the old one gets its name back where there is none, and the other remains go.
 *
 * @param note says what was found
 */
export function settleFolder(folder: string, note: (text: string) => void): void {
  if (putBackFolder(folder)) note(putBackNote(folder));
  const target = isFolder(folder) ? realpathSync(folder) : linkTargetOf(folder);
  for (const unended of unendedOf(target)) {
    if (!mayRun(unended)) writing(folder, () => removeRemains(target, unended, note));
  }
}

/** The note that a folder was put back. */
export function putBackNote(folder: string): string {
  return `put back ${folder}: a run that was replacing it was killed`;
}

function removeRemains(target: string, { record, part, before, complete }: Unended, note: (text: string) => void): void {
  if (isRealFolder(part) && isOurs(lstatSync(part))) rmSync(part, { recursive: true });
  if (isRealFolder(before)) {
    const replaced = complete !== undefined && inodeOf(before) === complete.before && inodeOf(target) === complete.part;
    if (!replaced) {
      note(`warning: ${before} is what ${target} was before a run that was killed. Rename it if you need it, else delete it`);
      return;
    }
    rmSync(before, { recursive: true });
  }
  rmSync(record);
}

/** Replacements of a folder that have a record of this user. */
function unendedOf(target: string): Unended[] {
  return namesBeside(target, 'replace').flatMap((name) => {
    const id = name.split('.').at(-2)!;
    const replacement = namesOf(target, id);
    const found = readRecord(replacement.record);
    return found ? [{ ...replacement, ...found, pid: Number.parseInt(id, 10) }] : [];
  });
}

/** Names in the folder of `target` that have the form of a replacement's. */
function namesBeside(target: string, kind: 'replace' | 'before'): string[] {
  const start = `.${basename(target)}.`;
  try {
    const names = readdirSync(dirname(target));
    return names.filter((name) => name.startsWith(start) && ID.test(name.slice(start.length)) && name.endsWith(`.${kind}`));
  } catch {
    return [];
  }
}
const ID = /^[1-9]\d*-[0-9a-f]{16}\.[a-z]+$/;

/** A record as far as it was written; undefined where it is not a file of this user. */
function readRecord(path: string): Pick<Unended, 'holder' | 'complete' | 'ageMs'> | undefined {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
    const stats = fstatSync(descriptor);
    if (!stats.isFile() || !isOurs(stats) || stats.size > MAX_RECORD_BYTES) return undefined;
    // a line is complete only if it has an end
    const lines = readFileSync(descriptor, 'utf8').split('\n').slice(0, -1);
    const [holder, complete] = lines.map((line): unknown => JSON.parse(line));
    return {
      holder: isHolder(holder) ? holder : undefined,
      complete: fits(COMPLETE, complete) ? complete : undefined,
      ageMs: Date.now() - stats.mtimeMs,
    };
  } catch {
    return undefined;
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

const MAX_RECORD_BYTES = 4096;

/** Whether the run may still be there. A process of another machine cannot be asked. */
function mayRun({ pid, holder, ageMs }: Unended): boolean {
  if (ageMs > MAX_AGE_MS) return false;
  // a run writes its first line at once: without one, it was killed
  if (!holder) return pid !== process.pid && isRunning(pid);
  return !isOnThisMachine(holder) || (holder.pid !== process.pid && isStillRunning(holder));
}

/** Device and inode of a folder; undefined where there is none, or a link. */
export function inodeOf(folder: string): string | undefined {
  const stats = lstatSync(folder, { throwIfNoEntry: false, bigint: true });
  return stats?.isDirectory() ? `${stats.dev}:${stats.ino}` : undefined;
}

function isRealFolder(path: string): boolean {
  return inodeOf(path) !== undefined;
}

/** How many links are followed in a row; Linux has the same limit. */
const MAX_LINKS = 40;

/** The folder that `folder` names, whether it is there or not. */
function linkTargetOf(folder: string): string {
  let target = resolve(folder);
  for (let links = 0; links < MAX_LINKS && lstatSync(target, { throwIfNoEntry: false })?.isSymbolicLink() === true; links++) {
    target = resolve(dirname(target), readlinkSync(target));
  }
  return target;
}
