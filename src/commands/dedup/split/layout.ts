import type { FileForm } from '../../../input/file-form.ts';

/** The same bytes, with a first chunk that is long enough for a byte order mark. */
export async function* withLongHead(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let head: Buffer | undefined = Buffer.alloc(0);
  for await (const chunk of chunks) {
    if (head) {
      head = Buffer.concat([head, chunk]);
      if (head.length < 4) continue;
      yield head;
      head = undefined;
    } else yield chunk;
  }
  if (head && head.length > 0) yield head;
}

/** How bytes make lines: bytes of a character at least, and where each next line begins, as far as its predecessor ends before `until`. */
export type Layout = { width: number; lineStarts(bytes: Buffer, until: number): Iterable<number> };

const NEWLINE = 10;
const RETURN = 13;

export function layoutOf({ encoding, lineEnds }: FileForm): Layout {
  const width = encoding.startsWith('utf-16') ? 2 : encoding.startsWith('utf-32') ? 4 : 1;
  const low = encoding.endsWith('be') ? width - 1 : 0;
  /** The place of a character whose other bytes are zero; the end where there is none. */
  const find = (bytes: Buffer, character: number, from: number): number => {
    for (let at = bytes.indexOf(character, from + low); at >= 0; at = bytes.indexOf(character, at + 1)) {
      const begin = at - low;
      if (begin % width !== 0) continue;
      let others = 0;
      for (let one = 0; one < width; one++) if (one !== low) others |= bytes[begin + one]!;
      if (others === 0) return begin;
    }
    return bytes.length;
  };
  return {
    width,
    *lineStarts(bytes, until) {
      let [newline, lone] = [-1, lineEnds === 'any' ? -1 : bytes.length];
      for (let from = 0; ;) {
        if (newline < from) newline = find(bytes, NEWLINE, from);
        if (lone < from) lone = find(bytes, RETURN, from);
        const at = Math.min(newline, lone);
        if (at >= until) return;
        // "\r\n" is one end
        from = (at === lone && newline === at + width ? newline : at) + width;
        yield from;
      }
    },
  };
}
