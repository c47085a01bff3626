import { closeSync, openSync, writeSync } from 'node:fs';
import { CliError } from '../errors.ts';

/** A file that is being written under a `.part` name; errors speak of the name it will have. */
export type PartFile = {
  path: string;
  descriptor: number;
  /** Writes all of `bytes` at `position`. */
  write(bytes: Uint8Array, position: number): void;
  close(): void;
};

/** @param flags as for node's open: 'w' to begin, 'r+' to go on, 'a' to append */
export function openPart(path: string, flags: 'w' | 'r+' | 'a'): PartFile {
  const finalName = path.replace(/\.part$/, '');
  let descriptor: number;
  try {
    descriptor = openSync(path, flags);
  } catch (cause) {
    throw new CliError(`Cannot write ${finalName}: ${(cause as Error).message}`, {
      hint: 'Choose a folder that exists and that you may write to, with -o',
      cause,
    });
  }
  let open = true;
  return {
    path,
    descriptor,
    write(bytes, position) {
      try {
        for (let done = 0; done < bytes.length;) done += writeSync(descriptor, bytes, done, bytes.length - done, position + done);
      } catch (cause) {
        throw new CliError(`Cannot write ${finalName}: ${(cause as Error).message}`, {
          hint: 'Make room on the disk and give the same command again',
          cause,
        });
      }
    },
    close() {
      if (open) closeSync(descriptor);
      open = false;
    },
  };
}
