import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { EmbedError } from './errors.ts';
import { printable } from './text.ts';

/** Everything that a command uses besides files. It is the last parameter, so that tests can pass their own. */
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

/** Writes, and waits while the reader is slow. Throws EPIPE where the pipe is closed; `main` then ends quietly. */
export async function write(stream: NodeJS.WritableStream, text: string | Uint8Array): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    stream.write(text, (error) => (error ? reject(error) : resolve()));
  });
}

/** Whether an error comes from a reader of standard output who went away, as `head` does. */
export function isReaderGone(error: unknown, signal: AbortSignal): boolean {
  return signal.aborted ? signal.reason === 'EPIPE' : (error as NodeJS.ErrnoException).code === 'EPIPE';
}

/**
 * Waits for `promise`, and throws as soon as `signal` aborts. Promise.race against one promise for the whole run would keep
 * every promise it ever raced with in memory.
 */
export function orStopped<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(new EmbedError('stopped'));
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}

/** Lets the event loop handle signals and timers within a long computation. Throws where a signal has come. */
export async function yieldToEvents(signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => setImmediate(resolve));
  if (signal.aborted) throw new EmbedError('stopped');
}

/** Number of processors that this process may use, limited by the CPU quota of a Linux container. */
export function allowedThreads(): number {
  let quota = Infinity;
  try {
    const [limit, period] = readFileSync('/sys/fs/cgroup/cpu.max', 'utf8').trim().split(' ').map(Number);
    if (limit && period) quota = Math.max(1, Math.floor(limit / period));
  } catch {
    // no cgroup v2: only the scheduler's count is known
  }
  return Math.min(availableParallelism(), quota);
}

/** Prints a line, with control characters replaced. On a terminal, warnings and errors are wrapped between words. */
export function printNote(stream: Terminal, text: string): void {
  const line = printable(text);
  // other notes contain commands, which must stay on one line to be copied
  const prose = /^(warning|error): /.test(line);
  stream.write(`${stream.isTTY && prose ? wrapWords(line, stream.columns || 80) : line}\n`);
}

/** Wraps `text` between words at `width` characters; further lines are indented. */
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
