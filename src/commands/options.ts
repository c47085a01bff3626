import { Option, type Command } from 'commander';
import { FORMATS } from '../input/formats.ts';
import type { Io } from '../io.ts';
import type { Run } from '../sets/run.ts';
import { bytes, columnList, delimiter, positive, repeated } from './values.ts';

export type Group = 'Input' | 'Model' | 'Output' | 'Advanced' | 'Query' | 'Duplicates' | 'Clusters';

export function option(group: Group, flags: string, description: string): Option {
  return new Option(flags, description).helpGroup(`${group}:`);
}

/** The surroundings of a command: its streams, whether help shows everything, and the function that takes its exit code. */
export type CommandContext = { io: Io; full: boolean; exit: (code: number) => void };

/** Runs a command. Its code is loaded only now, so that help is instant. */
export async function perform(
  { io, exit }: CommandContext,
  flags: { quiet?: true; threads?: number },
  work: (run: Run) => Promise<number>,
): Promise<void> {
  const { openRun } = await import('../sets/run.ts');
  exit(await work(openRun(flags, io)));
}

/**
 * Declares how a corpus is read.
 *
 * @param rest help group of the options that a command on vectors rarely needs
 */
export function addInputOptions(command: Command, { rest = 'Input' }: { rest?: Group } = {}): Command {
  return command
    .addOption(option(rest, '--input-format <format>', 'format of INPUT (default: by its suffix)').choices(FORMATS))
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
    .addOption(option(rest, '--encoding <name>', 'encoding of the file (default: UTF-8, or UTF-16 by its mark)'))
    .addOption(recordSizeOption());
}

/** Declares how large a record may be. */
export function recordSizeOption(): Option {
  return option('Advanced', '--max-record-size <size>', 'largest record to read (default: 64MB)').argParser(bytes);
}

/** Declares that CSV files are for Excel. */
export function excelOption(): Option {
  return option('Advanced', '--excel', 'write .csv as Excel opens it: with a byte order mark, and separated as INPUT is');
}

/** Help of --force in commands where it has no other use. */
export const FORCE_CODE = 'load a model that requires custom code (auto_map) without running that code';

/** Declares which model encodes. `model` and `prompted` are the defaults, as help shows them. */
export function addModelOptions(command: Command, { model, prompted }: { model: string; prompted: string }): Command {
  addVariantOptions(command.addOption(option('Model', '--model <M>', `multilingual, folder or hub name (default: ${model})`)));
  return addPromptOptions(command, { prompted }).addOption(threadsOption());
}

/** Declares the prompt before each text, with its default in words. */
export function addPromptOptions(command: Command, { prompted }: { prompted: string }): Command {
  return command
    .addOption(option('Advanced', '--prompt <name>', `one of the model's prompts (default: ${prompted})`))
    .addOption(option('Advanced', '--prompt-text <text>', 'put these words before each text instead').conflicts('prompt'));
}

export function threadsOption(): Option {
  return option('Advanced', '--threads <N>', 'threads to use (default: all processors this process may use)').argParser(positive);
}

/** Declares how a model is changed before it encodes. */
export function addVariantOptions(command: Command): Command {
  return command
    .addOption(option('Advanced', '--cache <DIR>', 'keep vectors in this folder, and take them from it').env('EMBED_CACHE'))
    .addOption(option('Advanced', '--precision <p>', 'int8: several times as fast, close to fp32').choices(['fp32', 'int8']))
    .addOption(option('Advanced', '--calibrate <FILE>', 'texts to calibrate int8 on (default: a sample in many languages)'))
    .addOption(option('Advanced', '--dims <N>', 'keep only the first N numbers of each vector').argParser(positive))
    .addOption(option('Advanced', '--pooling <mode>', "pooling (default: the model's own)").choices(['mean', 'cls']));
}
