import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { createGunzip } from 'node:zlib';
import { EmbedError } from '../errors.ts';
import { openByteStream } from './byte-stream.ts';

/** A stream of bytes, with its size, the number of bytes read so far, and its hash. */
export type Source = {
  /** The name in messages and ids. */
  name: string;
  /** Size on disk, in bytes; undefined for a pipe. */
  size: number | undefined;
  bytesRead(): number;
  /** "sha256:…" of the stored bytes, before unpacking. Call it after the last chunk. */
  hash(): string;
  chunks: AsyncIterable<Buffer>;
};

/**
 * Opens a file, or standard input for `-`. Gzip is recognised by its first two bytes, not by its name.
 *
 * @throws EmbedError where there is no such file
 */
export function openSource(path: string, { stdin, signal }: { stdin: NodeJS.ReadableStream; signal: AbortSignal }): Source {
  const hash = createHash('sha256');
  let read = 0;
  const size = path === '-' ? undefined : fileSize(path);
  const name = path === '-' ? 'stdin' : path;

  async function* raw(): AsyncGenerator<Buffer> {
    try {
      const stream = path === '-' ? stdin : openByteStream(path, signal);
      for await (const chunk of stream) {
        const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : (chunk as Buffer);
        hash.update(bytes);
        read += bytes.length;
        yield bytes;
      }
    } catch (cause) {
      // a stop says nothing of its own
      const hint = signal.aborted ? {} : { hint: 'Check that it can be read, for example with cat' };
      throw new EmbedError(`Cannot read ${name}: ${(cause as Error).message}`, { ...hint, cause });
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

/** The error for a file that changed between two readings, or during one. `action` names what failed: "copy the rows". */
export function changedWhileRead(path: string, action: string): EmbedError {
  return new EmbedError(`Cannot ${action} of ${path}: it changed while it was read`, { hint: 'Run the same command again' });
}

/** Calls `take` with every unpacked chunk of a source when it is read. */
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

/** The length of a file in bytes. Throws an EmbedError where there is no such file. */
export function fileSize(path: string): number {
  try {
    const stats = statSync(path);
    if (stats.isDirectory()) {
      throw new EmbedError(`Cannot read ${path}: it is a folder`, {
        hint: `Name one file, for example ${path.replace(/\/$/, '')}/corpus.txt`,
      });
    }
    return stats.size;
  } catch (cause) {
    if (cause instanceof EmbedError) throw cause;
    const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    throw new EmbedError(`Cannot read ${path}: ${missing ? 'no such file' : (cause as Error).message}`, {
      hint: missing ? 'Check the path; it is relative to the current folder' : 'Check its permissions',
      cause,
    });
  }
}

/** Waits until more can be written, or the stream is closed. Removes its listeners, which a large file would pile up. */
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
  try {
    const first = await chunks.next();
    if (first.done) return;
    async function* whole(): AsyncGenerator<Buffer> {
      yield first.value as Buffer;
      yield* chunks;
    }
    if (first.value[0] === 0x1f && first.value[1] === 0x8b) yield* gunzipped(whole(), name);
    else yield* whole();
  } finally {
    // closes the file where reading stops early; not awaited, because the reading of a pipe may still be pending
    chunks.return(undefined).catch(() => {});
  }
}

async function* gunzipped(chunks: AsyncGenerator<Buffer>, name: string): AsyncGenerator<Buffer> {
  const gunzip = createGunzip();
  const feeding = (async () => {
    try {
      for await (const chunk of chunks) {
        if (gunzip.destroyed) return;
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
    if (cause instanceof EmbedError) throw cause;
    throw new EmbedError(`Cannot unpack ${name}: ${(cause as Error).message}`, {
      hint: 'The gzip file is cut short or damaged: test it with gzip -t, and fetch it again',
      cause,
    });
  }
}
