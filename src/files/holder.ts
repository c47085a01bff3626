import { execFileSync } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { fits, number, object, string, type Schema } from '../schema.ts';
import { isRunning } from './disk.ts';

/** A process that holds a file or a folder. `boot` and `start` tell it from a later one with the same number. */
export type Holder = { host: string; boot: string; pids: string; pid: number; start: string };

const HOLDER: Schema<Holder> = object({ host: string(), boot: string(), pids: string(), pid: number(), start: string() });

export function isHolder(value: unknown): value is Holder {
  return fits(HOLDER, value);
}

/** A holder at the end of a message, in brackets; nothing where it is not known. */
export function inBrackets(holder: Holder | undefined): string {
  return holder ? ` (process ${holder.pid} on ${holder.host})` : '';
}

/** Whether a holder's process number means something here: it is of this machine since its start, and of this container. */
export function isOnThisMachine({ host, boot, pids }: Omit<Holder, 'pid' | 'start'>): boolean {
  const us = ourselves();
  return host === us.host && boot === us.boot && pids === us.pids;
}

/** Whether a process of this machine is the one that it was, and has not ended. */
export function isStillRunning({ pid, start }: Pick<Holder, 'pid' | 'start'>): boolean {
  if (!isRunning(pid)) return false;
  const found = startOf(pid);
  return found === undefined || found === start;
}

let us: Holder | undefined;

/** This process. */
export function ourselves(): Holder {
  return (us ??= {
    host: hostname(),
    boot: firstLineOf('/proc/sys/kernel/random/boot_id') ?? '',
    // containers on one machine have process numbers of their own
    pids: linkOf('/proc/self/ns/pid'),
    pid: process.pid,
    start: startOf(process.pid) ?? '',
  });
}

/**
 * When a process started, as the system counts it; '' for one that has ended, also where its parent has not noticed yet; undefined where
 * that cannot be seen.
 */
function startOf(pid: number): string | undefined {
  if (process.platform === 'linux') {
    const stat = firstLineOf(`/proc/${pid}/stat`);
    // after the name, which may hold anything, come the state and, as the twentieth field, the time of the start
    const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields?.[0] === 'Z' || fields?.[0] === 'X' ? '' : fields?.[19];
  }
  if (process.platform === 'win32') return undefined;
  try {
    return execFileSync('ps', ['-o', 'lstart=', '-p', `${pid}`], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return undefined;
  }
}

function firstLineOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').split('\n')[0];
  } catch {
    return undefined;
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
