import type { LineEnds } from './line-ends.ts';

/** Where a record is: the line on which it begins, its bytes without its line break, and whether a byte order mark was before it. */
export type RecordPlace = { line: number; bytes: number; marked: boolean };

/** How a table is split. `firstLine` is the number of its first line, from 1 by default. */
export type Splitting = { delimiter: string; quotes: boolean; lineEnds?: LineEnds; firstLine?: number };

/** Splits the bytes of a table, in UTF-8, into records and their fields. */
export type FieldSplitter = {
  push(bytes: Buffer): void;
  /** Ends the last record. Returns whether a quote of it was never closed. */
  end(): boolean;
  /** The record that has begun: its place so far, its complete fields, and whether a quote is open. */
  open(): RecordPlace & { columns: number; quoted: boolean };
  /** The line of the first "\r" that is neither within quotes nor a line end; undefined where there was none. */
  strayReturn(): number | undefined;
};

const QUOTE = 0x22;
const RETURN = 0x0d;
const NEWLINE = 0x0a;

/** The place of a scan: before a field, in one without quotes, within quotes, or after them. */
type State = 'start' | 'bare' | 'quoted' | 'closed';

/**
 * Splits a table by RFC 4180, in one pass over its bytes. A quote inside an unquoted field (5" nail) is text, and so are quotes that
 * close before the end of their field: Python's csv and spreadsheets read them so. A record ends with "\n" or "\r\n", and with "\r"
 * where the line ends are any. A byte order mark before a record is not part of it.
 *
 * @param take called with each record, in order
 */
export function splitFields(
  { delimiter, quotes, lineEnds = 'newline', firstLine = 1 }: Splitting,
  take: (values: string[], place: RecordPlace) => void,
): FieldSplitter {
  const separator = Buffer.from(delimiter);
  // bytes after a quote that decide what it means
  const ahead = Math.max(2, separator.length);
  let rest: Buffer = Buffer.alloc(0);
  let state: State = 'start';
  let values: string[] = [];
  /** Pieces of the field, of earlier chunks; `inside` is the text of its quotes once they are closed. */
  let pieces: Buffer[] = [];
  let inside = '';
  const returns = lineEnds === 'any';
  let line = firstLine;
  let breaks = 0;
  let marked = false;
  let stray: number | undefined;
  let recordBytes = 0;

  const textUpTo = (bytes: Buffer, from: number, to: number): string => {
    if (pieces.length === 0) return bytes.toString('utf8', from, to);
    const text = Buffer.concat([...pieces, bytes.subarray(from, to)]).toString('utf8');
    pieces = [];
    return text;
  };
  const endField = (bytes: Buffer, from: number, to: number): void => {
    const text = textUpTo(bytes, from, to);
    const value = state === 'closed' ? inside + text : text;
    // a literal takes the room of one value, where a push makes room for many
    if (values.length === 0) values = [value];
    else values.push(value);
    inside = '';
    state = 'start';
  };
  const endRecord = (bytes: number): void => {
    take(values, { line, bytes, marked });
    marked = false;
    values = [];
    line += breaks + 1;
    breaks = 0;
    recordBytes = 0;
  };
  const breakLength = (bytes: Buffer, at: number): number => {
    if (bytes[at] === NEWLINE) return 1;
    if (bytes[at] !== RETURN) return 0;
    return bytes[at + 1] === NEWLINE ? 2 : returns ? 1 : 0;
  };
  const separates = (bytes: Buffer, at: number): boolean => {
    for (let i = 0; i < separator.length; i++) if (bytes[at + i] !== separator[i]) return false;
    return true;
  };

  /** Scans `bytes` up to `until`, and keeps what is left of an unfinished field. */
  const scan = (bytes: Buffer, until: number): void => {
    let at = 0;
    let from = 0;
    let begin = 0;
    let nextBreak = -1;
    while (at < until) {
      if (state === 'quoted') {
        const quote = bytes.indexOf(QUOTE, at);
        const end = quote < 0 || quote >= until ? until : quote;
        if (nextBreak < at) nextBreak = breakFrom(bytes, at);
        for (; nextBreak < end; nextBreak = breakFrom(bytes, nextBreak + 1)) breaks++;
        if (returns) breaks += loneReturns(bytes, at, end);
        at = end;
        if (end === until) break;
        if (bytes[at + 1] === QUOTE) {
          at += 2;
          continue;
        }
        inside = textUpTo(bytes, from, at).replaceAll('""', '"');
        state = 'closed';
        from = ++at;
        // a NUL ends quotes too, as in csv-parse
        const ends = at >= bytes.length || bytes[at] === 0 || separates(bytes, at) || breakLength(bytes, at) > 0;
        if (!ends) inside = `"${inside}"`;
        continue;
      }
      const byte = bytes[at]!;
      if (byte === QUOTE && state === 'start' && quotes) {
        state = 'quoted';
        from = ++at;
        continue;
      }
      const length = byte <= RETURN ? breakLength(bytes, at) : 0;
      if (length > 0) {
        endField(bytes, from, at);
        endRecord(recordBytes + at - begin);
        at += length;
        from = begin = at;
      } else if (byte === separator[0] && separates(bytes, at)) {
        endField(bytes, from, at);
        at += separator.length;
        from = at;
      } else if (byte === MARK_BYTE && state === 'start' && values.length === 0 && isMark(bytes, at)) {
        marked = true;
        at += MARK.length;
        from = at;
      } else {
        if (byte === RETURN) stray ??= line + breaks;
        if (state === 'start') state = 'bare';
        at++;
        // most bytes mean nothing, not even quotes
        while (at < until && bytes[at]! > RETURN && bytes[at] !== separator[0]) at++;
      }
    }
    recordBytes += at - begin;
    if (at > from) pieces.push(bytes.subarray(from, at));
    rest = bytes.subarray(at);
  };

  return {
    push(bytes) {
      const all = rest.length > 0 ? Buffer.concat([rest, bytes]) : bytes;
      rest = all;
      if (all.length > ahead) scan(all, all.length - ahead);
    },
    end() {
      const bytes = rest;
      scan(bytes, bytes.length);
      if (state === 'quoted') return true;
      if (values.length === 0 && state === 'start') return false;
      endField(bytes, bytes.length, bytes.length);
      endRecord(recordBytes);
      return false;
    },
    open: () => ({ line, bytes: recordBytes, marked, columns: values.length, quoted: state === 'quoted' }),
    strayReturn: () => stray,
  };
}

/** The byte order mark in UTF-8. */
const MARK = Buffer.from('\ufeff');
const MARK_BYTE = 0xef;

function isMark(bytes: Buffer, at: number): boolean {
  return bytes[at + 1] === MARK[1] && bytes[at + 2] === MARK[2];
}

/** How many "\r" between two places are a line end of their own. */
function loneReturns(bytes: Buffer, from: number, end: number): number {
  let count = 0;
  for (let at = bytes.indexOf(RETURN, from); at >= 0 && at < end; at = bytes.indexOf(RETURN, at + 1)) {
    if (bytes[at + 1] !== NEWLINE) count++;
  }
  return count;
}

/** The place of the next "\n"; the end of the bytes where there is none. */
function breakFrom(bytes: Buffer, from: number): number {
  const at = bytes.indexOf(NEWLINE, from);
  return at < 0 ? bytes.length : at;
}
