import { createGzip, type Gzip } from 'node:zlib';
import { CliError } from '../errors.ts';
import { openSource } from '../input/source.ts';
import { breathe, write, type Io } from '../io.ts';
import type { CorpusPart } from './open-input.ts';
import { openOutputFile } from './output-files.ts';

/** The records of one file of a corpus: the line each begins on, rising, and whether it goes to the dropped ones. */
export type Records = { lines: ArrayLike<number>; dropped: (record: number) => boolean };

/** Takes bytes in order; nothing has its name before `finish`. */
type Target = { path: string; write(bytes: Buffer): Promise<void>; finish(): Promise<void>; abandon(): void };

/**
 * Copies the records of a file, byte for byte, to one of two files. What stands before the first record (a header, a byte
 * order mark) goes to both. A target whose name ends in .gz is packed.
 */
export async function splitFile(
  { path, encoding }: CorpusPart,
  records: Records,
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
    for await (const { bytes, record } of recordBytes(openSource(path, io).chunks, { lines: records.lines, encoding })) {
      seen = Math.max(seen, record + 1);
      if (record < 0) for (const target of to) await target?.write(bytes);
      else await to[records.dropped(record) ? 1 : 0]?.write(bytes);
      if (++pieces % PIECES_PER_BREATH === 0) await breathe(io.signal);
    }
    if (seen !== records.lines.length) throw changed(path);
    return async () => {
      for (const target of targets) await target.finish();
      return targets.map((target) => target.path);
    };
  } catch (error) {
    for (const target of targets) target.abandon();
    throw error;
  }
}

const PIECES_PER_BREATH = 1024;

function changed(path: string): CliError {
  return new CliError(`Cannot copy the rows of ${path}: it has changed while it was read`, { hint: 'Give the same command again' });
}

/** The bytes of a file in pieces of one record each, -1 before the first; a record may be several pieces. */
async function* recordBytes(
  chunks: AsyncIterable<Buffer>,
  { lines, encoding }: { lines: ArrayLike<number>; encoding: string | undefined },
): AsyncGenerator<{ bytes: Buffer; record: number }> {
  let record = -1;
  let line = 1;
  let begun = false;
  let carry: Buffer = Buffer.alloc(0);
  let newline: NewlineFinder | undefined;
  const advance = (): void => {
    while (record + 1 < lines.length && lines[record + 1]! <= line) record++;
  };
  for await (const chunk of chunks) {
    let bytes = carry.length > 0 ? Buffer.concat([carry, chunk]) : chunk;
    carry = Buffer.alloc(0);
    if (!begun) {
      if (bytes.length < 3) {
        carry = bytes;
        continue;
      }
      const mark = markLength(bytes);
      newline = newlineFinder(bytes, encoding);
      if (mark > 0) yield { bytes: bytes.subarray(0, mark), record: -1 };
      bytes = bytes.subarray(mark);
      begun = true;
      advance();
    }
    // a character of two bytes may be cut by the end of a chunk
    const whole = bytes.length - (bytes.length % newline!.width);
    carry = bytes.subarray(whole);
    let from = 0;
    for (let at = newline!.next(bytes, 0); at >= 0 && at <= whole; at = newline!.next(bytes, at)) {
      line++;
      const before = record;
      advance();
      if (record === before) continue;
      yield { bytes: bytes.subarray(from, at), record: before };
      from = at;
    }
    if (from < whole) yield { bytes: bytes.subarray(from, whole), record };
  }
  if (!begun) advance();
  if (carry.length > 0) yield { bytes: carry, record };
}

/** Bytes of a character at least, and where the line goes on behind its next break from `from` on; -1 where there is none. */
type NewlineFinder = { width: number; next(bytes: Buffer, from: number): number };

function newlineFinder(head: Buffer, encoding: string | undefined): NewlineFinder {
  const mark = head.subarray(0, 2).toString('hex');
  const wide = encoding === undefined ? mark === 'fffe' || mark === 'feff' : /^utf-?16/i.test(encoding);
  if (!wide) {
    return {
      width: 1,
      next(bytes, from) {
        const at = bytes.indexOf(10, from);
        return at < 0 ? -1 : at + 1;
      },
    };
  }
  const big = encoding === undefined ? mark === 'feff' : /be$/i.test(encoding);
  const high = big ? 0 : 1;
  return {
    width: 2,
    next(bytes, from) {
      for (let at = from; at + 1 < bytes.length; at += 2) if (bytes[at + high] === 0 && bytes[at + 1 - high] === 10) return at + 2;
      return -1;
    },
  };
}

function markLength(bytes: Buffer): number {
  const head = bytes.subarray(0, 3).toString('hex');
  return head === 'efbbbf' ? 3 : head.startsWith('fffe') || head.startsWith('feff') ? 2 : 0;
}

function openTarget(path: string, { overwrite, io }: { overwrite: boolean; io: Io }): Target {
  if (path === '-') {
    return {
      path,
      // bytes go out as they are, in whatever encoding
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
