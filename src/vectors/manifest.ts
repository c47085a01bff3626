import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, relative, resolve, sep } from 'node:path';
import { CliError } from '../errors.ts';
import { probeFile } from '../files/disk.ts';

/**
 * What a set on disk says of itself. A set is three files that belong together: NAME.npy (vectors), NAME.rows.jsonl
 * (one line a row) and NAME.manifest.json. The manifest is renamed into place last and holds the length and hash of
 * the other two, so that a reader can tell a torn set. It holds no times: the same input gives the same bytes.
 */
export type Manifest = {
  format: 1;
  tool: string;
  runtime: string;
  /** null where vectors came without saying what made them. */
  model: ManifestModel | null;
  /** How the input was read; together with `inputs`, `model` and `runtime` the key of "up to date". */
  options: Record<string, unknown>;
  inputs: FileStamp[];
  dims: number;
  counts: Counts;
  vectors: FileStamp & Probed;
  rows: FileStamp & Probed;
  /** Rows without text, in order: search, cluster and dedup leave them out. */
  blankRows: number[];
  /** Byte offset in the rows file of row 0, 256, 512, …: ten hits are ten short reads. */
  rowOffsets: number[];
};

export type ManifestModel = {
  name: string;
  hash: string;
  revision: string | null;
  pooling: string;
  normalized: boolean;
  /** The model's named prompts, and the words that stand before every row. */
  prompts: Readonly<Record<string, string>>;
  prompt: string | null;
  /** null where nothing limits a text. */
  maxTokens: number | null;
  precision: string | null;
  /** Hash of the float32 model that an int8 one was made of. */
  base: string | null;
};

/** Path relative to the manifest, with "/". */
export type FileStamp = { path: string; bytes: number; hash: string };

/** What `probeFile` says of a file: readers compare it each time, as hashing the whole would take too long. */
export type Probed = { probe: string };

/** Totals over all rows. */
export type Counts = {
  rows: number;
  blank: number;
  cut: number;
  /** Tokens of the texts that were read (special tokens aside), and tokens lost beyond the model's limit (estimated where `lostExact` is false). */
  tokens: number;
  lostTokens: number;
  lostExact: boolean;
  unknownTokens: number;
  /** Letters, and those outside the model's scripts; 0 where the model does not declare them. */
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

/** What an unfinished run leaves beside the set. */
export function journalPath(npyPath: string): string {
  return `${npyPath}.journal`;
}

/** 8-bit codes of the vectors, which search keeps beside a large set. */
export function codesPath(npyPath: string): string {
  return npyPath.replace(/(\.npy)?$/i, '.codes');
}

/** `path` as the manifest beside `npyPath` writes it. */
export function manifestPath(path: string, npyPath: string): string {
  return path === '-'
    ? '-'
    : relative(dirname(resolve(npyPath)), resolve(path))
        .split(sep)
        .join('/');
}

/** The manifest beside `npyPath`; undefined where there is none or it is not ours. */
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
  const lists = [inputs, blankRows, rowOffsets].every((list) => Array.isArray(list));
  const named = lists && inputs!.every((input) => typeof input?.path === 'string');
  return format === 1 && named && typeof counts?.rows === 'number' && vectors?.probe && rows?.probe ? (value as Manifest) : undefined;
}

/** The first file of a set that is missing or is not the one its manifest speaks of; undefined where all is well. */
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
 * Refuses to replace a file that is not ours, or that was made from other inputs.
 * @param inputs paths as `manifestPath` writes them
 */
export function assertReplaceable(npyPath: string, inputs: readonly string[]): void {
  const { vectors, rows, manifest: manifestFile } = setPaths(npyPath);
  const existing = [vectors, rows, manifestFile].find((path) => existsSync(path));
  if (existing === undefined) return;
  const manifest = readManifest(npyPath);
  if (!manifest) {
    throw new CliError(`Cannot write ${existing}: a file of that name exists and embed did not write it`, {
      hint: 'Name another file with -o, or say --overwrite',
    });
  }
  const theirs = manifest.inputs.map(({ path }) => path);
  if (theirs.join('\n') !== inputs.join('\n')) {
    throw new CliError(`Cannot write ${npyPath}: it holds the vectors of ${theirs.join(', ')}`, {
      hint: 'Name another file with -o, or say --overwrite',
    });
  }
}
