import { closeSync, openSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { CliError } from '../errors.ts';

/** A file that is being written under a `.part` name; errors speak of the name it will have. */
export type PartFile = {
  path: string;
  descriptor: number;
  /** Writes all of `bytes` at `position`. */
  write(bytes: Uint8Array, position: number): void;
  close(): void;
};

/** @param flags as for node's open: 'w' to begin, 'wx' to begin what nobody else has begun, 'r+' to go on, 'a' to append */
export function openPartFile(path: string, flags: 'w' | 'wx' | 'r+' | 'a'): PartFile {
  const finalName = path.replace(/(\.\d+)?\.part$/, '');
  let descriptor: number;
  try {
    descriptor = openSync(path, flags);
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const folder = dirname(finalName);
    throw new CliError(
      `Cannot write ${finalName}: ${code === 'ENOENT' ? `there is no folder ${folder}` : code === 'EACCES' ? `${folder} may not be written to` : message}`,
      {
        hint: 'Choose a folder that exists and that you may write to',
        cause,
      },
    );
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
