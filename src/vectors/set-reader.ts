import { fstatSync, statSync } from 'node:fs';
import { EmbedError } from '../errors.ts';
import { probeOpenFile } from '../files/disk.ts';
import { checkedVectors } from './checksums.ts';
import { findManifest } from './manifest-file.ts';
import { setPaths, type Manifest } from './manifest.ts';
import { openNpy, type NpyFile } from './npy.ts';
import { openRows, type RowsFile } from './rows-file.ts';
import { healNames, isHalfNamed } from './work-folder.ts';

/** Vectors on disk, with their rows and manifest. A bare `.npy` has neither. */
export type VectorSet = {
  npyPath: string;
  vectors: NpyFile;
  manifest: Manifest | undefined;
  rows: RowsFile | undefined;
  close(): void;
};

/**
 * Opens the set whose vectors are at `npyPath`. Its files are opened once, and what was opened is checked: a run that replaces the set
 * at the same time changes nothing for this reader.
 *
 * @throws EmbedError where its files do not belong together
 */
export function openSet(npyPath: string, { mayBeEmpty = false }: { mayBeEmpty?: boolean } = {}): VectorSet {
  for (let tries = 1; ; tries++) {
    healNames(npyPath);
    const before = generationOf(npyPath);
    try {
      return openFiles(npyPath, { mayBeEmpty });
    } catch (error) {
      // files that get their names at this moment are of two runs for as long as that takes
      const changing = before !== generationOf(npyPath) || isBeingNamed(npyPath);
      if (!changing || tries === MAX_TRIES) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MS);
    }
  }
}

/** Waiting for three renames takes milliseconds; on a disk in a network it may take seconds. */
const MAX_TRIES = 100;
const RETRY_MS = 20;

function openFiles(npyPath: string, { mayBeEmpty }: { mayBeEmpty: boolean }): VectorSet {
  const vectors = openNpy(npyPath);
  let rows: RowsFile | undefined;
  try {
    if ((vectors.rows === 0 && !mayBeEmpty) || vectors.cols === 0) {
      throw new EmbedError(`Cannot use the vectors of ${npyPath}: it holds none, its shape is (${vectors.rows}, ${vectors.cols})`, {
        hint: 'Check that it is the file you meant',
      });
    }
    const found = findManifest(npyPath);
    if (found && 'misfit' in found) {
      const { manifest } = setPaths(npyPath);
      throw new EmbedError(`Cannot use the set ${npyPath}: ${manifest} is damaged or from another version of embed (${found.misfit})`, {
        hint: `Encode the corpus again with --overwrite, or delete that file to use ${npyPath} as bare vectors`,
      });
    }
    const manifest = found?.manifest;
    if (manifest) {
      rows = openRowsOf(npyPath, manifest);
      assertTogether(npyPath, { vectors, rows, manifest });
    }
    return {
      npyPath,
      vectors: manifest?.checksums && vectors.type === '<f4' ? checkedVectors(vectors, manifest.checksums.vectors) : vectors,
      manifest,
      rows,
      close: () => {
        vectors.close();
        rows?.close();
      },
    };
  } catch (error) {
    vectors.close();
    rows?.close();
    throw error;
  }
}

function openRowsOf(npyPath: string, manifest: Manifest): RowsFile {
  const { rows } = setPaths(npyPath);
  const stats = statSync(rows, { throwIfNoEntry: false });
  if (!stats) throw apart(npyPath, `${rows} is missing`);
  if (!stats.isFile()) throw apart(npyPath, `${rows} is not a regular file`);
  return openRows(rows, { rows: manifest.counts.rows, rowOffsets: manifest.rowOffsets, checksums: manifest.checksums?.rows });
}

function assertTogether(npyPath: string, { vectors, rows, manifest }: { vectors: NpyFile; rows: RowsFile; manifest: Manifest }): void {
  const paths = setPaths(npyPath);
  if (manifest.counts.rows !== vectors.rows || manifest.dims !== vectors.cols) {
    const states = `${paths.manifest} states ${manifest.counts.rows} × ${manifest.dims}`;
    throw apart(npyPath, `it holds ${vectors.rows} × ${vectors.cols} numbers, where ${states}`);
  }
  const files = [
    [paths.vectors, vectors.descriptor, manifest.vectors],
    [paths.rows, rows.descriptor, manifest.rows],
  ] as const;
  const foreign = files.find(
    ([, descriptor, stamp]) => fstatSync(descriptor).size !== stamp.bytes || probeOpenFile(descriptor) !== stamp.probe,
  );
  if (foreign) throw apart(npyPath, `${foreign[0]} is from another run than ${paths.manifest}`);
}

function apart(npyPath: string, why: string): EmbedError {
  return new EmbedError(`Cannot use the set ${npyPath}: ${why}`, {
    hint: `Encode the corpus again, or delete ${setPaths(npyPath).manifest} to use ${npyPath} as bare vectors`,
  });
}

/** Tells the files of a set from those that replace them. */
function generationOf(npyPath: string): string {
  return Object.values(setPaths(npyPath))
    .map((path) => {
      const stats = statSync(path, { throwIfNoEntry: false, bigint: true });
      return stats ? `${stats.dev}:${stats.ino}:${stats.mtimeNs}:${stats.size}` : '';
    })
    .join(' ');
}

function isBeingNamed(npyPath: string): boolean {
  try {
    return isHalfNamed(npyPath);
  } catch {
    return false;
  }
}
