import { Option, type Command } from 'commander';
import { FORMATS } from '../input/formats.ts';
import type { Io } from '../io.ts';
import type { Run } from '../sets/run.ts';
import { columnList, delimiter, positive, repeated } from './values.ts';

export type Group = 'Input' | 'Model' | 'Output' | 'Advanced' | 'Query' | 'Duplicates' | 'Clusters';

export function option(group: Group, flags: string, description: string): Option {
  return new Option(flags, description).helpGroup(`${group}:`);
}

/** What a command is declared with: its streams, whether help shows everything, and what takes its exit code. */
export type CommandContext = { io: Io; full: boolean; exit: (code: number) => void };

/** Does the work of a command; what it needs is loaded only now, so that help is instant. */
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
  addVariantOptions(command.addOption(option('Model', '--model <M>', `multilingual, folder, hub name (default: ${model})`)));
  return addPromptOptions(command, { prompted }).addOption(threadsOption());
}

/** Declares what stands before each text, with the default in words. */
export function addPromptOptions(command: Command, { prompted }: { prompted: string }): Command {
  return command
    .addOption(option('Advanced', '--prompt <name>', `one of the model's prompts (default: ${prompted})`))
    .addOption(option('Advanced', '--prompt-text <text>', 'these words instead of a prompt by name').conflicts('prompt'));
}

export function threadsOption(): Option {
  return option('Advanced', '--threads <N>', 'processors to use (default: all this process may use)').argParser(positive);
}

/** Declares how a model is changed before it encodes. */
export function addVariantOptions(command: Command): Command {
  return command
    .addOption(option('Advanced', '--precision <p>', 'int8: several times as fast, close to fp32').choices(['fp32', 'int8']))
    .addOption(option('Advanced', '--calibrate <FILE>', 'texts that int8 is fitted to (default: a sample in many languages)'))
    .addOption(option('Advanced', '--dims <N>', 'only the first N numbers of each vector').argParser(positive))
    .addOption(option('Advanced', '--pooling <mode>', "instead of the model's own pooling").choices(['mean', 'cls']));
}
