import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { start, type Ended } from '../children.ts';
import { inFreshFolder, projectFolder } from '../run.ts';
import { startWaiting } from './faults.ts';

/** The injected faults themselves, on a script of a few calls. */
const script = `
import { appendFileSync, closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeFileSync, writeSync } from 'node:fs';
mkdirSync('in/folder');
const descriptor = openSync('in/folder/a', 'w');
writeSync(descriptor, Buffer.from('12345678'), 0, 8, 0);
fsyncSync(descriptor);
closeSync(descriptor);
writeFileSync('in/folder/b', 'text');
writeFileSync('outside', readFileSync('in/folder/b', 'utf8'));
appendFileSync('in/folder/b', ' and more');
renameSync('in/folder/b', 'c');
try { writeFileSync('in/d', 'dddd'); } catch (error) { console.log(error.code, error.syscall, error.message); }
rmSync('in/folder', { recursive: true, force: true });
console.log(existsSync('in/folder'));
`;
const CALLS = [
  'mkdirSync folder',
  'openSync folder/a',
  'writeSync folder/a',
  'fsyncSync folder/a',
  'openSync folder/b',
  'writeSync folder/b',
  'openSync folder/b',
  'writeSync folder/b',
  'renameSync folder/b ',
  'openSync d',
  'writeSync d',
  'unlinkSync folder/a',
  'rmdirSync folder',
];

const run = (fault?: string): Promise<Ended> => {
  const env = { ...process.env, EMBED_FAULT_BELOW: 'in', EMBED_FAULT_LOG: 'log', ...(fault === undefined ? {} : { EMBED_FAULT: fault }) };
  return start(process.execPath, ['--import', join(projectFolder, 'test/faults/inject.js'), 'script.js'], { env }).ended;
};
const logged = (): string[] =>
  readFileSync('log', 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => line.split('\t').slice(1).join(' '));

beforeEach(() => {
  inFreshFolder();
  writeFileSync('package.json', '{ "type": "module" }');
  writeFileSync('script.js', script);
  mkdirSync('in');
});

describe('injected faults', () => {
  it('number the calls that change files below the folder, and change nothing else', async () => {
    expect(await run()).toEqual({ code: 0, signal: null, out: 'false\n', err: '' });
    expect(logged()).toEqual(CALLS);
    expect(readFileSync('c', 'utf8')).toBe('text and more');
    expect(readFileSync('outside', 'utf8')).toBe('text');
    expect(readdirSync('in')).toEqual(['d']);
  });

  it.each([
    ['kill-before', ''],
    ['kill-within', '1234'],
    ['kill-after', '12345678'],
  ])('%s a write', async (kind, content) => {
    expect(await run(`3:${kind}`)).toMatchObject({ code: null, signal: 'SIGKILL', out: '' });
    expect(logged()).toEqual(CALLS.slice(0, 3));
    expect(readFileSync('in/folder/a', 'utf8')).toBe(content);
  });

  it('kills between the steps of a removal', async () => {
    expect(await run('13:kill-before')).toMatchObject({ signal: 'SIGKILL' });
    expect(readdirSync('in/folder')).toEqual([]);
  });

  it('fill the disk from a call on, until the end', async () => {
    const { code, err } = await run('6:ENOSPC');
    expect(code).toBe(1);
    expect(err).toContain('ENOSPC: no space left on device, write');
    expect(readFileSync('in/folder/b', 'utf8')).toBe('te');
  });

  it('still let files go away where the disk is full', async () => {
    expect(await run('10:ENOSPC')).toMatchObject({ code: 0, out: 'ENOSPC open ENOSPC: no space left on device, open\nfalse\n' });
  });

  it('fail one call with another error', async () => {
    expect(await run('11:EIO')).toMatchObject({ code: 0, out: 'EIO write EIO: i/o error, write\nfalse\n' });
    expect([existsSync('in/d') && statSync('in/d').size, logged().length]).toEqual([0, CALLS.length]);
  });

  it('wait before a call until the test goes on', async () => {
    writeFileSync('a.txt', 'the sea\n');
    const waiting = startWaiting(['encode', 'a.txt', '-q'], 1, 'wait-before');
    await waiting.waits();
    expect(readdirSync('.').filter((name) => name.startsWith('a.'))).toEqual(['a.txt']);
    waiting.go();
    expect(await waiting.child.ended).toMatchObject({ code: 0 });
    expect(existsSync('a.npy')).toBe(true);
  });
});
