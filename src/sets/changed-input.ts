import { statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { EmbedError } from '../errors.ts';
import { hashFile } from '../files/disk.ts';
import { plural, shellWord } from '../text.ts';
import { setPaths } from '../vectors/manifest.ts';
import type { VectorSet } from '../vectors/set-reader.ts';
import type { Run } from './run.ts';

/**
 * Tells, in a note, of a corpus that has changed since its set was made. For a check, that is an error unless forced, and every file is
 * compared whole, whatever its times say.
 */
export async function checkInputs(set: VectorSet, { asCheck, force, run }: { asCheck: boolean; force: boolean; run: Run }): Promise<void> {
  const { changed, unread } = await compareInputs(set, { thorough: asCheck, signal: run.signal });
  if (changed !== undefined) {
    const what = `${changed} has changed since ${set.npyPath} was made from it`;
    if (!asCheck || force) return run.note(`note: ${what}`);
    throw new EmbedError(`Cannot judge ${set.npyPath}: ${what}`, {
      hint: `Encode it again, give ${shellWord(changed)} in the place of the set, or judge the set as it is with --force`,
    });
  }
  if (!asCheck || unread.length === 0) return;
  const others = unread.length > 1 ? ` and ${plural(unread.length - 1, 'other')}` : '';
  run.note(`note: cannot read ${unread[0]}${others}: whether ${set.npyPath} is still up to date is not known`);
}

/** What became of the files that a set was made from. */
type InputsNow = {
  /** The first file that is no longer what was read. */
  changed: string | undefined;
  /** Files that are not there or cannot be read. */
  unread: string[];
};

/**
 * Compares the files that a set was made from with what was read of them. Their content is read only where they are newer than the
 * set and not large, unless `thorough` asks for all of it: a copy may keep the time of its original.
 */
export async function compareInputs(
  { npyPath, manifest }: VectorSet,
  { thorough, signal }: { thorough: boolean; signal: AbortSignal },
): Promise<InputsNow> {
  const unread: string[] = [];
  if (!manifest) return { changed: undefined, unread };
  const made = statSync(setPaths(npyPath).manifest, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  for (const stamp of manifest.inputs) {
    if (PIPES.has(stamp.path)) continue;
    const path = join(dirname(npyPath), stamp.path);
    try {
      const stats = statSync(path);
      if (!stats.isFile()) continue;
      if (stats.size !== stamp.bytes) return { changed: path, unread };
      const suspect = thorough || (stats.mtimeMs > made && stats.size < MAX_BYTES_TO_HASH);
      if (suspect && (await hashFile(path, signal)) !== stamp.hash) return { changed: path, unread };
    } catch (error) {
      if (signal.aborted) throw error;
      unread.push(path);
    }
  }
  return { changed: undefined, unread };
}

/** Names under which manifests hold standard input. */
const PIPES: ReadonlySet<string> = new Set(['-', 'stdin']);

/** Hashing a file of this size takes a few hundredths of a second. */
const MAX_BYTES_TO_HASH = 50_000_000;
