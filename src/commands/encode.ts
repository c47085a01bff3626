import { InvalidArgumentError, Option, type Command } from 'commander';
import { FORMATS, type Format } from '../input/records.ts';
import type { Io } from '../io.ts';

/** Options of `embed encode` as commander hands them over. */
export type EncodeFlags = {
  inputFormat?: Format;
  textColumn: string[];
  idColumn?: string;
  columns: 'all' | readonly string[];
  delimiter?: string;
  header: boolean;
  encoding?: string;
  model?: string;
  pooling?: 'mean' | 'cls';
  prompt?: string;
  promptText?: string;
  output?: string;
  text: boolean;
  overwrite?: true;
  threads?: number;
  quiet?: true;
};

/** Declares `embed encode`. Only its options live here, so that help is instant: the work is loaded when it starts. */
export function addEncode(program: Command, io: Io, { full }: { full: boolean }): void {
  program
    .command('encode')
    .summary('turn texts into vectors')
    .description(
      'Turns each row of INPUT into a vector. INPUT is a text file (one row a line), .csv, .tsv or .jsonl, also ' +
        'gzipped, or - for standard input. Writes NAME.npy, NAME.rows.jsonl and NAME.manifest.json into the folder ' +
        'you are in; from standard input, JSONL to standard output.',
    )
    .argument('<INPUT>', 'the corpus')
    .addOption(option('Input', '--input-format <format>', 'how INPUT is read, else by its suffix').choices(FORMATS))
    .addOption(
      option('Input', '--text-column <C>', 'column of the text, by name or number; repeat to join several')
        .argParser(repeated)
        .default([], 'the only one, or "text"'),
    )
    .addOption(option('Input', '--id-column <C>', 'column of the id (default: FILE:LINE)'))
    .addOption(option('Input', '--columns <a,b|none>', 'other columns to keep').argParser(columnList).default('all', 'all'))
    .addOption(
      option('Advanced', '--delimiter <char>', 'separator of a CSV file (default: comma, or what its header shows)').argParser(delimiter),
    )
    .addOption(option('Advanced', '--no-header', 'the first record is data; columns are numbered from 1'))
    .addOption(option('Input', '--encoding <name>', 'encoding of the file (default: UTF-8, or UTF-16 by its mark)'))
    .addOption(option('Model', '--model <DIR>', 'folder of a sentence-transformers model with ONNX file (default: the packaged minilm)'))
    .addOption(option('Advanced', '--pooling <mode>', "instead of the model's own pooling").choices(['mean', 'cls']))
    .addOption(option('Advanced', '--prompt <name>', "one of the model's prompts (default: its document prompt)"))
    .addOption(option('Advanced', '--prompt-text <text>', 'put this before every text').conflicts('prompt'))
    .addOption(option('Output', '-o, --output <FILE>', '.npy, .jsonl, or - for JSONL on standard output'))
    .addOption(option('Output', '--no-text', 'leave the texts out of what is written'))
    .addOption(option('Output', '--overwrite', 'replace a file that is not of this corpus'))
    .addOption(option('Advanced', '--threads <N>', 'processors to use (default: all this process may use)').argParser(positive))
    .addOption(option('Output', '-q, --quiet', 'no notes and no progress on standard error'))
    .addHelpText(
      'after',
      '\nExamples:\n' +
        '  embed encode corpus.txt\n' +
        '  embed encode tickets.csv --text-column subject --text-column body --id-column ticket\n' +
        '  zcat corpus.gz | embed encode - -o corpus.npy' +
        (full ? HELP_MORE : ''),
    )
    .exitOverride()
    .action(async (input: string, flags: EncodeFlags) => {
      const { encode } = await import('./encode-corpus.ts');
      await encode(input, flags, io);
    });
}

const HELP_MORE = `

Rows:
  Row n of the matrix is record n of the file; blank lines keep their row. A run that was killed
  goes on where it stopped when the same command is given again; one whose input, model and
  options are unchanged says "up to date" and writes nothing.

Exit codes:
  0 done · 2 wrong usage, bad input or any other error · 130, 143 stopped by Ctrl-C or SIGTERM`;

function option(group: 'Input' | 'Model' | 'Output' | 'Advanced', flags: string, description: string): Option {
  return new Option(flags, description).helpGroup(`${group}:`);
}

function repeated(value: string, earlier: string[]): string[] {
  return [...earlier, value];
}

function columnList(value: string): readonly string[] {
  return value === 'none' ? [] : value.split(',').map((name) => name.trim());
}

function delimiter(value: string): string {
  const char = value === '\\t' || value === 'tab' ? '\t' : value;
  if (char.length !== 1 || char === '"' || char === '\n') throw new InvalidArgumentError('Give one character, such as ";" or "\\t".');
  return char;
}

function positive(value: string): number {
  if (!/^[1-9]\d{0,3}$/.test(value)) throw new InvalidArgumentError('Give a whole number from 1.');
  return Number(value);
}
