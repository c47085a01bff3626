import { Command, CommanderError, Help, type Option } from 'commander';
import { addCluster } from './commands/cluster/options.ts';
import { addDedup } from './commands/dedup/options.ts';
import { addDistill } from './commands/distill/options.ts';
import { addEncode } from './commands/encode/options.ts';
import { addModels } from './commands/models/options.ts';
import { addSearch } from './commands/search/options.ts';
import { addSets } from './commands/sets/options.ts';
import { EmbedError } from './errors.ts';
import { printNote, write, type Io } from './io.ts';
import { systemError, systemMessage } from './system-errors.ts';
import { version } from './version.ts';

/** Option names of other tools → our names; '' where there is no such option. */
const RENAMED: Readonly<Record<string, string>> = {
  '--threshold': '--min-cosine',
  '--top-k': '--top',
  '--output-format': '--format',
  '--batch-size': '',
  '--workers': '--threads',
  '--column': '--text-column',
  '--n-clusters': '--clusters',
  '--num-clusters': '--clusters',
  '--max-iter': '--max-iterations',
  '--n-init': '--restarts',
};

/**
 * Runs the program: parses `args`, runs one command, and turns every outcome into an exit code.
 *
 * @returns 0 on success, 1 where a check failed, 2 on any other error, 129, 130 or 143 on a signal
 */
export async function main(args: readonly string[], io: Io): Promise<number> {
  let code = 0;
  try {
    const shortcut = await answerDirectly(args, io);
    if (shortcut === undefined) await program(args, io, (value) => (code = value)).parseAsync([...args], { from: 'user' });
    else await write(io.stdout, shortcut);
    return code;
  } catch (error) {
    if (io.signal.aborted) {
      const reason: unknown = io.signal.reason;
      // the reader of our output has closed the pipe, as `head` does: the result of the command still counts
      if (reason === 'EPIPE') return code;
      if (reason instanceof Error) {
        report(
          new EmbedError(`Cannot write to standard output: ${systemMessage(reason)}`, {
            hint: 'Make room on the disk, or write the output elsewhere',
          }),
          io,
        );
        return 2;
      }
      if (error instanceof EmbedError && error.hint) io.stderr.write(`${error.message}: ${error.hint}\n`);
      return SIGNALS[reason as keyof typeof SIGNALS] ?? 130;
    }
    if (error instanceof CommanderError) return commanderExit(error, args, io);
    if ((error as NodeJS.ErrnoException).code === 'EPIPE') return code;
    report(error, io);
    return 2;
  }
}

/** The answer to words that are no command: versions, and the questions of shells; undefined for anything else. */
async function answerDirectly([first, ...rest]: readonly string[], io: Io): Promise<string | undefined> {
  if (first === '--version' || first === '-V') return (await import('./commands/versions.ts')).versionLines();
  if (first !== 'completion' && first !== 'complete') return undefined;
  const { completions, completionScript } = await import('./commands/completion.ts');
  return (first === 'completion' ? completionScript : completions)(program(['--help'], io), rest);
}

/** @param exit called with the exit code of a command that ended without an error */
function program(args: readonly string[], io: Io, exit: (code: number) => void = () => {}): Command {
  const full = args.includes('--help');
  const command = new Command('embed')
    .description('Turns a text corpus into vectors, searches it, groups it and cleans it: no Python, no server, no network.')
    .version(version(), '-V, --version', 'print the versions of embed, ONNX Runtime and the models')
    .helpOption('-h, --help', 'print help; --help lists every option')
    .helpCommand('help [command]', 'print help')
    .exitOverride()
    .configureOutput({ writeOut: (text) => io.stdout.write(text), writeErr: () => {} })
    .configureHelp({
      helpWidth: Math.min(io.stdout.columns || 80, 100),
      // keeps the groups in the order of their options, so that the advanced ones come last
      groupItems: (_, shown, groupOf) => new Help().groupItems(shown, shown, groupOf),
      visibleOptions: (of) =>
        new Help()
          .visibleOptions(of)
          .filter((option) => full || !advanced(option))
          .toSorted((a, b) => Number(advanced(a)) - Number(advanced(b))),
    })
    .addHelpText(
      'after',
      '\nExamples:\n  embed search corpus.txt how do I cook rice\n  embed encode tickets.csv --text-column body\n  embed search tickets.npy refund\n  embed cluster tickets.npy\n  embed dedup tickets.csv --text-column body -o clean.csv\n\nRun embed COMMAND --help for all its options, and embed completion SHELL for\na completion script (bash, zsh, fish, powershell).',
    );
  const context = { io, full, exit };
  addEncode(command, context);
  addSearch(command, context);
  addCluster(command, context);
  addDedup(command, context);
  addDistill(command, context);
  addModels(command, context);
  addSets(command, context);
  return command;
}

function advanced(option: Option): boolean {
  return option.helpGroupHeading === 'Advanced:';
}

function commanderExit(error: CommanderError, args: readonly string[], io: Io): number {
  if (error.exitCode === 0) return 0;
  if (error.code === 'commander.help' || error.code === 'commander.missingArgument') {
    // a command without INPUT prints its help to stderr, as `embed` without a command does
    const asked = program(args, { ...io, stdout: io.stderr });
    const command = asked.commands.find((one) => one.name() === args[0]) ?? asked;
    (command.commands.find((one) => one.name() === args[1]) ?? command).outputHelp();
    return 2;
  }
  if (error.code === 'commander.excessArguments' && args[0] === 'models') {
    const known = ['list', 'show', 'get', 'verify'].find((name) => name === args[1]);
    const what = known
      ? `Cannot run embed models ${known}: it takes ${known === 'list' ? 'no arguments' : 'one MODEL'}`
      : `Cannot run embed models ${args[1]}: there is no such command`;
    report(
      new EmbedError(what, {
        hint: known ? `Run embed models ${known} --help` : 'Use list, show, get or verify; run embed models --help',
      }),
      io,
    );
    return 2;
  }
  // commander prints its guess (Did you mean …?) on a second line
  const message = error.message.replace(/^error: /, '').replaceAll('\n', ' ');
  const option = /unknown option '(--[\w-]+)/.exec(message)?.[1];
  const renamed = option === undefined ? undefined : RENAMED[option];
  const hint =
    renamed === ''
      ? 'Leave it out: embed plans batches by token count'
      : renamed !== undefined
        ? `In embed it is called ${renamed}, in commands that have it`
        : error.code === 'commander.unknownOption' && args[0] === 'search' && option === undefined
          ? `If it is part of the query, put -- before it: embed search ${args[1] ?? 'INPUT'} -- ${/'(-.*?)'/.exec(message)?.[1] ?? '…'}`
          : `Run embed ${['encode', 'search', 'cluster', 'dedup', 'distill', 'models', 'sets'].includes(args[0] ?? '') ? `${args[0]} ` : ''}--help`;
  report(new EmbedError(message.charAt(0).toUpperCase() + message.slice(1), { hint }), io);
  return 2;
}

function report(raised: unknown, io: Io): void {
  const error = systemError(raised) ?? raised;
  const known = error instanceof EmbedError;
  const message = error instanceof Error ? error.message : String(error);
  printNote(io.stderr, `error: ${message.split('\n', 1)[0]!}`);
  if (known && error.hint) printNote(io.stderr, `hint: ${error.hint}`);
  if (!known)
    io.stderr.write(
      `hint: This is a bug in embed. Please report it with the command and the text below.\n${(error as Error).stack ?? ''}\n`,
    );
}

/** Signals that stop a run, with their exit codes. */
export const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
