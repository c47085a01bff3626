import { statSync } from 'node:fs';
import { EmbedError } from '../errors.ts';
import type { CorpusOptions } from '../input/corpus.ts';
import { formatOf, type Format } from '../input/formats.ts';
import { fileSize } from '../input/source.ts';
import type { CustomEncoder } from '../model/model.ts';
import { shellValue, shellWord } from '../text.ts';
import type { Input } from './input.ts';

/** Options that say how a corpus is read. */
export type ReadingFlags = {
  inputFormat?: Format;
  textColumn: string[];
  /** The option that named the text column, for errors; --text-column by default. */
  textFlag?: string;
  idColumn?: string;
  columns: 'all' | readonly string[];
  delimiter?: string;
  header: boolean;
  encoding?: string;
  /** What becomes of markup in texts: kept if undefined, and then said. */
  html?: 'strip' | 'keep';
  /** The list of a JSON object whose elements are the rows. */
  records?: string;
  /** Largest record in bytes. It decides what is refused, never what is read. */
  maxRecordSize?: number;
};

/** Options of every command that runs a model. */
export type RunFlags = { force?: true; threads?: number; quiet?: true };

/** Options that say which model encodes, and how. */
export type ModelFlags = {
  model?: string;
  /** An encoder that the caller of the library brings, in the place of a model. */
  encoder?: CustomEncoder;
  pooling?: 'mean' | 'cls';
  dims?: number;
  precision?: 'fp32' | 'int8';
  calibrate?: string;
  /** A folder that keeps the vectors of a corpus for later runs. */
  cache?: string;
} & RunFlags;

/** Options that say which prompt is put before texts. */
export type PromptFlags = { prompt?: string; promptText?: string };

/** Options that mean the same in every command: how a corpus is read, which model encodes it. */
export type CorpusFlags = ReadingFlags & ModelFlags & PromptFlags;

/** How a file is read by these flags. */
export function corpusOptions(flags: ReadingFlags, { format, label }: { format: Format; label: string }): CorpusOptions {
  const { textColumn, textFlag, idColumn, columns, delimiter, header, encoding, html, records, maxRecordSize } = flags;
  const named = textFlag === undefined ? {} : { textFlag };
  return { format, label, textColumns: textColumn, ...named, idColumn, columns, delimiter, header, encoding, html, records, maxRecordSize };
}

/** How a file is read if no option says otherwise. */
export const DEFAULT_READING: ReadingFlags = { textColumn: [], columns: 'all', header: true };

/** How a file is read if only its name is known. */
export function defaultCorpus(path: string): CorpusOptions {
  return { ...corpusOptions(DEFAULT_READING, { format: formatOf(path), label: path }), hasEncodingOption: false };
}

/** Refuses options that say how a corpus is read, where INPUT holds vectors: they would have no effect. */
export function assertNoReading(flags: ReadingFlags, input: string): void {
  const [idle] = readingOptionNames(flags);
  if (idle === undefined) return;
  throw new EmbedError(`Cannot use ${idle} with ${input}: it says how a corpus is read, and ${input} holds vectors`, {
    hint: `Leave ${idle} out${idle.endsWith('text-column') ? '; the texts of the set are printed anyway' : ''}`,
  });
}

/** Refuses prompts for INPUT where it holds vectors: none of its texts is encoded. */
export function assertNoPrompt({ prompt, promptText }: CorpusFlags, input: string): void {
  const idle = prompt !== undefined ? '--prompt' : promptText !== undefined ? '--prompt-text' : undefined;
  if (idle === undefined) return;
  throw new EmbedError(`Cannot use ${idle} with ${input}: it is put before texts that are encoded, and ${input} holds vectors`, {
    hint: `Leave ${idle} out, or give the texts`,
  });
}

/** Refuses options that say how a corpus or its texts are read, where they would have no effect on INPUT. */
export function assertInputFlags(input: Input, flags: CorpusFlags & { texts?: string }): void {
  assertTexts(flags.texts, input);
  if (input.kind === 'set' && flags.texts === undefined) assertNoReading(flags, input.name);
}

/** Refuses a minimum cosine outside of -1 to 1. */
export function assertCosine(minCosine: number): void {
  if (Math.abs(minCosine) <= 1) return;
  throw new EmbedError(`Cannot use --min-cosine ${minCosine}: cosines are between -1 and 1`, {
    hint: 'If it is a percentage, divide it by 100',
  });
}

