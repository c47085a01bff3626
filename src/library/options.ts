import { EmbedError } from '../errors.ts';
import { FORMATS, type Format } from '../input/formats.ts';
import type { CustomEncoder } from '../model/model.ts';
import { withoutUndefined } from '../report/report.ts';
import type { CorpusFlags } from '../sets/flags.ts';

/** How work is run: all of it optional. */
export type RunOptions = {
  /** Processors to use. Default: all this process may use. */
  threads?: number;
  /** Stops the work: the promise rejects with an EmbedError whose cause is the signal's reason. */
  signal?: AbortSignal;
  /** Called with each note and warning that the command would print. */
  onNote?: (note: string) => void;
  /** Called now and then in long work. */
  onProgress?: (progress: Progress) => void;
};

/** How far long work is; `fraction` is undefined while the end is not known. */
export type Progress = { fraction: number | undefined; rows?: number; tokens?: number; text?: string };

/** Which model encodes, and how. */
export type ModelOptions = {
  /** `minilm` (default), `multilingual`, a folder, a name on the Hugging Face Hub, or an encoder of your own. */
  model?: string | CustomEncoder;
  pooling?: 'mean' | 'cls';
  /** Only the first N values of each vector. */
  dims?: number;
  precision?: 'fp32' | 'int8';
  /** File of texts that int8 is calibrated on. */
  calibrate?: string;
  /** One of the model's prompts by name, or words of your own. */
  prompt?: string;
  promptText?: string;
  /** A folder that keeps the vectors of a corpus for later calls, as --cache does. */
  cache?: string;
  /** Overrides a refusal, as --force does. */
  force?: boolean;
};

/** How a corpus is read. */
export type CorpusOptions = {
  inputFormat?: Format;
  /** Column of the text, or several that are joined by line breaks. */
  textColumn?: string | readonly string[];
  idColumn?: string;
  /** Other columns to keep. */
  columns?: 'all' | 'none' | readonly string[];
  delimiter?: string;
  /** Whether the first record of a table names its columns. Default: true. */
  header?: boolean;
  encoding?: string;
  /** `strip` takes HTML off the texts; `keep` encodes it with them, which a note would tell of otherwise. */
  html?: 'strip' | 'keep';
  /** The list of a JSON object whose elements are the rows, by its path. */
  records?: string;
  /** Largest record to read, in bytes. Default: 64,000,000. */
  maxRecordSize?: number;
};

/** Says in words which value an option must have; undefined where the value is right. */
type Check = (value: unknown) => string | undefined;

const is =
  (what: string, test: (value: unknown) => boolean): Check =>
  (value) =>
    test(value) ? undefined : what;
const isString = (value: unknown): boolean => typeof value === 'string';
const isStrings = (value: unknown): boolean => Array.isArray(value) && value.every(isString);

export const string: Check = is('a string', isString);
export const strings: Check = is('a string or an array of strings', (value) => isString(value) || isStrings(value));
export const count: Check = is('a whole number from 1', (value) => Number.isInteger(value) && (value as number) >= 1);
export const natural: Check = is('a whole number from 0', (value) => Number.isInteger(value) && (value as number) >= 0);
export const boolean: Check = is('true or false', (value) => typeof value === 'boolean');
export const cosine: Check = is('a number from -1 to 1', (value) => typeof value === 'number' && Math.abs(value) <= 1);
export const callback: Check = is('a function', (value) => typeof value === 'function');
export const oneOf = (...words: readonly unknown[]): Check => is(`one of ${words.join(', ')}`, (value) => words.includes(value));
export const either =
  (one: Check, other: Check): Check =>
  (value) => {
    const [a, b] = [one(value), other(value)];
    return a !== undefined && b !== undefined ? `${a}, or ${b}` : undefined;
  };

export const RUN_CHECKS: Readonly<Record<string, Check>> = {
  threads: count,
  signal: is('an AbortSignal', (value) => value instanceof AbortSignal),
  onNote: callback,
  onProgress: callback,
};

/** Whether a value is an encoder of the caller's own. */
function isEncoder(value: unknown): value is CustomEncoder {
  if (typeof value !== 'object' || value === null) return false;
  const { name, dims, encode } = value as Partial<CustomEncoder>;
  return isString(name) && Number.isInteger(dims) && dims! > 0 && typeof encode === 'function';
}

export const MODEL_CHECKS: Readonly<Record<string, Check>> = {
  model: either(string, is('an encoder { name, dims, encode }', isEncoder)),
  pooling: oneOf('mean', 'cls'),
  dims: count,
  precision: oneOf('fp32', 'int8'),
  calibrate: string,
  prompt: string,
  promptText: string,
  cache: string,
  force: boolean,
};

export const CORPUS_CHECKS: Readonly<Record<string, Check>> = {
  inputFormat: oneOf(...FORMATS),
  textColumn: strings,
  idColumn: string,
  columns: either(
    oneOf('all', 'none'),
    is('an array of strings', (value) => isStrings(value)),
  ),
  delimiter: is('a string that is not empty', (value) => isString(value) && value !== ''),
  header: boolean,
  encoding: string,
  html: oneOf('strip', 'keep'),
  records: string,
  maxRecordSize: count,
};

/** Refuses options that are not known or of the wrong type: JavaScript would take them in silence. */
export function assertOptions(verb: string, options: unknown, checks: Readonly<Record<string, Check>>): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new EmbedError(`Cannot ${verb}: the options are ${inWords(options)}, not an object`, { hint: 'Give them as { name: value }' });
  }
  for (const [name, value] of Object.entries(options)) {
    const check = Object.hasOwn(checks, name) ? checks[name]! : undefined;
    if (!check) {
      throw new EmbedError(`Cannot ${verb}: there is no option "${name}"`, { hint: `Options are ${Object.keys(checks).join(', ')}` });
    }
    const wanted = value === undefined ? undefined : check(value);
    if (wanted !== undefined) {
      throw new EmbedError(`Cannot ${verb}: option ${name} is ${inWords(value)}`, { hint: `Give ${wanted}` });
    }
  }
}

/** Refuses an argument that is not a string, or not strings. */
export function assertArgument(verb: string, name: string, { value, check }: { value: unknown; check: Check }): void {
  const wanted = check(value);
  if (wanted !== undefined) throw new EmbedError(`Cannot ${verb}: ${name} is ${inWords(value)}`, { hint: `Give ${wanted}` });
}

function inWords(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? JSON.stringify(value)
    : `a value of type ${typeof value}`;
}

/** Options as the commands have them from their flags. */
export function corpusFlags({
  textColumn = [],
  columns = 'all',
  header = true,
  force,
  ...rest
}: CorpusOptions & ModelOptions & { threads?: number }): CorpusFlags {
  const {
    inputFormat,
    idColumn,
    delimiter,
    encoding,
    html,
    records,
    maxRecordSize,
    model: asked,
    pooling,
    dims,
    precision,
    calibrate,
    prompt,
    promptText,
    cache,
    threads,
  } = rest;
  const given = typeof asked === 'object' ? { encoder: asked } : { model: asked };
  return {
    ...withoutUndefined(given),
    ...withoutUndefined({ inputFormat, idColumn, delimiter, encoding, html, records, maxRecordSize }),
    ...withoutUndefined({ pooling, dims, precision, calibrate, prompt, promptText, cache, threads }),
    ...(force ? { force: true } : {}),
    textColumn: [textColumn].flat() as string[],
    columns: columns === 'none' ? [] : columns,
    header,
  };
}
