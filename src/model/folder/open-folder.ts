import { existsSync, lstatSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, relative } from 'node:path';
import { EmbedError } from '../../errors.ts';
import { readBoundedJson, type JsonLimits } from '../../files/bounded-json.ts';
import { assertRegular } from '../../files/regular-file.ts';
import { misfitOf, type Schema } from '../../schema.ts';
import { TOKENIZER_LIMITS, tokenizerMisfit } from '../tokenizer/check.ts';
import { unusable } from '../tokenizer/tokenizer.ts';

/** The files of a stranger's folder. Every file that decides a vector is taken by one of these functions. */
export type OpenFolder = {
  folder: string;
  has(file: string): boolean;
  /** Notes a file for the hash of the model. Throws an EmbedError if it is not a regular file of this folder. */
  note(file: string): void;
  /** Reads a JSON file, and notes it. Throws an EmbedError if it does not fit the schema, or is missing and there is no fallback. */
  json<T>(file: string, schema: Schema, fallback?: T): T;
  /** Reads a JSON file that may decide no vector, and does not note it. */
  peek<T>(file: string, schema: Schema, fallback?: T): T;
  /** Reads a tokenizer.json, and notes it. */
  tokenizer<T extends object>(file: string): T;
  noted: readonly string[];
};

/** The largest config.json known has 1 MB, the largest index of weights 3 MB. */
export const SETTINGS_LIMITS: JsonLimits & { maxBytes: number } = { maxBytes: 16e6, maxDepth: 64, maxNodes: 1e6, maxKeys: 1e6 };

export function openFolder(folder: string): OpenFolder {
  const places = placesOf(folder);
  const noted: string[] = [];
  const has = (file: string): boolean => existsSync(join(folder, file));
  const broken = (what: string, hint = 'Copy it again; it looks damaged', cause?: unknown): EmbedError =>
    new EmbedError(`Cannot load the model in ${folder}: ${what}`, { hint, cause });

  const assertOwn = (file: string): void => {
    const path = join(folder, file);
    const real = realpathSync(path);
    if (!places.some((place) => isInside(real, place))) {
      throw broken(`${file} leads out of the folder, to ${real}`, 'Copy the file itself into the folder');
    }
    assertRegular(statSync(path), path);
  };
  const note = (file: string): void => {
    assertOwn(file);
    noted.push(file);
  };
  const read = (file: string, limits: JsonLimits & { maxBytes: number }): unknown => {
    if (!has(file)) throw broken(`${file} is missing`, 'Copy the whole folder as SentenceTransformer.save() writes it');
    assertOwn(file);
    try {
      return readBoundedJson(join(folder, file), limits);
    } catch (cause) {
      if (!(cause instanceof SyntaxError)) throw cause;
      throw broken(`${file} is not valid JSON`, undefined, cause);
    }
  };
  const peek = <T>(file: string, schema: Schema, fallback?: T): T => {
    if (fallback !== undefined && !has(file)) return fallback;
    const value = read(file, SETTINGS_LIMITS);
    const misfit = jsonMisfit(value, { file, schema });
    if (misfit !== undefined) throw broken(misfit);
    return value as T;
  };
  return {
    folder,
    has,
    note,
    noted,
    peek,
    json<T>(file: string, schema: Schema, fallback?: T): T {
      const value = peek(file, schema, fallback);
      if (has(file)) noted.push(file);
      return value;
    },
    tokenizer<T extends object>(file: string): T {
      const value = read(file, TOKENIZER_LIMITS);
      noted.push(file);
      const misfit = tokenizerMisfit(value);
      if (misfit !== undefined) throw unusable(folder, misfit);
      return value as T;
    },
  };
}

/** How a JSON file does not fit its schema, as the end of a sentence; undefined if it fits. */
export function jsonMisfit(value: unknown, { file, schema }: { file: string; schema: Schema }): string | undefined {
  const list = basename(file) === 'modules.json';
  if (typeof value !== 'object' || value === null || Array.isArray(value) !== list) {
    return `${file} does not hold a JSON ${list ? 'list' : 'object'}`;
  }
  const misfit = misfitOf(schema, value);
  return misfit === undefined ? undefined : `in ${file}, ${misfit}`;
}

/** Without fields that are null: they count as missing. */
export function withoutNulls<T extends object>(fields: T): T {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null)) as T;
}

/**
 * The real folders that a model's files may be in: its own, and the blobs beside a snapshot in the cache that Hugging Face's libraries share,
 * which consists of links to them.
 */
function placesOf(folder: string): string[] {
  const own = realpathSync(folder);
  const snapshots = dirname(own);
  const blobs = join(dirname(snapshots), 'blobs');
  const isSnapshot = basename(snapshots) === 'snapshots' && /^[0-9a-f]{40}$/.test(basename(own));
  // blobs that are a link could lead anywhere
  return isSnapshot && lstatSync(blobs, { throwIfNoEntry: false })?.isDirectory() ? [own, blobs] : [own];
}

function isInside(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return way !== '' && !isAbsolute(way) && way.split(/[\\/]/)[0] !== '..';
}
