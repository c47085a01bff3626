import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, readlinkSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { inFreshFolder, projectFolder } from './run.ts';

/** The real program as a process: exit codes, signals, pipes. */
const bin = join(projectFolder, 'bin/embed.js');

const embed = (args: string[], input = ''): { code: number | null; out: string; err: string } => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [bin, ...args], { input, encoding: 'utf8' });
  return { code: status, out: stdout, err: stderr };
};

const ended = (child: ChildProcess): Promise<{ code: number | null; signal: string | null }> =>
  new Promise((resolve) => child.once('exit', (code, signal) => resolve({ code, signal })));

const until = async (condition: () => boolean): Promise<void> => {
  for (let tries = 0; !condition(); tries++) {
    if (tries > 1000) throw new Error('waited 20 s in vain');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
};

/** Five windows of short lines. */
const corpus = Array.from({ length: 20_000 }, (_, i) => `item ${i % 9973} of ${i % 7}`).join('\n');

describe('the temporary folder', () => {
  it('is left as it was, and ONNX Runtime does not report to its makers', () => {
    const folder = inFreshFolder();
    writeFileSync('a.txt', 'cooked rice\nthe sea\n');
    // ONNX Runtime keeps quiet in CI of its own accord
    const { CI: _, ORT_DISABLE_TELEMETRY: __, ...env } = process.env;
    for (const args of [
      ['encode', 'a.txt', '-o', 'b.npy'],
      ['search', 'a.txt', 'rice'],
    ]) {
      const { status } = spawnSync(process.execPath, [bin, ...args], { env: { ...env, TMPDIR: folder } });
      expect(status).toBe(0);
    }
    expect(readdirSync('.').toSorted()).toEqual(['a.txt', 'b.manifest.json', 'b.npy', 'b.rows.jsonl']);
  });
});

describe('pipes with names', () => {
  it.skipIf(process.platform === 'win32')('are read once, although their records are copied', () => {
    inFreshFolder();
    const { status, stderr } = spawnSync('bash', [
      '-c',
      `"${process.execPath}" "${bin}" dedup <(printf 'the sea\\ncooked rice\\nthe sea\\n') --input-format lines -q -o k.txt >/dev/null`,
    ]);
    expect({ status, err: stderr.toString() }).toEqual({ status: 0, err: '' });
    expect(readFileSync('k.txt', 'utf8')).toBe('the sea\ncooked rice\n');
  });
});

describe('exit codes', () => {
  it('0 for help and version, 2 for bare embed, no INPUT and unknown words', () => {
    expect(embed(['--version'])).toEqual({ code: 0, out: '0.1.0\n', err: '' });
    expect(embed(['--help']).code).toBe(0);
    expect(embed(['encode', '-h']).code).toBe(0);
    for (const args of [[], ['encode'], ['frobnicate'], ['encode', 'a', 'b'], ['encode', 'a', '--threads', 'many']]) {
      const { code, out, err } = embed(args);
      expect({ args, code, out }).toEqual({ args, code: 2, out: '' });
      expect(err.length).toBeGreaterThan(20);
    }
    expect(embed([]).err).toContain('Usage: embed');
    expect(embed(['encode']).err).toContain('Usage: embed encode');
  });

  it('of a check holds although nobody reads its report to the end', () => {
    inFreshFolder();
    writeFileSync('a.txt', 'the sea, the sea and nothing but the sea\n'.repeat(3000));
    const piped = (flags: string): number | null =>
      spawnSync('bash', ['-c', `set -o pipefail; "${process.execPath}" "${bin}" dedup a.txt -q --format json ${flags} | true`]).status;
    expect(piped('')).toBe(1);
    expect(piped('--exit-zero')).toBe(0);
    // files that were asked for and are not there are an error
    expect(piped('-o - --dropped gone.txt --keep last')).toBe(existsSync('gone.txt') ? 0 : 2);
  });

  it('names of other tools are answered with ours', () => {
    expect(embed(['encode', 'a.txt', '--threshold', '0.9'])).toEqual({
      code: 2,
      out: '',
      err: "error: Unknown option '--threshold'\nhint: It is called --min-cosine here, where a command takes it\n",
    });
    expect(embed(['encode', 'a.txt', '--batch-size', '32']).err).toContain('hint: Leave it out: batches are planned by token count');
  });
});

describe('a run that is stopped', () => {
  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)(
    'by %s ends within a second with %i, leaves nothing under a final name, and goes on with the same bytes',
    async (signal, code) => {
      inFreshFolder();
      writeFileSync('corpus.txt', corpus);
      const child = spawn(process.execPath, [bin, 'encode', 'corpus.txt'], { stdio: ['ignore', 'ignore', 'pipe'] });
      let err = '';
      child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
      await until(() => existsSync('corpus.npy.journal') && readFileSync('corpus.npy.journal', 'utf8').includes('"counts"'));
      const at = Date.now();
      child.kill(signal);
      expect(await ended(child)).toEqual({ code, signal: null });
      expect(Date.now() - at).toBeLessThan(5000);
      expect(err).toMatch(/stopped: the same command goes on at row \d+/);
      expect(readdirSync('.').filter((name) => /\.(npy|jsonl|json)$/.test(name))).toEqual([]);

      const resumed = embed(['encode', 'corpus.txt']);
      expect(resumed.code).toBe(0);
      expect(resumed.err).toMatch(/going on at row \d+, where an earlier run was stopped/);
      expect(readdirSync('.').toSorted()).toEqual(['corpus.manifest.json', 'corpus.npy', 'corpus.rows.jsonl', 'corpus.txt']);
      expect(embed(['encode', 'corpus.txt', '-o', 'whole.npy']).code).toBe(0);
      expect(Buffer.compare(readFileSync('corpus.npy'), readFileSync('whole.npy'))).toBe(0);
      expect(Buffer.compare(readFileSync('corpus.rows.jsonl'), readFileSync('whole.rows.jsonl'))).toBe(0);
      const manifest = (file: string): Record<string, unknown> => JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
      for (const key of ['counts', 'rowOffsets', 'inputs'])
        expect(manifest('corpus.manifest.json')[key]).toEqual(manifest('whole.manifest.json')[key]);
    },
  );

  it('by SIGKILL goes on too, but starts over where the input has changed', async () => {
    inFreshFolder();
    writeFileSync('corpus.txt', corpus);
    const child = spawn(process.execPath, [bin, 'encode', 'corpus.txt', '-q'], { stdio: 'ignore' });
    await until(() => existsSync('corpus.npy.journal') && readFileSync('corpus.npy.journal', 'utf8').includes('"counts"'));
    child.kill('SIGKILL');
    await ended(child);
    writeFileSync('corpus.txt', `X${corpus.slice(1)}`);
    const { code, err } = embed(['encode', 'corpus.txt']);
    expect(code).toBe(0);
    expect(err).not.toContain('going on at row');
    expect(JSON.parse(readFileSync('corpus.rows.jsonl', 'utf8').split('\n')[0]!)).toMatchObject({ text: 'Xtem 0 of 0' });
  });

  it('while reading standard input leaves nothing', async () => {
    inFreshFolder();
    const child = spawn(process.execPath, [bin, 'encode', '-', '-o', 'a.npy'], { stdio: ['pipe', 'ignore', 'pipe'] });
    child.stdin.write('one\ntwo\n');
    await until(() => existsSync('a.npy.part'));
    child.kill('SIGINT');
    expect((await ended(child)).code).toBe(130);
    expect(readdirSync('.')).toEqual([]);
  });
});

