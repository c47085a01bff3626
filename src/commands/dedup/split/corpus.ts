import { createGzip, type Gzip } from 'node:zlib';
import { openOutputFile } from '../../../files/output-file.ts';
import { readForm, type FileForm } from '../../../input/file-form.ts';
import { changedWhileRead, openSource } from '../../../input/source.ts';
import { yieldToEvents, write, type Io } from '../../../io.ts';
import { formOfPart, jsonBytes, type RecordBytes } from './json.ts';
import { layoutOf, withLongHead } from './layout.ts';
import type { CorpusPart } from '../../../sets/opened-input.ts';

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
  const { path, hash } = part;
  const targets: Target[] = [];
  try {
    const form = await formOfPart(part, io);
    const file = await readForm(openSource(path, io), part);
    const to = { kept: open(kept), dropped: open(dropped) };
    targets.push(...[to.kept, to.dropped].filter((target) => target !== undefined));
    let seen = 0;
    let pieces = 0;
    const source = openSource(path, io);
    const parts =
      form.kind === 'lines'
        ? recordBytes(source.chunks, { lines: records.lines, form: file })
        : jsonBytes(source, form, { part, file, dropped: records.dropped });
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
  { lines, form }: { lines: ArrayLike<number>; form: FileForm },
): AsyncGenerator<RecordBytes> {
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
