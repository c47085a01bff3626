import { isUtf8 } from 'node:buffer';
import { TextDecoder } from 'node:util';
import { EmbedError } from '../errors.ts';
import { doubtOf, encodingHint, nulError, type DecodeOptions } from './decode-errors.ts';
import { encodingOf, HEAD_BYTES } from './encoding.ts';
import { utf32Decoder, type Decoder } from './utf32.ts';
import { completeLength, firstInvalid } from './utf8.ts';

/**
 * Decodes bytes to text. Without `encoding` the text is UTF-8, or what its byte order mark or its NUL bytes show. A byte order
 * mark is never part of the text, and neither is a NUL.
 *
 * @throws EmbedError that names the line of invalid bytes; they never become replacement characters
 */
export async function* decodeText(chunks: AsyncIterable<Buffer>, options: DecodeOptions): AsyncGenerator<string> {
  const { encoding: given, note = () => {} } = options;
  const { head, rest } = await firstBytes(chunks[Symbol.asyncIterator](), HEAD_BYTES);
  const found = encodingOf(head.subarray(0, HEAD_BYTES), given);
  const doubt = doubtOf(found, head.subarray(0, HEAD_BYTES), options);
  if (doubt !== undefined) note(doubt);
  if (/^utf-?8$/i.test(found.label)) yield* decodeUtf8(rest, options);
  else yield* decodeOther(rest, { ...options, label: found.label, given });
}

async function* decodeUtf8(chunks: AsyncIterable<Buffer>, options: DecodeOptions): AsyncGenerator<string> {
  const lines = lineCounter();
  let offset = 0;
  let carry: Buffer = Buffer.alloc(0);
  let first = true;
  const text = (bytes: Buffer): string => {
    if (!isUtf8(bytes)) throw invalidByte(bytes, { ...options, lines, offset });
    if (bytes.includes(0)) throw nulError(options, lines.upTo(bytes, bytes.indexOf(0)));
    lines.add(bytes);
    offset += bytes.length;
    const skip = first && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
    first &&= bytes.length === 0;
    return bytes.toString('utf8', skip);
  };
  for await (const chunk of chunks) {
    const bytes = carry.length ? Buffer.concat([carry, chunk]) : chunk;
    const end = completeLength(bytes);
    carry = bytes.subarray(end);
    if (end) yield text(bytes.subarray(0, end));
  }
  if (carry.length) yield text(carry);
}

async function* decodeOther(
  chunks: AsyncIterable<Buffer>,
  { label, given, ...options }: DecodeOptions & { label: string; given: string | undefined },
): AsyncGenerator<string> {
  const { name } = options;
  let decoder: Decoder;
  try {
    decoder = label === 'utf-32le' || label === 'utf-32be' ? utf32Decoder(label) : new TextDecoder(label, { fatal: true });
  } catch {
    throw new EmbedError(`Cannot read ${name} as "${label}": unknown encoding`, {
      hint: 'Use a name from the WHATWG Encoding Standard, such as windows-1251, windows-1252, koi8-r, shift_jis, gb18030, euc-kr or utf-16le',
    });
  }
  const lines = lineCounter();
  let bytes: Buffer | undefined;
  const checked = (text: string): string => {
    const nul = text.indexOf('\0');
    if (nul >= 0) throw nulError({ ...options, bytes }, lines.upTo(text, nul));
    lines.add(text);
    return text;
  };
  try {
    // always with `stream`: without it, Node.js 20 takes windows-1252 for Latin-1
    for await (const chunk of chunks) {
      bytes = chunk;
      yield checked(decoder.decode(chunk, { stream: true }));
    }
    yield checked(decoder.decode());
  } catch (cause) {
    if (cause instanceof EmbedError) throw cause;
    throw new EmbedError(`Cannot read ${name} as ${given ?? label}: it has invalid bytes at or after line ${lines.line()}`, {
      hint: encodingHint(bytes, options) ?? 'Name the encoding of the file with --encoding',
      cause,
    });
  }
}

type LineCounter = { add(part: Buffer | string): void; line(): number; upTo(part: Buffer | string, end: number): number };

/** Counts lines. They end with "\n", and with "\r" as well where the first part has more of these. */
function lineCounter(): LineCounter {
  let ends = 0;
  let returns: boolean | undefined;
  const add = (part: Buffer | string, whole = part): void => {
    returns ??= moreReturns(whole);
    ends += countOf(part, '\n');
    if (returns) ends += countOf(part, '\r') - countOf(part, '\r\n');
  };
  return {
    add: (part) => add(part),
    line: () => 1 + ends,
    upTo(part, end) {
      add(typeof part === 'string' ? part.slice(0, end) : part.subarray(0, end), part);
      return 1 + ends;
    },
  };
}

function moreReturns(part: Buffer | string): boolean {
  const lone = countOf(part, '\r') - countOf(part, '\r\n');
  return lone > 0 && lone >= countOf(part, '\n');
}

function countOf(part: Buffer | string, end: '\n' | '\r' | '\r\n'): number {
  let count = 0;
  if (typeof part === 'string') for (let at = part.indexOf(end); at >= 0; at = part.indexOf(end, at + 1)) count++;
  else {
    // a search for a byte is several times as fast as one for a string
    const what = end.length === 1 ? end.charCodeAt(0) : end;
    for (let at = part.indexOf(what); at >= 0; at = part.indexOf(what, at + 1)) count++;
  }
  return count;
}

function invalidByte(bytes: Buffer, { lines, offset, ...options }: DecodeOptions & { lines: LineCounter; offset: number }): EmbedError {
  const valid = firstInvalid(bytes);
  const byte = `0x${bytes[valid]!.toString(16)}`;
  return new EmbedError(
    `Cannot read ${options.name} as UTF-8: line ${lines.upTo(bytes, valid)} has an invalid byte (${byte}) at byte ${offset + valid}`,
    {
      hint:
        encodingHint(bytes, options) ??
        'Name the encoding of the file, for example --encoding windows-1251 (Cyrillic), windows-1252 (Western), shift_jis or gb18030',
    },
  );
}

async function firstBytes(iterator: AsyncIterator<Buffer>, count: number): Promise<{ head: Buffer; rest: AsyncIterable<Buffer> }> {
  const parts: Buffer[] = [];
  for (let length = 0; length < count;) {
    const next = await iterator.next();
    if (next.done) break;
    parts.push(next.value);
    length += next.value.length;
  }
  const head = parts.length === 1 ? parts[0]! : Buffer.concat(parts);
  async function* rest(): AsyncGenerator<Buffer> {
    try {
      if (head.length) yield head;
      for (let next = await iterator.next(); !next.done; next = await iterator.next()) yield next.value;
    } finally {
      // who stops early closes the file
      await iterator.return?.();
    }
  }
  return { head, rest: rest() };
}
