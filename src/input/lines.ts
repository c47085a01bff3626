import { decodeText } from './decode.ts';
import { isLarger, recordLimit, tooLarge, type RecordLimit } from './record-size.ts';
import type { FileRecord, FormatReader } from './records.ts';

/** Text, one record per line: its column is "text". */
export const LINES: FormatReader = {
  suffixes: ['.txt', '.text', '.md', '.log'],
  hasHeader: false,
  open: ({ name, chunks }, { encoding, maxRecordSize }) =>
    Promise.resolve({ records: readLines(decodeText(chunks, { name, encoding }), recordLimit(name, maxRecordSize)), names: ['text'] }),
};

/**
 * Splits a text into lines, wherever its chunks are cut. A line ends with "\n" or "\r\n".
 *
 * @throws EmbedError that names a line that is too large, before more of it is held than the limit
 */
export async function* splitLines(text: AsyncIterable<string>, limit: RecordLimit): AsyncGenerator<string[]> {
  const { maxBytes } = limit;
  let open: string[] = [];
  let openBytes = 0;
  let line = 1;
  const check = (lines: readonly string[]): void => {
    const large = lines.findIndex((one) => isLarger(one, maxBytes));
    if (large >= 0) throw tooLarge(limit, { line: line + large, cause: NO_LINES });
  };
  /** Keeps the beginning of a line. One byte more than the limit may be the "\r" of its end. */
  const keep = (part: string): void => {
    open.push(part);
    openBytes += Buffer.byteLength(part);
    if (openBytes > maxBytes + 1) throw tooLarge(limit, { line, cause: NO_LINES });
  };
  for await (const chunk of text) {
    if (!chunk.includes('\n')) {
      keep(chunk);
      continue;
    }
    const split = chunk.split('\n');
    const last = split.pop()!;
    split[0] = open.join('') + split[0]!;
    const lines = chunk.includes('\r') || split[0].endsWith('\r') ? split.map(withoutReturn) : split;
    if ((openBytes + chunk.length) * 3 > maxBytes) check(lines);
    line += lines.length;
    yield lines;
    open = [];
    openBytes = 0;
    keep(last);
  }
  const last = open.join('');
  if (!last) return;
  const lines = [withoutReturn(last)];
  check(lines);
  yield lines;
}

const NO_LINES = 'Check that it is text with line breaks';

/** Records that are handed on at once: a chunk of nothing but line breaks has many, and objects that live long are slow to clear away. */
const LINES_PER_BATCH = 8192;

/** Reads a text as one record per line. */
export async function* readLines(text: AsyncIterable<string>, limit: RecordLimit): AsyncGenerator<FileRecord[]> {
  let line = 0;
  for await (const lines of splitLines(text, limit)) {
    for (let from = 0; from < lines.length; from += LINES_PER_BATCH) {
      yield lines.slice(from, from + LINES_PER_BATCH).map((value) => ({ line: ++line, size: value.length, values: [value] }));
    }
  }
}

function withoutReturn(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line;
}
