import { execFileSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bash, EMBED, embed, start, startBash, startEmbed, startHeld, type Child, type ChildOptions, type Ended } from './children.ts';
import { inFreshFolder, projectFolder } from './run.ts';

/** The real program as a process: exit codes, signals, pipes. */

/** Three windows of short lines; few of a window's are different, so that they are soon encoded. */
const lines = Array.from({ length: 9000 }, (_, i) => `item ${i % 19} of ${Math.floor(i / 1000)}`);
const corpus = lines.join('\n');

/** Starts the program on corpus.txt, of which it can read two windows and a little more. */
const startHalf = (args: readonly string[], options: ChildOptions = {}): Child =>
  startHeld(args, { ...options, file: 'corpus.txt', bytes: lines.slice(0, 8500).join('\n').length });

/** Whether the first window is on disk; the second is computed, or waits for the third. */
const hasCommitted = (): boolean =>
  existsSync('corpus.npy.part/journal') && readFileSync('corpus.npy.part/journal', 'utf8').includes('"counts"');

describe('the temporary folder', () => {
  it('is left as it was, and ONNX Runtime does not report to its makers', async () => {
    const folder = inFreshFolder();
    writeFileSync('a.txt', 'cooked rice\nthe sea\n');
    // ONNX Runtime keeps quiet in CI of its own accord
    const { CI: _, ORT_DISABLE_TELEMETRY: __, ...env } = process.env;
    for (const args of [
      ['encode', 'a.txt', '-o', 'b.npy'],
      ['search', 'a.txt', 'rice'],
    ]) {
      expect((await embed(args, { env: { ...env, TMPDIR: folder } })).code).toBe(0);
    }
    expect(readdirSync('.').toSorted()).toEqual(['a.txt', 'b.manifest.json', 'b.npy', 'b.rows.jsonl']);
  });
});

describe('pipes with names', () => {
  it.skipIf(process.platform === 'win32')('are read once, although their records are copied', async () => {
    inFreshFolder();
    const { code, err } = await bash(
      `${EMBED} dedup <(printf 'the sea\\ncooked rice\\nthe sea\\n') --input-format lines -q -o k.txt >/dev/null`,
    );
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(readFileSync('k.txt', 'utf8')).toBe('the sea\ncooked rice\n');
  });
});

describe('exit codes', () => {
  it('0 for help and version, 2 for bare embed, no INPUT and unknown words', async () => {
    expect((await embed(['--version'])).code).toBe(0);
    expect((await embed(['--help'])).code).toBe(0);
    expect((await embed(['encode', '-h'])).code).toBe(0);
    for (const args of [[], ['encode'], ['frobnicate'], ['encode', 'a', 'b'], ['encode', 'a', '--threads', 'many']]) {
      const { code, out, err } = await embed(args);
      expect({ args, code, out }).toEqual({ args, code: 2, out: '' });
      expect(err.length).toBeGreaterThan(20);
      if (args.length === 0) expect(err).toContain('Usage: embed');
      if (args.length === 1 && args[0] === 'encode') expect(err).toContain('Usage: embed encode');
    }
  });

  it('of a check holds although nobody reads its report to the end', async () => {
    inFreshFolder();
    writeFileSync('a.txt', 'the sea, the sea and nothing but the sea\n'.repeat(3000));
    const piped = async (flags: string): Promise<number | null> =>
      (await bash(`set -o pipefail; ${EMBED} dedup a.txt -q --format json ${flags} | true`)).code;
    expect(await piped('')).toBe(1);
    expect(await piped('--exit-zero')).toBe(0);
    // files that were asked for and are not there are an error
    expect(await piped('-o - --dropped gone.txt --keep last')).toBe(existsSync('gone.txt') ? 0 : 2);
  });

  it('names of other tools are answered with ours', async () => {
    expect(await embed(['encode', 'a.txt', '--threshold', '0.9'])).toEqual({
      code: 2,
      out: '',
      err: "error: Unknown option '--threshold'\nhint: In embed it is called --min-cosine, in commands that have it\n",
    });
    expect((await embed(['encode', 'a.txt', '--batch-size', '32'])).err).toContain(
      'hint: Leave it out: embed plans batches by token count',
    );
  });
});

