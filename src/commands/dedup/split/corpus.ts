import { createGzip, type Gzip } from 'node:zlib';
import { openOutputFile } from '../../../files/output-file.ts';
import { changedWhileRead, openSource } from '../../../input/source.ts';
import { yieldToEvents, write, type Io } from '../../../io.ts';
import { formOfPart, jsonBytes, type RecordBytes } from './json.ts';
import { layoutOf, withLongHead, type Layout } from './layout.ts';
import type { CorpusPart } from '../../../sets/open-input.ts';

/** The records of one file: the line that each begins on, rising, and whether it is dropped. */
export type SplitRecords = { lines: ArrayLike<number>; dropped: (record: number) => boolean };

/** Takes bytes in order; nothing has its name before `finish`. */
type Target = { path: string; write(bytes: Buffer): Promise<void>; finish(): Promise<void>; abandon(): void };

/**
 * Copies each record of a file, byte for byte, to one of two files. Bytes before the first record (a header, a byte order
 * mark) and the brackets of JSON go to both. A target whose name ends in .gz is compressed.
 */
export async function splitFile(
  part: CorpusPart,
  records: SplitRecords,
  { kept, dropped, overwrite, io }: { kept: string | undefined; dropped: string | undefined; overwrite: boolean; io: Io },
): Promise<() => Promise<string[]>> {
  const open = (target: string | undefined): Target | undefined =>
    target === undefined ? undefined : openTarget(target, { overwrite, io });
  const { path, encoding, hash } = part;
  const targets: Target[] = [];
  try {
    const form = await formOfPart(part, io);
    const to = { kept: open(kept), dropped: open(dropped) };
    targets.push(...[to.kept, to.dropped].filter((target) => target !== undefined));
    let seen = 0;
    let pieces = 0;
    const source = openSource(path, io);
    const parts =
      form.kind === 'lines'
        ? recordBytes(source.chunks, { lines: records.lines, encoding })
        : jsonBytes(source, form, { part, ...records });
    for await (const { bytes, record, around } of parts) {
      seen = Math.max(seen, record + 1);
      const both = around ?? record < 0;
      if (both || !records.dropped(record)) await to.kept?.write(bytes);
      if (both || records.dropped(record)) await to.dropped?.write(bytes);
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
): AsyncGenerator<RecordBytes> {
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
