import { closeSync, fstatSync, fsyncSync, mkdirSync, openSync, readdirSync, realpathSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { EmbedError } from '../errors.ts';
import { isFolder, removeAtExit } from './disk.ts';
import { inodeOf, newReplacement, type Complete, type Replacement } from './folder-leftovers.ts';
import { ourselves } from './holder.ts';
import { createFile, syncFolder, type PartFile } from './part-file.ts';
import { writeError } from './write-error.ts';

/**
 * Lets `fill` write into a temporary folder, then replaces `folder` by it. If anything fails, `folder` stays as it was; if the process
 * is killed, `settleFolder` and `putBackFolder` put it right.
 *
 * @throws EmbedError where the disk is full, or another run has written the folder meanwhile
 */
export function replaceFolder(folder: string, fill: (part: string) => void): void {
  const target = isFolder(folder) ? realpathSync(folder) : folder;
  const replacement = newReplacement(target);
  const { record, part } = replacement;
  const forget = [part, record].map(removeAtExit);
  let file: PartFile | undefined;
  let replaced = false;
  try {
    file = createFile(record, { becomes: folder });
    noteIn(file, ourselves());
    mkdirSync(part);
    fill(part);
    syncFiles(part);
    exchange(folder, target, { replacement, file });
    // the old folder must not go before the new name is on the disk
    syncFolder(dirname(target));
    replaced = true;
  } catch (error) {
    throw underFinalName(writeError(folder, error), { part, folder });
  } finally {
    file?.close();
    clear(replacement, { replaced });
    for (const cancel of forget) cancel();
  }
}

/** Moves the old folder aside and the new one into its place; back again where that fails. */
function exchange(
  folder: string,
  target: string,
  { replacement: { part, before }, file }: { replacement: Replacement; file: PartFile },
): void {
  const old = inodeOf(target);
  if (old !== undefined) {
    noteIn(file, { before: old, part: inodeOf(part)! } satisfies Complete);
    renameSync(target, before);
  }
  try {
    renameSync(part, target);
  } catch (cause) {
    if (old !== undefined && !isFolder(target)) renameSync(before, target);
    const { code } = cause as NodeJS.ErrnoException;
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw cause;
    throw new EmbedError(`Cannot write ${folder}: another run has written it meanwhile`, {
      hint: 'Run the command again to replace it',
      cause,
    });
  }
}

/** The error with the name that a file will have. */
function underFinalName(error: unknown, { part, folder }: { part: string; folder: string }): unknown {
  if (!(error instanceof EmbedError) || !error.message.includes(part)) return error;
  const { message, hint, cause } = error;
  return new EmbedError(message.replaceAll(part, folder), { ...(hint === undefined ? {} : { hint }), cause });
}

/** Removes what is left. The record stays as long as there is an old folder: it is all that tells whose that is. */
function clear({ record, part, before }: Replacement, { replaced }: { replaced: boolean }): void {
  try {
    rmSync(part, { recursive: true, force: true });
    if (replaced) rmSync(before, { recursive: true, force: true });
    if (inodeOf(before) === undefined) rmSync(record, { force: true });
  } catch {
    // the new folder is in its place, or the error is on its way: the next run tries again
  }
}

/** Puts a line at the end of a record and onto the disk: the renames must not come there first. */
function noteIn(record: PartFile, line: object): void {
  record.write(Buffer.from(`${JSON.stringify(line)}\n`), fstatSync(record.descriptor).size);
  record.sync();
}

/** Puts the files of a folder onto the disk: else a power cut could leave their names, but not their bytes. */
function syncFiles(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) syncFiles(path);
    if (!entry.isFile()) continue;
    const descriptor = openSync(path, 'r+');
    try {
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
  }
}
