import { statSync } from 'node:fs';
import { CliError } from '../errors.ts';
import { hashFile } from '../io.ts';
import { fileBytes, readManifest, setPaths, type Manifest } from './manifest.ts';
import { openNpy, type NpyFile } from './npy.ts';
import { openRows, type RowsFile } from './rows-file.ts';

/** Vectors on disk, with their rows and manifest where they have them. A bare `.npy` has neither. */
export type VectorSet = {
  npyPath: string;
  vectors: NpyFile;
  manifest: Manifest | undefined;
  rows: RowsFile | undefined;
  close(): void;
};

/** Opens the set whose vectors are at `npyPath`. Throws a CliError where its files do not belong together. */
export async function openSet(npyPath: string, { signal }: { signal: AbortSignal }): Promise<VectorSet> {
  const vectors = openNpy(npyPath);
  try {
    if (vectors.rows === 0 || vectors.cols === 0) {
      throw new CliError(`Cannot use the vectors of ${npyPath}: there are none, its shape is (${vectors.rows}, ${vectors.cols})`, {
        hint: 'Check that it is the file you meant',
      });
    }
    const manifest = readManifest(npyPath);
    if (manifest) await assertTogether(npyPath, { vectors, manifest, signal });
    const rows = manifest && openRows(setPaths(npyPath).rows, manifest);
    return {
      npyPath,
      vectors,
      manifest,
      rows,
      close: () => {
        vectors.close();
        rows?.close();
      },
    };
  } catch (error) {
    vectors.close();
    throw error;
  }
}

async function assertTogether(
  npyPath: string,
  { vectors, manifest, signal }: { vectors: NpyFile; manifest: Manifest; signal: AbortSignal },
): Promise<void> {
  const paths = setPaths(npyPath);
  const fail = (why: string): never => {
    throw new CliError(`Cannot use the set ${npyPath}: ${why}`, {
      hint: `Encode the corpus again, or delete ${paths.manifest} to use ${npyPath} as bare vectors`,
    });
  };
  if (manifest.counts.rows !== vectors.rows || manifest.dims !== vectors.cols) {
    fail(`it holds ${vectors.rows} × ${vectors.cols} numbers where ${paths.manifest} speaks of ${manifest.counts.rows} × ${manifest.dims}`);
  }
  if (fileBytes(paths.rows) < 0) fail(`${paths.rows} is missing`);
  const manifestTime = statSync(paths.manifest).mtimeMs;
  for (const [path, stamp] of [
    [paths.vectors, manifest.vectors],
    [paths.rows, manifest.rows],
  ] as const) {
    if (fileBytes(path) !== stamp.bytes) fail(`${path} is of another run than ${paths.manifest}: their lengths disagree`);
    // the manifest is written last: what is younger than it was changed, or copied, and is read through
    if (statSync(path).mtimeMs > manifestTime && (await hashFile(path, signal)) !== stamp.hash) {
      fail(`${path} is of another run than ${paths.manifest}: their hashes disagree`);
    }
  }
}
