import { encodingOf, HEAD_BYTES } from './encoding.ts';
import { openTable } from './delimited.ts';
import { readerOf, type Format } from './formats.ts';
import { newlineOf, type LineEnds } from './line-ends.ts';
import { openText } from './open-text.ts';
import { recordLimit } from './record-size.ts';
import type { Source } from './source.ts';

/** The form of a text file: all that is not its content. */
export type FileForm = {
  /** The name of its encoding in the WHATWG standard, or utf-32le or utf-32be. */
  encoding: string;
  /** Bytes of its byte order mark. */
  mark: number;
  lineEnds: LineEnds;
  /** What its lines end with, by their beginning. */
  newline: '\n' | '\r\n' | '\r';
  /** For a table: what separates its columns, and the line before its header that says so to Excel. */
  table?: { delimiter: string; told: string | undefined };
};

export type FormOptions = { format: Format; encoding: string | undefined; delimiter: string | undefined };

/** The form of a file, by its beginning. The source cannot be read after that. */
export async function readForm(source: Source, { format, encoding, delimiter }: FormOptions): Promise<FileForm> {
  const { quotes, hasHeader } = readerOf(format);
  const head: Buffer[] = [];
  let length = 0;
  const { chunks } = source;
  async function* seen(): AsyncGenerator<Buffer> {
    for await (const chunk of chunks) {
      if (length < HEAD_BYTES) head.push(chunk);
      length += chunk.length;
      yield chunk;
    }
  }
  const read = { ...source, chunks: seen() };
  const table = hasHeader && quotes !== undefined ? await openTable(read, { delimiter, encoding }, { quotes, note: silent }) : undefined;
  const opened = table ?? (await openText(read, { encoding, limit: recordLimit(source.name), note: silent }));
  await opened.text.return(undefined);
  const { label, mark } = encodingOf(Buffer.concat(head).subarray(0, HEAD_BYTES), encoding);
  return {
    encoding: label,
    mark,
    // a format of the caller's own counts lines as it was told
    lineEnds: quotes === undefined ? 'newline' : opened.lineEnds,
    newline: newlineOf(opened.counts),
    ...(table ? { table: { delimiter: table.delimiter, told: table.told } } : {}),
  };
}

function silent(): void {}