describe('two runs at once', () => {
  it('do not write the same set: the second is refused and the first goes on', async () => {
    inFreshFolder();
    writeFileSync('corpus.txt', corpus);
    const first = spawn(process.execPath, [bin, 'encode', 'corpus.txt', '-q'], { stdio: 'ignore' });
    await until(() => existsSync('corpus.npy.journal') && readFileSync('corpus.npy.journal', 'utf8').includes('writer'));
    const second = embed(['encode', 'corpus.txt', '--no-text']);
    expect(second.code).toBe(2);
    expect(second.err).toContain(`Cannot write corpus.npy: another run of embed is writing it (process ${first.pid})`);
    expect((await ended(first)).code).toBe(0);
    expect(embed(['search', 'corpus.npy', 'item', '-n', '1']).code).toBe(0);
  });
});

describe.skipIf(process.platform === 'win32')('pipes with a name', () => {
  it('are read once: a stopped run starts over instead of losing what was read', async () => {
    inFreshFolder();
    writeFileSync('corpus.txt', corpus);
    const command = `"${process.execPath}" "${bin}" encode <(cat corpus.txt) --input-format lines -o a.npy`;
    const child = spawn('bash', ['-c', `exec ${command}`], { stdio: 'ignore' });
    await until(() => existsSync('a.npy.part') && readFileSync('a.npy.part').length > 128);
    child.kill('SIGINT');
    expect((await ended(child)).code).toBe(130);
    expect(readdirSync('.')).toEqual(['corpus.txt']);
  });
});

