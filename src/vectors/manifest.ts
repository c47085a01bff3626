import { statSync } from 'node:fs';
import { dirname, relative, resolve, sep } from 'node:path';
import { boolean, object, whole, type Schema } from '../schema.ts';

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
  /** CRC-32 of every 256 rows of both files, compared when they are read. Sets of earlier versions have none. */
  checksums?: Checksums;
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

export type Checksums = { vectors: number[]; rows: number[] };

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

export const COUNTS: Schema<Counts> = object({
  rows: whole(),
  blank: whole(),
  cut: whole(),
  tokens: whole(),
  lostTokens: whole(),
  lostExact: boolean(),
  unknownTokens: whole(),
  letters: whole(),
  foreignLetters: whole(),
});

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

/** Length of a file, -1 where there is none. */
export function fileBytes(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? -1;
}
