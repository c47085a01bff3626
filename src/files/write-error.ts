import { dirname } from 'node:path';
import { EmbedError } from '../errors.ts';
import { systemMessage } from '../system-errors.ts';

/** Runs `work`, which writes `path`. An error of the operating system becomes one for the user. */
export function writing<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    throw writeError(path, cause);
  }
}

/** An error of the operating system as an error for the user, who asked for `path`; other errors stay as they are. */
export function writeError(path: string, cause: unknown): unknown {
  const { code, syscall } = cause as NodeJS.ErrnoException;
  if (cause instanceof EmbedError || !(cause instanceof Error) || code === undefined || syscall === undefined) return cause;
  const system = systemMessage(cause);
  const folder = dirname(path);
  const why = code === 'ENOENT' ? `there is no folder ${folder}` : code === 'EACCES' ? `you cannot write to the folder ${folder}` : system;
  return new EmbedError(`Cannot write ${path}: ${why}`, { hint: HINTS[code] ?? 'Check the disk and run the same command again', cause });
}

const ROOM = 'Make room on the disk and run the same command again';
const PERMISSION = 'Choose a folder that exists and that you may write to';

const HINTS: Readonly<Record<string, string>> = {
  ENOSPC: ROOM,
  EDQUOT: ROOM,
  EFBIG: 'Choose a folder on a disk that takes files of this size',
  EACCES: PERMISSION,
  EPERM: PERMISSION,
  EROFS: PERMISSION,
  ENOENT: PERMISSION,
};
