import { lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EmbedError } from '../../errors.ts';
import { writing } from '../../files/write-error.ts';
import { committedRows } from '../../vectors/committed-rows.ts';
import { isNpyPath } from '../../vectors/npy.ts';
import { openSet } from '../../vectors/set-reader.ts';

const WORK_FILE = 'README.txt';
const WORK_NOTE =
  'Vectors for an unfinished run of embed distill, which resumes with them. The folder is removed when the model is written.\n';

/** Texts that begin a pair, as a corpus of their own. */
export const PAIRS_FILE = 'pairs.jsonl';

/** Makes the working folder. A marker says that it is ours: it will be removed with all of its files. */
export function makeWorkFolder(work: string): void {
  const stats = lstatSync(work, { throwIfNoEntry: false });
  const refuse = (why: string): EmbedError =>
    new EmbedError(`Cannot keep vectors in ${work}: ${why}`, { hint: 'Name another folder with -o, or move that one away' });
  if (stats && !stats.isDirectory()) throw refuse(`it is a ${stats.isSymbolicLink() ? 'link' : 'file'}`);
  if (stats && process.getuid !== undefined && stats.uid !== process.getuid()) throw refuse('it belongs to another user');
  if (isWorkFolder(work)) return;
  if (stats && !isBegun(work)) throw refuse('a folder of that name exists and embed distill did not write it');
  writing(work, () => {
    mkdirSync(work, { recursive: true });
    // a run that was killed here has left a part of it
    rmSync(join(work, WORK_FILE), { force: true });
    writeFileSync(join(work, WORK_FILE), WORK_NOTE, { flag: 'wx' });
  });
}

/** Removes the working folder, if it is there and is ours. */
export function removeWorkFolder(work: string): void {
  if (!isWorkFolder(work)) return;
  writing(work, () => {
    // the marker goes last: a run that is killed before leaves a folder that is known to be ours
    for (const name of readdirSync(work)) if (name !== WORK_FILE) rmSync(join(work, name), { recursive: true });
    rmSync(work, { recursive: true });
  });
}

/** Whether the working folder is there and is ours. */
export function isWorkFolder(work: string): boolean {
  return markerOf(work) === WORK_NOTE;
}

/** How many vectors a next run finds in the working folder. */
export function keptRows(work: string): number {
  if (!isWorkFolder(work)) return 0;
  const sets = new Set(
    readdirSync(work)
      .map((name) => name.replace(/\.(part|journal)$/, ''))
      .filter(isNpyPath),
  );
  return [...sets].reduce((sum, name) => sum + rowsOf(join(work, name)), 0);
}

/** Removes the working folder where it holds no vectors, and no run is about to write some. */
export function removeEmptyWorkFolder(work: string): void {
  try {
    if (isWorkFolder(work) && readdirSync(work).every((name) => name === WORK_FILE || name === PAIRS_FILE)) removeWorkFolder(work);
  } catch {
    // an error is on its way already
  }
}

/** Rows of a whole set, or those that a stopped run has put on disk. */
function rowsOf(npyPath: string): number {
  try {
    const set = openSet(npyPath);
    set.close();
    return set.vectors.rows;
  } catch {
    return committedRows(npyPath);
  }
}

/** Whether a folder holds nothing but the beginning of a marker. */
function isBegun(work: string): boolean {
  const names = readdirSync(work);
  return names.length === 0 || (names.length === 1 && names[0] === WORK_FILE && WORK_NOTE.startsWith(markerOf(work) ?? '-'));
}

/** The marker's text; undefined where there is none, or a link. */
function markerOf(work: string): string | undefined {
  const path = join(work, WORK_FILE);
  const [folder, file] = [work, path].map((one) => lstatSync(one, { throwIfNoEntry: false }));
  return folder?.isDirectory() && file?.isFile() ? readFileSync(path, 'utf8') : undefined;
}