describe('a run that is stopped', () => {
  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('by %s ends half-way with %i, leaves nothing under a final name, and goes on with the same bytes', async (signal, code) => {
    inFreshFolder();
    writeFileSync('corpus.txt', corpus);
    // its input does not end before it is stopped
    const stopped = startHalf(['encode', 'corpus.txt']);
    await stopped.until(hasCommitted);
    stopped.process.kill(signal);
    expect(await stopped.ended).toEqual({ code, signal: null, out: '', err: 'stopped: the same command resumes at row 4097\n' });
    expect(readdirSync('.').filter((name) => /\.(npy|jsonl|json)$/.test(name))).toEqual([]);

    const resumed = await embed(['encode', 'corpus.txt']);
    expect(resumed.code).toBe(0);
    expect(resumed.err).toContain('resuming at row 4097, where an earlier run was stopped\n');
    expect(readdirSync('.').toSorted()).toEqual(['corpus.manifest.json', 'corpus.npy', 'corpus.rows.jsonl', 'corpus.txt']);
    expect((await embed(['encode', 'corpus.txt', '-o', 'whole.npy'])).code).toBe(0);
    expect(Buffer.compare(readFileSync('corpus.npy'), readFileSync('whole.npy'))).toBe(0);
    expect(Buffer.compare(readFileSync('corpus.rows.jsonl'), readFileSync('whole.rows.jsonl'))).toBe(0);
    const manifest = (file: string): Record<string, unknown> => JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
    for (const key of ['counts', 'rowOffsets', 'inputs'])
      expect(manifest('corpus.manifest.json')[key]).toEqual(manifest('whole.manifest.json')[key]);
  });

  it('by SIGKILL goes on too, but starts over where the input has changed', async () => {
    inFreshFolder();
    writeFileSync('corpus.txt', corpus);
    const killed = startHalf(['encode', 'corpus.txt', '-q']);
    await killed.until(hasCommitted);
    killed.process.kill('SIGKILL');
    expect((await killed.ended).signal).toBe('SIGKILL');
    writeFileSync('corpus.txt', `X${corpus.slice(1)}`);
    const { code, err } = await embed(['encode', 'corpus.txt']);
    expect(code).toBe(0);
    expect(err).not.toContain('resuming at row');
    expect(JSON.parse(readFileSync('corpus.rows.jsonl', 'utf8').split('\n')[0]!)).toMatchObject({ text: 'Xtem 0 of 0' });
  });

  it('while reading standard input leaves nothing', async () => {
    inFreshFolder();
    const stopped = startEmbed(['encode', '-', '-o', 'a.npy'], { input: 'open' });
    // the first five lines show what it holds
    stopped.process.stdin!.write('one\ntwo\nthree\nfour\nfive\n');
    await stopped.until(() => existsSync('a.npy.part'));
    stopped.process.kill('SIGINT');
    expect((await stopped.ended).code).toBe(130);
    expect(readdirSync('.')).toEqual([]);
  });
});

describe('two runs at once', () => {
  it('do not write the same set: the second is refused and the first goes on', async () => {
    inFreshFolder();
    writeFileSync('corpus.txt', corpus);
    // the first reads standard input, which ends when the second has ended
    const first = startEmbed(['encode', '-', '-o', 'corpus.npy', '-q'], { input: 'open' });
    first.process.stdin!.write(corpus);
    await first.until(() => existsSync('corpus.npy.part/vectors'));
    const second = await embed(['encode', 'corpus.txt', '--no-text']);
    expect(second.code).toBe(2);
    expect(second.err).toContain(
      `Cannot write corpus.npy: another run of embed is writing it (process ${first.process.pid} on ${hostname()})`,
    );
    first.process.stdin!.end();
    expect((await first.ended).code).toBe(0);
    expect((await embed(['search', 'corpus.npy', 'item', '-n', '1'])).code).toBe(0);
  });
});

describe.skipIf(process.platform === 'win32')('pipes with a name', () => {
  it('are read once: a stopped run starts over instead of losing what was read', async () => {
    inFreshFolder();
    writeFileSync('corpus.txt', corpus);
    // the input has no end
    const stopped = startBash(`exec ${EMBED} encode <(cat corpus.txt; exec yes) --input-format lines -o a.npy`);
    await stopped.until(() => existsSync('a.npy.part/vectors') && statSync('a.npy.part/vectors').size > 128);
    stopped.process.kill('SIGINT');
    expect((await stopped.ended).code).toBe(130);
    expect(readdirSync('.')).toEqual(['corpus.txt']);
  });
});

