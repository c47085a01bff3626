import { TextDecoder } from 'node:util';
import { encodingOf, HEAD_BYTES } from './encoding.ts';
import type { Source } from './source.ts';
import { utf32Decoder, type Decoder } from './utf32.ts';

/** Bytes in which the first line is looked for. */
const MAX_PEEKED = 1 << 26;

/**
 * Returns the first line of a source that is not blank, up to 64 MB. The text is in the encoding that its byte order mark or its
 * NUL bytes show, else UTF-8. The source can still be read from its start.
 */
export async function peekLine(source: Source): Promise<string> {
  const chunks = source.chunks[Symbol.asyncIterator]();
  const seen: Buffer[] = [];
  let bytes = 0;
  let decoder: Decoder | undefined;
  const parts: string[] = [];
  /** Takes what belongs to the line; returns whether it has ended. */
  const take = (text: string): boolean => {
    const from = parts.length > 0 ? 0 : text.search(/\S/);
    if (from < 0) return false;
    const end = endOfLine(text, from);
    parts.push(text.slice(from, end < 0 ? undefined : end));
    return end >= 0;
  };
  while (bytes < MAX_PEEKED) {
    const next = await chunks.next();
    if (next.done) break;
    seen.push(next.value);
    bytes += next.value.length;
    // a mark is up to four bytes
    if (bytes < 4) continue;
    const head = decoder ? next.value : Buffer.concat(seen);
    decoder ??= decoderOf(head);
    if (take(decoder.decode(head, { stream: true }))) break;
  }
  if (!decoder) take(decoderOf(Buffer.concat(seen)).decode(Buffer.concat(seen)));
  // a chunk that was handed on is not kept
  async function* whole(): AsyncGenerator<Buffer> {
    while (seen.length > 0) yield seen.shift()!;
    yield* { [Symbol.asyncIterator]: () => chunks };
  }
  source.chunks = whole();
  return parts.join('');
}

function decoderOf(head: Buffer): Decoder {
  const { label } = encodingOf(head.subarray(0, HEAD_BYTES), undefined);
  return label === 'utf-32le' || label === 'utf-32be' ? utf32Decoder(label) : new TextDecoder(label);
}

/** The place of the next line end, whichever it is; -1 where there is none. */
function endOfLine(text: string, from: number): number {
  const [newline, lone] = [text.indexOf('\n', from), text.indexOf('\r', from)];
  return newline < 0 || lone < 0 ? Math.max(newline, lone) : Math.min(newline, lone);
}
