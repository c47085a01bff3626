import { parse } from 'csv-parse';
import { EmbedError } from '../errors.ts';
import type { FileRecord } from './records.ts';

export type TableOptions = { name: string; delimiter: string; quotes: boolean };

/**
 * Reads the records of a CSV or TSV text, in batches. A header is returned as the first record. Blank lines are skipped, except
 * in a table with a single column, where they are rows without text.
 *
 * @throws EmbedError that names the line of a record that cannot be read
 */
export async function* readDelimited(text: AsyncIterable<string>, { name, delimiter, quotes }: TableOptions): AsyncGenerator<FileRecord[]> {
  const parser = parse({
    delimiter,
    quote: quotes ? '"' : false,
    // a quote inside an unquoted field (5" nail) is text: Python's csv and spreadsheets read it so
    relax_quotes: true,
    record_delimiter: ['\r\n', '\n'],
    relax_column_count: true,
    skip_empty_lines: false,
    info: true,
  });
  const failed = new Promise<never>((_, reject) => parser.once('error', reject));
  failed.catch(() => {});
  let width = 0;
  const lines = lineCounter();
  let line = 1;
  const take = (): FileRecord[] => {
    const records: FileRecord[] = [];
    for (let next = parser.read() as Parsed | null; next; next = parser.read() as Parsed | null) {
      const { record, info } = next;
      width ||= record.length;
      const first = line;
      line = 1 + lines.upTo(info.bytes);
      if (width > 1 && record.length === 1 && record[0] === '') continue;
      if (record.length !== width) {
        throw new EmbedError(`Cannot read ${name}: the record at line ${first} has ${fields(record.length)} where the first has ${width}`, {
          hint: 'Quote values that contain the separator or a line break, or name another separator with --delimiter',
        });
      }
      records.push({ line: first, size: record.reduce((sum, value) => sum + value.length, 0), values: record });
    }
    return records;
  };
  try {
    for await (const chunk of text) {
      const bytes = Buffer.from(chunk);
      lines.push(bytes);
      // write parses at once; the parser accepts more input only after its records have been read
      parser.write(bytes);
      const records = take();
      if (parser.writableNeedDrain) await Promise.race([failed, new Promise((resolve) => parser.once('drain', resolve))]);
      if (records.length) yield records;
    }
    const ended = new Promise<void>((resolve) => parser.once('end', resolve));
    parser.end();
    // the parser ends only after all its records have been read
    const last: FileRecord[] = [];
    parser.on('readable', () => {
      try {
        last.push(...take());
      } catch (error) {
        parser.destroy(error as Error);
      }
    });
    await Promise.race([failed, ended]);
    if (last.length) yield last;
  } catch (cause) {
    throw cause instanceof EmbedError ? cause : tableError(cause as Error & { code?: string }, { name, line });
  }
}

/** `bytes`: offset in the text where this record ends, including its line break. */
type Parsed = { record: string[]; info: { bytes: number } };

/** Counts line breaks. The count of csv-parse is wrong: it also counts every "\r" inside a record. */
function lineCounter(): { push(bytes: Buffer): void; upTo(end: number): number } {
  const held: { first: number; bytes: Buffer }[] = [];
  let length = 0;
  let counted = 0;
  let lines = 0;
  return {
    push(bytes) {
      held.push({ first: length, bytes });
      length += bytes.length;
    },
    /** Number of line breaks in the first `end` bytes; `end` must not decrease between calls. */
    upTo(end) {
      while (counted < end && held.length > 0) {
        const { first, bytes } = held[0]!;
        const until = Math.min(end - first, bytes.length);
        for (let at = bytes.indexOf(10, counted - first); at >= 0 && at < until; at = bytes.indexOf(10, at + 1)) lines++;
        counted = first + until;
        if (until === bytes.length) held.shift();
      }
      return lines;
    },
  };
}

function tableError(error: Error & { code?: string }, { name, line }: { name: string; line: number }): EmbedError {
  if (error.code === 'CSV_QUOTE_NOT_CLOSED') {
    return new EmbedError(`Cannot read ${name}: the record that begins at line ${line} has a quote that is never closed`, {
      hint: 'Close it, or double a quote that is part of the text: ""',
      cause: error,
    });
  }
  return new EmbedError(`Cannot read ${name}: ${error.message}`, { hint: `Look at the record that begins at line ${line}`, cause: error });
}

function fields(count: number): string {
  return count === 1 ? '1 field' : `${count} fields`;
}