describe.skipIf(process.platform !== 'linux')('a wait for a pipe with a name', () => {
  const waits: [string, { writer: boolean }, string[]][] = [
    ['that nobody writes to', { writer: false }, ['encode', 'pipe', '-o', 'a.npy']],
    ['whose writer stalls', { writer: true }, ['encode', 'pipe', '-o', 'a.npy']],
    ['of queries', { writer: false }, ['search', 'corpus.txt', '--queries', 'pipe', '-o', 'hits.csv']],
    ['whose records would be copied', { writer: true }, ['dedup', 'pipe', '-o', 'kept.txt']],
  ];
  it.each(waits)('%s ends with the signal', async (_, { writer }, args) => {
    const folder = inFreshFolder();
    writeFileSync('corpus.txt', 'one\n');
    execFileSync('mkfifo', ['pipe']);
    const held = writer ? openSync('pipe', 'r+') : undefined;
    if (held !== undefined) writeSync(held, 'one\ntwo');
    const before = readdirSync('.').length;
    const format = args[0] === 'search' ? [] : ['--input-format', 'lines'];
    const env = { ...process.env, TMPDIR: folder };
    const stopped = startEmbed([...args, ...format, '--model', 'multilingual'], { env });
    await stopped.until(() => readdirSync('.').length > before);
    stopped.process.kill('SIGTERM');
    expect((await stopped.ended).code).toBe(143);
    if (held !== undefined) closeSync(held);
    expect(readdirSync('.').toSorted()).toEqual(['corpus.txt', 'pipe']);
  });
});

describe('a search that is stopped', () => {
  /** Whether the search has a temporary set in this folder, and writes to it. */
  const hasSet = (): boolean => readdirSync('.').some((name) => name.startsWith('embed-') && readdirSync(name).length > 0);

  it('while it waits for its corpus ends too', async () => {
    const folder = inFreshFolder();
    const stopped = startEmbed(['search', '-', 'rice', '-o', 'hits.csv'], { input: 'open', env: { ...process.env, TMPDIR: folder } });
    stopped.process.stdin!.write('half a line');
    await stopped.until(() => readdirSync('.').some((name) => name.startsWith('.hits.csv')));
    stopped.process.kill('SIGHUP');
    expect((await stopped.ended).code).toBe(129);
    expect(readdirSync('.')).toEqual([]);
  });

  it('while it encodes ends with 130 and leaves nothing, not even its temporary set', async () => {
    const folder = inFreshFolder();
    writeFileSync('corpus.txt', corpus);
    const stopped = startHalf(['search', 'corpus.txt', 'item', '-o', 'hits.csv'], { env: { ...process.env, TMPDIR: folder } });
    await stopped.until(hasSet);
    stopped.process.kill('SIGINT');
    expect((await stopped.ended).code).toBe(130);
    expect(readdirSync('.')).toEqual(['corpus.txt']);
  });
});

describe('a search that waits for its queries', () => {
  it('stops when it is told to', async () => {
    inFreshFolder();
    writeFileSync('corpus.txt', 'one\ntwo\n');
    const stopped = startEmbed(['search', 'corpus.txt', '--queries', '-', '--report', 'hits.csv'], { input: 'open' });
    await stopped.until(() => readdirSync('.').length > 1);
    stopped.process.kill('SIGINT');
    // as a wrapper does that passes on what the terminal has sent already
    stopped.process.kill('SIGINT');
    expect((await stopped.ended).code).toBe(130);
    expect(readdirSync('.')).toEqual(['corpus.txt']);
  });
});

describe('reports and what is read', () => {
  it('a file behind standard input is not replaced', async () => {
    inFreshFolder();
    writeFileSync('corpus.txt', 'one\n');
    const { code, err } = await bash(`${EMBED} search - one -o corpus.txt --overwrite < corpus.txt`);
    expect(code).toBe(2);
    expect(err).toContain('Cannot write corpus.txt: the command reads this file');
    expect(readFileSync('corpus.txt', 'utf8')).toBe('one\n');
  });

  it('a link is followed only to a file that may be replaced, and a device is left alone', async () => {
    inFreshFolder();
    writeFileSync('corpus.txt', 'one\n');
    symlinkSync('real.csv', 'link.csv');
    const search = ['search', 'corpus.txt', 'one', '-q', '-o', 'link.csv'];
    expect((await embed(search)).err).toContain('Cannot write link.csv: it is a link to real.csv, which does not exist');
    writeFileSync('real.csv', 'mine');
    expect((await embed(search)).err).toContain('Cannot write link.csv: a file of that name exists');
    expect((await embed([...search, '--overwrite'])).code).toBe(0);
    expect(readlinkSync('link.csv')).toBe('real.csv');
    expect(readFileSync('real.csv', 'utf8')).toMatch(/^query_id/);
    symlinkSync('/dev/null', 'null.csv');
    expect((await embed(['search', 'corpus.txt', 'one', '-q', '-o', 'null.csv', '--overwrite'])).err).toContain(
      'Cannot write null.csv: it is not a regular file',
    );
    expect(
      (await embed(['search', 'corpus.txt', 'one', '-q', '-o', 'b.csv', '--report', 'link.csv', '--overwrite', '--report', 'real.csv']))
        .err,
    ).toContain('twice');
  });
});

