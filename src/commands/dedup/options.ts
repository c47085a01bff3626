import { InvalidArgumentError, type Command } from 'commander';
import { duplicateFormats } from '../../report/formats.ts';
import { DEDUP_DEFAULTS } from '../../sets/dedup/settings.ts';
import { addInputOptions, addModelOptions, excelOption, option, perform, type CommandContext } from '../options.ts';
import { oneOf, positive, repeated, threshold } from '../values.ts';
import type { Allowance, DedupFlags } from './flags.ts';

/** Declares `embed dedup`. */
export function addDedup(program: Command, context: CommandContext): void {
  const command = program
    .command('dedup')
    .summary('find rows that repeat others, and write the corpus without them')
    .description(
      'Finds rows of INPUT that repeat an earlier row: exact copies by text, then all near-duplicates by cosine. ' +
        'Exits with 1 if there are any.',
    )
    .argument('<INPUT...>', 'corpus (one file or several) or vector set')
    .addOption(
      option('Duplicates', '--min-cosine <X|auto>', 'minimum cosine of a near-duplicate (default: measured for the model)').argParser(
        threshold,
      ),
    )
    .addOption(
      option('Duplicates', '--keep <which>', 'first, last, longest, shortest, max:FIELD, min:FIELD').default(DEDUP_DEFAULTS.keep, 'first'),
    )
    .addOption(option('Duplicates', '--fold', 'copies may differ in case, spaces and Unicode form'))
    .addOption(option('Duplicates', '--against <OTHER>', 'only rows that repeat rows of OTHER; repeatable').argParser(repeated))
    .addOption(option('Duplicates', '--pairs', 'list similar pairs of rows instead'))
    .addOption(option('Duplicates', '-n, --top <N>', 'with --pairs: only the N closest').argParser(positive))
    .addOption(option('Advanced', '--exact', 'only copies by text: no model, no near-duplicates, a million lines in seconds'))
    .addOption(option('Advanced', '--fold-punctuation', 'copies may differ in punctuation as well, as in "Great!" and "great"'))
    .addOption(
      option('Advanced', '--differing <how>', 'near-duplicates that differ in numbers, negation or names: keep or drop them').argParser(
        oneOf(['keep', 'drop'] as const),
      ),
    )
    .addOption(option('Advanced', '--label-column <C>', 'column of the label: repeats with other labels are conflicts'))
    .addOption(option('Advanced', '--accept-column <C>', 'column that says yes where a row may repeat others'))
    .addOption(option('Advanced', '--baseline <FILE>', 'accept the duplicates that this file names; others count'))
    .addOption(option('Advanced', '--update-baseline', 'write the file of --baseline: all duplicates that there are now'))
    .addOption(
      option('Advanced', '--fail-on <what>', 'duplicates, conflicts or any: what counts for the exit code (default: any)').argParser(
        oneOf(['duplicates', 'conflicts', 'any'] as const),
      ),
    )
    .addOption(
      option('Advanced', '--against-text-column <C>', 'column of the text in OTHER; repeatable (default: --text-column)').argParser(
        repeated,
      ),
    )
    .addOption(option('Advanced', '--within', 'with --against: also find rows that repeat each other'))
    .addOption(
      option('Advanced', '--seed <N>', 'seed for drawing random rows').argParser(positive).default(undefined, String(DEDUP_DEFAULTS.seed)),
    )
    .addOption(option('Advanced', '--texts <FILE>', 'texts of a bare .npy, row by row, read like a corpus'))
    .addOption(
      option('Advanced', '--force', 'drop most rows, list very many pairs, compare different models, judge a set whose corpus has changed'),
    );
  addInputOptions(command, { rest: 'Advanced' });
  addModelOptions(command, { model: 'minilm', prompted: 'its document prompt' });
  command
    .addOption(option('Output', '-o, --output <FILE>', 'write the rows that are kept, in the format of INPUT'))
    .addOption(option('Output', '--dropped <FILE>', 'write the rows that are dropped'))
    .addOption(option('Output', '--max-duplicates <N|P%>', 'exit with 1 above this many (default: 0, any with -o)').argParser(allowance))
    .addOption(
      option('Output', '--format <format>', 'text, json, jsonl, csv, tsv, github, markdown')
        .argParser(oneOf(duplicateFormats('screen')))
        .default(undefined, 'text'),
    )
    .addOption(option('Output', '--report <FILE>', 'also write .csv .html .md .sarif .xml gitlab:FILE').argParser(repeated))
    .addOption(option('Advanced', '--exit-zero', 'exit with 0 whatever is found'))
    .addOption(excelOption())
    .addOption(option('Advanced', '--overwrite', 'replace the files of -o, --dropped and --report'))
    .addOption(option('Output', '-q, --quiet', 'no notes and no progress on standard error'))
    .addHelpText(
      'after',
      '\nExamples:\n' +
        '  embed dedup tickets.csv --text-column body -o clean.csv --dropped gone.csv\n' +
        '  embed dedup test.jsonl --against train.jsonl --format github\n' +
        '  embed dedup a.txt b.txt --max-duplicates 1% --report duplicates.html' +
        (context.full ? HELP_MORE : ''),
    )
    .exitOverride()
    .action(async (inputs: string[], typed: DedupFlags) => {
      const { dedup } = await import('./dedup.ts');
      const { cache, ...flags } = typed;
      // a cache that the environment names is for all commands; one that was typed for this one is refused
      const isIdle = cache === undefined || (flags.exact === true && command.getOptionValueSource('cache') === 'env');
      const meant = isIdle ? flags : typed;
      await perform(context, meant, (run) => dedup(inputs, meant, run));
    });
}

