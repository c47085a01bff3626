import { availableParallelism } from 'node:os';
import { createHash } from 'node:crypto';
import { createReadStream, readFileSync } from 'node:fs';

/** Everything a command touches besides files: handed in last, so that tests can hand in their own. */
export type Io = {
  stdin: NodeJS.ReadableStream & { isTTY?: boolean };
  stdout: Terminal;
  stderr: Terminal;
  /** Aborts on Ctrl-C and SIGTERM. */
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
export async function write(stream: NodeJS.WritableStream, text: string): Promise<void> {
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

/** Prints a note: control characters replaced, and a warning broken between words on a terminal. */
export function say(stream: Terminal, text: string): void {
  const line = printable(text);
  // other notes hold commands, which must stay whole to be copied
  const prose = line.startsWith('warning: ');
  stream.write(`${stream.isTTY && prose ? wrapWords(line, stream.columns ?? 80) : line}\n`);
}

/** `text` with line breaks between words, so that no line is longer than `width`; what follows a break is indented. */
export function wrapWords(text: string, width: number): string {
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
