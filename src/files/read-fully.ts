import { readSync } from 'node:fs';
import { CliError } from '../errors.ts';

/** Fills `into` from `position` of an open file; `path` is what errors call it. */
export function readFully(descriptor: number, into: Uint8Array, { position, path }: { position: number; path: string }): void {
  for (let done = 0; done < into.length;) {
    const count = readSync(descriptor, into, done, into.length - done, position + done);
    if (count === 0) throw new CliError(`Cannot read ${path}: it became shorter while it was read`, { hint: 'Give the command again' });
    done += count;
  }
}
