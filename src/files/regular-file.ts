import { closeSync, constants, fstatSync, openSync, statSync, type Stats } from 'node:fs';
import { EmbedError } from '../errors.ts';
import { megabytes } from '../text.ts';
import { readFully } from './read-fully.ts';

/**
 * Opens a file for reading. A pipe, a device or a socket of a stranger's folder is refused: reading it could wait, or never end.
 *
 * @returns its descriptor
 * @throws EmbedError if it is not a regular file
 */
export function openRegularFile(path: string): number {
  // asked before it is opened, because opening a device can have effects
  assertRegular(statSync(path), path);
  // and again afterwards, without waiting for the other end of a pipe, because the name may lead to another file by now
  const descriptor = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOCTTY ?? 0));
  try {
    assertRegular(fstatSync(descriptor), path);
    return descriptor;
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}

/**
 * All bytes of a regular file.
 *
 * @throws EmbedError if it is not a regular file, or larger than `maxBytes`
 */
export function readRegularFile(path: string, { maxBytes }: { maxBytes: number }): Buffer {
  const descriptor = openRegularFile(path);
  try {
    const { size } = fstatSync(descriptor);
    if (size > maxBytes) {
      throw new EmbedError(`Cannot read ${path}: it has ${megabytes(size)}, more than the limit of ${megabytes(maxBytes)}`, {
        hint: 'Copy it again; no known model has such a large file of this kind',
      });
    }
    const bytes = Buffer.allocUnsafe(size);
    readFully(descriptor, bytes, { position: 0, path });
    return bytes;
  } finally {
    closeSync(descriptor);
  }
}

/** Refuses anything but a regular file. */
export function assertRegular(stats: Stats, path: string): void {
  if (stats.isFile()) return;
  const kind = stats.isDirectory()
    ? 'a folder'
    : stats.isFIFO()
      ? 'a named pipe'
      : stats.isSocket()
        ? 'a socket'
        : stats.isCharacterDevice() || stats.isBlockDevice()
          ? 'a device'
          : 'something else';
  throw new EmbedError(`Cannot read ${path}: it is ${kind}, not a regular file`, { hint: 'Put the file itself there' });
}
