import { closeSync, fstatSync } from 'node:fs';
import { openRegularFile } from './disk.ts';
import { readFully } from './read-fully.ts';

/**
 * Reads a JSON file that may be anything. A pipe or a device is not waited for.
 *
 * @returns its value, or why it is none, as the end of a sentence
 * @throws the system's error where there is no such file
 */
export function readJsonFile(path: string, { maxBytes }: { maxBytes: number }): { value: unknown } | { misfit: string } {
  const descriptor = openRegularFile(path);
  if (descriptor === undefined) return { misfit: 'it is not a regular file' };
  try {
    const { size } = fstatSync(descriptor);
    if (size > maxBytes) return { misfit: `it has ${size} bytes, more than the ${maxBytes} that such a file may have` };
    const bytes = Buffer.alloc(size);
    readFully(descriptor, bytes, { position: 0, path });
    try {
      return { value: JSON.parse(bytes.toString('utf8')) as unknown };
    } catch {
      return { misfit: 'it is not JSON' };
    }
  } finally {
    closeSync(descriptor);
  }
}
