import { statSync } from 'node:fs';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { CliError } from '../errors.ts';
import type { CorpusOptions } from '../input/corpus.ts';
import { formatOf } from '../input/formats.ts';
import { FORMATS, type Format } from '../input/records.ts';
import { fileSize } from '../input/source.ts';

/** Options that mean the same in every command: how a corpus is read, which model encodes it. */
export type CorpusFlags = {
  inputFormat?: Format;
  textColumn: string[];
  idColumn?: string;
  columns: 'all' | readonly string[];
  delimiter?: string;
  header: boolean;
  encoding?: string;
  prompt?: string;
  promptText?: string;
} & ModelFlags;

/** Options that say which model encodes, and how. */
export type ModelFlags = {
  model?: string;
  pooling?: 'mean' | 'cls';
  dims?: number;
  precision?: 'fp32' | 'int8';
  calibrate?: string;
  force?: true;
  threads?: number;
  quiet?: true;
};

/** How a file is read by these flags. */
export function corpusOptions(flags: CorpusFlags, { format, label }: { format: Format; label: string }): CorpusOptions {
  const { textColumn, idColumn, columns, delimiter, header, encoding } = flags;
  return { format, label, textColumns: textColumn, idColumn, columns, delimiter, header, encoding };
}

/** How a file is read about which nothing is said but its name. */
export function defaultCorpus(path: string): CorpusOptions {
  return corpusOptions({ textColumn: [], columns: 'all', header: true }, { format: formatOf(path), label: path });
}

/** Refuses options that say how a corpus is read, where INPUT holds vectors: they would have no effect. */
export function assertNoReading(flags: CorpusFlags, input: string): void {
  const [idle] = readingFlags(flags);
  if (idle === undefined) return;
  throw new CliError(`Cannot use ${idle} with ${input}: it says how a corpus is read, and ${input} holds vectors`, {
    hint: `Leave ${idle} out${idle === '--text-column' ? '; the texts of the set are printed anyway' : ''}`,
  });
}

/** Refuses a cosine that no two vectors have. */
export function assertCosine(minCosine: number): void {
  if (Math.abs(minCosine) <= 1) return;
  throw new CliError(`Cannot use --min-cosine ${minCosine}: cosines are between -1 and 1`, {
    hint: 'For a share in per cent, divide by 100',
  });
}

/** Refuses --texts where they would have no effect, and where they cannot be read more than once. */
export function assertTexts(texts: string | undefined, input: string): void {
  if (texts === undefined) return;
  if (!/\.npy$/i.test(input)) {
    throw new CliError(`Cannot take texts from ${texts}: ${input} is a corpus, which has its own`, {
      hint: 'Leave --texts out; it is for a .npy',
    });
  }
  if (texts !== '-') fileSize(texts);
  if (texts !== '-' && statSync(texts).isFile()) return;
  throw new CliError(`Cannot take texts from ${texts === '-' ? 'standard input' : texts}: it is no regular file`, {
    hint: 'Put them into a file: they are read more than once',
  });
}

/** The options that say how a corpus is read, as far as they were given. */
function readingFlags({ inputFormat, textColumn, idColumn, columns, delimiter, header, encoding }: CorpusFlags): string[] {
  const given: [string, boolean][] = [
    ['--input-format', inputFormat !== undefined],
    ['--text-column', textColumn.length > 0],
    ['--id-column', idColumn !== undefined],
    ['--columns', columns !== 'all'],
    ['--delimiter', delimiter !== undefined],
    ['--no-header', !header],
    ['--encoding', encoding !== undefined],
  ];
  return given.filter(([, is]) => is).map(([name]) => name);
}

export type Group = 'Input' | 'Model' | 'Output' | 'Advanced' | 'Query' | 'Duplicates' | 'Clusters';

export function option(group: Group, flags: string, description: string): Option {
  return new Option(flags, description).helpGroup(`${group}:`);
}

/**
 * Declares how a corpus is read.
 *
 * @param rest where the options go that a command on vectors seldom needs
 */
export function addInputOptions(command: Command, { rest = 'Input' }: { rest?: Group } = {}): Command {
  return command
    .addOption(option(rest, '--input-format <format>', 'how INPUT is read, else by its suffix').choices(FORMATS))
    .addOption(
      option('Input', '--text-column <C>', 'column of the text, by name or number; repeat to join several')
        .argParser(repeated)
        .default([], 'the only one, or "text"'),
    )
    .addOption(option(rest, '--id-column <C>', 'column of the id (default: FILE:LINE)'))
    .addOption(option(rest, '--columns <a,b|none>', 'other columns to keep').argParser(columnList).default('all', 'all'))
    .addOption(
      option('Advanced', '--delimiter <char>', 'separator of a CSV file (default: comma, or what its header shows)').argParser(delimiter),
    )
    .addOption(option('Advanced', '--no-header', 'the first record is data; columns are numbered from 1'))
    .addOption(option(rest, '--encoding <name>', 'encoding of the file (default: UTF-8, or UTF-16 by its mark)'));
}

