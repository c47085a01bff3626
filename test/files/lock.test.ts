import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { describe, expect, it } from 'vitest';
import type { Holder } from '../../src/files/holder.ts';
import { takeLock, type Lock } from '../../src/files/lock.ts';
import { start } from '../children.ts';
import { inFreshFolder } from '../run.ts';

const take = (): Lock => {
  const taken = takeLock('work');
  if ('lock' in taken) return taken.lock;
  throw new Error('it is held');
};
const holderNow = (): Holder | undefined => {
  const taken = takeLock('work');
  if ('lock' in taken) {
    taken.lock.release();
    return undefined;
  }
  return taken.holder;
};
/** A lock as another process would have left it. */
const leave = (changes: Partial<Holder>, { number = 1, ageMs = 0 } = {}): void => {
  rmSync('work', { recursive: true });
  mkdirSync('work');
  const own = take();
  const holder = JSON.parse(readFileSync('work/lock.1', 'utf8')) as Holder;
  own.release();
  writeFileSync(`work/lock.${number}`, JSON.stringify({ ...holder, ...changes }));
  const time = new Date(Date.now() - ageMs);
  utimesSync(`work/lock.${number}`, time, time);
};

describe('a lock on a folder', () => {
  it('is held by one run until that releases it', () => {
    inFreshFolder();
    mkdirSync('work');
    const lock = take();
    expect(holderNow()).toMatchObject({ pid: process.pid, host: hostname() });
    expect(lock.isHeld()).toBe(true);
    lock.release();
    expect(readdirSync('work')).toEqual([]);
    expect(holderNow()).toBeUndefined();
  });

  it('of a process that has ended is taken, also if its number is in use again', () => {
    inFreshFolder();
    mkdirSync('work');
    const { pid } = spawnSync('true');
    leave({ pid });
    expect(holderNow()).toBeUndefined();
    // the number of this process, but of an earlier one with that number
    leave({ start: '1' });
    expect(holderNow()).toBeUndefined();
    expect(readdirSync('work')).toEqual([]);
  });

  it.skipIf(process.platform !== 'linux')('of a process whose parent has not noticed its end is taken', async () => {
    inFreshFolder();
    mkdirSync('work');
    // the child ends when its parent has become sleep, which never asks for it; bash would
    const child = '(until [ "$(cat /proc/$$/comm)" = sleep ]; do sleep 0.02; done) & echo $! > pid';
    const parent = start('bash', ['-c', `${child}; exec sleep 600`]);
    const read = (): string => {
      try {
        return readFileSync('pid', 'utf8').trim();
      } catch {
        return '';
      }
    };
    await parent.until(() => read() !== '' && / Z /.test(readFileSync(`/proc/${read()}/stat`, 'utf8')));
    const stat = readFileSync(`/proc/${read()}/stat`, 'utf8');
    leave({ pid: Number(read()), start: stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]! });
    expect(holderNow()).toBeUndefined();
  });

  it.each([
    ['another machine', { host: 'elsewhere' }],
    ['the same machine before it was started again', { boot: 'earlier' }],
    ['another container', { pids: 'pid:[1]' }],
  ])('of %s counts until it was not renewed for the time of a lease', (_, holder) => {
    inFreshFolder();
    mkdirSync('work');
    leave(holder, { ageMs: 60_000 });
    expect(holderNow()).toMatchObject(holder);
    leave(holder, { ageMs: 180_000 });
    expect(holderNow()).toBeUndefined();
  });

  it('that cannot be read counts for the time of a lease', () => {
    inFreshFolder();
    mkdirSync('work');
    writeFileSync('work/lock.3', 'half a li');
    expect(takeLock('work')).toEqual({ holder: undefined });
    leave({ host: 'elsewhere' }, { number: 3, ageMs: 180_000 });
    expect(holderNow()).toBeUndefined();
  });

  it('that another run has outnumbered is no longer held', () => {
    inFreshFolder();
    mkdirSync('work');
    const lock = take();
    writeFileSync('work/lock.2', readFileSync('work/lock.1'));
    expect(lock.isHeld()).toBe(false);
    lock.release();
    expect(readdirSync('work')).toEqual(['lock.2']);
  });
});
