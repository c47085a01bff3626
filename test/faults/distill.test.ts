import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { corpus, tiny } from '../commands/distill/fixtures.ts';
import { inFreshFolder, run } from '../run.ts';
import { listCalls, runWithFault, startWaiting, type FaultCall } from './faults.ts';

/** distill, killed or without room at some of its calls; with EVERY_FAULT=1 at all of them. */
const options = ['corpus.txt', '--teacher', tiny, '--dims', '16', '--threads', '1'];
const distill = ['distill', ...options, '-o', 'small'];
const quietly = [...distill, '-q'];
/** Every so many calls, and the two renames that exchange the folders. */
const sample = (calls: readonly FaultCall[], step: number): FaultCall[] =>
  calls.filter(({ number, name, paths }) => EVERY || number % step === 0 || (name === 'renameSync' && paths.includes('small')));
const EVERY = process.env['EVERY_FAULT'] === '1';

type Files = Record<string, string>;

function filesIn(folder: string): Files {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).toSorted();
  const files = names.filter((name) => statSync(join(folder, name)).isFile());
  return Object.fromEntries(files.map((name) => [name, readFileSync(join(folder, name), 'latin1')]));
}

/** A corpus and an older model of fewer rows, the calls of the run that replaces it, and the files before and after. */
async function prepare(): Promise<{ calls: FaultCall[]; old: Files; whole: Files }> {
  inFreshFolder();
  writeFileSync('corpus.txt', corpus(60));
  expect(await run(quietly)).toMatchObject({ code: 0 });
  cpSync('small', 'kept', { recursive: true });
  writeFileSync('corpus.txt', corpus(120));
  const { code, calls, err } = await listCalls(quietly);
  expect({ code, err, names: namesHere() }).toEqual({ code: 0, err: '', names: ['small'] });
  return { calls, old: filesIn('kept'), whole: filesIn('small') };
}

/** All as it was before the run. */
function begin(): void {
  for (const name of namesHere()) rmSync(name, { recursive: true });
  cpSync('kept', 'small', { recursive: true });
}
const namesHere = (): string[] => readdirSync('.').filter((name) => name !== 'corpus.txt' && name !== 'kept');

describe('distill', () => {
  it('killed at a call, never leaves a reader without the model, and gives the same bytes when it runs again', async () => {
    const { calls, old, whole } = await prepare();
    for (const { number, name } of sample(calls, 19)) {
      begin();
      expect(await runWithFault(quietly, number, name === 'writeSync' ? 'kill-within' : 'kill-before')).toMatchObject({
        signal: 'SIGKILL',
      });
      const wasThere = existsSync('small');
      const reader = await run(['encode', 'corpus.txt', '--model', 'small', '-o', 'read.npy']);
      expect({ number, code: reader.code, said: reader.err.includes('put back small: a run that was replacing it was killed\n') }).toEqual({
        number,
        code: 0,
        said: !wasThere,
      });
      expect([old, whole]).toContainEqual(filesIn('small'));
      for (const file of readdirSync('.').filter((one) => one.startsWith('read.'))) rmSync(file);
      expect(await run(quietly)).toMatchObject({ code: 0, err: '' });
      expect({ number, names: namesHere(), files: filesIn('small') }).toEqual({ number, names: ['small'], files: whole });
    }
  });

  it('on a full disk ends with a plain error, and says that vectors are kept only where they are', async () => {
    const { calls, old, whole } = await prepare();
    for (const { number } of sample(calls, 29)) {
      begin();
      const { code, err } = await runWithFault(distill, number, 'ENOSPC');
      const renamed = filesIn('small')['build.json'] === whole['build.json'];
      expect([old, whole]).toContainEqual(filesIn('small'));
      if (!renamed) {
        expect({ number, code, err }).toEqual({
          number,
          code: 2,
          err: expect.stringMatching(
            /^error: Cannot write small.*no space left on device.*\nhint: Make room on the disk and run the same command again\n$/m,
          ) as string,
        });
      }
      expect(err).not.toContain('bug in embed');
      const kept = /^the teacher's vectors of 120 texts are kept in small\.teacher for the next run$/m.test(err);
      const again = await run(distill);
      const used = /^(using small\.teacher\/corpus\.npy of an earlier run|resuming at row 121,)/m.test(again.err);
      // once the model is written, they are only what could not be removed
      expect({ number, code: again.code, used }).toEqual({ number, code: 0, used: renamed ? used : kept });
      expect([namesHere(), filesIn('small')]).toEqual([['small'], whole]);
    }
  });
});

describe('two runs of distill onto one folder', () => {
  it('do not meet: the second is refused, and the first ends as if it had been by itself', async () => {
    const { calls, whole } = await prepare();
    begin();
    // the teacher's vectors are about to get their names
    const { number } = calls.find(({ name }) => name === 'renameSync')!;
    const first = startWaiting(quietly, number, 'wait-before');
    await first.waits();
    expect(await run(quietly)).toEqual({
      code: 2,
      out: '',
      err: expect.stringMatching(
        /^error: Cannot write small: another run of embed distill is writing it \(process \d+ on \S+\)\nhint: Wait until it ends, or name another folder with -o\n$/,
      ) as string,
    });
    first.go();
    expect(await first.child.ended).toMatchObject({ code: 0, err: '' });
    expect([namesHere(), filesIn('small')]).toEqual([['small'], whole]);
  });
});

/** A file system of a few hundred kB; false where this process may not have one. */
function mountSmall(folder: string): boolean {
  mkdirSync(folder);
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', folder]);
  if (status === 0) mounted.push(join(process.cwd(), folder));
  else console.warn('skipped: no small file system can be mounted here, so that only injected errors stand for a full disk');
  return status === 0;
}
const mounted: string[] = [];

describe('a small file system', () => {
  afterEach(() => {
    for (const folder of mounted.splice(0)) spawnSync('umount', ['-l', folder]);
  });

  it('that is full is named, and with more room the same command ends well', async ({ skip }) => {
    inFreshFolder();
    if (!mountSmall('disk')) skip();
    writeFileSync('corpus.txt', corpus(9000));
    const onDisk = ['distill', ...options, '-o', 'disk/small'];
    const { code, err } = await run(onDisk);
    expect({ code, err }).toEqual({
      code: 2,
      err: expect.stringMatching(
        /^error: Cannot write disk\/small.*no space left on device.*\nhint: Make room on the disk and run the same command again\n$/m,
      ) as string,
    });
    expect(err).not.toContain('are kept');
    expect(spawnSync('mount', ['-o', 'remount,size=64m', 'disk']).status).toBe(0);
    expect(await run(onDisk)).toMatchObject({ code: 0 });
    expect(readdirSync('disk')).toEqual(['small']);
  });
});
