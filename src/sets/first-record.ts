import { statSync } from 'node:fs';
import { readFiles } from '../input/corpus.ts';
import { readerOf } from '../input/formats.ts';
import { peekLine } from '../input/peek.ts';
import { openSource } from '../input/source.ts';
import { isNumbers } from '../input/vector-jsonl.ts';
import type { Io } from '../io.ts';
import { corpusOptions, type ReadingFlags } from './flags.ts';
import type { Input } from './input.ts';

/** What the first record of a corpus shows before anything is encoded. */
export type FirstRecord = {
  /** Numbers per vector, where the records hold vectors. */
  dims: number | undefined;
  /** Names of the kept columns, where all records of the format have the same. */
  fields: readonly string[] | undefined;
};

/**
 * Reads the first record of a file as a command will read it: a file that cannot be read, a format or a column that is wrong, is an error
 * now and not when other files have been encoded. Undefined for a set, and for a pipe, which can be read only once.
 */
export async function readFirstRecord(input: Input, flags: ReadingFlags, io: Io): Promise<FirstRecord | undefined> {
  if (!isFile(input)) return undefined;
  const dims = await dimsOfFile(input, io);
  return { dims, fields: dims === undefined ? await fieldsOfFile(input, flags, io) : undefined };
}

/** Refuses, before anything is encoded, files that cannot be read as texts, as far as their first record shows. A pipe is left alone. */
export async function assertTextsIn(inputs: readonly Input[], flags: ReadingFlags, io: Io): Promise<void> {
  for (const input of inputs) if (isFile(input)) await fieldsOfFile(input, flags, io);
}

type CorpusFile = Extract<Input, { kind: 'corpus' }>;

function isFile(input: Input): input is CorpusFile {
  return input.kind === 'corpus' && statSync(input.path).isFile();
}

async function fieldsOfFile({ path, format }: CorpusFile, flags: ReadingFlags, io: Io): Promise<readonly string[] | undefined> {
  const file = { source: openSource(path, io), options: corpusOptions(flags, { format, label: path }) };
  // whether a file may be without rows is asked when all are read
  for await (const [row] of readFiles([file], undefined, { mayBeEmpty: true })) {
    if (row) return readerOf(format).hasHeader ? Object.keys(row.fields ?? {}) : undefined;
  }
  return undefined;
}

async function dimsOfFile({ path, format }: CorpusFile, io: Io): Promise<number | undefined> {
  return format === 'jsonl' || format === 'lines' ? dimsOf(await peekLine(openSource(path, io))) : undefined;
}

/** The length of the vector in a line of JSON; undefined where there is none. */
function dimsOf(line: string): number | undefined {
  try {
    const { embedding } = Object(JSON.parse(line)) as { embedding?: unknown };
    return isNumbers(embedding) ? embedding.length : undefined;
  } catch {
    return undefined;
  }
}
