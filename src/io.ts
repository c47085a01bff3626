import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { CliError } from './errors.ts';
import { printable } from './text.ts';

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

/** Lets signals and timers in between two pieces of a long computation; throws where a signal has come. */
export async function yieldToEvents(signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => setImmediate(resolve));
  if (signal.aborted) throw new CliError('stopped');
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

/** Prints a note: control characters replaced, and warnings and errors broken between words on a terminal. */
export function printNote(stream: Terminal, text: string): void {
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
