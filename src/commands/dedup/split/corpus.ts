import { createGzip, type Gzip } from 'node:zlib';
import { openOutputFile } from '../../../files/output-file.ts';
import { readForm, type FileForm } from '../../../input/file-form.ts';
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
  { path, format, encoding, delimiter, hash }: CorpusPart,
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
    const form = await readForm(openSource(path, io), { format, encoding, delimiter });
    const source = openSource(path, io);
    for await (const { bytes, record } of recordBytes(source.chunks, { lines: records.lines, form })) {
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
  { lines, form }: { lines: ArrayLike<number>; form: FileForm },
): AsyncGenerator<{ bytes: Buffer; record: number }> {
  let record = -1;
  let line = 1;
  const advance = (): void => {
    while (record + 1 < lines.length && lines[record + 1]! <= line) record++;
  };
  const { width, lineStarts } = layoutOf(form);
  let begun = false;
  let carry: Buffer = Buffer.alloc(0);
  for await (const chunk of withLongHead(chunks)) {
    let bytes = carry.length > 0 ? Buffer.concat([carry, chunk]) : chunk;
    if (!begun) {
      if (form.mark > 0) yield { bytes: bytes.subarray(0, form.mark), record };
      bytes = bytes.subarray(form.mark);
      advance();
      begun = true;
    }
    // a character of several bytes may be cut by the end of a chunk, and a line end of two characters as well
    const whole = Math.max(0, bytes.length - (bytes.length % width) - width);
    let from = 0;
    let end = whole;
    for (const at of lineStarts(bytes, whole)) {
      end = Math.max(whole, at);
      line++;
      const before = record;
      advance();
      if (record === before) continue;
      yield { bytes: bytes.subarray(from, at), record: before };
      from = at;
    }
    if (from < end) yield { bytes: bytes.subarray(from, end), record };
    carry = bytes.subarray(end);
  }
  if (carry.length > 0) yield { bytes: carry, record };
}

/** The same bytes, with a first chunk that is long enough for a byte order mark. */
async function* withLongHead(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
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
type Layout = { width: number; lineStarts(bytes: Buffer, until: number): Iterable<number> };

const NEWLINE = 10;
const RETURN = 13;

function layoutOf({ encoding, lineEnds }: FileForm): Layout {
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