const HELP_MORE = `

How it works:
  Rows are compared in the order of --keep. A row is dropped if its cosine with a
  row already kept is at or above the threshold; the report names the closest
  such row. So every dropped row resembles the row it names, and a chain of
  small differences does not empty a corpus. All pairs are compared exactly.

Copies:
  Texts of copies are equal, byte for byte. With --fold they may differ in case,
  white space, Unicode form and invisible characters. With --fold-punctuation
  also in punctuation around words, as "Great!" and "great" do; C++ and C, -5
  and 5, 1.5 and 15, :) and :( stay different.

  --exact finds only these. It loads no model, so all texts are compared whole.

Not judged:
  Rows the model could not fully read are never dropped as near-duplicates:
  blank rows, rows longer than the model's limit, rows with more than 20 %
  unknown tokens, rows in scripts the threshold was not measured for, and
  vectors of length zero. All but blank rows can still be exact copies. The
  last line of the report counts them, for each --against too. A check in which
  nothing could be compared does not pass.

Threshold:
  It depends on the model. If none was measured for the model, dedup shows how
  similar random rows are and asks for --min-cosine. With auto it takes a cosine
  that random pairs hardly ever reach, and prints it.

Output:
  -o and --dropped copy records byte for byte, with the header. For several
  files, name a folder; for a .npy, name another .npy. If more than half of the
  rows would be dropped as near-duplicates, nothing is written without --force.

Exit codes:
  0 no more duplicates than allowed · 1 more than allowed
  2 nothing could be compared, or any error
  129, 130, 143 stopped by SIGHUP, Ctrl-C or SIGTERM`;

/** Reads "12" and "0.5%". */
export function allowance(value: string): Allowance {
  const [, number, percent] = /^(\d+(?:\.\d+)?)(%?)$/.exec(value.trim()) ?? [];
  const amount = Number(number);
  if (number === undefined || (percent === '' && !Number.isInteger(amount)) || (percent === '%' && amount > 100)) {
    throw new InvalidArgumentError('Give a number of rows, such as 10, or a share of all rows, such as 0.5%.');
  }
  return percent === '%' ? { share: amount / 100 } : { rows: amount };
}
