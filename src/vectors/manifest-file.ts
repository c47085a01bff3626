import { lstatSync, statSync } from 'node:fs';
import { EmbedError } from '../errors.ts';
import { probeFile } from '../files/disk.ts';
import { readJsonFile } from '../files/json-file.ts';
import {
  array,
  exactOptional,
  boolean,
  literal,
  misfitOf,
  nullable,
  object,
  record,
  string,
  unknown,
  whole,
  wholeNumbers,
  type Schema,
} from '../schema.ts';
import { COUNTS, fileBytes, ROWS_PER_OFFSET, setPaths, type Manifest, type ManifestModel } from './manifest.ts';

const MODEL: Schema<ManifestModel> = object({
  name: string(),
  hash: string(),
  revision: nullable(string()),
  pooling: string(),
  normalized: boolean(),
  prompts: record(string(), string()),
  prompt: nullable(string()),
  maxTokens: nullable(whole()),
  precision: nullable(string()),
  base: nullable(string()),
});

const STAMP = { path: string(), bytes: whole(), hash: string() };

/** The format of a manifest, and of the file beside centroids, that this version reads and writes. */
const FORMAT = 1;

const MANIFEST: Schema<Manifest> = object({
  format: literal(FORMAT),
  tool: string(),
  runtime: string(),
  model: nullable(MODEL),
  options: record(string(), unknown()),
  inputs: array(object(STAMP)),
  dims: whole(1),
  counts: COUNTS,
  vectors: object({ ...STAMP, probe: string() }),
  rows: object({ ...STAMP, probe: string() }),
  blankRows: wholeNumbers(),
  rowOffsets: wholeNumbers(),
  checksums: exactOptional(object({ vectors: wholeNumbers(), rows: wholeNumbers() })),
});

/**
 * Refuses a file of a newer version, which must neither be misread nor replaced.
 *
 * @param format as the file states it
 */
export function assertNotNewer(path: string, format: unknown): void {
  if (typeof format !== 'number' || !Number.isInteger(format) || format <= FORMAT) return;
  throw new EmbedError(`Cannot read ${path}: it was written by a newer version of embed (format ${format}, this version reads ${FORMAT})`, {
    hint: 'Update embed, or encode the corpus again into another file',
  });
}

/** Larger ones are not ours: a set of a hundred million rows has one of 50 MB. */
const MAX_BYTES = 500_000_000;

/** What stands in the place of a manifest: the manifest of a set, or why it is none. */
export type FoundManifest = { manifest: Manifest } | { misfit: string };

/**
 * Reads the manifest of `npyPath`. Returns undefined where there is none.
 *
 * @throws EmbedError where a newer version of embed wrote it
 */
export function findManifest(npyPath: string): FoundManifest | undefined {
  const { manifest: path } = setPaths(npyPath);
  if (!statSync(path, { throwIfNoEntry: false })) return undefined;
  const read = readJsonFile(path, { maxBytes: MAX_BYTES });
  if ('misfit' in read) return read;
  assertNotNewer(path, Object(read.value).format);
  const misfit = misfitOf(MANIFEST, read.value) ?? contradictionOf(read.value as Manifest);
  return misfit === undefined ? { manifest: read.value as Manifest } : { misfit };
}

/** The manifest of `npyPath`; undefined where there is none, or embed did not write it. */
export function readManifest(npyPath: string): Manifest | undefined {
  const found = findManifest(npyPath);
  return found && 'manifest' in found ? found.manifest : undefined;
}

/** What in a manifest cannot be true, whatever the files hold. */
function contradictionOf({ counts, rowOffsets, blankRows, rows, checksums }: Manifest): string | undefined {
  const groups = Math.ceil(counts.rows / ROWS_PER_OFFSET);
  if (rowOffsets.length !== groups) return `rowOffsets has ${rowOffsets.length} entries, where ${counts.rows} rows need ${groups}`;
  if (rowOffsets.some((offset, at) => (at === 0 ? offset !== 0 : offset <= rowOffsets[at - 1]!) || offset >= rows.bytes)) {
    return 'rowOffsets do not rise within the rows file';
  }
  if (blankRows.some((row, at) => row >= counts.rows || (at > 0 && row <= blankRows[at - 1]!)))
    return 'blankRows do not rise within the rows';
  if (checksums && [checksums.vectors, checksums.rows].some(({ length }) => length !== groups)) {
    return `checksums have other lengths than the ${groups} that ${counts.rows} rows need`;
  }
  return undefined;
}

/** The first file of a set that is missing or does not match its manifest; undefined where both match. */
export function foreignFile(manifest: Manifest, npyPath: string): string | undefined {
  const { vectors, rows } = setPaths(npyPath);
  const stamps = [
    [vectors, manifest.vectors],
    [rows, manifest.rows],
  ] as const;
  return stamps.find(([path, stamp]) => fileBytes(path) !== stamp.bytes || probeFile(path) !== stamp.probe)?.[0];
}

/**
 * Refuses to replace a file that embed did not write, or that was made from other inputs.
 *
 * @param inputs paths as `manifestPath` gives them
 * @throws EmbedError that names the file
 */
export function assertReplaceable(npyPath: string, inputs: readonly string[]): void {
  const { vectors, rows, manifest: manifestFile } = setPaths(npyPath);
  // a link that leads nowhere is something, too
  const existing = [vectors, rows, manifestFile].find((path) => lstatSync(path, { throwIfNoEntry: false }));
  if (existing === undefined) return;
  const manifest = readManifest(npyPath);
  if (!manifest) {
    throw new EmbedError(`Cannot write ${existing}: a file of that name exists and embed did not write it`, {
      hint: 'Name another file with -o, or add --overwrite',
    });
  }
  const theirs = manifest.inputs.map(({ path }) => path);
  if (theirs.join('\n') !== inputs.join('\n')) {
    throw new EmbedError(`Cannot write ${npyPath}: it holds the vectors of ${theirs.join(', ')}`, {
      hint: 'Name another file with -o, or add --overwrite',
    });
  }
}
