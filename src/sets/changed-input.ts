import { statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { hashFile } from '../files/disk.ts';
import { setPaths } from '../vectors/manifest.ts';
import type { VectorSet } from '../vectors/set-reader.ts';

/** The first file of its corpus that has changed since the set was made, if any. Files that cannot be read are passed over. */
export async function changedInput({ npyPath, manifest }: VectorSet, signal: AbortSignal): Promise<string | undefined> {
  if (!manifest) return undefined;
  const made = statSync(setPaths(npyPath).manifest).mtimeMs;
  for (const stamp of manifest.inputs) {
    const path = join(dirname(npyPath), stamp.path);
    try {
      const stats = statSync(path);
      if (!stats.isFile()) continue;
      if (stats.size !== stamp.bytes) return path;
      if (stats.mtimeMs > made && stats.size < MAX_BYTES_TO_HASH && (await hashFile(path, signal)) !== stamp.hash) return path;
    } catch (error) {
      if (signal.aborted) throw error;
    }
  }
  return undefined;
}

/** Hashing a file of this size takes a few hundredths of a second. */
const MAX_BYTES_TO_HASH = 50_000_000;
