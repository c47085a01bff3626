import type { Command } from 'commander';
import { TABLES_AND_TEXT } from '../../report/report.ts';
import { addVariantOptions, FORCE_CODE, option, perform, type CommandContext } from '../options.ts';
import { cosineBound, positive } from '../values.ts';
import type { GetFlags, ListFlags, ShowFlags, VerifyFlags } from './flags.ts';

/** Declares `embed models`. */
export function addModels(program: Command, context: CommandContext): void {
  const models = program
    .command('models')
    .summary('list, fetch and verify models')
    .description(
      'Lists the models that need no network: those in the package, and those in the cache that Hugging Face’s libraries share. MODEL is minilm, multilingual, the folder of a ' +
        'sentence-transformers or model2vec model, or owner/name[@revision] on the Hugging Face Hub.',
    )
    .addHelpText(
      'after',
      '\nExamples:\n' +
        '  embed models\n' +
        '  embed models get intfloat/multilingual-e5-small\n' +
        '  embed models show intfloat/multilingual-e5-small' +
        (context.full ? HELP_MORE : ''),
    )
    .exitOverride();

  const subcommand = (usage: string, summary: string, description: string, examples: readonly string[]): Command =>
    models
      // bare `embed models` lists
      .command(usage, { isDefault: usage === 'list' })
      .summary(summary)
      .description(description)
      .addHelpText('after', `\nExamples:\n${examples.map((example) => `  embed models ${example}`).join('\n')}`)
      .exitOverride();

  subcommand('list', 'what needs no network (the default)', 'Lists the models that need no network.', ['list', 'list --format json'])
    .addOption(option('Output', '--format <format>', 'what is printed').choices(TABLES_AND_TEXT).default(undefined, '"text"'))
    .action(async (flags: ListFlags) => {
      const { listModels } = await import('./list.ts');
      await perform(context, {}, (run) => listModels(flags, run));
    });
  addVariantOptions(
    subcommand(
      'show <MODEL>',
      'what was read from its files',
      'Prints what was read from the files of a model: how it is run and why, dims, length limit, pooling, prompts.',
      ['show minilm', 'show ./my-model --format json'],
    ),
  )
    .addOption(option('Advanced', '--force', FORCE_CODE))
    .addOption(option('Output', '--format <format>', 'what is printed').choices(['text', 'json']).default(undefined, '"text"'))
    .addOption(option('Output', '-q, --quiet', 'no progress on standard error'))
    .action(async (model: string, flags: ShowFlags) => {
      const { showModel } = await import('./show.ts');
      await perform(context, flags, (run) => showModel(model, flags, run));
    });

  subcommand(
    'get <MODEL>',
    'download, for use without a network',
    'Downloads a model, or what is new of it, into the cache that Hugging Face’s libraries share: only the files that are needed, each checked against the hash that the hub lists.',
    ['get intfloat/multilingual-e5-small', 'get BAAI/bge-m3@main'],
  )
    .addOption(option('Advanced', '--force', FORCE_CODE))
    .addOption(option('Output', '-q, --quiet', 'no progress on standard error'))
    .action(async (model: string, flags: GetFlags) => {
      const { getModel } = await import('./get.ts');
      await perform(context, flags, (run) => getModel(model, flags, run));
    });

  addVariantOptions(
    subcommand(
      'verify <MODEL>',
      'compare with the vectors of another tool',
      'Encodes texts and compares with what another tool made of them, for example sentence-transformers. Exit code 1 when a cosine is below the bound or token ids differ.',
      [
        'verify ./my-model --against vectors.npy --texts texts.jsonl',
        'verify minilm --against vectors.npy --texts texts.txt --min-cosine 0.98',
      ],
    ),
  )
    .addOption(option('Input', '--against <FILE>', 'vectors of the same texts: a .npy, row by row').makeOptionMandatory())
    .addOption(
      option(
        'Input',
        '--texts <FILE>',
        'the texts: .txt, .csv, .tsv, or .jsonl with "text" and,\nwhere they are known, "input_ids" and "prompt_name"',
      ).makeOptionMandatory(),
    )
    .addOption(option('Input', '--min-cosine <X>', 'what every text has to reach (default: 0.9999, for int8 0.98)').argParser(cosineBound))
    .addOption(option('Advanced', '--prompt <name>', "one of the model's prompts (default: its default prompt)"))
    .addOption(option('Advanced', '--prompt-text <text>', 'these words instead of a prompt by name').conflicts('prompt'))
    .addOption(option('Advanced', '--threads <N>', 'processors to use (default: all this process may use)').argParser(positive))
    .addOption(option('Advanced', '--force', FORCE_CODE))
    .addOption(option('Output', '--format <format>', 'what is printed').choices(TABLES_AND_TEXT).default(undefined, '"text"'))
    .addOption(option('Output', '-q, --quiet', 'no notes and no progress on standard error'))
    .action(async (model: string, flags: VerifyFlags) => {
      const { verifyModel } = await import('./verify.ts');
      await perform(context, flags, (run) => verifyModel(model, flags, run));
    });
}

const HELP_MORE = `

Where models come from:
  A name is a folder, else a model of the package, else one on the hub. A model
  that is in the cache is used as it is; models get asks whether it has moved on.
  HF_HOME, HF_HUB_CACHE, HF_ENDPOINT, HF_TOKEN and HF_HUB_OFFLINE hold as in
  Python. Nothing in a model's folder is ever executed.

Exit codes:
  0 done · 1 verify: below the bound · 2 wrong usage or any error
  129, 130, 143 stopped by SIGHUP, Ctrl-C or SIGTERM`;
