import { mkdirSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { EmbedError } from '../errors.ts';

/**
 * A folder for files that can be made again: in the user's cache, or in the system's temporary folder where that one cannot be
 * written.
 *
 * @throws EmbedError where neither can be written
 */
export function cacheFolder(kind: 'graphs' | 'hashes'): string {
  const own = process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache');
  for (const folder of [join(own, 'embed', kind), join(tmpdir(), `embed-${kind}`)]) {
    try {
      mkdirSync(folder, { recursive: true });
      return folder;
    } catch {
      // try the next folder
    }
  }
  throw new EmbedError(`Cannot keep ${kind} of models: neither ${own} nor ${tmpdir()} can be written`, {
    hint: 'Name a folder in XDG_CACHE_HOME',
  });
}
