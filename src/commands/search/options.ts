import type { Command } from 'commander';
import { FORMATS } from '../../input/formats.ts';
import { TABLES_AND_TEXT } from '../../report/formats.ts';
import { METRICS } from '../../vectors/matrix.ts';
import { addInputOptions, addModelOptions, option, perform, type CommandContext } from '../options.ts';
import { finite, positive, repeated } from '../values.ts';
import type { SearchFlags } from './flags.ts';

/** Declares `embed search`. */
export function addSearch(program: Command, context: CommandContext): void {
  const command = program
    .command('search')
    .summary('find the rows nearest to a query')
    .description(
      'Prints the rows of INPUT that are nearest to QUERY, exactly. INPUT is a vector set (.npy, or .jsonl with ' +
        'embeddings) or a corpus as encode takes it, which is then encoded first. All words after INPUT are one query.',
    )
    .argument('<INPUT>', 'vectors or corpus')
    .argument('[QUERY...]', 'what to look for')
    .addOption(option('Query', '--queries <FILE>', 'file of queries, one a row; - for standard input'))
    .addOption(option('Query', '--vectors <FILE>', 'queries that are vectors already (.npy)'))
    .addOption(option('Query', '--like <ID|row:N>', 'rows near this one; may be repeated').argParser(repeated))
    .addOption(option('Query', '-n, --top <N>', 'how many rows a query gets').argParser(positive).default(10))
    .addOption(option('Query', '--min-cosine <X>', 'only rows at or above this cosine').argParser(finite))
    .addOption(option('Query', '--where <F=V>', 'only rows whose field F is V, or F!=V: is not').argParser(repeated))
    .addOption(option('Advanced', '--query-column <C>', 'column of the query in that file (default: "query", "text" or the only one)'))
    .addOption(option('Advanced', '--query-format <format>', 'how that file is read, else by its suffix').choices(FORMATS))
    .addOption(option('Advanced', '--metric <name>', 'how vectors are compared').choices(METRICS).default('cosine'))
    .addOption(option('Advanced', '--texts <FILE>', 'texts of a bare .npy, by position, read like a corpus'))
    .addOption(option('Advanced', '--force', 'search although the vectors are of another model'));
  addInputOptions(command, { rest: 'Advanced' });
  addModelOptions(command, { model: 'that of the vectors', prompted: 'its query prompt' });
  command
    .addOption(option('Output', '--format <format>', 'what is printed').choices(TABLES_AND_TEXT).default(undefined, '"text"'))
    .addOption(
      option('Output', '-o, --output <FILE>', 'write the hits there, not on the screen: .jsonl,\n.json, .csv, .tsv, .txt, or - for JSONL'),
    )
    .addOption(option('Advanced', '--report <FILE>', 'write the hits there as well; may be repeated').argParser(repeated))
    .addOption(option('Advanced', '--overwrite', 'replace the files of -o and --report'))
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
  Every row is compared: no neighbour is lost to an approximation, and equal
  values are in row order. Blank rows are left out, and with cosine rows of
  length zero; --like leaves the row itself out. On a terminal a hit is cut to
  one line. From 450 MB of vectors on, 8-bit codes are kept beside the set
  (NAME.codes, a quarter of its size).

Queries:
  Put -- before a query that begins with a dash. --where may be repeated: rows
  must meet all conditions; besides the kept fields there are id and file.
  --texts gives a bare .npy texts and fields, row by row.

Exit codes:
  0 done · 1 no row was found · 2 wrong usage, bad input or any other error
  129, 130, 143 stopped by SIGHUP, Ctrl-C or SIGTERM`;
