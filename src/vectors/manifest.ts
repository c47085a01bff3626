import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, relative, resolve, sep } from 'node:path';
import { EmbedError } from '../errors.ts';
import { probeFile } from '../files/disk.ts';

/**
 * Describes a set on disk. A set is three files that belong together: NAME.npy (vectors), NAME.rows.jsonl (one line per
 * row) and NAME.manifest.json. The manifest gets its name last and holds the length and hash of the other two, so that a
 * reader notices when a file is missing or from another run. It holds no times: the same input gives the same bytes.
 */
export type Manifest = {
  format: 1;
  tool: string;
  runtime: string;
  /** null for imported vectors that name no model. */
  model: ManifestModel | null;
  /** How the input was read. A set is up to date when these, `inputs`, `model` and `runtime` are unchanged. */
  options: Record<string, unknown>;
  inputs: FileStamp[];
  dims: number;
  counts: Counts;
  vectors: FileStamp & Probed;
  rows: FileStamp & Probed;
  /** Numbers of the rows without text, ascending: search, cluster and dedup leave them out. */
  blankRows: number[];
  /** Byte offsets of rows 0, 256, 512, … in the rows file, so that reading ten hits takes ten short reads. */
  rowOffsets: number[];
};

export type ManifestModel = {
  name: string;
  hash: string;
  revision: string | null;
  pooling: string;
  normalized: boolean;
  /** The model's named prompts, and the prompt that was put before every text. */
  prompts: Readonly<Record<string, string>>;
  prompt: string | null;
  /** null where the model has no limit. */
  maxTokens: number | null;
  precision: string | null;
  /** Hash of the float32 model that an int8 model was made from. */
  base: string | null;
};

/** Identifies a file; `path` is relative to the manifest and uses "/". */
export type FileStamp = { path: string; bytes: number; hash: string };

/** The result of `probeFile`. Readers compare it each time, because hashing the whole file would take too long. */
export type Probed = { probe: string };

/** Totals over all rows. */
export type Counts = {
  rows: number;
  blank: number;
  cut: number;
  /** Tokens that were read, without special tokens; and tokens lost beyond the model's limit, estimated where `lostExact` is false. */
  tokens: number;
  lostTokens: number;
  lostExact: boolean;
  unknownTokens: number;
  /** Letters, and letters outside the model's scripts; both 0 where the model declares no scripts. */
  letters: number;
  foreignLetters: number;
};

export const ROWS_PER_OFFSET = 256;

export const noCounts = (): Counts => ({
  rows: 0,
  blank: 0,
  cut: 0,
  tokens: 0,
  lostTokens: 0,
  lostExact: true,
  unknownTokens: 0,
  letters: 0,
  foreignLetters: 0,
});

/** The three files of the set whose vectors are at `npyPath`. */
export function setPaths(npyPath: string): { vectors: string; rows: string; manifest: string } {
  const base = npyPath.replace(/\.npy$/i, '');
  return { vectors: npyPath, rows: `${base}.rows.jsonl`, manifest: `${base}.manifest.json` };
}

/** Path of the journal that an unfinished run leaves beside the set. */
export function journalPath(npyPath: string): string {
  return `${npyPath}.journal`;
}

/** Path of the 8-bit codes that search keeps beside a large set. */
export function codesPath(npyPath: string): string {
  return npyPath.replace(/(\.npy)?$/i, '.codes');
}

/** `path` as the manifest of `npyPath` stores it: relative to the manifest, with "/". */
export function manifestPath(path: string, npyPath: string): string {
  return path === '-'
    ? '-'
    : relative(dirname(resolve(npyPath)), resolve(path))
        .split(sep)
        .join('/');
}

/** The format of a manifest, and of the file beside centroids, that this version reads and writes. */
const FORMAT = 1;

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

/**
 * Reads the manifest of `npyPath`. Returns undefined where there is none, or embed did not write it.
 *
 * @throws EmbedError where a newer version of embed wrote it
 */
export function readManifest(npyPath: string): Manifest | undefined {
  const { manifest } = setPaths(npyPath);
  if (!existsSync(manifest)) return undefined;
  let value: Partial<Manifest>;
  try {
    value = JSON.parse(readFileSync(manifest, 'utf8')) as Partial<Manifest>;
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { format, inputs, counts, blankRows, rowOffsets, vectors, rows } = value;
  assertNotNewer(manifest, format);
  const lists = [inputs, blankRows, rowOffsets].every((list) => Array.isArray(list));
  const named = lists && inputs!.every((input) => typeof input?.path === 'string');
  return format === FORMAT && named && typeof counts?.rows === 'number' && vectors?.probe && rows?.probe ? (value as Manifest) : undefined;
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

/** Length of a file, -1 where there is none. */
export function fileBytes(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? -1;
}

/**
 * Refuses to replace a file that embed did not write, or that was made from other inputs.
 *
 * @param inputs paths as `manifestPath` gives them
 * @throws EmbedError that names the file
 */
export function assertReplaceable(npyPath: string, inputs: readonly string[]): void {
  const { vectors, rows, manifest: manifestFile } = setPaths(npyPath);
  const existing = [vectors, rows, manifestFile].find((path) => existsSync(path));
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
