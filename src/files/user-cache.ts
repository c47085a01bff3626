import { chmodSync, lstatSync, mkdirSync, statSync, type Stats } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { EmbedError } from '../errors.ts';
import { isOurs, othersCanWrite } from './disk.ts';

/**
 * A folder for files that can be made again: in the user's cache, or in the system's temporary folder where that one cannot be
 * written. Only its owner can write to it, so that nobody else can put files there: a folder of another user is passed over.
 *
 * @throws EmbedError where neither can be used
 */
export function cacheFolder(kind: 'graphs' | 'hashes'): string {
  const own = process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache');
  // everybody can make folders in a temporary one, so a link there may be a stranger's
  for (const { folder, look } of [
    { folder: join(own, 'embed', kind), look: statSync },
    { folder: join(tmpdir(), `embed-${process.getuid?.() ?? 'cache'}`, kind), look: lstatSync },
  ]) {
    try {
      // one after the other, so that nothing is made in a folder of somebody else
      const whole = [dirname(folder), folder].every((one) => {
        mkdirSync(one, { recursive: true, mode: PRIVATE });
        return isPrivate(one, look(one));
      });
      if (whole) return folder;
    } catch {
      // try the next folder
    }
  }
  throw new EmbedError(`Cannot keep ${kind} of models: neither ${own} nor ${tmpdir()} has a folder that only you can write to`, {
    hint: 'Name a folder of yours in XDG_CACHE_HOME',
  });
}

/** Only its owner can read, write and enter. */
const PRIVATE = 0o700;

/** Whether a folder belongs to this user, and nobody else can write to it. That of an earlier version may be writable for a group. */
function isPrivate(folder: string, stats: Stats): boolean {
  if (!stats.isDirectory()) return false;
  if (!isOurs(stats)) return false;
  if (othersCanWrite(stats)) chmodSync(folder, PRIVATE);
  return true;
}
