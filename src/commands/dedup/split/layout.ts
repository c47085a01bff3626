/** The same bytes, with a first chunk that is long enough for a byte order mark. */
export async function* withLongHead(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let head: Buffer | undefined = Buffer.alloc(0);
  for await (const chunk of chunks) {
    if (head) {
      head = Buffer.concat([head, chunk]);
      if (head.length < 3) continue;
      yield head;
      head = undefined;
    } else yield chunk;
  }
  if (head && head.length > 0) yield head;
}

/**
 * How bytes make lines: their encoding, length of the byte order mark, smallest width of a character, and where the next line begins
 * after `from`; -1 if there is none.
 */
export type Layout = { encoding: string; mark: number; width: number; nextLine(bytes: Buffer, from: number): number };

export function layoutOf(head: Buffer, encoding: string | undefined): Layout {
  const start = head.subarray(0, 3).toString('hex');
  const marked = start === 'efbbbf' ? 'utf-8' : start.startsWith('fffe') ? 'utf-16le' : start.startsWith('feff') ? 'utf-16be' : undefined;
  // encodings have many names
  const name = encoding === undefined ? (marked ?? 'utf-8') : new TextDecoder(encoding).encoding;
  // in other encodings these bytes are letters
  const mark = name !== marked ? 0 : marked === 'utf-8' ? 3 : 2;
  if (!name.startsWith('utf-16')) {
    return {
      encoding: name,
      mark,
      width: 1,
      nextLine(bytes, from) {
        const at = bytes.indexOf(10, from);
        return at < 0 ? -1 : at + 1;
      },
    };
  }
  const high = name === 'utf-16be' ? 0 : 1;
  return {
    encoding: name,
    mark,
    width: 2,
    nextLine(bytes, from) {
      for (let at = from; at + 1 < bytes.length; at += 2) if (bytes[at + high] === 0 && bytes[at + 1 - high] === 10) return at + 2;
      return -1;
    },
  };
}
