import { closeSync, fstatSync, statSync, type Stats } from 'node:fs';
import { EmbedError } from '../errors.ts';
import { megabytes } from '../text.ts';
import { openRegularFile } from './disk.ts';
import { readFully } from './read-fully.ts';

/**
 * Opens a file for reading. A pipe, a device or a socket of a stranger's folder is refused: reading it could wait, or never end.
 *
 * @returns its descriptor
 * @throws EmbedError if it is not a regular file
 */
export function takeRegularFile(path: string): number {
  // asked before it is opened, because opening a device can have effects
  assertRegular(statSync(path), path);
  const descriptor = openRegularFile(path);
  if (descriptor !== undefined) return descriptor;
  throw new EmbedError(`Cannot read ${path}: it is no longer a regular file`, { hint: 'Run the command again' });
}

/**
 * All bytes of a regular file.
 *
 * @throws EmbedError if it is not a regular file, or larger than `maxBytes`
 */
export function readRegularFile(path: string, { maxBytes }: { maxBytes: number }): Buffer {
  const descriptor = takeRegularFile(path);
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
