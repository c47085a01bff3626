import { createGzip, type Gzip } from 'node:zlib';
import { openOutputFile } from '../../../files/output-file.ts';
import { changedWhileRead, openSource } from '../../../input/source.ts';
import { yieldToEvents, write, type Io } from '../../../io.ts';
import type { CorpusPart } from '../../../sets/open-input.ts';

/** The records of one file: the line that each begins on, rising, and whether it is dropped. */
export type SplitRecords = { lines: ArrayLike<number>; dropped: (record: number) => boolean };

/** Takes bytes in order; nothing has its name before `finish`. */
type Target = { path: string; write(bytes: Buffer): Promise<void>; finish(): Promise<void>; abandon(): void };

/**
 * Copies each record of a file, byte for byte, to one of two files. Bytes before the first record (a header, a byte order
 * mark) go to both. A target whose name ends in .gz is compressed.
 */
export async function splitFile(
  { path, encoding, hash }: CorpusPart,
  records: SplitRecords,
  { kept, dropped, overwrite, io }: { kept: string | undefined; dropped: string | undefined; overwrite: boolean; io: Io },
): Promise<() => Promise<string[]>> {
  const open = (target: string | undefined): Target | undefined =>
    target === undefined ? undefined : openTarget(target, { overwrite, io });
  const targets: Target[] = [];
  try {
    const to = [open(kept), open(dropped)] as const;
    targets.push(...to.filter((target) => target !== undefined));
    let seen = 0;
    let pieces = 0;
    const source = openSource(path, io);
    for await (const { bytes, record } of recordBytes(source.chunks, { lines: records.lines, encoding })) {
      seen = Math.max(seen, record + 1);
      if (record < 0) for (const target of to) await target?.write(bytes);
      else await to[records.dropped(record) ? 1 : 0]?.write(bytes);
      if (++pieces % PIECES_PER_YIELD === 0) await yieldToEvents(io.signal);
    }
    if (seen !== records.lines.length || (hash !== undefined && source.hash() !== hash)) throw changedWhileRead(path, 'copy the rows');
    return async () => {
      for (const target of targets) await target.finish();
      return targets.map((target) => target.path);
    };
  } catch (error) {
    for (const target of targets) target.abandon();
    throw error;
  }
}

const PIECES_PER_YIELD = 1024;

/** The bytes of a file, in pieces that belong to one record each; -1 stands for bytes before the first record. */
async function* recordBytes(
  chunks: AsyncIterable<Buffer>,
  { lines, encoding }: { lines: ArrayLike<number>; encoding: string | undefined },
): AsyncGenerator<{ bytes: Buffer; record: number }> {
  let record = -1;
  let line = 1;
  const advance = (): void => {
    while (record + 1 < lines.length && lines[record + 1]! <= line) record++;
  };
  let layout: Layout | undefined;
  let carry: Buffer = Buffer.alloc(0);
  for await (const chunk of withLongHead(chunks)) {
    let bytes = carry.length > 0 ? Buffer.concat([carry, chunk]) : chunk;
    if (!layout) {
      layout = layoutOf(bytes, encoding);
      if (layout.mark > 0) yield { bytes: bytes.subarray(0, layout.mark), record };
      bytes = bytes.subarray(layout.mark);
      advance();
    }
    // a character of two bytes may be cut by the end of a chunk
    const whole = bytes.length - (bytes.length % layout.width);
    carry = bytes.subarray(whole);
    let from = 0;
    for (let at = layout.nextLine(bytes, 0); at >= 0 && at <= whole; at = layout.nextLine(bytes, at)) {
      line++;
      const before = record;
      advance();
      if (record === before) continue;
      yield { bytes: bytes.subarray(from, at), record: before };
      from = at;
    }
    if (from < whole) yield { bytes: bytes.subarray(from, whole), record };
  }
  if (carry.length > 0) yield { bytes: carry, record };
}

/** The same bytes, with a first chunk that is long enough for a byte order mark. */
async function* withLongHead(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
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
 * How bytes make lines: length of the byte order mark, smallest width of a character, and where the next line begins after
 * `from`; -1 if there is none.
 */
type Layout = { mark: number; width: number; nextLine(bytes: Buffer, from: number): number };

function layoutOf(head: Buffer, encoding: string | undefined): Layout {
  const start = head.subarray(0, 3).toString('hex');
  const marked = start === 'efbbbf' ? 'utf-8' : start.startsWith('fffe') ? 'utf-16le' : start.startsWith('feff') ? 'utf-16be' : undefined;
  // encodings have many names
  const name = encoding === undefined ? (marked ?? 'utf-8') : new TextDecoder(encoding).encoding;
  // in other encodings these bytes are letters
  const mark = name !== marked ? 0 : marked === 'utf-8' ? 3 : 2;
  if (!name.startsWith('utf-16')) {
    return {
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
    mark,
    width: 2,
    nextLine(bytes, from) {
      for (let at = from; at + 1 < bytes.length; at += 2) if (bytes[at + high] === 0 && bytes[at + 1 - high] === 10) return at + 2;
      return -1;
    },
  };
}

function openTarget(path: string, { overwrite, io }: { overwrite: boolean; io: Io }): Target {
  if (path === '-') {
    return {
      path,
      // bytes, not text: they keep their encoding
      write: (bytes) => write(io.stdout, bytes),
      finish: async () => {},
      abandon: () => {},
    };
  }
  const file = openOutputFile(path, { overwrite });
  if (!/\.gz$/i.test(path)) {
    return { path, write: async (bytes) => file.write(bytes), finish: async () => file.finish(), abandon: file.abandon };
  }
  const gzip: Gzip = createGzip();
  let failed: unknown;
  gzip.on('data', (packed: Buffer) => {
    try {
      file.write(packed);
    } catch (error) {
      failed ??= error;
    }
  });
  return {
    path,
    async write(bytes) {
      if (!gzip.write(Buffer.from(bytes))) await new Promise((resolve) => gzip.once('drain', resolve));
      if (failed !== undefined) throw failed as Error;
    },
    async finish() {
      const ended = new Promise((resolve) => gzip.once('end', resolve));
      gzip.end();
      await ended;
      if (failed !== undefined) throw failed as Error;
      file.finish();
    },
    abandon: file.abandon,
  };
}