describe('a search that is stopped', () => {
  it('while it waits for its corpus ends too', async () => {
    inFreshFolder();
    const child = spawn(process.execPath, [bin, 'search', '-', 'rice', '-o', 'hits.csv'], { stdio: ['pipe', 'ignore', 'pipe'] });
    child.stdin.write('half a line');
    await until(() => readdirSync('.').length > 0);
    await new Promise((resolve) => setTimeout(resolve, 500));
    child.kill('SIGHUP');
    expect((await ended(child)).code).toBe(129);
    expect(readdirSync('.')).toEqual([]);
  });

  it('while it encodes ends with 130 and leaves nothing, not even its temporary set', async () => {
    const folder = inFreshFolder();
    writeFileSync('corpus.txt', corpus);
    const child = spawn(process.execPath, [bin, 'search', 'corpus.txt', 'item', '-o', 'hits.csv'], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, TMPDIR: folder },
    });
    await until(() => readdirSync('.').some((name) => name.startsWith('embed-') && readdirSync(name).length > 1));
    child.kill('SIGINT');
    expect((await ended(child)).code).toBe(130);
    expect(readdirSync('.')).toEqual(['corpus.txt']);
  });
});

describe('a search that waits for its queries', () => {
  it('stops when it is told to', async () => {
    inFreshFolder();
    writeFileSync('corpus.txt', 'one\ntwo\n');
    const child = spawn(process.execPath, [bin, 'search', 'corpus.txt', '--queries', '-', '--report', 'hits.csv'], {
      stdio: ['pipe', 'ignore', 'pipe'],
    });
    await until(() => readdirSync('.').length > 1);
    child.kill('SIGINT');
    // as a wrapper does that passes on what the terminal has sent already
    child.kill('SIGINT');
    expect((await ended(child)).code).toBe(130);
    expect(readdirSync('.')).toEqual(['corpus.txt']);
  });
});

describe('reports and what is read', () => {
  it('a file behind standard input is not replaced', () => {
    inFreshFolder();
    writeFileSync('corpus.txt', 'one\n');
    const { status, stderr } = spawnSync(
      'bash',
      ['-c', `"${process.execPath}" "${bin}" search - one -o corpus.txt --overwrite < corpus.txt`],
      {
        encoding: 'utf8',
      },
    );
    expect(status).toBe(2);
    expect(stderr).toContain('Cannot write corpus.txt: it is one of the files that are read');
    expect(readFileSync('corpus.txt', 'utf8')).toBe('one\n');
  });

  it('a link stays a link, also where it leads nowhere yet, and a device is left alone', () => {
    inFreshFolder();
    writeFileSync('corpus.txt', 'one\n');
    symlinkSync('real.csv', 'link.csv');
    expect(embed(['search', 'corpus.txt', 'one', '-q', '-o', 'link.csv']).code).toBe(0);
    expect(readlinkSync('link.csv')).toBe('real.csv');
    expect(readFileSync('real.csv', 'utf8')).toMatch(/^query_id/);
    symlinkSync('/dev/null', 'null.csv');
    expect(embed(['search', 'corpus.txt', 'one', '-q', '-o', 'null.csv', '--overwrite']).err).toContain(
      'Cannot write null.csv: it is no regular file',
    );
    expect(
      embed(['search', 'corpus.txt', 'one', '-q', '-o', 'b.csv', '--report', 'link.csv', '--overwrite', '--report', 'real.csv']).err,
    ).toContain('twice');
  });
});

