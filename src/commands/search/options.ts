import type { Command } from 'commander';
import { FORMATS } from '../../input/formats.ts';
import { TABLES_AND_TEXT } from '../../report/formats.ts';
import { METRICS } from '../../vectors/matrix.ts';
import { addInputOptions, addModelOptions, excelOption, option, perform, type CommandContext } from '../options.ts';
import { finite, positive, repeated } from '../values.ts';
import type { SearchFlags } from './flags.ts';

/** Declares `embed search`. */
export function addSearch(program: Command, context: CommandContext): void {
  const command = program
    .command('search')
    .summary('find the rows nearest to a query')
    .description(
      'Prints the rows of INPUT that are nearest to QUERY; it compares every row. INPUT is a vector set (.npy, or .jsonl ' +
        'with embeddings) or a corpus in any format that encode reads; a corpus is encoded first. All words after INPUT ' +
        'are one query.',
    )
    .argument('<INPUT>', 'vectors or corpus')
    .argument('[QUERY...]', 'what to look for')
    .addOption(option('Query', '--queries <FILE>', 'file of queries, one query per row; - for standard input'))
    .addOption(option('Query', '--vectors <FILE>', 'queries that are already vectors (.npy)'))
    .addOption(option('Query', '--like <ID|row:N>', 'rows near this row; may be repeated').argParser(repeated))
    .addOption(option('Query', '-n, --top <N>', 'rows per query').argParser(positive).default(10))
    .addOption(option('Query', '--min-cosine <X>', 'only rows at or above this cosine').argParser(finite))
    .addOption(option('Query', '--where <F=V>', 'only rows whose field F is V; also !=, <, <=, > and >=').argParser(repeated))
    .addOption(option('Advanced', '--distinct', 'rows that are alike are one hit, which counts them'))
    .addOption(option('Advanced', '--query-column <C>', 'column of --queries (default: "query", "text" or the only one)'))
    .addOption(option('Advanced', '--query-format <format>', 'format of --queries (default: by its suffix)').choices(FORMATS))
    .addOption(option('Advanced', '--metric <name>', 'how vectors are compared').choices(METRICS).default('cosine'))
    .addOption(option('Advanced', '--texts <FILE>', 'texts for a bare .npy: a corpus with one row per vector'))
    .addOption(option('Advanced', '--force', 'search even if the vectors are of another model'));
  addInputOptions(command, { rest: 'Advanced' });
  addModelOptions(command, { model: 'that of the vectors', prompted: 'its query prompt' });
  command
    .addOption(option('Output', '--format <format>', 'format of the printed hits').choices(TABLES_AND_TEXT).default(undefined, '"text"'))
    .addOption(
      option(
        'Output',
        '-o, --output <FILE>',
        'write the hits to a file, not to the screen: .jsonl,\n.json, .csv, .tsv, .txt, or - for JSONL',
      ),
    )
    .addOption(option('Advanced', '--report <FILE>', 'also write the hits to a file; may be repeated').argParser(repeated))
    .addOption(excelOption())
    .addOption(option('Advanced', '--overwrite', 'replace existing output files'))
    .addOption(option('Output', '-q, --quiet', 'no notes and no progress on standard error'))
    .addHelpText(
      'after',
      '\nExamples:\n' +
        '  embed search corpus.npy how do I cook rice\n' +
        '  embed search tickets.csv --text-column body --where team=billing refund -n 20\n' +
        '  embed search corpus.npy --queries questions.txt -o hits.csv' +
        (context.full ? HELP_MORE : ''),
    )
    .exitOverride()
    .action(async (input: string, words: string[], flags: SearchFlags) => {
      const { search } = await import('./search.ts');
      await perform(context, flags, (run) => search(input, words, flags, run));
    });
}

const HELP_MORE = `

Results:
  Every row is compared, so no neighbour is missed. Equal values are in row
  order. Blank rows are left out, and with cosine also rows of length zero;
  --like leaves out the row itself. On a terminal each hit is cut to one line.
  From 450 MB of vectors, a search writes NAME.codes (a quarter of that size)
  beside the set, which makes the next ones faster.

Queries:
  Put -- before a query that begins with a dash. --texts gives texts and fields
  to a bare .npy, row by row.

  With --distinct, rows of one text (but for case, spaces and Unicode form) and
  near-duplicates, as dedup finds them, are one hit. It searches deeper, so -n 10
  gives ten different rows.

Conditions:
  --where 'price>=19' compares numbers, dates, versions and amounts as what they
  are; quote < and >, which a shell takes for itself. If --where is repeated,
  rows must meet all conditions. Fields are the kept columns, id and file.

Exit codes:
  0 done · 1 no row was found · 2 wrong usage, bad input or any other error
  129, 130, 143 stopped by SIGHUP, Ctrl-C or SIGTERM`;
