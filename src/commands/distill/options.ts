import type { Command } from 'commander';
import { addInputOptions, FORCE_CODE, option, perform, threadsOption, type CommandContext } from '../options.ts';
import { natural, positive, repeated } from '../values.ts';
import type { DistillFlags } from './flags.ts';

/** Declares `embed distill`. */
export function addDistill(program: Command, context: CommandContext): void {
  const command = program
    .command('distill')
    .summary('fit a small, fast model to your texts')
    .description(
      'Fits a static model to a teacher: one vector per token, and the vector of a text is their mean. It is many times as ' +
        'fast as the teacher. TEXTS is a corpus as encode takes it, or the vector set of one (.npy).',
    )
    .argument('<TEXTS...>', 'corpora, or vector sets made by the teacher')
    .addOption(
      option(
        'Input',
        '--pairs <FILE>',
        'texts with a translation or paraphrase: a .tsv or\n.csv with two columns and no header; repeat for\nseveral files',
      ).argParser(repeated),
    )
    .addOption(option('Input', '--eval <FILE>', 'scored pairs on which the model is compared with\nits teacher').argParser(repeated))
    .addOption(option('Advanced', '--texts <FILE>', 'texts of a .npy without any, in the order of its rows'))
    .addOption(option('Model', '--teacher <M>', 'folder, hub name or multilingual (default: the model\nthat made the set, else minilm)'))
    .addOption(option('Model', '--dims <N>', 'numbers per vector').argParser(positive).default(256))
    .addOption(option('Model', '--vocab <N>', 'learn a vocabulary of N tokens from the texts').argParser(positive).conflicts('tokenizer'))
    .addOption(option('Model', '--tokenizer <DIR>', "tokenizer.json or its folder (default: the teacher's)"))
    .addOption(option('Model', '--precision <p>', 'precision of the table').choices(['fp32', 'int8']).default('fp32'))
    .addOption(option('Advanced', '--seed <N>', 'seed of the random draws').argParser(natural).default(0))
    .addOption(threadsOption());
  addInputOptions(command, { rest: 'Advanced' });
  command
    .addOption(option('Output', '-o, --output <DIR>', 'folder of the new model').makeOptionMandatory())
    .addOption(option('Output', '--format <format>', 'what is printed').choices(['text', 'json']).default(undefined, '"text"'))
    .addOption(option('Output', '--overwrite', 'replace a folder that distill did not write'))
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
  Ridge regression fits one vector per token, so that texts land where the
  teacher puts them. The teacher's vectors are first cut to --dims by principal
  components; frequent tokens count less. The second text of a pair is fitted to
  the vector of the first. The axes are then sorted, so that the first N numbers
  work as --dims N, and stretched half-way to whitening.
  One text in a hundred, at most 2,000, is never fitted. The printed figures are
  measured on these.

Files:
  Vectors are computed in DIR.teacher, unless embed encode has left an up-to-date
  set in the current folder. A run that was stopped resumes from DIR.teacher. The
  folder is removed when the model is written.

Exit codes:
  0 done · 2 wrong usage, bad input or any other error
  129, 130, 143 stopped by SIGHUP, Ctrl-C or SIGTERM`;
