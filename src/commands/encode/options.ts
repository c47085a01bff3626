import type { Command } from 'commander';
import type { EncodeFlags } from '../../sets/flags.ts';
import { repeated } from '../values.ts';
import { addInputOptions, addModelOptions, FORCE_CODE, option, perform, type CommandContext } from '../options.ts';

/** Declares `embed encode`. Only its options live here, so that help is instant: the work is loaded when it starts. */
export function addEncode(program: Command, context: CommandContext): void {
  const command = program
    .command('encode')
    .summary('turn texts into vectors')
    .description(
      'Turns each row of INPUT into a vector. INPUT is a text file (one row per line), .csv, .tsv, .json or .jsonl, also ' +
        'gzipped, or - for standard input. Writes NAME.npy, NAME.rows.jsonl and NAME.manifest.json into the current ' +
        'folder; from standard input, JSONL to standard output.',
    )
    .argument('<INPUT...>', 'the corpus; several files are joined, and -o names the output');
  addInputOptions(command);
  addModelOptions(command, {
    model: 'minilm',
    prompted: 'its document prompt',
  });
  command
    .addOption(option('Output', '-o, --output <FILE>', '.npy, .jsonl, or - for JSONL on standard output'))
    .addOption(option('Output', '--no-text', 'leave the texts out of the output'))
    .addOption(option('Output', '--overwrite', 'replace the output even if it was made from another corpus'))
    .addOption(
      option('Advanced', '--reuse <SET>', 'take vectors over from this set where the text is the same (repeatable)').argParser(repeated),
    )
    .addOption(option('Advanced', '--no-reuse', 'encode every row, also where the set that is replaced has its vector'))
    .addOption(option('Advanced', '--force', FORCE_CODE))
    .addOption(option('Output', '-q, --quiet', 'no notes and no progress on standard error'))
    .addHelpText(
      'after',
      '\nExamples:\n' +
        '  embed encode corpus.txt\n' +
        '  embed encode tickets.csv --text-column subject --text-column body --id-column ticket\n' +
        '  zcat corpus.gz | embed encode - -o corpus.npy' +
        (context.full ? HELP_MORE : ''),
    )
    .exitOverride()
    .action(async (inputs: string[], flags: EncodeFlags) => {
      const { encode } = await import('./encode.ts');
      await perform(context, flags, (run) => encode(inputs, flags, run));
    });
}

const HELP_MORE = `

Rows:
  Row n of the matrix is record n of the file; blank lines keep their row. To
  resume a run that was killed, give the same command again. If input, model and
  options are unchanged, it says "up to date" and only renews the times of the
  set, so that make is content.

Exit codes:
  0 done · 2 wrong usage, bad input or any other error
  129, 130, 143 stopped by SIGHUP, Ctrl-C or SIGTERM`;
