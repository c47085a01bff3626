import type { Command } from 'commander';
import { addInputOptions, FORCE_CODE, option, perform, type CommandContext } from '../options.ts';
import { natural, positive, repeated } from '../values.ts';
import type { DistillFlags } from './flags.ts';

/** Declares `embed distill`. */
export function addDistill(program: Command, context: CommandContext): void {
  const command = program
    .command('distill')
    .summary('fit a small, fast model to your texts')
    .description(
      'Fits a static model to a teacher on TEXTS: one vector a token, a text is their sum, which is many ' +
        'times as fast. TEXTS is a corpus as encode takes it, or the vector set of one (.npy).',
    )
    .argument('<TEXTS...>', 'corpora, or vector sets of the teacher')
    .addOption(
      option(
        'Input',
        '--pairs <FILE>',
        'texts with a translation or paraphrase: a .tsv or .csv\nof two columns without header; repeat for several',
      ).argParser(repeated),
    )
    .addOption(option('Input', '--eval <FILE>', 'pairs with a score, to compare with the teacher on').argParser(repeated))
    .addOption(option('Advanced', '--texts <FILE>', 'texts of a bare .npy, by position, read like a corpus'))
    .addOption(option('Model', '--teacher <M>', 'folder, hub name, multilingual (default: minilm, or\nwhat a set was made with)'))
    .addOption(option('Model', '--dims <N>', 'numbers of a vector').argParser(positive).default(256))
    .addOption(option('Model', '--vocab <N>', 'learn a vocabulary of N tokens from the texts').argParser(positive).conflicts('tokenizer'))
    .addOption(option('Model', '--tokenizer <DIR>', "a tokenizer.json, or its folder (default: the teacher's)"))
    .addOption(option('Model', '--precision <p>', 'of the table that is written').choices(['fp32', 'int8']).default('fp32'))
    .addOption(option('Advanced', '--seed <N>', 'of what is drawn at random').argParser(natural).default(0))
    .addOption(option('Advanced', '--threads <N>', 'processors to use (default: all this process may use)').argParser(positive));
  addInputOptions(command, { rest: 'Advanced' });
  command
    .addOption(option('Output', '-o, --output <DIR>', 'folder of the model').makeOptionMandatory())
    .addOption(option('Output', '--format <format>', 'what is printed').choices(['text', 'json']).default(undefined, '"text"'))
    .addOption(option('Output', '--overwrite', 'replace a folder that is no model of distill'))
    .addOption(option('Advanced', '--force', FORCE_CODE))
    .addOption(option('Output', '-q, --quiet', 'no notes and no progress on standard error'))
    .addHelpText(
      'after',
      '\nExamples:\n' +
        '  embed distill corpus.txt -o small\n' +
        '  embed distill tickets.csv --text-column body -o small --precision int8\n' +
        '  embed distill corpus.npy --pairs en-ru.tsv --pairs en-de.tsv --vocab 80000 -o small' +
        (context.full ? HELP_MORE : ''),
    )
    .exitOverride()
    .action(async (inputs: string[], flags: DistillFlags) => {
      const { distill } = await import('./distill.ts');
      await perform(context, flags, (run) => distill(inputs, flags, run));
    });
}

const HELP_MORE = `

How it is fitted:
  Vectors of the teacher, cut to --dims by principal components, are regressed on
  the tokens of the texts (ridge regression); frequent tokens count less. The
  second text of a pair is asked to land where the teacher puts the first. Axes
  are then turned so that the first N numbers do for --dims N, and stretched
  half-way to whitening.
  One row in a hundred, at most 2,000, is never fitted: what is printed is
  measured on these.

Files:
  Vectors are computed in DIR.teacher, unless embed encode has left a set that
  is up to date; a run that was stopped goes on from there. The folder goes
  away when the model is written.

Exit codes:
  0 done · 2 wrong usage, bad input or any other error
  129, 130, 143 stopped by SIGHUP, Ctrl-C or SIGTERM`;
