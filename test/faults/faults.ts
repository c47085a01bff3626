import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { start, startPreloaded, type Child, type ChildOptions, type Ended } from '../children.ts';

/** Runs the real program with a fault at one of its calls that change files; inject.js says which calls those are. */

/** What happens at a call; test/faults/inject.js has the meanings. Any other code of a system error does as well. */
export type FaultKind = 'kill-before' | 'kill-within' | 'kill-after' | 'ENOSPC' | 'EIO' | 'EACCES';

/** A call that changes a file, with one path or two within the folder. */
export type FaultCall = { number: number; name: string; paths: string[] };

export type FaultOptions = ChildOptions & {
  /** Only calls on paths in this folder count. By default it is the folder the test is in. */
  below?: string;
  /** A script that runs in the place of the program. */
  script?: string;
};

/** How the program ended, and the calls it has made, that with the fault included. */
export type Faulted = Ended & { calls: FaultCall[] };

/** The calls of an undisturbed run, in their order, and how it ended. */
export function listCalls(args: readonly string[], options: FaultOptions = {}): Promise<Faulted> {
  return runInjected(args, undefined, options);
}

/** How many calls an undisturbed run makes. */
export async function countCalls(args: readonly string[], options: FaultOptions = {}): Promise<number> {
  const { code, err, calls } = await listCalls(args, options);
  if (code !== 0) throw new Error(`ended with ${code}: ${err}`);
  return calls.length;
}

/** Runs the program with a fault at its n-th call (from 1 on). */
export function runWithFault(args: readonly string[], n: number, kind: FaultKind, options: FaultOptions = {}): Promise<Faulted> {
  return runInjected(args, `${n}:${kind}`, options);
}

/** A run that waits before or after one of its calls: meanwhile the test does something else. */
export type Waiting = {
  child: Child;
  /** Settles when it waits. */
  waits(): Promise<void>;
  /** Lets it go on. */
  go(): void;
};

/** Starts the program; it waits before or after its n-th call. */
export function startWaiting(args: readonly string[], n: number, kind: 'wait-before' | 'wait-after', options: FaultOptions = {}): Waiting {
  const folder = mkdtempSync(join(tmpdir(), 'embed-faults-'));
  const place = join(folder, 'go');
  const child = startInjected(args, { EMBED_FAULT: `${n}:${kind}`, EMBED_FAULT_GO: place }, options);
  child.process.once('close', () => rmSync(folder, { recursive: true, force: true }));
  return { child, waits: () => child.until(() => existsSync(place)), go: () => rmSync(place) };
}

const inject = join(import.meta.dirname, 'inject.js');

async function runInjected(args: readonly string[], fault: string | undefined, options: FaultOptions): Promise<Faulted> {
  const folder = mkdtempSync(join(tmpdir(), 'embed-faults-'));
  const log = join(folder, 'calls');
  try {
    const ended = await startInjected(args, { EMBED_FAULT_LOG: log, ...(fault === undefined ? {} : { EMBED_FAULT: fault }) }, options)
      .ended;
    return { ...ended, calls: existsSync(log) ? callsOf(readFileSync(log, 'utf8')) : [] };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function startInjected(
  args: readonly string[],
  fault: NodeJS.ProcessEnv,
  { below = process.cwd(), env = process.env, script, ...options }: FaultOptions,
): Child {
  const injected = { ...options, env: { ...env, EMBED_FAULT_BELOW: below, ...fault } };
  if (script === undefined) return startPreloaded(inject, args, injected);
  return start(process.execPath, ['--import', pathToFileURL(inject).href, script, ...args], injected);
}

function callsOf(log: string): FaultCall[] {
  return log
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [number, name, ...paths] = line.split('\t');
      return { number: Number(number), name: name!, paths };
    });
}
