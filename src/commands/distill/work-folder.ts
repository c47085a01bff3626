import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EmbedError } from '../../errors.ts';

const WORK_FILE = 'README.txt';
const WORK_NOTE =
  'Vectors for an unfinished run of embed distill, which resumes with them. The folder is removed when the model is written.\n';

/** Makes the working folder. A marker says that it is ours: it will be removed with all of its files. */
export function makeWorkFolder(work: string): void {
  if (existsSync(work) && !isWorkFolder(work) && readdirSync(work).length > 0) {
    throw new EmbedError(`Cannot keep vectors in ${work}: a folder of that name exists and embed distill did not write it`, {
      hint: 'Name another folder with -o, or move that one away',
    });
  }
  mkdirSync(work, { recursive: true });
  writeFileSync(join(work, WORK_FILE), WORK_NOTE);
}

/** Removes the working folder, if it is there and is ours. */
export function removeWorkFolder(work: string): void {
  if (isWorkFolder(work)) rmSync(work, { recursive: true });
}

/** Whether the working folder is there and is ours. */
export function isWorkFolder(work: string): boolean {
  const note = join(work, WORK_FILE);
  return existsSync(note) && readFileSync(note, 'utf8') === WORK_NOTE;
}
