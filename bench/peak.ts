import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { EmbedError } from '../src/errors.ts';

/** What a program took, as the system counted it: the most memory that it held, and seconds on the clock and on all processors. */
export type Peak = { megabytes: number; seconds: number; cpuSeconds: number };

const TIME = '/usr/bin/time';

/** Runs node with `args`, as `measurePeakOf` does. */
export function measurePeak(args: readonly string[]): Promise<Peak> {
  return measurePeakOf(process.execPath, args);
}

/**
 * Runs a program, which must end with 0. The system keeps the peak itself, so none is missed between two looks. `time` starts the program: a process that
 * node starts counts the memory of node as its own until it is replaced.
 */
export async function measurePeakOf(program: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Peak> {
  if (!existsSync(TIME)) {
    throw new EmbedError(`Cannot measure memory: there is no ${TIME}`, { hint: 'Install it: apt-get install time, or dnf install time' });
  }
  const mac = process.platform === 'darwin';
  const started = performance.now();
  const child = spawn(TIME, [mac ? '-l' : '-v', program, ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, ...env, LC_ALL: 'C' },
  });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString('utf8')));
  const code = await new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve));
  if (code !== 0) throw new Error(`${program} ${args.join(' ')} ended in ${code}: ${said.trim()}`);
  const seconds = (performance.now() - started) / 1000;
  return { seconds, ...(mac ? countsOfMac(said) : countsOfLinux(said)) };
}

/** GNU time -v: kilobytes. */
function countsOfLinux(said: string): Omit<Peak, 'seconds'> {
  return {
    megabytes: (numberIn(said, /Maximum resident set size \(kbytes\): (\d+)/) * 1024) / 1e6,
    cpuSeconds: numberIn(said, /User time \(seconds\): ([\d.]+)/) + numberIn(said, /System time \(seconds\): ([\d.]+)/),
  };
}

/** time -l of macOS: bytes. */
function countsOfMac(said: string): Omit<Peak, 'seconds'> {
  return {
    megabytes: numberIn(said, /(\d+)\s+maximum resident set size/) / 1e6,
    cpuSeconds: numberIn(said, /([\d.]+) user/) + numberIn(said, /([\d.]+) sys/),
  };
}

function numberIn(text: string, pattern: RegExp): number {
  const found = pattern.exec(text)?.[1];
  if (found === undefined) throw new Error(`${TIME} did not say ${pattern}: ${text.trim()}`);
  return Number(found);
}
