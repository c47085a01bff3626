import { availableParallelism } from 'node:os';
import { createHash } from 'node:crypto';
import { closeSync, createReadStream, fstatSync, openSync, readFileSync, readSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { CliError } from './errors.ts';

/** Everything a command touches besides files: handed in last, so that tests can hand in their own. */
export type Io = {
  stdin: NodeJS.ReadableStream & { isTTY?: boolean };
  stdout: Terminal;
  stderr: Terminal;
  /** Aborts on Ctrl-C, SIGTERM and SIGHUP. */
  signal: AbortSignal;
};

export type Terminal = NodeJS.WritableStream & { isTTY?: boolean; columns?: number };

export const nodeIo = (signal: AbortSignal): Io => ({
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  signal,
});

/** Writes and waits while the reader is slow; a closed pipe surfaces as EPIPE, which `main` ends quietly. */
export async function write(stream: NodeJS.WritableStream, text: string | Uint8Array): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    stream.write(text, (error) => (error ? reject(error) : resolve()));
  });
}

/** "sha256:…" of a whole file. */
export async function hashFile(path: string, signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20, ...(signal ? { signal } : {}) })) hash.update(chunk as Buffer);
  return `sha256:${hash.digest('hex')}`;
}

/**
 * "sha256:…" of a file's length and of up to 64 pieces of it, evenly spread: enough to tell one set's file from another's, in
 * a millisecond whatever its length.
 *
 * @param from bytes at the beginning that are passed over
 */
export function probeFile(path: string, { from: start = 0 }: { from?: number } = {}): string {
  const descriptor = openSync(path, 'r');
  try {
    const size = fstatSync(descriptor).size - start;
    const hash = createHash('sha256').update(`${size}\n`);
    const piece = Buffer.alloc(PROBE_BYTES);
    const pieces = Math.min(PROBE_PIECES, Math.ceil(size / PROBE_BYTES));
    for (let at = 0; at < pieces; at++) {
      const from = pieces < PROBE_PIECES ? at * PROBE_BYTES : Math.floor(((size - PROBE_BYTES) * at) / (PROBE_PIECES - 1));
      hash.update(piece.subarray(0, readSync(descriptor, piece, 0, PROBE_BYTES, start + from)));
    }
    return `sha256:${hash.digest('hex')}`;
  } finally {
    closeSync(descriptor);
  }
}

const PROBE_BYTES = 4096;
const PROBE_PIECES = 64;

/**
 * `promise`, or an error as soon as `signal` aborts. Not Promise.race with one promise for the whole run: that would
 * keep everything it ever raced with alive.
 */
export function orStopped<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(new CliError('stopped'));
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}

/** Writes a small file under another name first: whoever reads meanwhile sees the old one or the new one. */
export function replaceFile(path: string, content: string): void {
  const part = `${path}.${process.pid}.part`;
  writeFileSync(part, content);
  renameSync(part, path);
}

/** Removes a file or folder when the process ends, however it ends short of a kill. Returns what calls that off. */
export function removeAtExit(path: string): () => void {
  if (unfinished.size === 0) process.once('exit', removeUnfinished);
  unfinished.add(path);
  return () => {
    unfinished.delete(path);
    if (unfinished.size === 0) process.off('exit', removeUnfinished);
  };
}

const unfinished = new Set<string>();

function removeUnfinished(): void {
  for (const path of unfinished) rmSync(path, { recursive: true, force: true });
}

/** Whether there is a process of this number. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // it lives, but is somebody else's
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Lets signals and timers in between two pieces of a long computation; throws where a signal has come. */
export async function breathe(signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => setImmediate(resolve));
  if (signal.aborted) throw new CliError('stopped');
}

/** A word as it must be typed into a shell: quoted where it has to be, and never taken for an option. */
export function shellWord(word: string): string {
  const path = word.startsWith('-') && word !== '-' ? `./${word}` : word;
  return /^[\w./:,@=+-]+$/.test(path) ? path : `'${path.replaceAll("'", String.raw`'\''`)}'`;
}

/** Processors this process may use: a container's CPU quota counts, where Linux states one. */
export function allowedThreads(): number {
  let quota = Infinity;
  try {
    const [limit, period] = readFileSync('/sys/fs/cgroup/cpu.max', 'utf8').trim().split(' ').map(Number);
    if (limit && period) quota = Math.max(1, Math.floor(limit / period));
  } catch {
    // no cgroup v2 here: the scheduler's own count is all there is
  }
  return Math.min(availableParallelism(), quota);
}

/** `text` with control characters replaced, so that a file name or a row cannot steer the terminal. */
export function printable(text: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what this is about
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, '\ufffd');
}

/** Prints a note: control characters replaced, and warnings and errors broken between words on a terminal. */
export function say(stream: Terminal, text: string): void {
  const line = printable(text);
  // other notes hold commands, which must stay whole to be copied
  const prose = /^(warning|error): /.test(line);
  stream.write(`${stream.isTTY && prose ? wrapWords(line, stream.columns || 80) : line}\n`);
}

/** `text` with line breaks between words, so that no line is longer than `width`; what follows a break is indented. */
function wrapWords(text: string, width: number): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line !== '' && longer.length > width) {
      lines.push(line);
      line = `  ${word}`;
    } else line = longer;
  }
  return [...lines, line].join('\n');
}

/** 1234567 as "1,234,567". */
export function grouped(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

/** "1 row", "2,000 rows", "3 queries". */
export function plural(value: number, noun: string): string {
  return `${grouped(value)} ${value === 1 ? noun : `${noun.replace(/y$/, 'ie')}s`}`;
}
