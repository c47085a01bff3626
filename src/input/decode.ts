import { isUtf8 } from 'node:buffer';
import { TextDecoder } from 'node:util';
import { EmbedError } from '../errors.ts';

/**
 * Decodes bytes to text. Without `encoding` the text is UTF-8, or UTF-16 if it begins with that byte order mark. A byte order
 * mark is never part of the text.
 *
 * @throws EmbedError that names the line of invalid bytes; they never become replacement characters
 */
export async function* decodeText(
  chunks: AsyncIterable<Buffer>,
  { name, encoding }: { name: string; encoding?: string | undefined },
): AsyncGenerator<string> {
  const iterator = chunks[Symbol.asyncIterator]();
  const { head, rest } = await firstBytes(iterator, 3);
  const label = encoding ?? markedEncoding(head);
  if (label === undefined || /^utf-?8$/i.test(label)) yield* decodeUtf8(rest, name);
  else yield* decodeOther(rest, { name, label });
}

async function* decodeUtf8(chunks: AsyncIterable<Buffer>, name: string): AsyncGenerator<string> {
  let line = 1;
  let offset = 0;
  let carry: Buffer = Buffer.alloc(0);
  let first = true;
  const text = (bytes: Buffer): string => {
    if (!isUtf8(bytes)) throw invalidByte(bytes, { name, line, offset });
    for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) line++;
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

async function* decodeOther(chunks: AsyncIterable<Buffer>, { name, label }: { name: string; label: string }): AsyncGenerator<string> {
  let decoder: TextDecoder;
  try {
    decoder = new TextDecoder(label, { fatal: true });
  } catch {
    throw new EmbedError(`Cannot read ${name} as "${label}": unknown encoding`, {
      hint: 'Use a name from the WHATWG Encoding Standard, such as windows-1251, windows-1252, koi8-r, shift_jis, gb18030, euc-kr or utf-16le',
    });
  }
  let line = 1;
  const count = (text: string): string => {
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) line++;
    return text;
  };
  try {
    for await (const chunk of chunks) yield count(decoder.decode(chunk, { stream: true }));
    yield count(decoder.decode());
  } catch (cause) {
    if (cause instanceof EmbedError) throw cause;
    throw new EmbedError(`Cannot read ${name} as ${label}: it has invalid bytes at or after line ${line}`, {
      hint: 'Name the encoding of the file with --encoding',
      cause,
    });
  }
}

function markedEncoding(head: Buffer): string | undefined {
  if (head[0] === 0xff && head[1] === 0xfe) return 'utf-16le';
  if (head[0] === 0xfe && head[1] === 0xff) return 'utf-16be';
  return undefined;
}

function invalidByte(bytes: Buffer, { name, line, offset }: { name: string; line: number; offset: number }): EmbedError {
  let begin = 0;
  for (;;) {
    const newline = bytes.indexOf(10, begin);
    const end = newline < 0 ? bytes.length : newline + 1;
    if (!isUtf8(bytes.subarray(begin, end))) {
      let valid = begin;
      // character by character: whole prefixes would take a time that grows with the square of the line
      while (valid < end && isUtf8(bytes.subarray(valid, nextCharacter(bytes, valid)))) valid = nextCharacter(bytes, valid);
      return new EmbedError(
        `Cannot read ${name} as UTF-8: line ${line} has an invalid byte (0x${bytes[valid]!.toString(16)}) at byte ${offset + valid}`,
        {
          hint: 'Name the encoding of the file, for example --encoding windows-1251 (Cyrillic), windows-1252 (Western), shift_jis or gb18030',
        },
      );
    }
    begin = end;
    line++;
  }
}

/** Number of bytes up to the end of the last complete character; at most three bytes are left over. */
function completeLength(bytes: Buffer): number {
  for (let back = 1; back <= 3 && back <= bytes.length; back++) {
    const byte = bytes[bytes.length - back]!;
    if ((byte & 0xc0) === 0x80) continue;
    return sequenceLength(byte) > back ? bytes.length - back : bytes.length;
  }
  return bytes.length;
}

function nextCharacter(bytes: Buffer, at: number): number {
  return Math.min(bytes.length, at + sequenceLength(bytes[at]!));
}

function sequenceLength(lead: number): number {
  return lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
}

async function firstBytes(iterator: AsyncIterator<Buffer>, count: number): Promise<{ head: Buffer; rest: AsyncIterable<Buffer> }> {
  let head: Buffer = Buffer.alloc(0);
  while (head.length < count) {
    const next = await iterator.next();
    if (next.done) break;
    head = Buffer.concat([head, next.value]);
  }
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
