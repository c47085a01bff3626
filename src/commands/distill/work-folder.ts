import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CliError } from '../../errors.ts';

const WORK_FILE = 'README.txt';
const WORK_NOTE = 'Vectors that an unfinished run of embed distill goes on with. The folder goes away when its model is written.\n';

/** Makes the working folder, and marks it as ours: it will be removed with all that is in it. */
export function makeWorkFolder(work: string): void {
  if (existsSync(work) && !isWorkFolder(work) && readdirSync(work).length > 0) {
    throw new CliError(`Cannot keep vectors in ${work}: a folder of that name exists and embed distill did not write it`, {
      hint: 'Name another folder with -o, or move that one away',
    });
  }
  mkdirSync(work, { recursive: true });
  writeFileSync(join(work, WORK_FILE), WORK_NOTE);
}

/** Removes the working folder, where there is one and it is ours. */
export function removeWorkFolder(work: string): void {
  if (isWorkFolder(work)) rmSync(work, { recursive: true });
}

/** Whether there is a working folder, and it is ours. */
export function isWorkFolder(work: string): boolean {
  const note = join(work, WORK_FILE);
  return existsSync(note) && readFileSync(note, 'utf8') === WORK_NOTE;
}
