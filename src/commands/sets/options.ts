import type { Command } from 'commander';
import { TABLES_AND_TEXT } from '../../report/formats.ts';
import { option, perform, type CommandContext } from '../options.ts';
import type { SetsVerifyFlags } from './flags.ts';

/** Declares `embed sets`. */
export function addSets(program: Command, context: CommandContext): void {
  const sets = program
    .command('sets')
    .summary('verify vector sets')
    .description('Looks after vector sets: NAME.npy, NAME.rows.jsonl and NAME.manifest.json, as embed encode writes them.')
    .exitOverride();
  sets
    .command('verify <SET...>')
    .summary('compare every byte with what embed has written')
    .description(
      'Reads all files of a set, compares their hashes with those in its manifest, and looks into every row. The exit code is 1 if a ' +
        'file is not what embed has written; the rows that are damaged are named.',
    )
    .addOption(option('Output', '--format <format>', 'what is printed').choices(TABLES_AND_TEXT).default(undefined, '"text"'))
    .addOption(option('Output', '-q, --quiet', 'no notes and no progress on standard error'))
    .addHelpText(
      'after',
      `\nExamples:\n  embed sets verify tickets.npy\n  embed sets verify *.npy --format json${context.full ? HELP_MORE : ''}`,
    )
    .exitOverride()
    .action(async (paths: string[], flags: SetsVerifyFlags) => {
      const { verifySets } = await import('./verify.ts');
      await perform(context, flags, (run) => verifySets(paths, flags, run));
    });
}

const HELP_MORE = `

Exit codes:
  0 all whole · 1 a set is damaged · 2 wrong usage or any error
  129, 130, 143 stopped by SIGHUP, Ctrl-C or SIGTERM`;
