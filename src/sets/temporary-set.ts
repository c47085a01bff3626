import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EmbedError } from '../errors.ts';
import { removeAtExit } from '../files/disk.ts';
import { createFile } from '../files/part-file.ts';
import { teeSource, type Source } from '../input/source.ts';
import { openSet, type VectorSet } from '../vectors/set-reader.ts';

/** Makes a set in a temporary folder. The folder is removed by `close`, and if making the set fails. */
export async function inTemporaryFolder<Made extends { npyPath: string }>(
  make: (folder: string) => Promise<Made>,
): Promise<Made & { set: VectorSet; close: () => void }> {
  const { folder, remove } = openTemporaryFolder();
  try {
    const made = await make(folder);
    // a corpus that must have rows was refused when it was read
    const set = openSet(made.npyPath, { mayBeEmpty: true });
    const close = (): void => {
      set.close();
      remove();
    };
    return { ...made, set, close };
  } catch (error) {
    remove();
    throw error;
  }
}

/** Makes a folder that is removed with the process, at the latest. */
export function openTemporaryFolder(): { folder: string; remove: () => void } {
  const folder = temporaryFolder();
  const forget = removeAtExit(folder);
  return {
    folder,
    remove() {
      rmSync(folder, { recursive: true, force: true });
      forget();
    },
  };
}

function temporaryFolder(): string {
  try {
    return mkdtempSync(join(tmpdir(), 'embed-'));
  } catch (cause) {
    throw new EmbedError(`Cannot make a temporary folder in ${tmpdir()}: ${(cause as Error).message}`, {
      hint: 'Set TMPDIR to a folder you may write to, or write a set with embed encode first',
      cause,
    });
  }
}

/** Copies a pipe, named or not, into a file while it is read, unpacked. Returns undefined for a file, which can be read again. */
export function keepPipe(source: Source, input: string, into: () => string): { path: string; close(): void } | undefined {
  if (input !== '-' && statSync(input).isFile()) return undefined;
  const path = into();
  const part = createFile(path);
  let at = 0;
  teeSource(source, (chunk) => {
    part.write(chunk, at);
    at += chunk.length;
  });
  return { path, close: () => part.close() };
}