/** What --force does where it has no other use. */
export const FORCE_CODE = 'run a model that asks for code of its own (auto_map) without it';

/** Declares which model encodes. `prompted` is what --prompt stands before. */
export function addModelOptions(command: Command, { model, prompted }: { model: string; prompted: string }): Command {
  return addVariantOptions(command.addOption(option('Model', '--model <M>', `multilingual, folder, hub name (default: ${model})`)))
    .addOption(option('Advanced', '--prompt <name>', `one of the model's prompts (default: ${prompted})`))
    .addOption(option('Advanced', '--prompt-text <text>', 'these words instead of a prompt by name').conflicts('prompt'))
    .addOption(option('Advanced', '--threads <N>', 'processors to use (default: all this process may use)').argParser(positive));
}

/** Declares how a model is changed before it encodes. */
export function addVariantOptions(command: Command): Command {
  return command
    .addOption(option('Advanced', '--precision <p>', 'int8: several times as fast, close to fp32').choices(['fp32', 'int8']))
    .addOption(option('Advanced', '--calibrate <FILE>', 'texts that int8 is fitted to (default: a sample in many languages)'))
    .addOption(option('Advanced', '--dims <N>', 'only the first N numbers of each vector').argParser(positive))
    .addOption(option('Advanced', '--pooling <mode>', "instead of the model's own pooling").choices(['mean', 'cls']));
}

/** For an option that may be given more than once. */
export function repeated(value: string, earlier: string[] | undefined): string[] {
  return [...(earlier ?? []), value];
}

const FROM_ONE = /^[1-9]\d{0,8}$/;

/** A whole number from 1. */
export function positive(value: string): number {
  if (!FROM_ONE.test(value)) throw new InvalidArgumentError('Give a whole number from 1.');
  return Number(value);
}

/** A whole number from 0. */
export function natural(value: string): number {
  if (!/^\d{1,9}$/.test(value)) throw new InvalidArgumentError('Give a whole number from 0.');
  return Number(value);
}

/** A number of clusters, or "auto". */
export function clusterCount(value: string): number | 'auto' {
  if (value.toLowerCase() === 'auto') return 'auto';
  if (!FROM_ONE.test(value)) throw new InvalidArgumentError('Give a whole number from 1, or auto.');
  return Number(value);
}

/** Any finite number. */
export function finite(value: string): number {
  const number = Number(value);
  if (value.trim() === '' || !Number.isFinite(number)) throw new InvalidArgumentError('Give a number.');
  return number;
}

/** One of some words; for options whose help names them in its own words. */
export function oneOf<T extends string>(words: readonly T[]): (value: string) => T {
  return (value) => {
    const word = words.find((one) => one === value);
    if (word === undefined) throw new InvalidArgumentError(`Allowed choices are ${words.join(', ')}.`);
    return word;
  };
}

/** A cosine that something has to reach. */
export function cosineBound(value: string): number {
  const bound = finite(value);
  if (Math.abs(bound) > 1) throw new InvalidArgumentError('Give a number from -1 to 1.');
  return bound;
}

/** A cosine, or "auto". */
export function threshold(value: string): number | 'auto' {
  if (value === 'auto') return value;
  return finite(value);
}

/** How many rows may be duplicates: a number, or a share of all. */
export type Allowance = { rows: number } | { share: number };

/** Reads "12" and "0.5%". */
export function allowance(value: string): Allowance {
  const [, number, percent] = /^(\d+(?:\.\d+)?)(%?)$/.exec(value.trim()) ?? [];
  const amount = Number(number);
  if (number === undefined || (percent === '' && !Number.isInteger(amount)) || (percent === '%' && amount > 100)) {
    throw new InvalidArgumentError('Give a number of rows, such as 10, or a share of them, such as 0.5%.');
  }
  return percent === '%' ? { share: amount / 100 } : { rows: amount };
}

function columnList(value: string): readonly string[] {
  return value === 'none' ? [] : value.split(',').map((name) => name.trim());
}

function delimiter(value: string): string {
  const char = value === '\\t' || value === 'tab' ? '\t' : value;
  if (char.length !== 1 || char === '"' || char === '\n') throw new InvalidArgumentError('Give one character, such as ";" or "\\t".');
  return char;
}
