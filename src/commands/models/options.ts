import type { Command, Option } from 'commander';
import { TABLES_AND_TEXT } from '../../report/report.ts';
import { addPromptOptions, addVariantOptions, FORCE_CODE, option, perform, threadsOption, type CommandContext } from '../options.ts';
import { cosineBound } from '../values.ts';
import type { GetFlags, ListFlags, ShowFlags, VerifyFlags } from './flags.ts';

/** Declares `embed models`. */
export function addModels(program: Command, context: CommandContext): void {
  const models = program
    .command('models')
    .summary('list, download and verify models')
    .description(
      'Lists the models that can be used offline: those in the package, and those in the cache that Hugging Face’s libraries share. ' +
        'MODEL is minilm, multilingual, the folder of a sentence-transformers or model2vec model, or owner/name[@revision] on the Hugging Face Hub.',
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

  subcommand('list', 'list what can be used offline (the default)', 'Lists the models that can be used offline.', [
    'list',
    'list --format json',
  ])
    .addOption(formatOption(TABLES_AND_TEXT))
    .action(async (flags: ListFlags) => {
      const { listModels } = await import('./list.ts');
      await perform(context, {}, (run) => listModels(flags, run));
    });

  addVariantOptions(
    subcommand(
      'show <MODEL>',
      'show what was read from its files',
      'Shows what was read from the files of a model: how it is run and why, its dims, length limit, pooling and prompts.',
      ['show minilm', 'show ./my-model --format json'],
    ),
  )
    .addOption(option('Advanced', '--force', FORCE_CODE))
    .addOption(formatOption(['text', 'json']))
    .addOption(option('Output', '-q, --quiet', 'no progress on standard error'))
    .action(async (model: string, flags: ShowFlags) => {
      const { showModel } = await import('./show.ts');
      await perform(context, flags, (run) => showModel(model, flags, run));
    });

  subcommand(
    'get <MODEL>',
    'download it for offline use',
    'Downloads a model, or what has changed in it, into the cache that Hugging Face’s libraries share. It downloads only the files ' +
      'that it needs, and checks each against the hash that the hub lists.',
    ['get intfloat/multilingual-e5-small', 'get BAAI/bge-m3@main'],
  )
    .addOption(option('Advanced', '--force', FORCE_CODE))
    .addOption(option('Output', '-q, --quiet', 'no progress on standard error'))
    .action(async (model: string, flags: GetFlags) => {
      const { getModel } = await import('./get.ts');
      await perform(context, flags, (run) => getModel(model, flags, run));
    });

  const verify = subcommand(
    'verify <MODEL>',
    'compare it with the vectors of another tool',
    'Encodes texts and compares their vectors with those of another tool, for example sentence-transformers. The exit code is 1 if a ' +
      'cosine is below the bound or if token ids differ.',
    [
      'verify ./my-model --against vectors.npy --texts texts.jsonl',
      'verify minilm --against vectors.npy --texts texts.txt --min-cosine 0.98',
    ],
  );
  addVariantOptions(verify)
    .addOption(option('Input', '--against <FILE>', 'vectors of the same texts: a .npy, row by row').makeOptionMandatory())
    .addOption(
      option(
        'Input',
        '--texts <FILE>',
        'the texts: .txt, .csv, .tsv, or .jsonl with "text" and,\nif known, "input_ids" and "prompt_name"',
      ).makeOptionMandatory(),
    )
    .addOption(option('Input', '--min-cosine <X>', 'minimum cosine of every text (default: 0.9999, for int8 0.98)').argParser(cosineBound));
  addPromptOptions(verify, { prompted: 'its default prompt' })
    .addOption(threadsOption())
    .addOption(option('Advanced', '--force', FORCE_CODE))
    .addOption(formatOption(TABLES_AND_TEXT))
    .addOption(option('Output', '-q, --quiet', 'no notes and no progress on standard error'))
    .action(async (model: string, flags: VerifyFlags) => {
      const { verifyModel } = await import('./verify.ts');
      await perform(context, flags, (run) => verifyModel(model, flags, run));
    });
}

function formatOption(formats: readonly string[]): Option {
  return option('Output', '--format <format>', 'what is printed').choices(formats).default(undefined, '"text"');
}

const HELP_MORE = `

Where models come from:
  A name stands for a folder, else for a model of the package, else for one on
  the hub. A model in the cache is used as it is; models get asks the hub whether
  it has changed. HF_HOME, HF_HUB_CACHE, HF_ENDPOINT, HF_TOKEN and HF_HUB_OFFLINE
  work as in Python. No code in a model's folder is ever run.

Exit codes:
  0 done · 1 verify: below the bound · 2 wrong usage or any error
  129, 130, 143 stopped by SIGHUP, Ctrl-C or SIGTERM`;
