import { EmbedError } from '../errors.ts';
import { addReader, type Format } from '../input/formats.ts';

/** A format of the caller's own. */
export type CustomFormat = {
  /** How names of its files end, with the dot. */
  suffixes: readonly string[];
  /** Records of a file, in order: objects, whose keys are the columns. `bytes` is unpacked where the file was gzipped. */
  read(bytes: AsyncIterable<Uint8Array>, file: { name: string }): AsyncIterable<Record<string, unknown>>;
};

/** Records that are handed on at once. */
const RECORDS_PER_BATCH = 256;

/**
 * Adds an input format to this process: files with its suffixes are read by it, in every function.
 *
 * @throws EmbedError where the name or a suffix is taken
 * @example
 * addFormat('paragraphs', {
 *   suffixes: ['.par'],
 *   async *read(bytes) {
 *     let text = '';
 *     for await (const chunk of bytes) text += chunk;
 *     for (const paragraph of text.split('\n\n')) yield { text: paragraph };
 *   },
 * });
 */
export function addFormat(name: string, { suffixes, read }: CustomFormat): void {
  if (typeof name !== 'string' || !Array.isArray(suffixes) || typeof read !== 'function') {
    throw new EmbedError('Cannot add a format: a name, suffixes and a function "read" are needed', {
      hint: "For example addFormat('paragraphs', { suffixes: ['.par'], async *read(bytes) { … } })",
    });
  }
  addReader(name as Format, {
    suffixes,
    hasHeader: false,
    open: (source) => Promise.resolve({ records: batches(read(source.chunks, { name: source.name })), names: undefined }),
  });
}

async function* batches(
  records: AsyncIterable<Record<string, unknown>>,
): AsyncGenerator<{ line: number; size: number; values: Record<string, unknown> }[]> {
  let batch: { line: number; size: number; values: Record<string, unknown> }[] = [];
  let line = 0;
  for await (const values of records) {
    batch.push({ line: ++line, size: JSON.stringify(values).length, values });
    if (batch.length < RECORDS_PER_BATCH) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
