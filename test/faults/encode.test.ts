import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { openSet } from '../../src/vectors/set-reader.ts';
import { embed } from '../children.ts';
import { inFreshFolder, projectFolder, run } from '../run.ts';
import { listCalls, runWithFault, startWaiting, type FaultCall, type FaultKind } from './faults.ts';

const tiny = join(projectFolder, 'fixtures/models/bert-mean');
const SET = ['a.manifest.json', 'a.npy', 'a.rows.jsonl'];
const encode = ['encode', 'a.txt', '-q', '--model', tiny];

/** Texts of the corpus before and after an edit. */
const EARLIER = ['rice', 'tea', '', 'coffee is hot'];
const TEXTS = ['rice', 'tea', '', 'coffee is cold', 'the cat sat on the mat'];

function writeCorpus(texts: readonly string[]): void {
  writeFileSync('a.txt', texts.map((text) => `${text}\n`).join(''));
}

const contents = (names: readonly string[]): string[] => names.map((name) => readFileSync(name, 'latin1'));

/** Every call that can be killed or fail: before it and, for a write, in the middle of it. */
function faultsAt(calls: readonly FaultCall[]): { call: FaultCall; kind: FaultKind }[] {
  // a sync changes nothing that a kill would leave
  return calls
    .filter(({ name }) => name !== 'fsyncSync')
    .flatMap((call) => [
      { call, kind: 'kill-before' as const },
      ...(call.name === 'writeSync' ? [{ call, kind: 'kill-within' as const }] : []),
    ]);
}

/** A set in the folder is whole, and of the corpus before or after the edit; or the error says what is wrong. */
function assertReadable(): void {
  if (!existsSync('a.npy')) return;
  const set = openSet('a.npy');
  try {
    const texts = Array.from(set.rows!.scan(), ({ text }) => text);
    expect([EARLIER, TEXTS]).toContainEqual(texts);
    expect(set.vectors.rows).toBe(texts.length);
  } finally {
    set.close();
  }
}

describe('encode, killed at each call that changes a file', () => {
  let whole: string[] = [];
  let calls: FaultCall[] = [];
  let replacing: FaultCall[] = [];

  beforeAll(async () => {
    const home = process.cwd();
    inFreshFolder();
    writeCorpus(EARLIER);
    expect((await run(encode)).code).toBe(0);
    writeCorpus(TEXTS);
    replacing = (await listCalls(encode)).calls;
    for (const name of SET) rmSync(name);
    calls = (await listCalls(encode)).calls;
    whole = contents(SET);
    process.chdir(home);
  });

  it('leaves no set or a whole one, and the same command ends with the same bytes', async () => {
    expect(calls.filter(({ name }) => name === 'renameSync')).toHaveLength(3);
    for (const { call, kind } of faultsAt(calls)) {
      inFreshFolder();
      writeCorpus(TEXTS);
      const { signal } = await runWithFault(encode, call.number, kind);
      expect(signal, `${kind} ${call.name} ${call.paths.join(' ')}`).toBe('SIGKILL');
      // every other one is first seen by a reader
      if (call.number % 2 === 0) assertReadable();
      expect((await run(encode)).code, `${kind} ${call.name} ${call.paths.join(' ')}`).toBe(0);
      expect(contents(SET)).toEqual(whole);
      expect(readdirSync('.').toSorted()).toEqual([...SET, 'a.txt'].toSorted());
    }
  });

  it('while it replaces a set leaves the old one or the new one', async () => {
    // as above up to the first rename, which is why only the calls from there on are tried
    const from = replacing.findIndex(({ name }) => name === 'renameSync');
    for (const { call, kind } of faultsAt(replacing.slice(from - 1))) {
      inFreshFolder();
      writeCorpus(EARLIER);
      await run(encode);
      writeCorpus(TEXTS);
      expect((await runWithFault(encode, call.number, kind)).signal).toBe('SIGKILL');
      assertReadable();
      expect((await run(encode)).code).toBe(0);
      expect(contents(SET)).toEqual(whole);
      expect(readdirSync('.').toSorted()).toEqual([...SET, 'a.txt'].toSorted());
    }
  });

  it.each(['ENOSPC', 'EIO'] as const)('with %s at a call ends with a plain error, and loses nothing', async (kind) => {
    // every third call, each time another third
    const some = calls.filter(({ number }) => number % 3 === (kind === 'EIO' ? 0 : 1));
    for (const call of some) {
      inFreshFolder();
      writeCorpus(TEXTS);
      const { code, err } = await runWithFault(encode, call.number, kind);
      expect(err, `${call.name} ${call.paths.join(' ')}`).not.toContain('bug in embed');
      if (code !== 0) expect(err).toMatch(/^error: Cannot .*\nhint: /m);
      expect((await run(encode)).code).toBe(0);
      expect(contents(SET)).toEqual(whole);
    }
  });
});

const judged = ['-q', '--min-cosine', '0.999'];

