import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync, symlinkSync, linkSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readManifest } from '../../src/vectors/manifest-file.ts';
import { noCounts } from '../../src/vectors/manifest.ts';
import { findResume, type Found } from '../../src/vectors/resume.ts';
import { openSet } from '../../src/vectors/set-reader.ts';
import { openSetWriter, type SetWriter } from '../../src/vectors/set-writer.ts';
import { claimSet } from '../../src/vectors/work-folder.ts';
import { inFreshFolder } from '../run.ts';

const DIMS = 4;
const { signal } = new AbortController();

/** Windows of a set: their sizes are no multiples of the groups that are checked. */
const WINDOWS = [100, 300, 200];

function writeWindow(writer: SetWriter, window: number): void {
  const first = WINDOWS.slice(0, window).reduce((sum, rows) => sum + rows, 0);
  const rows = WINDOWS[window]!;
  writer.commit({
    vectors: { data: Float32Array.from({ length: rows * DIMS }, (_, at) => Math.sin(first * DIMS + at)), rows, cols: DIMS },
    lines: Array.from({ length: rows }, (_, at) => JSON.stringify({ id: `${first + at}`, text: `text ${first + at}` })),
    blankRows: [first],
    counts: { ...noCounts(), rows: first + rows, blank: window + 1 },
    digest: `${window}`,
  });
}

const finish = (writer: SetWriter): Promise<void> =>
  writer.finish({
    format: 1,
    tool: 'a test',
    runtime: '',
    model: null,
    options: {},
    inputs: [],
    dims: DIMS,
    counts: { ...noCounts(), rows: 600, blank: 3 },
  });

/** The files of a set that was written without a stop. */
async function wholeSet(): Promise<Buffer[]> {
  const writer = openSetWriter(claimSet('whole.npy'), { dims: DIMS, key: 'k' });
  for (const window of WINDOWS.keys()) writeWindow(writer, window);
  await finish(writer);
  return filesOf('whole');
}

const filesOf = (name: string): Buffer[] =>
  ['npy', 'rows.jsonl', 'manifest.json'].map((suffix) => Buffer.from(readFileSync(`${name}.${suffix}`, 'latin1').replaceAll('whole', 'a')));

/** Leaves a run that was stopped after its first two windows. */
function leaveHalf(): void {
  rmSync('a.npy.part', { recursive: true, force: true });
  const writer = openSetWriter(claimSet('a.npy'), { dims: DIMS, key: 'k' });
  writeWindow(writer, 0);
  writeWindow(writer, 1);
  expect(writer.abandon()).toBe(400);
}

/** Resumes as `encode` does, and returns what was found. */
async function resumeAndFinish(): Promise<Found> {
  const claim = claimSet('a.npy');
  const found = await findResume(claim, { key: 'k', signal }).catch((error: Error) => {
    claim.release({ keep: true });
    throw error;
  });
  let writer: SetWriter;
  try {
    writer = openSetWriter(claim, { dims: DIMS, key: 'k', resume: found.resume });
  } catch (error) {
    claim.release({ keep: true });
    throw error;
  }
  for (let window = found.resume?.commits.length ?? 0; window < WINDOWS.length; window++) writeWindow(writer, window);
  await finish(writer);
  return found;
}

describe('a run that was stopped', () => {
  it('is resumed with the bytes of one that was not, and leaves nothing behind', async () => {
    inFreshFolder();
    const whole = await wholeSet();
    leaveHalf();
    expect((await resumeAndFinish()).resume!.last.counts.rows).toBe(400);
    expect(filesOf('a')).toEqual(whole);
    expect(readdirSync('.').filter((name) => name.includes('part'))).toEqual([]);
    const set = openSet('a.npy');
    const row = new Float32Array(DIMS);
    for (const at of [0, 255, 256, 599]) {
      set.vectors.read(at, row);
      expect(row[1]).toBeCloseTo(Math.sin(at * DIMS + 1));
    }
    set.close();
  });

  it.each(['journal', 'vectors', 'rows'])('is resumed from what still holds, wherever a bit of its %s has changed', async (name) => {
    inFreshFolder();
    const whole = await wholeSet();
    leaveHalf();
    const path = `a.npy.part/${name}`;
    const kept = readFileSync(path);
    // the header of the vectors is written at the end
    const from = name === 'vectors' ? 128 : 0;
    const step = Math.max(1, Math.floor((kept.length - from) / 8));
    for (let at = from; at < kept.length; at += step) {
      leaveHalf();
      const damaged = Buffer.from(kept);
      damaged[at]! ^= 1 << (at % 8);
      writeFileSync(path, damaged);
      const { resume, damaged: said } = await resumeAndFinish();
      // a change in the first line makes it a journal of no run
      expect(said || (name === 'journal' && resume === undefined), `byte ${at}`).toBe(true);
      expect(resume?.commits.length ?? 0).toBeLessThan(2);
      expect(filesOf('a'), `byte ${at}`).toEqual(whole);
    }
  });

  it.each(['journal', 'vectors', 'rows'])('is resumed from what still holds, wherever its %s was cut off', async (name) => {
    inFreshFolder();
    const whole = await wholeSet();
    leaveHalf();
    const path = `a.npy.part/${name}`;
    const kept = readFileSync(path);
    for (let part = 0; part < 6; part++) {
      leaveHalf();
      writeFileSync(path, kept.subarray(0, Math.floor((kept.length * part) / 6)));
      await resumeAndFinish();
      expect(filesOf('a')).toEqual(whole);
    }
  });

  it('with lines of the journal lost, repeated or in another order starts from what holds', async () => {
    inFreshFolder();
    const whole = await wholeSet();
    leaveHalf();
    const [key, first, second] = readFileSync('a.npy.part/journal', 'utf8').trimEnd().split('\n') as [string, string, string];
    for (const lines of [[key, second], [key, second, first], [key, first, first, second], [first, second], [second], []]) {
      leaveHalf();
      writeFileSync('a.npy.part/journal', lines.map((line) => `${line}\n`).join(''));
      await resumeAndFinish();
      expect(filesOf('a')).toEqual(whole);
    }
  });
});

