import { constants, createReadStream, openSync, statSync } from 'node:fs';
import { Socket } from 'node:net';
import { addAbortSignal, type Readable } from 'node:stream';
import { isatty, ReadStream } from 'node:tty';

/** Bytes of a file that are read at once. */
const CHUNK_BYTES = 1 << 18;

let blocking = false;

/**
 * Whether a thread may be waiting for a pipe. Nothing ends such a wait but a writer, and `process.exit` waits for the thread.
 */
export function isReadBlocking(): boolean {
  return blocking;
}

/** Opens a file, a named pipe or a terminal as a stream, which ends with an error when `signal` aborts. */
export function openByteStream(path: string, signal: AbortSignal): Readable {
  const stats = statSync(path);
  const waits = stats.isFIFO() || stats.isCharacterDevice();
  if (waits && process.platform === 'linux') {
    // opened like this, neither a missing writer nor one that stalls holds a thread
    const descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    if (stats.isFIFO()) return addAbortSignal(signal, new Socket({ fd: descriptor, readable: true, writable: false }));
    if (isatty(descriptor)) return addAbortSignal(signal, new ReadStream(descriptor));
    return createReadStream('', { fd: descriptor, highWaterMark: CHUNK_BYTES, signal });
  }
  // elsewhere a pipe without a writer would look like one that has ended
  blocking ||= waits && process.platform !== 'win32';
  return createReadStream(path, { highWaterMark: CHUNK_BYTES, signal });
}

/** All of a stream of which the beginning was taken: what was seen, and then the rest. A chunk that was handed on is not kept. */
export async function* afterSeen<Chunk>(seen: Chunk[], rest: AsyncIterator<Chunk>): AsyncGenerator<Chunk> {
  try {
    while (seen.length > 0) yield seen.shift()!;
    yield* { [Symbol.asyncIterator]: () => rest };
  } finally {
    await rest.return?.();
  }
}