describe.each([
  ['dedup', ['dedup', 'a.txt', ...judged, '-o', 'out.txt', '--report', 'report.json', '--model', tiny], ['out.txt', 'report.json']],
  ['dedup, to a set', ['dedup', 'a.npy', ...judged, '-o', 'out.npy'], ['out.npy', 'out.rows.jsonl', 'out.manifest.json']],
  ['cluster', ['cluster', 'a.npy', '-k', '2', '-q', '-o', 'out.csv', '--centroids', 'c.npy'], ['out.csv', 'c.npy']],
])('%s, killed at each call that changes a file', (_, args, files) => {
  it('leaves whole files or none, and the same command with --overwrite ends with the same bytes', async () => {
    const source = inFreshFolder();
    writeCorpus([...TEXTS, 'tea', 'rice']);
    await run(encode);
    const { calls, code, err } = await listCalls(args);
    expect(code, err).toBeLessThan(2);
    const whole = contents(files);
    for (const file of files) rmSync(file);
    for (const { call, kind } of faultsAt(calls)) {
      inFreshFolder();
      for (const name of [...SET, 'a.txt']) cpSync(join(source, name), name);
      expect((await runWithFault(args, call.number, kind)).signal).toBe('SIGKILL');
      for (const [at, file] of files.entries()) {
        if (existsSync(file) && !existsSync('out.npy.part')) expect(readFileSync(file, 'latin1')).toBe(whole[at]);
      }
      const again = await run([...args, '--overwrite']);
      expect(again.code, again.err).toBeLessThan(2);
      expect(contents(files)).toEqual(whole);
      expect(readdirSync('.').filter((name) => name.endsWith('.part'))).toEqual([]);
    }
  });
});

describe('two runs that write one set', () => {
  it('cannot both do so, wherever the first is when the second begins', async () => {
    inFreshFolder();
    writeCorpus(TEXTS);
    writeFileSync('other.txt', 'something else\n');
    const { calls } = await listCalls([...encode, '-o', 'x.npy']);
    // before and after the lock is there, while it writes, and between the names
    const places = [1, 3, 4, 5, 6, 13, 25, 27, 29, 31, calls.length - 1];
    for (const number of places) {
      inFreshFolder();
      writeCorpus(TEXTS);
      writeFileSync('other.txt', 'something else\n');
      const first = startWaiting([...encode, '-o', 'x.npy'], number, 'wait-before');
      await first.waits();
      const second = await run(['encode', 'other.txt', '-q', '--model', tiny, '-o', 'x.npy']);
      first.go();
      const { code, err } = await first.child.ended;
      // one of them has it; the other is refused, or finds the set of another corpus
      expect([code, second.code].toSorted(), `call ${number}: ${err}${second.err}`).toEqual([0, 2]);
      expect(code === 0 ? second.err : err).toMatch(/another run of embed is writing it|it holds the vectors of|embed did not write it/);
      const set = openSet('x.npy');
      const texts = Array.from(set.rows!.scan(), ({ text }) => text);
      expect(texts).toEqual(code === 0 ? TEXTS : ['something else']);
      set.close();
    }
  });
});

describe('a reader beside a run that replaces the set', () => {
  it('sees one generation, whichever file has its name already', async () => {
    inFreshFolder();
    writeCorpus(EARLIER);
    await run(encode);
    writeCorpus(TEXTS);
    const { calls } = await listCalls(encode);
    const renames = calls.filter(({ name }) => name === 'renameSync').map(({ number }) => number);
    for (const number of renames) {
      inFreshFolder();
      writeCorpus(EARLIER);
      await run(encode);
      // a reader that was there before
      const earlier = openSet('a.npy');
      writeCorpus(TEXTS);
      const writer = startWaiting(encode, number, 'wait-after');
      await writer.waits();
      // one that comes now sees the old set or the new one, or waits until all names are given
      setTimeout(() => writer.go(), 500);
      const search = await embed(['search', 'a.npy', 'rice', '-q', '--format', 'jsonl', '-n', '9', '--model', tiny]);
      expect(search.code, search.err).toBe(0);
      await writer.child.ended;
      expect(Array.from(earlier.rows!.scan(), ({ text }) => text)).toEqual(EARLIER);
      earlier.close();
      const texts = new Set(
        search.out
          .trimEnd()
          .split('\n')
          .map((line) => (JSON.parse(line) as { text: string }).text),
      );
      expect([EARLIER, TEXTS].map((own) => own.filter((text) => text !== '').every((text) => texts.has(text)))).toContain(true);
    }
  });
});

describe('a link in the place of an output', () => {
  it('is not written through', async () => {
    inFreshFolder();
    writeCorpus(TEXTS);
    mkdirSync('elsewhere');
    for (const [name, args] of [
      ['hits.csv', ['search', 'a.txt', 'rice', '-q', '--model', tiny, '-o', 'hits.csv']],
      ['x.jsonl', ['encode', 'a.txt', '-q', '--model', tiny, '-o', 'x.jsonl']],
      ['x.npy', ['encode', 'a.txt', '-q', '--model', tiny, '-o', 'x.npy']],
      ['kept.txt', ['dedup', 'a.txt', '-q', '--model', tiny, '-o', 'kept.txt']],
    ] as const) {
      symlinkSync('elsewhere/new', name);
      const { code, err } = await run(args);
      expect(code).toBe(2);
      expect(err).toMatch(
        new RegExp(`Cannot write ${name}: (it is a link to elsewhere/new, which does not exist|a file of that name exists)`),
      );
      expect(readdirSync('elsewhere')).toEqual([]);
      rmSync(name);
    }
  });
});
