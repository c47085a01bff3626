import { MARK } from './line-ends.ts';
import { lineEndsNote, markNote, openText, returnNote } from './open-text.ts';
import { isLarger, recordLimit, tooLarge, type RecordLimit } from './record-size.ts';
import type { FileRecord, FormatReader, ReadingOptions } from './records.ts';
import type { Source } from './source.ts';

/** Text, one record per line: its column is "text". */
export const LINES: FormatReader = {
  suffixes: ['.txt', '.text', '.md', '.log'],
  hasHeader: false,
  quotes: false,
  open: (source, options, note) => {
    const limit = recordLimit(source.name, options.maxRecordSize);
    return Promise.resolve({ records: readLines(openLineText(source, options, note), limit, note), names: ['text'] });
  },
};

/** The text of a source whose records are lines. All of them end with "\n", or with "\r\n". */
export async function* openLineText(
  source: Source,
  { encoding, hasEncodingOption, maxRecordSize }: Pick<ReadingOptions, 'encoding' | 'hasEncodingOption' | 'maxRecordSize'>,
  note: (message: string) => void = () => {},
): AsyncGenerator<string> {
  const limit = recordLimit(source.name, maxRecordSize);
  const { text, counts, lineEnds } = await openText(source, { encoding, hasEncodingOption, limit, note });
  const said = lineEndsNote(source.name, counts);
  if (said !== undefined) note(said);
  yield* lineEnds === 'any' ? withNewlines(text) : text;
}

/** The text with "\n" where a line ends with "\r". */
async function* withNewlines(text: AsyncGenerator<string>): AsyncGenerator<string> {
  let held = '';
  for await (const chunk of text) {
    const whole = held + chunk;
    // a "\n" may follow
    held = whole.endsWith('\r') ? '\r' : '';
    yield (held ? whole.slice(0, -1) : whole).replace(/\r\n?/g, '\n');
  }
  if (held) yield '\n';
}

/**
 * Splits a text into lines, wherever its chunks are cut. A line ends with "\n" or "\r\n". A byte order mark at its beginning, which
 * joined files have, is not part of it.
 *
 * @param note called once with the line of such a mark, and of a "\r" within a line
 * @throws EmbedError that names a line that is too large, before more of it is held than the limit
 */
export async function* splitLines(
  text: AsyncIterable<string>,
  limit: RecordLimit,
  note?: (message: string) => void,
): AsyncGenerator<string[]> {
  const { name, maxBytes } = limit;
  let open: string[] = [];
  let openBytes = 0;
  let line = 1;
  let marked = false;
  let stray = false;
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
  const sayStray = (at: number): void => {
    if (!stray) note?.(returnNote(name, line + at));
    stray = true;
  };
  const unmark = (lines: string[]): void => {
    for (let at = lines.findIndex(isMarked); at >= 0 && at < lines.length; at++) {
      if (!isMarked(lines[at]!)) continue;
      if (!marked) note?.(markNote(name, line + at));
      marked = true;
      lines[at] = lines[at]!.replace(MARKS, '');
    }
  };
  for await (const chunk of text) {
    if (!chunk.includes('\n')) {
      keep(chunk);
      continue;
    }
    // in a file without "\r", the search for one is all that it costs
    const split = chunk.includes('\r') ? splitReturns(chunk) : { lines: chunk.split('\n'), last: undefined, stray: -1 };
    const { lines } = split;
    const last = split.last ?? lines.pop()!;
    if (open.length > 0) {
      lines[0] = withoutReturn(open.join('') + lines[0]!);
      if (lines[0].includes('\r')) split.stray = 0;
    }
    if (split.stray >= 0) sayStray(split.stray);
    if (isMarked(lines[0]!) || chunk.includes(MARK)) unmark(lines);
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
  unmark(lines);
  if (lines[0]!.includes('\r')) sayStray(0);
  check(lines);
  yield lines;
}

const NO_LINES = 'Check that it is text with line breaks';

const MARKS = /^\ufeff+/;

/** Records that are handed on at once: a chunk of nothing but line breaks has many, and objects that live long are slow to clear away. */
const LINES_PER_BATCH = 8192;

/**
 * Reads a text as one record per line.
 *
 * @param note called as by `splitLines`
 */
export async function* readLines(
  text: AsyncIterable<string>,
  limit: RecordLimit,
  note?: (message: string) => void,
): AsyncGenerator<FileRecord[]> {
  let line = 0;
  for await (const lines of splitLines(text, limit, note)) {
    for (let from = 0; from < lines.length; from += LINES_PER_BATCH) {
      yield lines.slice(from, from + LINES_PER_BATCH).map((value) => ({ line: ++line, size: value.length, values: [value] }));
    }
  }
}

const RETURN = 13;

function isMarked(line: string): boolean {
  return line.startsWith(MARK);
}

/** The lines of a text in which there is a "\r", what follows the last of them, and the first line with one that does not end it; or -1. */
function splitReturns(text: string): { lines: string[]; last: string; stray: number } {
  const lines: string[] = [];
  let from = 0;
  let stray = -1;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', from)) {
    let end = at;
    while (end > from && text.charCodeAt(end - 1) === RETURN) end--;
    if (stray < 0) {
      const first = text.indexOf('\r', from);
      if (first >= 0 && first < end) stray = lines.length;
    }
    lines.push(text.slice(from, end));
    from = at + 1;
  }
  return { lines, last: text.slice(from), stray };
}

function withoutReturn(line: string): string {
  let end = line.length;
  while (line.charCodeAt(end - 1) === RETURN) end--;
  return end < line.length ? line.slice(0, end) : line;
}