describe('pipes', () => {
  it('a reader that goes away does not cost the files', async () => {
    inFreshFolder();
    writeFileSync('corpus.txt', lines.slice(0, 300).join('\n'));
    await bash(`${EMBED} search corpus.txt --queries corpus.txt -n 300 -q --report hits.jsonl | head -n 1`);
    expect(readFileSync('hits.jsonl', 'utf8').trimEnd().split('\n')).toHaveLength(300 * 300);
  });

  it.skipIf(!existsSync('/dev/full'))('a full disk behind standard output is an error, not an answer', async () => {
    inFreshFolder();
    writeFileSync('corpus.txt', 'one\n');
    const { code, err } = await bash(`${EMBED} search corpus.txt one -q > /dev/full`);
    expect({ code, err }).toEqual({
      code: 2,
      err: 'error: Cannot write to standard output: no space left on device\nhint: Make room on the disk, or write the output elsewhere\n',
    });
  });

  it('a search whose reader goes away ends quietly', async () => {
    inFreshFolder();
    writeFileSync('corpus.txt', lines.slice(0, 300).join('\n'));
    const { code, out, err } = await bash(`set -o pipefail; ${EMBED} search corpus.txt --queries corpus.txt -n 300 -q | head -n 2`);
    expect(out.trimEnd().split('\n')).toHaveLength(2);
    expect({ code, err }).toEqual({ code: 0, err: '' });
  });

  it('a reader that goes away ends the program quietly', async () => {
    inFreshFolder();
    writeFileSync('corpus.txt', corpus);
    const { code, out, err } = await bash(`set -o pipefail; ${EMBED} encode - -q < corpus.txt | head -n 2`);
    expect(out.trimEnd().split('\n')).toHaveLength(2);
    expect({ code, err }).toEqual({ code: 0, err: '' });
  });

  it('quiet says nothing, errors aside', async () => {
    inFreshFolder();
    writeFileSync('a.txt', '如何\n');
    expect(await embed(['encode', 'a.txt', '-q'])).toEqual({ code: 0, out: '', err: '' });
    expect((await embed(['encode', 'b.txt', '-q'])).err).toContain('error: Cannot read b.txt');
  });
});

describe('a machine that embed does not run on', () => {
  /** The program, told by a first module that it runs elsewhere. */
  const elsewhere = async (change: string, args: string[]): Promise<Omit<Ended, 'signal'>> => {
    const bin = join(projectFolder, 'bin/embed.js');
    const { code, out, err } = await start(process.execPath, ['--import', `data:text/javascript,${change}`, bin, ...args]).ended;
    return { code, out, err };
  };

  it('an old Node.js: one line and a hint', async () => {
    const older = "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '18.20.8' } })";
    expect(await elsewhere(older, ['--version'])).toEqual({
      code: 2,
      out: '',
      err: 'error: embed needs Node.js 20.15 or newer, this is 18.20.8\nhint: Install a current Node.js from nodejs.org or your package manager\n',
    });
  });

  it('a platform without ONNX Runtime: one line and a hint, from the thread that loads it', async () => {
    inFreshFolder();
    writeFileSync('a.txt', 'cooked rice\nthe sea\n');
    expect(await elsewhere("Object.defineProperty(process, 'arch', { value: 'arm' })", ['search', 'a.txt', 'rice'])).toEqual({
      code: 2,
      out: '',
      err: expect.stringMatching(/^error: Cannot load ONNX Runtime: there is no build of it for \w+ on arm\nhint: [^\n]+\n$/),
    });
  });
});
