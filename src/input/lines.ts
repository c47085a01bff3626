import { decodeText } from './decode.ts';
import type { FileRecord, FormatReader } from './records.ts';

/** Text, one record per line: its column is "text". */
export const LINES: FormatReader = {
  suffixes: ['.txt', '.text', '.md', '.log'],
  hasHeader: false,
  open: ({ name, chunks }, { encoding }) =>
    Promise.resolve({ records: readLines(decodeText(chunks, { name, encoding })), names: ['text'] }),
};

/** Splits a text into lines, wherever its chunks are cut. A line ends with "\n" or "\r\n". */
export async function* splitLines(text: AsyncIterable<string>): AsyncGenerator<string[]> {
  let open: string[] = [];
  for await (const chunk of text) {
    if (!chunk.includes('\n')) {
      open.push(chunk);
      continue;
    }
    const lines = chunk.split('\n');
    lines[0] = open.join('') + lines[0]!;
    open = [lines.pop()!];
    yield lines.map(withoutReturn);
  }
  const last = open.join('');
  if (last) yield [withoutReturn(last)];
}

/** Reads a text as one record per line. */
export async function* readLines(text: AsyncIterable<string>): AsyncGenerator<FileRecord[]> {
  let line = 0;
  for await (const lines of splitLines(text)) {
    yield lines.map((value) => ({ line: ++line, size: value.length, values: [value] }));
  }
}

function withoutReturn(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line;
}
