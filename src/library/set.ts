import { EmbedError } from '../errors.ts';
import { parseInput, type Input } from '../sets/input.ts';
import { openInput, type Opening } from '../sets/open-input.ts';
import type { OpenedInput } from '../sets/opened-input.ts';
import type { Run } from '../sets/run.ts';
import type { Matrix } from '../vectors/matrix.ts';
import { openSet as openStoredSet, type VectorSet } from '../vectors/set-reader.ts';
import { corpusFlags, type CorpusOptions, type ModelOptions } from './options.ts';

/** A vector set on disk: a `.npy` with its rows and manifest, or a bare `.npy`. */
export type EmbedSet = {
  /** Path of the `.npy`. */
  readonly path: string;
  readonly rows: number;
  readonly dims: number;
  /** Name of the model its vectors come from; null where nothing says it. */
  readonly model: string | null;
  /** All vectors, [rows, dims], row by row. */
  vectors(): Matrix;
};

/**
 * Opens a vector set that `encode` or NumPy has written.
 *
 * @throws EmbedError where it is missing, damaged, or written by a newer version
 * @example
 * const set = openSet('tickets.npy');
 * console.log(set.rows, set.dims, set.model);
 */
export function openSet(path: string): EmbedSet {
  if (typeof path !== 'string')
    throw new EmbedError('Cannot open a set: the path is not a string', { hint: 'Give the path of a .npy file' });
  const { vectors, manifest, close } = openStoredSet(path);
  close();
  const { rows, cols } = vectors;
  return { path, rows, dims: cols, model: manifest?.model?.name ?? null, vectors: () => readVectors(path, { rows, cols, manifest }) };
}

/** All vectors of a set that was opened before. */
function readVectors(path: string, { rows, cols, manifest }: Pick<Matrix, 'rows' | 'cols'> & Pick<VectorSet, 'manifest'>): Matrix {
  const { vectors, manifest: now, close } = openStoredSet(path);
  try {
    if (vectors.rows !== rows || vectors.cols !== cols || now?.vectors.hash !== manifest?.vectors.hash) {
      throw new EmbedError(`Cannot read the vectors of ${path}: the set was replaced after it was opened`, { hint: 'Open it again' });
    }
    const data = new Float32Array(rows * cols);
    vectors.read(0, data);
    return { data, rows, cols };
  } finally {
    close();
  }
}

/** A set, or the path of a set or corpus. */
export type SetOrPath = EmbedSet | string;

/** The path of what a caller gives as input. */
export function pathOf(verb: string, input: unknown): string {
  const path = typeof input === 'object' && input !== null ? (input as Partial<EmbedSet>).path : input;
  if (typeof path !== 'string') {
    throw new EmbedError(`Cannot ${verb}: the input is ${input === null ? 'null' : `of type ${typeof input}`}`, {
      hint: 'Give a path, or a set from openSet or encode',
    });
  }
  if (path === '-') {
    throw new EmbedError(`Cannot ${verb}: standard input is for the command line`, { hint: 'Write it to a file and give its path' });
  }
  return path;
}

/** The paths of one input or several. */
export function pathsOf(verb: string, input: unknown): string[] {
  return (Array.isArray(input) ? input : [input]).map((one: unknown) => pathOf(verb, one));
}

/** One input, opened for the time of `work`. */
export async function withInput<T>(
  path: string,
  options: CorpusOptions & ModelOptions & { threads?: number },
  { run, work, opening = {} }: { run: Run; work: (opened: OpenedInput, input: Input) => Promise<T>; opening?: Opening },
): Promise<T> {
  const input = parseInput(path, options);
  const opened = await openInput([input], corpusFlags(options), run, opening);
  try {
    return await work(opened, input);
  } finally {
    opened.close();
  }
}
