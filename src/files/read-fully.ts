import { readSync } from 'node:fs';
import { EmbedError } from '../errors.ts';

/**
 * Fills `into` with the bytes of an open file, starting at `position`. Errors name the file `path`.
 *
 * @throws EmbedError where the file ends too early
 */
export function readFully(descriptor: number, into: Uint8Array, { position, path }: { position: number; path: string }): void {
  for (let done = 0; done < into.length;) {
    const count = readSync(descriptor, into, done, into.length - done, position + done);
    if (count === 0) throw new EmbedError(`Cannot read ${path}: it became shorter while it was read`, { hint: 'Run the command again' });
    done += count;
  }
}
