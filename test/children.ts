import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { afterEach } from 'vitest';
import { projectFolder } from './run.ts';

/** How a process ended and what it has printed. */
export type Ended = { code: number | null; signal: NodeJS.Signals | null; out: string; err: string };

/** A process that ends with its test, together with all that it has started. */
export type Child = {
  process: ChildProcess;
  /** Settles when it has ended and all it has printed is read. */
  ended: Promise<Ended>;
  /** Until the condition is met; an error where the process ends before. */
  until(condition: () => boolean): Promise<void>;
};

export type ChildOptions = {
  /** What it reads from standard input; `open` leaves that to the test. */
  input?: string | 'open';
  env?: NodeJS.ProcessEnv;
};

const bin = join(projectFolder, 'bin/embed.js');

/** The program as words of a shell. */
export const EMBED: string = `"${process.execPath}" "${bin}"`;

/** Starts the real program. */
export function startEmbed(args: readonly string[], options: ChildOptions = {}): Child {
  return start(process.execPath, [bin, ...args], options);
}

/** Starts the real program; of the file named `file` it can read `bytes` bytes, and then waits for more until it is stopped. */
export function startHeld(args: readonly string[], { file, bytes, ...options }: ChildOptions & { file: string; bytes: number }): Child {
  const env = { ...(options.env ?? process.env), HELD_FILE: file, HELD_BYTES: `${bytes}` };
  return startPreloaded(join(projectFolder, 'test/hold-reading.js'), args, { ...options, env });
}

/** Starts the real program after a module that changes what it runs on. */
export function startPreloaded(preload: string, args: readonly string[], options: ChildOptions = {}): Child {
  return start(process.execPath, ['--import', pathToFileURL(preload).href, bin, ...args], options);
}

/** Starts a script of bash. */
export function startBash(script: string, options: ChildOptions = {}): Child {
  return start('bash', ['-c', script], options);
}

/** Runs the real program to its end. */
export async function embed(args: readonly string[], options: ChildOptions = {}): Promise<Omit<Ended, 'signal'>> {
  return withoutSignal(await startEmbed(args, options).ended);
}

/** Runs a script of bash to its end. */
export async function bash(script: string, options: ChildOptions = {}): Promise<Omit<Ended, 'signal'>> {
  return withoutSignal(await startBash(script, options).ended);
}

/** Starts a program in a process group of its own, in the folder the test is in. */
export function start(command: string, args: readonly string[], { input = '', env = process.env }: ChildOptions = {}): Child {
  const child = spawn(command, args, { env, detached: true, stdio: 'pipe' });
  running.add(child);
  // what it has started ends with it
  child.once('exit', () => killGroup(child));
  child.once('close', () => running.delete(child));
  // a child may end before it has read everything
  child.stdin.on('error', () => {});
  if (input !== 'open') child.stdin.end(input);
  const out = collect(child.stdout);
  const err = collect(child.stderr);
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code, signal, out: out(), err: err() }));
  });
  ended.catch(() => {});
  const hasEnded = (): boolean => child.exitCode !== null || child.signalCode !== null;
  const until = async (condition: () => boolean): Promise<void> => {
    while (!condition()) {
      if (hasEnded() && !condition()) throw new Error(`ended with ${child.exitCode ?? child.signalCode} before that: ${err()}`);
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  };
  return { process: child, ended, until };
}

/** Between two looks at a condition; nothing depends on it. */
const LOOK_MS = 20;

/** Processes of the test that runs. */
const running = new Set<ChildProcess>();

/** Ends a process and what it has started, wherever that has got to. */
function killGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(process.platform === 'win32' ? pid : -pid, 'SIGKILL');
  } catch {
    // it has ended of itself
  }
}

/** Also where the test has failed or run into its limit: vitest comes here all the same. */
afterEach(async () => {
  const closed = Array.from(running, (child) => new Promise((resolve) => child.once('close', resolve)));
  for (const child of running) killGroup(child);
  await Promise.all(closed);
});

process.once('exit', () => running.forEach(killGroup));

function collect(stream: Readable): () => string {
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => void chunks.push(chunk));
  return () => Buffer.concat(chunks).toString('utf8');
}

function withoutSignal({ code, out, err }: Ended): Omit<Ended, 'signal'> {
  return { code, out, err };
}
