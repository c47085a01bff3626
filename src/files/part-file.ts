import { closeSync, openSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { EmbedError } from '../errors.ts';

/** A file that is written under a `.part` name. Errors name the file that it will become. */
export type PartFile = {
  path: string;
  descriptor: number;
  /** Writes all of `bytes` at `position`. */
  write(bytes: Uint8Array, position: number): void;
  close(): void;
};

/**
 * Opens a part file.
 *
 * @param flags of Node.js' open: 'w' starts a new file, 'wx' starts one that must not exist, 'r+' resumes one, 'a' appends
 * @throws EmbedError where the folder is missing or cannot be written to
 */
export function openPartFile(path: string, flags: 'w' | 'wx' | 'r+' | 'a'): PartFile {
  const finalName = path.replace(/(\.\d+)?\.part$/, '');
  let descriptor: number;
  try {
    descriptor = openSync(path, flags);
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const folder = dirname(finalName);
    throw new EmbedError(
      `Cannot write ${finalName}: ${code === 'ENOENT' ? `there is no folder ${folder}` : code === 'EACCES' ? `you cannot write to the folder ${folder}` : message}`,
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
        throw new EmbedError(`Cannot write ${finalName}: ${(cause as Error).message}`, {
          hint: 'Make room on the disk and run the same command again',
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
