import { EmbedError } from '../../errors.ts';
import { readRecords } from '../../input/corpus.ts';
import { formatOf, readerOf } from '../../input/formats.ts';
import { openSource } from '../../input/source.ts';
import { yieldToEvents, type Io } from '../../io.ts';
import { corpusOptions, DEFAULT_READING } from '../../sets/flags.ts';
import { isBlank } from '../../text.ts';

/** Pairs of a text and its translation or paraphrase, from one or more files. */
export type TextPairs = {
  /** Distinct first texts, numbered in the order in which they were first seen. */
  firsts: Map<string, number>;
  /** For each pair its second text, the number of its first text, and the number of its file. */
  seconds: string[];
  firstOf: number[];
  fileOf: number[];
  files: readonly string[];
};

/** How pairs are read: the largest record in bytes, undefined for the default. */
export type PairReading = { io: Io; maxRecordSize: number | undefined };

const PAIRS_PER_UPDATE = 8192;

/** Reads pairs from the first two columns of tables that have no header. */
export async function readTextPairs(
  files: readonly string[],
  reading: PairReading,
  onPairs: (pairs: number) => void = () => {},
): Promise<TextPairs> {
  const pairs: TextPairs = { firsts: new Map(), seconds: [], firstOf: [], fileOf: [], files };
  for (const [number, file] of files.entries()) {
    for await (const { line, values } of recordsOf(file, reading)) {
      const [first, second] = values;
      if (first === undefined || second === undefined)
        throw tooNarrow(file, { line, found: values.length, wanted: 'two columns: a text and its translation' });
      const empty = [first, second].findIndex(isBlank);
      if (empty >= 0) {
        throw new EmbedError(`Cannot use the pair at line ${line} of ${file}: its ${empty === 0 ? 'first' : 'second'} text is empty`, {
          hint: 'Leave the line out, or fill it in',
        });
      }
      let at = pairs.firsts.get(first);
      if (at === undefined) pairs.firsts.set(first, (at = pairs.firsts.size));
      pairs.seconds.push(second);
      pairs.firstOf.push(at);
      pairs.fileOf.push(number);
      if (pairs.seconds.length % PAIRS_PER_UPDATE === 0) onPairs(pairs.seconds.length);
    }
  }
  return pairs;
}

/** Pairs of texts with a score that people have given them. */
export type ScoredPairs = { file: string; one: string[]; other: string[]; scores: number[] };

/** Reads two texts and a score from the first three columns of a table. A first line whose third column is not a number is a header. */
export async function readScoredPairs(file: string, reading: PairReading): Promise<ScoredPairs> {
  const pairs: ScoredPairs = { file, one: [], other: [], scores: [] };
  let header = true;
  for await (const { line, values } of recordsOf(file, reading)) {
    const [one, other, score] = values;
    if (one === undefined || other === undefined || score === undefined) {
      throw tooNarrow(file, { line, found: values.length, wanted: 'three columns: two texts and a score' });
    }
    const value = score.trim() === '' ? NaN : Number(score);
    if (Number.isFinite(value)) {
      pairs.one.push(one);
      pairs.other.push(other);
      pairs.scores.push(value);
    } else if (!header) {
      throw new EmbedError(`Cannot use the score at line ${line} of ${file}: "${score}" is not a number`, {
        hint: 'The score is the third column; further columns are ignored',
      });
    }
    header = false;
  }
  if (new Set(pairs.scores).size < 2) {
    throw new EmbedError(`Cannot compare with ${file}: ${pairs.scores.length === 0 ? 'it has no scores' : 'all of its scores are equal'}`, {
      hint: 'Give pairs of texts with different scores in the third column',
    });
  }
  return pairs;
}

/** The records of a table that has no header. */
async function* recordsOf(file: string, { io, maxRecordSize }: PairReading): AsyncGenerator<{ line: number; values: string[] }> {
  if (file === '-') throw new EmbedError('Cannot read pairs from standard input', { hint: 'Put them into a file' });
  const format = formatOf(file);
  if (!readerOf(format).hasHeader) {
    throw new EmbedError(`Cannot read pairs from ${file}: it is not a table`, {
      hint: 'Write them as .tsv: two texts with a tab between them',
    });
  }
  const options = {
    ...corpusOptions({ ...DEFAULT_READING, header: false }, { format, label: file }),
    maxRecordSize,
    hasEncodingOption: false,
  };
  const { records } = await readRecords(openSource(file, io), options);
  let some = false;
  for await (const batch of records) {
    for (const { line, values } of batch) yield { line, values: values as string[] };
    some ||= batch.length > 0;
    await yieldToEvents(io.signal);
  }
  if (!some) throw new EmbedError(`Cannot read pairs from ${file}: it has none`, { hint: 'Check that it is the file you meant' });
}

function tooNarrow(file: string, { line, found, wanted }: { line: number; found: number; wanted: string }): EmbedError {
  return new EmbedError(`Cannot use line ${line} of ${file}: it has ${found === 1 ? '1 column' : `${found} columns`}, not ${wanted}`, {
    hint: file.includes('.csv')
      ? 'Columns of a .csv are separated by commas, those of a .tsv by tabs'
      : 'Columns of a .tsv are separated by tabs, those of a .csv by commas',
  });
}
