import { TextDecoder } from 'node:util';
import { afterSeen } from './byte-stream.ts';
import { encodingOf, HEAD_BYTES } from './encoding.ts';
import type { Source } from './source.ts';
import { utf32Decoder, type Decoder } from './utf32.ts';

/** Bytes in which the first lines are looked for. */
const MAX_PEEKED = 1 << 26;

/** The first line of a source that is not blank, as `peekLines` returns it. */
export async function peekLine(source: Source): Promise<string> {
  const [line = ''] = await peekLines(source, 1);
  return line.trimStart();
}

/**
 * Returns the first lines of a source that are not blank, up to 64 MB. The text is in the encoding that its byte order mark or its
 * NUL bytes show, else UTF-8. The source can still be read from its start.
 */
export async function peekLines(source: Source, count: number): Promise<string[]> {
  const chunks = source.chunks[Symbol.asyncIterator]();
  const seen: Buffer[] = [];
  let bytes = 0;
  let decoder: Decoder | undefined;
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
    // each search goes on from where its last one ended: a text of nothing but line breaks is read once
    let [newline, lone] = [text.indexOf('\n'), text.indexOf('\r')];
    while (lines.length < count) {
      if (newline >= 0 && newline < from) newline = text.indexOf('\n', from);
      if (lone >= 0 && lone < from) lone = text.indexOf('\r', from);
      const end = newline < 0 || lone < 0 ? Math.max(newline, lone) : Math.min(newline, lone);
      if (end < 0) break;
      if (end > from || parts.length > 0) {
        parts.push(text.slice(from, end));
        endLine();
      }
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
    // a mark is up to four bytes
    if (bytes < 4) continue;
    const head = decoder ? next.value : Buffer.concat(seen);
    decoder ??= decoderOf(head);
    if (take(decoder.decode(head, { stream: true }))) break;
  }
  if (!decoder) take(decoderOf(Buffer.concat(seen)).decode(Buffer.concat(seen)));
  source.chunks = afterSeen(seen, chunks);
  if (lines.length < count) endLine();
  return lines;
}

function decoderOf(head: Buffer): Decoder {
  const { label } = encodingOf(head.subarray(0, HEAD_BYTES), undefined);
  return label === 'utf-32le' || label === 'utf-32be' ? utf32Decoder(label) : new TextDecoder(label);
}