/** Refuses --texts where it would have no effect, and where it cannot be read more than once. */
export function assertTexts(texts: string | undefined, input: Pick<Input, 'kind' | 'path'>): void {
  if (texts === undefined) return;
  if (input.kind !== 'set') {
    throw new EmbedError(`Cannot take texts from ${texts}: ${input.path} is a corpus, which has its own`, {
      hint: 'Leave --texts out; it is for a .npy',
    });
  }
  if (texts !== '-') fileSize(texts);
  if (texts !== '-' && statSync(texts).isFile()) return;
  throw new EmbedError(`Cannot take texts from ${texts === '-' ? 'standard input' : texts}: it is not a regular file`, {
    hint: 'Put them into a file: they are read more than once',
  });
}

/** The options that say how a corpus is read, as far as they were given. */
function readingOptionNames({
  inputFormat,
  textColumn,
  textFlag,
  idColumn,
  columns,
  delimiter,
  header,
  encoding,
  html,
  records,
}: ReadingFlags): string[] {
  const given: [string, boolean][] = [
    ['--input-format', inputFormat !== undefined],
    [textFlag ?? '--text-column', textColumn.length > 0],
    ['--id-column', idColumn !== undefined],
    ['--columns', columns !== 'all'],
    ['--delimiter', delimiter !== undefined],
    ['--no-header', !header],
    ['--encoding', encoding !== undefined],
    ['--html', html !== undefined],
    ['--records', records !== undefined],
  ];
  return given.filter(([, is]) => is).map(([name]) => name);
}

/** The options that say which model, as far as they were given. */
export function modelOptionNames(flags: ModelFlags & PromptFlags): string[] {
  const given: [string, unknown][] = [
    ['--model', flags.model ?? flags.encoder],
    ['--pooling', flags.pooling],
    ['--dims', flags.dims],
    ['--precision', flags.precision],
    ['--calibrate', flags.calibrate],
    ['--prompt', flags.prompt],
    ['--prompt-text', flags.promptText],
  ];
  return given.filter(([, value]) => value !== undefined).map(([name]) => name);
}

/** Options of `embed encode` as commander hands them over. */
export type EncodeFlags = CorpusFlags & {
  output?: string;
  text: boolean;
  overwrite?: true;
  /** Sets whose vectors are taken over where the text is the same; false takes over none. */
  reuse?: readonly string[] | false;
};

/**
 * The options of encode among those of another command. Its output is left out, because it is not the set's.
 *
 * @param prompts whether its prompts are for the corpus: those of a search are for the queries
 */
export function corpusFlagsOf(flags: CorpusFlags, { prompts }: { prompts: boolean }): CorpusFlags {
  return {
    ...(prompts ? pick(flags, ['prompt', 'promptText']) : {}),
    ...readingFlagsOf(flags),
    ...pick(flags, ['model', 'encoder', 'pooling', 'dims', 'precision', 'calibrate', 'cache', 'force', 'threads', 'quiet']),
  };
}

/** The options of a command that say how a corpus is read. */
export function readingFlagsOf(flags: ReadingFlags): ReadingFlags {
  return pick(flags, [
    'inputFormat',
    'textColumn',
    'textFlag',
    'idColumn',
    'columns',
    'delimiter',
    'header',
    'encoding',
    'html',
    'records',
    'maxRecordSize',
  ]);
}

function pick<T extends object, Name extends keyof T>(values: T, names: readonly Name[]): Pick<T, Name> {
  return Object.fromEntries(names.flatMap((name) => (values[name] === undefined ? [] : [[name, values[name]]]))) as Pick<T, Name>;
}

/** The input and the options that decide a set, as words of a command line. */
export function encodeWords(input: string, flags: CorpusFlags): string {
  const words = [input];
  const add = (name: string, value: string | undefined): void => void (value !== undefined && words.push(name, value));
  add('--input-format', flags.inputFormat);
  for (const column of flags.textColumn) add('--text-column', column);
  add('--id-column', flags.idColumn);
  if (flags.columns !== 'all') add('--columns', flags.columns.join(',') || 'none');
  add('--delimiter', flags.delimiter);
  if (!flags.header) words.push('--no-header');
  add('--encoding', flags.encoding);
  add('--html', flags.html);
  add('--records', flags.records);
  add('--max-record-size', flags.maxRecordSize === undefined ? undefined : String(flags.maxRecordSize));
  add('--model', flags.model);
  add('--pooling', flags.pooling);
  add('--precision', flags.precision);
  add('--calibrate', flags.calibrate);
  add('--prompt', flags.prompt);
  add('--prompt-text', flags.promptText);
  add('--dims', flags.dims === undefined ? undefined : String(flags.dims));
  return words.map((word, at) => (at === 0 ? shellWord(word) : shellValue(word))).join(' ');
}
