import { Command, CommanderError, Help, type Option } from 'commander';
import { addCluster } from './commands/cluster/options.ts';
import { addDedup } from './commands/dedup/options.ts';
import { addDistill } from './commands/distill/options.ts';
import { addEncode } from './commands/encode/options.ts';
import { addModels } from './commands/models/options.ts';
import { addSearch } from './commands/search/options.ts';
import { CliError } from './errors.ts';
import { printNote, type Io } from './io.ts';
import { version } from './version.ts';

/** Names of other tools for what we call differently. */
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
 * The program: parses `args`, runs one command, and turns every outcome into an exit code. 0 done, 1 a check said no,
 * 2 anything else that went wrong, 129, 130 and 143 on signals.
 */
export async function main(args: readonly string[], io: Io): Promise<number> {
  let code = 0;
  try {
    await program(args, io, (value) => (code = value)).parseAsync([...args], { from: 'user' });
    return code;
  } catch (error) {
    if (io.signal.aborted) {
      const reason: unknown = io.signal.reason;
      // the reader of our output went away, as `head` does: what the command has found holds all the same
      if (reason === 'EPIPE') return code;
      if (reason instanceof Error) {
        report(new CliError(`Cannot write to standard output: ${systemMessage(reason)}`, { hint: 'Make room, or send it elsewhere' }), io);
        return 2;
      }
      if (error instanceof CliError && error.hint) io.stderr.write(`${error.message}: ${error.hint}\n`);
      return SIGNALS[reason as keyof typeof SIGNALS] ?? 130;
    }
    if (error instanceof CommanderError) return commanderExit(error, args, io);
    if ((error as NodeJS.ErrnoException).code === 'EPIPE') return code;
    report(error, io);
    return 2;
  }
}

/** @param exit takes the exit code of a command that ended well */
function program(args: readonly string[], io: Io, exit: (code: number) => void = () => {}): Command {
  const full = args.includes('--help');
  const command = new Command('embed')
    .description('Turns a text corpus into vectors, searches it, groups it and cleans it: no Python, no server, no network.')
    .version(version(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help; --help lists every option')
    .helpCommand('help [command]', 'print help')
    .exitOverride()
    .configureOutput({ writeOut: (text) => io.stdout.write(text), writeErr: () => {} })
    .configureHelp({
      helpWidth: Math.min(io.stdout.columns || 80, 100),
      // groups in the order of what is shown, so that the advanced options come last
      groupItems: (_, shown, groupOf) => new Help().groupItems(shown, shown, groupOf),
      visibleOptions: (of) =>
        new Help()
          .visibleOptions(of)
          .filter((option) => full || !advanced(option))
          .toSorted((a, b) => Number(advanced(a)) - Number(advanced(b))),
    })
    .addHelpText(
      'after',
      '\nExamples:\n  embed search corpus.txt how do I cook rice\n  embed encode tickets.csv --text-column body\n  embed search tickets.npy refund\n  embed cluster tickets.npy\n  embed dedup tickets.csv --text-column body -o clean.csv\n\nRun embed COMMAND --help for all its options.',
    );
  const context = { io, full, exit };
  addEncode(command, context);
  addSearch(command, context);
  addCluster(command, context);
  addDedup(command, context);
  addDistill(command, context);
  addModels(command, context);
  return command;
}

function advanced(option: Option): boolean {
  return option.helpGroupHeading === 'Advanced:';
}

function commanderExit(error: CommanderError, args: readonly string[], io: Io): number {
  if (error.exitCode === 0) return 0;
  if (error.code === 'commander.help' || error.code === 'commander.missingArgument') {
    // a command without INPUT is answered like bare `embed`: with help, on stderr
    const asked = program(args, { ...io, stdout: io.stderr });
    const command = asked.commands.find((one) => one.name() === args[0]) ?? asked;
    (command.commands.find((one) => one.name() === args[1]) ?? command).outputHelp();
    return 2;
  }
  if (error.code === 'commander.excessArguments' && args[0] === 'models') {
    const known = ['list', 'show', 'get', 'verify'].find((name) => name === args[1]);
    const what = known
      ? `embed models ${known} takes ${known === 'list' ? 'no' : 'one'} MODEL`
      : `embed models has no command "${args[1]}"`;
    report(
      new CliError(what, {
        hint: known ? `Run embed models ${known} --help` : 'There are list, show, get and verify: embed models --help',
      }),
      io,
    );
    return 2;
  }
  // commander puts its guess (Did you mean …?) on a line of its own
  const message = error.message.replace(/^error: /, '').replaceAll('\n', ' ');
  const option = /unknown option '(--[\w-]+)/.exec(message)?.[1];
  const renamed = option === undefined ? undefined : RENAMED[option];
  const hint =
    renamed === ''
      ? 'Leave it out: batches are planned by token count'
      : renamed !== undefined
        ? `It is called ${renamed} here, where a command takes it`
        : error.code === 'commander.unknownOption' && args[0] === 'search' && option === undefined
          ? `If it is part of the query, put -- before it: embed search ${args[1] ?? 'INPUT'} -- ${/'(-.*?)'/.exec(message)?.[1] ?? '…'}`
          : `Run embed ${['encode', 'search', 'cluster', 'dedup', 'distill', 'models'].includes(args[0] ?? '') ? `${args[0]} ` : ''}--help`;
  report(new CliError(message.charAt(0).toUpperCase() + message.slice(1), { hint }), io);
  return 2;
}

function report(raised: unknown, io: Io): void {
  const error = systemError(raised) ?? raised;
  const known = error instanceof CliError;
  const message = error instanceof Error ? error.message : String(error);
  printNote(io.stderr, `error: ${message.split('\n')[0]!}`);
  if (known && error.hint) printNote(io.stderr, `hint: ${error.hint}`);
  if (!known)
    io.stderr.write(
      `hint: This is a fault of embed itself. Please report it with the command and what follows.\n${(error as Error).stack ?? ''}\n`,
    );
}

/** A refusal of the operating system that nobody foresaw, as an error for the user. */
function systemError(error: unknown): CliError | undefined {
  const { path, syscall } = error as NodeJS.ErrnoException;
  if (!(error instanceof Error) || path === undefined || syscall === undefined) return undefined;
  const hint = 'Check that it is there, what it may be used for, and that the disk has room';
  return new CliError(`Cannot ${syscall === 'open' ? 'open' : 'use'} ${path}: ${systemMessage(error)}`, { hint, cause: error });
}

/** What the operating system says, without its codes. */
function systemMessage({ message }: Error): string {
  return /^E[A-Z]+: ([^,]+)/.exec(message)?.[1] ?? message;
}

/** Signals that stop a run, and the exit codes they lead to. */
export const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
