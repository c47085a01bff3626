import { TextDecoder } from 'node:util';
import type { Source } from './source.ts';

/** Bytes in which the first line is looked for. */
const MAX_PEEKED = 1 << 26;

/**
 * Returns the first line of a source that is not blank, up to 64 MB. The text is UTF-16 if it begins with that byte order mark,
 * else UTF-8. The source can still be read from its start.
 */
export async function peekLine(source: Source): Promise<string> {
  const chunks = source.chunks[Symbol.asyncIterator]();
  const seen: Buffer[] = [];
  let bytes = 0;
  let decoder: TextDecoder | undefined;
  const parts: string[] = [];
  /** Takes what belongs to the line; returns whether it has ended. */
  const take = (text: string): boolean => {
    const from = parts.length > 0 ? 0 : text.search(/\S/);
    if (from < 0) return false;
    const end = text.indexOf('\n', from);
    parts.push(text.slice(from, end < 0 ? undefined : end));
    return end >= 0;
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
  return parts.join('');
}

function encodingOf(head: Buffer): string {
  const mark = head.subarray(0, 2).toString('hex');
  return mark === 'fffe' ? 'utf-16le' : mark === 'feff' ? 'utf-16be' : 'utf-8';
}