describe('the folder in which a set grows', () => {
  it.each([
    ['a link to a folder', (): void => symlinkSync('elsewhere', 'a.npy.part')],
    ['a link to nothing', (): void => symlinkSync('nowhere', 'a.npy.part')],
    ['a file', (): void => writeFileSync('a.npy.part', 'mine')],
    [
      'a folder that others may write to',
      (): void => {
        mkdirSync('a.npy.part');
        chmodSync('a.npy.part', 0o777);
      },
    ],
  ])('is not %s', (_, make) => {
    inFreshFolder();
    mkdirSync('elsewhere');
    make();
    expect(() => claimSet('a.npy')).toThrow('a.npy.part is in the way, and it is not a folder that only you can write to');
    expect(readdirSync('elsewhere')).toEqual([]);
  });

  it.each(['journal', 'vectors', 'rows', 'manifest'])('follows no link in the place of its %s', async (name) => {
    inFreshFolder();
    const whole = await wholeSet();
    writeFileSync('victim', 'mine');
    for (const link of [symlinkSync, linkSync]) {
      leaveHalf();
      rmSync(`a.npy.part/${name}`, { force: true });
      link(link === symlinkSync ? '../victim' : 'victim', `a.npy.part/${name}`);
      const outcome = await resumeAndFinish().catch((error: Error) => error);
      if (outcome instanceof Error) expect(outcome.message).toMatch(/is in the way|is not a file that embed has left there/);
      else expect(filesOf('a')).toEqual(whole);
      // nobody holds it now
      rmSync(`a.npy.part/${name}`, { force: true });
      claimSet('a.npy').release();
      expect(readFileSync('victim', 'utf8')).toBe('mine');
      for (const file of ['a.npy', 'a.rows.jsonl', 'a.manifest.json']) rmSync(file, { force: true });
    }
  });
});

describe('checksums', () => {
  it('name the rows of which a bit has changed, in each group of both files', async () => {
    inFreshFolder();
    await wholeSet();
    const [vectors, rows] = ['whole.npy', 'whole.rows.jsonl'].map((path) => ({ path, bytes: readFileSync(path) })) as [File, File];
    const { rowOffsets } = readManifest('whole.npy')!;
    for (let group = 0; group < 3; group++) {
      for (const { path, bytes, at } of [
        { ...vectors, at: 128 + group * 256 * DIMS * 4 + 7 },
        { ...rows, at: rowOffsets[group]! + 9 },
      ]) {
        const damaged = Buffer.from(bytes);
        damaged[at]! ^= 4;
        writeFileSync(path, damaged);
        // the probe of so small a file covers it all; that of a large one does not
        const message = new RegExp(`rows ${group * 256} to ${Math.min(599, group * 256 + 255)} are not|is from another run`);
        expect(() => readAll('whole.npy')).toThrow(message);
        writeFileSync(path, bytes);
      }
    }
    expect(() => readAll('whole.npy')).not.toThrow();
  });
});

type File = { path: string; bytes: Buffer };

function readAll(npyPath: string): void {
  const set = openSet(npyPath);
  try {
    for (let row = 0; row < set.vectors.rows; row++) set.vectors.read(row, new Float32Array(DIMS));
    for (const _ of set.rows!.scan());
  } finally {
    set.close();
  }
}
