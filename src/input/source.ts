import { createHash } from 'node:crypto';
import { createReadStream, statSync } from 'node:fs';
import { createGunzip } from 'node:zlib';
import { CliError } from '../errors.ts';

/** A stream of bytes with what is known of it: how much was read so far, of how much, and its hash once it has ended. */
export type Source = {
  /** What messages and ids call it. */
  name: string;
  /** Bytes on disk; undefined for a pipe. */
  size: number | undefined;
  bytesRead(): number;
  /** "sha256:…" over the bytes as stored (still compressed, where they are). Call it after the last chunk. */
  hash(): string;
  chunks: AsyncIterable<Buffer>;
};

/** Opens a file, or standard input for `-`. Gzip is recognised by its first two bytes, not by its name. */
export function openSource(path: string, { stdin, signal }: { stdin: NodeJS.ReadableStream; signal: AbortSignal }): Source {
  const hash = createHash('sha256');
  let read = 0;
  const size = path === '-' ? undefined : fileSize(path);
  const name = path === '-' ? 'stdin' : path;

  async function* raw(): AsyncGenerator<Buffer> {
    const stream = path === '-' ? stdin : createReadStream(path, { highWaterMark: 1 << 18, signal });
    try {
      for await (const chunk of stream) {
        const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : (chunk as Buffer);
        hash.update(bytes);
        read += bytes.length;
        yield bytes;
      }
    } catch (cause) {
      throw new CliError(`Cannot read ${name}: ${(cause as Error).message}`, { cause });
    }
  }

  return {
    name,
    size,
    bytesRead: () => read,
    hash: () => `sha256:${hash.copy().digest('hex')}`,
    chunks: unzipped(raw(), name),
  };
}

/** The error for a file whose bytes are not those that were read before; `action` is what cannot be done with it. */
export function changedWhileRead(path: string, action: string): CliError {
  return new CliError(`Cannot ${action} of ${path}: it has changed while it was read`, { hint: 'Give the same command again' });
}

/** Lets `take` see every chunk of a source as it goes by, unpacked. */
export function teeSource(source: Source, take: (chunk: Buffer) => void): void {
  const { chunks } = source;
  async function* passing(): AsyncGenerator<Buffer> {
    for await (const chunk of chunks) {
      take(chunk);
      yield chunk;
    }
  }
  source.chunks = passing();
}

/**
 * The first line of a source that is not blank, as far as it fits into 64 MB; UTF-16 by its mark, else UTF-8. The source is
 * read from its start all the same.
 */
export async function peekLine(source: Source): Promise<string> {
  const chunks = source.chunks[Symbol.asyncIterator]();
  const seen: Buffer[] = [];
  let bytes = 0;
  let text = '';
  while (!/\S.*\n/.test(text) && bytes < 1 << 26) {
    const next = await chunks.next();
    if (next.done) break;
    seen.push(next.value);
    bytes += next.value.length;
    // a line of many chunks is only put together when its end may be there
    if (next.value.includes(10)) text = decodeHead(Buffer.concat(seen));
  }
  async function* whole(): AsyncGenerator<Buffer> {
    yield* seen;
    yield* { [Symbol.asyncIterator]: () => chunks };
  }
  source.chunks = whole();
  return /\S.*/.exec(text === '' ? decodeHead(Buffer.concat(seen)) : text)?.[0] ?? '';
}

function decodeHead(bytes: Buffer): string {
  const mark = bytes.subarray(0, 2).toString('hex');
  const encoding = mark === 'fffe' ? 'utf-16le' : mark === 'feff' ? 'utf-16be' : 'utf-8';
  return new TextDecoder(encoding).decode(bytes);
}

/** Length of a file in bytes. Throws a CliError where there is no file of that name. */
export function fileSize(path: string): number {
  try {
    const stats = statSync(path);
    if (stats.isDirectory()) {
      throw new CliError(`Cannot read ${path}: it is a folder`, {
        hint: `Name one file, for example ${path.replace(/\/$/, '')}/corpus.txt`,
      });
    }
    return stats.size;
  } catch (cause) {
    if (cause instanceof CliError) throw cause;
    const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    throw new CliError(`Cannot read ${path}: ${missing ? 'no such file' : (cause as Error).message}`, {
      hint: missing ? 'Check the path; it is taken from the folder you are in' : 'Check its permissions',
      cause,
    });
  }
}

/** Until more can be written, or nothing ever will; listeners are taken off again, or a large file would pile them up. */
function drained(stream: NodeJS.EventEmitter): Promise<void> {
  return new Promise((resolve) => {
    const go = (): void => {
      stream.off('drain', go).off('close', go);
      resolve();
    };
    stream.once('drain', go).once('close', go);
  });
}

async function* unzipped(chunks: AsyncGenerator<Buffer>, name: string): AsyncGenerator<Buffer> {
  const first = await chunks.next();
  if (first.done) return;
  async function* whole(): AsyncGenerator<Buffer> {
    yield first.value as Buffer;
    yield* chunks;
  }
  if (first.value[0] !== 0x1f || first.value[1] !== 0x8b) {
    yield* whole();
    return;
  }
  const gunzip = createGunzip();
  const feeding = (async () => {
    try {
      for await (const chunk of whole()) {
        if (!gunzip.write(chunk)) await drained(gunzip);
      }
      gunzip.end();
    } catch (error) {
      gunzip.destroy(error as Error);
    }
  })();
  try {
    for await (const chunk of gunzip) yield chunk as Buffer;
    await feeding;
  } catch (cause) {
    if (cause instanceof CliError) throw cause;
    throw new CliError(`Cannot unpack ${name}: ${(cause as Error).message}`, {
      hint: 'The gzip file is cut short or damaged: test it with gzip -t and fetch it again',
      cause,
    });
  }
}
