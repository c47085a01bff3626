import { statSync, utimesSync } from 'node:fs';
import { hashFile } from '../files/disk.ts';
import { foreignFile, readManifest } from '../vectors/manifest-file.ts';
import { manifestPath, setPaths, type Manifest } from '../vectors/manifest.ts';
import { modelDifferences, readingDifference } from './set-differences.ts';
import type { Identity, PlannedFile } from './sink.ts';

/** Why a set is not what a run would write; `kind` says what would have to change. */
export type Difference = { kind: 'reading' | 'model' | 'version' | 'input'; why: string };

type Comparing = {
  files: readonly PlannedFile[];
  identity: Identity;
  /** Whether vectors of another model will do as well. */
  anyModel?: boolean;
  signal: AbortSignal;
};

/** Whether the set at `npyPath` is what this run would write. */
export async function isUpToDate(
  npyPath: string,
  files: readonly PlannedFile[],
  identity: Identity,
  signal: AbortSignal,
): Promise<boolean> {
  const manifest = readManifest(npyPath);
  if (!manifest || !namesInputs(manifest, npyPath, files) || foreignFile(manifest, npyPath) !== undefined) return false;
  return (await differenceOf(manifest, { files, identity, signal })) === undefined;
}

/** Whether a set was made from these files, as they are or as they once were. */
export function namesInputs({ inputs }: Manifest, npyPath: string, files: readonly PlannedFile[]): boolean {
  return inputs.length === files.length && files.every(({ path }, at) => inputs[at]!.path === manifestPath(path, npyPath));
}

/** The first difference between a set and what a run would write; undefined where there is none. The set must name the files of the run. */
export async function differenceOf(
  manifest: Manifest,
  { files, identity, anyModel = false, signal }: Comparing,
): Promise<Difference | undefined> {
  const reading = readingDifference(manifest, identity);
  if (reading !== undefined) return { kind: 'reading', why: reading };
  const model = anyModel && manifest.model ? [] : modelDifferences(manifest, identity);
  if (model.length > 0) return { kind: 'model', why: `it was made with ${model.join(', ')}` };
  for (const part of ['format', 'tool', 'runtime'] as const) {
    if (manifest[part] !== identity[part]) return { kind: 'version', why: `it was made by ${manifest[part]}` };
  }
  for (const [at, { path }] of files.entries()) {
    const stamp = manifest.inputs[at]!;
    const stats = path === '-' ? undefined : statSync(path, { throwIfNoEntry: false });
    // a pipe must not be read here
    const same = stats?.isFile() === true && stats.size === stamp.bytes && (await hashFile(path, signal)) === stamp.hash;
    if (!same) return { kind: 'input', why: `${path} has changed since` };
  }
  return undefined;
}

/**
 * Gives the files of a set a later time, so that `make` takes them for newer than their input. The manifest comes last.
 *
 * @param checked a time before the input was compared: what has changed since then is still newer than the set
 */
export function renewTimes(npyPath: string, checked: Date): void {
  const { vectors, rows, manifest } = setPaths(npyPath);
  for (const path of [vectors, rows, manifest]) {
    try {
      // another run may have written the set a moment ago
      if (statSync(path).mtimeMs < checked.getTime()) utimesSync(path, checked, checked);
    } catch {
      // the set belongs to someone else, or cannot be written: it is up to date all the same
    }
  }
}