describe('pipes', () => {
  it('a reader that goes away does not cost the files', () => {
    inFreshFolder();
    writeFileSync('corpus.txt', corpus.split('\n').slice(0, 300).join('\n'));
    spawnSync('bash', [
      '-c',
      `"${process.execPath}" "${bin}" search corpus.txt --queries corpus.txt -n 300 -q --report hits.jsonl | head -n 1`,
    ]);
    expect(readFileSync('hits.jsonl', 'utf8').trimEnd().split('\n')).toHaveLength(300 * 300);
  });

  it.skipIf(!existsSync('/dev/full'))('a full disk behind standard output is an error, not an answer', () => {
    inFreshFolder();
    writeFileSync('corpus.txt', 'one\n');
    const { status, stderr } = spawnSync('bash', ['-c', `"${process.execPath}" "${bin}" search corpus.txt one -q > /dev/full`], {
      encoding: 'utf8',
    });
    expect({ status, stderr }).toEqual({
      status: 2,
      stderr: 'error: Cannot write to standard output: no space left on device\nhint: Make room, or send it elsewhere\n',
    });
  });

  it('a search whose reader goes away ends quietly', () => {
    inFreshFolder();
    writeFileSync('corpus.txt', corpus.split('\n').slice(0, 300).join('\n'));
    const { status, stdout, stderr } = spawnSync(
      'bash',
      ['-c', `set -o pipefail; "${process.execPath}" "${bin}" search corpus.txt --queries corpus.txt -n 300 -q | head -n 2`],
      { encoding: 'utf8' },
    );
    expect(stdout.trimEnd().split('\n')).toHaveLength(2);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });

  it('a reader that goes away ends the program quietly', () => {
    inFreshFolder();
    writeFileSync('corpus.txt', corpus);
    const { status, stdout, stderr } = spawnSync(
      'bash',
      ['-c', `set -o pipefail; "${process.execPath}" "${bin}" encode - -q < corpus.txt | head -n 2`],
      { encoding: 'utf8' },
    );
    expect(stdout.trimEnd().split('\n')).toHaveLength(2);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });

  it('quiet says nothing, errors aside', () => {
    inFreshFolder();
    writeFileSync('a.txt', '如何\n');
    expect(embed(['encode', 'a.txt', '-q'])).toEqual({ code: 0, out: '', err: '' });
    expect(embed(['encode', 'b.txt', '-q']).err).toContain('error: Cannot read b.txt');
  });
});

describe('a machine that embed does not run on', () => {
  /** The program, told by a first module that it runs elsewhere. */
  const elsewhere = (change: string, args: string[]): { code: number | null; out: string; err: string } => {
    const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', `data:text/javascript,${change}`, bin, ...args], {
      encoding: 'utf8',
    });
    return { code: status, out: stdout, err: stderr };
  };

  it('an old Node.js: one line and a hint', () => {
    const older = "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '18.20.8' } })";
    expect(elsewhere(older, ['--version'])).toEqual({
      code: 2,
      out: '',
      err: 'error: embed needs Node.js 20 or newer, this is 18.20.8\nhint: Install a current Node.js from nodejs.org or your package manager\n',
    });
  });

  it('a platform without ONNX Runtime: one line and a hint, from the thread that loads it', () => {
    inFreshFolder();
    writeFileSync('a.txt', 'cooked rice\nthe sea\n');
    expect(elsewhere("Object.defineProperty(process, 'arch', { value: 'arm' })", ['search', 'a.txt', 'rice'])).toEqual({
      code: 2,
      out: '',
      err: expect.stringMatching(/^error: Cannot load ONNX Runtime: there is no build of it for \w+ on arm\nhint: [^\n]+\n$/),
    });
  });
});
