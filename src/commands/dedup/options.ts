import { InvalidArgumentError, type Command } from 'commander';
import type { Io } from '../../io.ts';
import { addInputOptions, addModelOptions, option } from '../options.ts';
import { oneOf, positive, repeated, threshold } from '../values.ts';
import { SCREEN_FORMATS, type Allowance, type DedupFlags } from './flags.ts';

/** Declares `embed dedup`. `exit` takes the exit code of a run that ended well. */
export function addDedup(program: Command, io: Io, { full, exit }: { full: boolean; exit: (code: number) => void }): void {
  const command = program
    .command('dedup')
    .summary('find rows that repeat others, and write the corpus without them')
    .description(
      'Finds rows of INPUT that repeat an earlier one: exact copies by text, then near-duplicates by cosine, all of them. ' +
        'INPUT is a corpus (several files are one) or a vector set. Ends with 1 where there are any.',
    )
    .argument('<INPUT...>', 'corpus or vectors')
    .addOption(option('Duplicates', '--min-cosine <X|auto>', "from which cosine on (default: the model's own)").argParser(threshold))
    .addOption(option('Duplicates', '--keep <which>', 'first, last, longest, shortest, max:FIELD, min:FIELD').default('first', 'first'))
    .addOption(option('Duplicates', '--fold', 'copies may differ in case, spaces and Unicode form'))
    .addOption(option('Duplicates', '--against <OTHER>', 'only rows that repeat one of OTHER; may be repeated').argParser(repeated))
    .addOption(option('Duplicates', '--pairs', 'list pairs of rows instead'))
    .addOption(option('Duplicates', '-n, --top <N>', 'with --pairs: the closest N').argParser(positive))
    .addOption(option('Advanced', '--within', 'with --against: rows that repeat each other as well'))
    .addOption(option('Advanced', '--seed <N>', 'seed of the rows that are drawn to see the background').argParser(positive).default(1))
    .addOption(option('Advanced', '--texts <FILE>', 'texts of a bare .npy, by position, read like a corpus'))
    .addOption(option('Advanced', '--force', 'drop most rows, list very many pairs, compare other models'));
  addInputOptions(command, { rest: 'Advanced' });
  addModelOptions(command, { model: 'minilm', prompted: 'its document prompt' });
  command
    .addOption(option('Output', '-o, --output <FILE>', 'write the rows that are kept, in the form of INPUT'))
    .addOption(option('Output', '--dropped <FILE>', 'write the others'))
    .addOption(option('Output', '--max-duplicates <N|P%>', 'allow so many (default: 0; with -o any number)').argParser(allowance))
    .addOption(
      option('Output', '--format <format>', 'text, json, jsonl, csv, tsv or github')
        .argParser(oneOf(SCREEN_FORMATS))
        .default(undefined, 'text'),
    )
    .addOption(option('Output', '--report <FILE>', 'also as a file: .json .csv .html .sarif .xml …').argParser(repeated))
    .addOption(option('Advanced', '--exit-zero', 'end with 0 whatever is found'))
    .addOption(option('Advanced', '--overwrite', 'replace the files of -o, --dropped and --report'))
    .addOption(option('Output', '-q, --quiet', 'no notes and no progress on standard error'))
    .addHelpText(
      'after',
      '\nExamples:\n' +
        '  embed dedup tickets.csv --text-column body -o clean.csv --dropped gone.csv\n' +
        '  embed dedup test.jsonl --against train.jsonl --format github\n' +
        '  embed dedup a.txt b.txt --max-duplicates 1% --report duplicates.html' +
        (full ? HELP_MORE : ''),
    )
    .exitOverride()
    .action(async (inputs: string[], flags: DedupFlags) => {
      const { dedup } = await import('./dedup.ts');
      exit(await dedup(inputs, flags, io));
    });
}

const HELP_MORE = `

How it works:
  Rows are taken in the order of --keep. A row is kept unless one that was kept
  before is at or above the threshold; it then names the most similar of these.
  So no chain of small differences swallows a corpus, and what is dropped
  resembles what it names. Every pair counts: none is lost to approximation.

Not judged:
  Rows that the model did not read are kept: blank ones, those longer than its
  limit, those of which it does not know more than 20 % of the tokens, those in
  scripts that its own threshold is not for, and vectors of length zero. Only
  exact copies are found among them, blank ones aside. Their number is printed.

Threshold:
  It depends on the model. Where none was measured for it, dedup shows how
  similar random rows are and asks for --min-cosine; auto takes the cosine that
  random pairs hardly ever reach, and prints it.

Output:
  -o and --dropped copy records byte for byte, with the header; for several
  files name a folder, for a .npy another .npy. Nothing is written when more
  than half of the rows would go for their cosine, unless --force.

Exit codes:
  0 no more duplicates than allowed · 1 more of them · 2 any error
  129, 130, 143 stopped by SIGHUP, Ctrl-C or SIGTERM`;

/** Reads "12" and "0.5%". */
export function allowance(value: string): Allowance {
  const [, number, percent] = /^(\d+(?:\.\d+)?)(%?)$/.exec(value.trim()) ?? [];
  const amount = Number(number);
  if (number === undefined || (percent === '' && !Number.isInteger(amount)) || (percent === '%' && amount > 100)) {
    throw new InvalidArgumentError('Give a number of rows, such as 10, or a share of them, such as 0.5%.');
  }
  return percent === '%' ? { share: amount / 100 } : { rows: amount };
}
