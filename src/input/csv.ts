import { parse } from 'csv-parse';
import { CliError } from '../errors.ts';
import type { FileRecord } from './records.ts';

export type TableOptions = { name: string; delimiter: string; quotes: boolean };

/**
 * Records of a CSV or TSV text; the header, where there is one, comes first like any other record. Blank lines are no
 * records, unless the table has a single column, where they are rows without text.
 */
export async function* readDelimited(text: AsyncIterable<string>, { name, delimiter, quotes }: TableOptions): AsyncGenerator<FileRecord[]> {
  const parser = parse({
    delimiter,
    quote: quotes ? '"' : false,
    // a quote inside an unquoted field (5" nail) is text, as Python's csv and spreadsheets read it
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
        throw new CliError(`Cannot read ${name}: the record at line ${first} has ${fields(record.length)} where the first has ${width}`, {
          hint: 'Quote values that hold the separator or a line break, or name another separator with --delimiter',
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
      // parsing happens inside write; the parser takes more only once its records have been read
      parser.write(bytes);
      const records = take();
      if (parser.writableNeedDrain) await Promise.race([failed, new Promise((resolve) => parser.once('drain', resolve))]);
      if (records.length) yield records;
    }
    const ended = new Promise<void>((resolve) => parser.once('end', resolve));
    parser.end();
    // the readable side ends only once it has been read dry
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
    throw cause instanceof CliError ? cause : tableError(cause as Error & { code?: string }, { name, line });
  }
}

/** `bytes`: how much of the text ends with this record, its line break included. */
type Parsed = { record: string[]; info: { bytes: number } };

/** Counts line breaks; csv-parse's own count takes every "\r" inside a record for one more. */
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
    /** Line breaks in the first `end` bytes; asked with rising ends. */
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

function tableError(error: Error & { code?: string }, { name, line }: { name: string; line: number }): CliError {
  if (error.code === 'CSV_QUOTE_NOT_CLOSED') {
    return new CliError(`Cannot read ${name}: the record that begins at line ${line} has a quote that is never closed`, {
      hint: 'Close it, or double a quote that is part of the text: ""',
      cause: error,
    });
  }
  return new CliError(`Cannot read ${name}: ${error.message}`, { hint: `Look at the record that begins at line ${line}`, cause: error });
}

function fields(count: number): string {
  return count === 1 ? '1 field' : `${count} fields`;
}
