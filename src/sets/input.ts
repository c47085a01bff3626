import { resolve } from 'node:path';
import { EmbedError } from '../errors.ts';
import { formatOf } from '../input/formats.ts';
import type { Format } from '../input/formats.ts';
import { fileSize } from '../input/source.ts';
import { manifestPath, setPaths } from '../vectors/manifest.ts';
import { isNpyPath } from '../vectors/npy.ts';

/**
 * INPUT of a command, parsed once from the command line. `name` is its name in messages. A corpus or a pipe may still turn out to hold
 * vectors in JSON Lines: only its first line shows that.
 */
export type Input =
  | { kind: 'set'; path: string; name: string }
  | { kind: 'corpus'; path: string; name: string; format: Format }
  | { kind: 'pipe'; path: '-'; name: string; format: Format };

type Reading = { inputFormat?: Format };

/** The input that a path of the command line names. Throws an EmbedError if the file does not exist or its format is not known. */
export function parseInput(path: string, { inputFormat }: Reading): Input {
  if (path === '-') return { kind: 'pipe', path, name: 'standard input', format: inputFormat ?? 'lines' };
  if (/\.(rows\.jsonl|manifest\.json)$/.test(path)) {
    throw new EmbedError(`Cannot encode ${path}: it is part of a vector set`, { hint: 'Give the text it was made from' });
  }
  // first: for a file that does not exist, its format is not the error to report
  fileSize(path);
  if (isNpyPath(path)) return { kind: 'set', path, name: path };
  return { kind: 'corpus', path, name: path, format: inputFormat ?? formatOf(path) };
}

/** The inputs that several paths name. They are read as one corpus. */
export function parseInputs(paths: readonly string[], flags: Reading): Input[] {
  if (paths.length > 1 && paths.includes('-')) {
    throw new EmbedError('Cannot read standard input together with files', { hint: 'Put it into a file, or join them all in the pipe' });
  }
  const twice = paths.find((path, at) => paths.some((other, later) => later > at && resolve(other) === resolve(path)));
  if (twice !== undefined) {
    throw new EmbedError(`Cannot encode ${twice} twice in one corpus: its rows would have the same ids`, { hint: 'Name it once' });
  }
  return paths.map((path) => parseInput(path, flags));
}

/** The files of INPUT that its path names. */
export function filesOf(input: Input): string[] {
  return input.kind === 'set' ? Object.values(setPaths(input.path)) : [input.path];
}

/** The name of an input in the ids of its rows, as seen from the folder of `beside`. */
export function labelOf(input: Input, beside: string): string {
  return input.kind === 'pipe' ? 'stdin' : manifestPath(input.path, beside);
}
