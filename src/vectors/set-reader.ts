import { existsSync } from 'node:fs';
import { EmbedError } from '../errors.ts';
import { fileBytes, foreignFile, readManifest, setPaths, type Manifest } from './manifest.ts';
import { openNpy, type NpyFile } from './npy.ts';
import { openRows, type RowsFile } from './rows-file.ts';

/** Vectors on disk, with their rows and manifest. A bare `.npy` has neither. */
export type VectorSet = {
  npyPath: string;
  vectors: NpyFile;
  manifest: Manifest | undefined;
  rows: RowsFile | undefined;
  close(): void;
};

/**
 * Opens the set whose vectors are at `npyPath`.
 *
 * @throws EmbedError where its files do not belong together
 */
export function openSet(npyPath: string): VectorSet {
  const vectors = openNpy(npyPath);
  try {
    if (vectors.rows === 0 || vectors.cols === 0) {
      throw new EmbedError(`Cannot use the vectors of ${npyPath}: it holds none, its shape is (${vectors.rows}, ${vectors.cols})`, {
        hint: 'Check that it is the file you meant',
      });
    }
    const manifest = readManifest(npyPath);
    if (manifest) assertTogether(npyPath, { vectors, manifest });
    else if (existsSync(setPaths(npyPath).manifest)) {
      throw new EmbedError(`Cannot use the set ${npyPath}: ${setPaths(npyPath).manifest} is damaged or from another version of embed`, {
        hint: `Encode the corpus again with --overwrite, or delete that file to use ${npyPath} as bare vectors`,
      });
    }
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

function assertTogether(npyPath: string, { vectors, manifest }: { vectors: NpyFile; manifest: Manifest }): void {
  const paths = setPaths(npyPath);
  const fail = (why: string): never => {
    throw new EmbedError(`Cannot use the set ${npyPath}: ${why}`, {
      hint: `Encode the corpus again, or delete ${paths.manifest} to use ${npyPath} as bare vectors`,
    });
  };
  if (manifest.counts.rows !== vectors.rows || manifest.dims !== vectors.cols) {
    fail(`it holds ${vectors.rows} × ${vectors.cols} numbers, where ${paths.manifest} states ${manifest.counts.rows} × ${manifest.dims}`);
  }
  if (fileBytes(paths.rows) < 0) fail(`${paths.rows} is missing`);
  const foreign = foreignFile(manifest, npyPath);
  if (foreign) fail(`${foreign} is from another run than ${paths.manifest}`);
}
