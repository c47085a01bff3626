import type { Format } from '../input/formats.ts';
import type { Model } from '../model/model.ts';
import type { VectorSet } from '../vectors/set-reader.ts';
import type { CorpusFlags } from './flags.ts';
import type { Input } from './input.ts';

/** INPUT of a command as it was opened, with vectors or without. */
export type OpenedRows = {
  /** Its vectors; undefined for a corpus that is not encoded. */
  set: VectorSet | undefined;
  /** The folder that paths in its rows are relative to. */
  folder: string;
  /** Files that must not be replaced: those of the set, those that encode would write, and the corpus. */
  files: string[];
  /** The command that saves the next run from encoding; undefined where that saves little. */
  advice: string | undefined;
  /** The files that its records came from, to be read again; undefined for a `.npy`. */
  parts: readonly CorpusPart[] | undefined;
  close(): void;
};

/** INPUT of a command that works on vectors: a set, or a corpus that was encoded for it. */
export type OpenedInput = OpenedRows & {
  set: VectorSet;
  /** The model that the corpus was encoded with; undefined if INPUT holds vectors, and for a set of another model than was asked for. */
  model: Model | undefined;
  /** Whether the set outlives the command. */
  lasting: boolean;
};

/** A file of a corpus, as it was read. */
export type CorpusPart = {
  /** The file, or the copy of a pipe. */
  path: string;
  format: Format;
  encoding?: string | undefined;
  delimiter?: string | undefined;
  /** The list of a JSON object that holds its records, if one was named. */
  records?: string | undefined;
  maxRecordSize?: number | undefined;
  /** Hash of the content that was read; undefined for a copy, which cannot change. */
  hash: string | undefined;
  /** Rows of it, where a corpus has several files. */
  rows?: number;
  /** Line of each record, where its row does not say it. */
  lines?: readonly number[];
};

/** How a file of a corpus was read, to be read alike again. */
export function partOf(
  input: Input,
  { encoding, delimiter, records, maxRecordSize }: CorpusFlags,
): Omit<CorpusPart, 'path' | 'hash' | 'rows' | 'lines'> {
  return { format: input.kind === 'set' ? 'json' : input.format, encoding, delimiter, records, maxRecordSize };
}
