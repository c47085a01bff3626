import { TextDecoder } from 'node:util';
import type { Source } from './source.ts';

/** Bytes in which the first lines are looked for. */
const MAX_PEEKED = 1 << 26;

/** The first line of a source that is not blank, as `peekLines` returns it. */
export async function peekLine(source: Source): Promise<string> {
  const [line = ''] = await peekLines(source, 1);
  return line.trimStart();
}

/**
 * Returns the first lines of a source that are not blank, up to 64 MB. The text is UTF-16 if it begins with that byte order mark,
 * else UTF-8. The source can still be read from its start.
 */
export async function peekLines(source: Source, count: number): Promise<string[]> {
  const chunks = source.chunks[Symbol.asyncIterator]();
  const seen: Buffer[] = [];
  let bytes = 0;
  let decoder: TextDecoder | undefined;
  const lines: string[] = [];
  let parts: string[] = [];
  const endLine = (): void => {
    const line = parts.join('');
    if (line.trim() !== '') lines.push(line);
    parts = [];
  };
  /** Takes a text line by line; returns whether there are enough. */
  const take = (text: string): boolean => {
    let from = 0;
    for (let end = text.indexOf('\n'); end >= 0 && lines.length < count; end = text.indexOf('\n', from)) {
      parts.push(text.slice(from, end));
      endLine();
      from = end + 1;
    }
    parts.push(text.slice(from));
    return lines.length >= count;
  };
  while (bytes < MAX_PEEKED) {
    const next = await chunks.next();
    if (next.done) break;
    seen.push(next.value);
    bytes += next.value.length;
    // the mark is two bytes
    if (bytes < 2) continue;
    const head = decoder ? next.value : Buffer.concat(seen);
    decoder ??= new TextDecoder(encodingOf(head));
    if (take(decoder.decode(head, { stream: true }))) break;
  }
  if (!decoder) take(Buffer.concat(seen).toString());
  // a chunk that was handed on is not kept
  async function* whole(): AsyncGenerator<Buffer> {
    while (seen.length > 0) yield seen.shift()!;
    yield* { [Symbol.asyncIterator]: () => chunks };
  }
  source.chunks = whole();
  if (lines.length < count) endLine();
  return lines;
}

function encodingOf(head: Buffer): string {
  const mark = head.subarray(0, 2).toString('hex');
  return mark === 'fffe' ? 'utf-16le' : mark === 'feff' ? 'utf-16be' : 'utf-8';
}
