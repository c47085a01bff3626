import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { putBackFolder, settleFolder } from '../../src/files/folder-leftovers.ts';
import { replaceFolder } from '../../src/files/replace-folder.ts';
import { inFreshFolder, projectFolder } from '../run.ts';
import { listCalls, runWithFault, startWaiting, type FaultOptions, type Waiting } from './faults.ts';

/** replaceFolder, killed or failing at each of its calls: there is always one whole folder, the old one or the new one. */
const FILES = ['one', join('folder', 'two')];

function fill(folder: string, content: string): void {
  mkdirSync(join(folder, 'folder'), { recursive: true });
  for (const file of FILES) writeFileSync(join(folder, file), `${content} ${file}`);
}
/** Which folder it is, where there is one: it must be whole. */
function contentOf(folder: string): string {
  if (!existsSync(folder)) return 'nothing';
  const texts = FILES.map((file) => readFileSync(join(folder, file), 'utf8'));
  const [first] = texts[0]!.split(' ');
  expect(texts).toEqual(FILES.map((file) => `${first} ${file}`));
  return first!;
}

/** A script that replaces in/m, in a fresh folder. */
function prepare(rest: string = ''): FaultOptions {
  inFreshFolder();
  const [replace, leftovers] = ['replace-folder', 'folder-leftovers'].map(
    (name) => pathToFileURL(join(projectFolder, `dist/files/${name}.js`)).href,
  );
  const script = `
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { settleFolder } from '${leftovers}';
import { replaceFolder } from '${replace}';
function fill(folder, content) {
  mkdirSync(folder + '/folder', { recursive: true });
  for (const file of ${JSON.stringify(FILES)}) writeFileSync(folder + '/' + file, content + ' ' + file);
}
function replace() {
  try {
    replaceFolder('in/m', (part) => fill(part, 'new'));
    return 'done';
  } catch (error) {
    return error.name + ': ' + error.message + ': ' + error.hint;
  }
}
`;
  writeFileSync('script.mjs', `${script}\n${rest || 'process.stdout.write(replace());'}`);
  return { below: 'in', script: 'script.mjs' };
}
function begin({ old }: { old: boolean }): void {
  rmSync('in', { recursive: true, force: true });
  mkdirSync('in');
  if (old) fill('in/m', 'old');
}

describe.each([true, false])('a folder that is replaced (there is an old one: %s)', (old) => {
  it('is whole after a kill at any call, and the next run leaves nothing else', async () => {
    const options = prepare();
    begin({ old });
    const { calls, out } = await listCalls([], options);
    expect([out, contentOf('in/m'), readdirSync('in')]).toEqual(['done', 'new', ['m']]);
    const renamed = calls.findLast(({ name }) => name === 'renameSync')!.number;
    const within = calls.filter(({ name }) => name === 'writeSync').map(({ number }) => [number, 'kill-within'] as const);
    // without an old folder the calls are the same ones, without those of the old folder
    const all = old
      ? [...calls.map(({ number }) => [number, 'kill-before'] as const), ...within]
      : [[renamed, 'kill-before'] as const, [renamed, 'kill-after'] as const];
    for (const [number, kind] of all) {
      begin({ old });
      expect(await runWithFault([], number, kind, options)).toMatchObject({ signal: 'SIGKILL' });
      // a reader removes nothing
      const before = readdirSync('in').length;
      putBackFolder('in/m');
      expect(readdirSync('in')).toHaveLength(before);
      const expected = number > renamed || kind === 'kill-after' ? 'new' : old ? 'old' : 'nothing';
      expect([number, kind, contentOf('in/m')]).toEqual([number, kind, expected]);
      settleFolder('in/m', () => {});
      expect([number, kind, readdirSync('in')]).toEqual([number, kind, expected === 'nothing' ? [] : ['m']]);
      replaceFolder('in/m', (part) => fill(part, 'later'));
      expect([contentOf('in/m'), readdirSync('in')]).toEqual(['later', ['m']]);
    }
  });

  it('is the old or the new one after an error at any call, which is a plain one', async () => {
    const options = prepare(`
const results = [];
for (const kind of ['ENOSPC', 'EIO', 'EACCES']) {
  for (let number = 1; ; number++) {
    setFault();
    rmSync('in', { recursive: true, force: true });
    ${old ? "fill('in/m', 'old')" : "mkdirSync('in')"};
    setFault(number + ':' + kind);
    const said = replace();
    if (setFault() < number) break;
    const content = existsSync('in/m/one') ? readFileSync('in/m/one', 'utf8').split(' ')[0] : 'nothing';
    settleFolder('in/m', (note) => results.push(note));
    results.push({ kind, number, said, content, names: readdirSync('in') });
  }
}
process.stdout.write(JSON.stringify(results));
`);
    mkdirSync('in');
    const { out, err } = await listCalls([], options);
    expect(err).toBe('');
    const results = JSON.parse(out) as { kind: string; number: number; said: string; content: string; names: string[] }[];
    expect(results.length).toBeGreaterThan(30);
    for (const result of results) {
      // the new folder is there, and what is left goes with the next run
      const done = result.content === 'new';
      const content = done ? 'new' : old ? 'old' : 'nothing';
      const said: unknown = done ? 'done' : expect.stringMatching(/^EmbedError: Cannot write in\/m(\/\w+)*: [a-z/ ]+: [A-Z]/);
      if (result.kind === 'ENOSPC' && !done) expect(result.said).toContain(': no space left on device: Make room on the disk');
      expect(result).toMatchObject({ said, content, names: content === 'nothing' ? [] : ['m'] });
    }
  });
});

describe('a run that waits between its renames', () => {
  /** Starts a run that waits when the old folder has been put aside. */
  const startAndWaitAside = async (): Promise<Waiting> => {
    const options = prepare();
    begin({ old: true });
    const { calls } = await listCalls([], options);
    const aside = calls.find(({ name }) => name === 'renameSync')!.number;
    begin({ old: true });
    const waiting = startWaiting([], aside, 'wait-after', options);
    await waiting.waits();
    return waiting;
  };

  it('is refused where another folder has come meanwhile, and neither is lost', async () => {
    const waiting = await startAndWaitAside();
    expect(readdirSync('in')).not.toContain('m');
    fill('in/m', 'their');
    waiting.go();
    expect(await waiting.child.ended).toMatchObject({
      code: 0,
      out: 'EmbedError: Cannot write in/m: another run has written it meanwhile: Run the command again to replace it',
    });
    expect(contentOf('in/m')).toBe('their');
    const before = readdirSync('in').find((name) => name.endsWith('.before'))!;
    expect(contentOf(join('in', before))).toBe('old');
    const notes: string[] = [];
    settleFolder('in/m', (text) => void notes.push(text));
    expect(notes).toEqual([expect.stringMatching(/^warning: .*\.before is what .* was before a run that was killed/)]);
    cpSync(join('in', before), 'in/kept', { recursive: true });
    expect(contentOf('in/kept')).toBe('old');
  });

  it('keeps a reader waiting until it is there, or gives way', async () => {
    const waiting = await startAndWaitAside();
    expect(putBackFolder('in/m')).toBe(true);
    expect(contentOf('in/m')).toBe('old');
    waiting.go();
    expect((await waiting.child.ended).out).toContain('another run has written it meanwhile');
    expect([contentOf('in/m'), readdirSync('in')]).toEqual(['old', ['m']]);
  });
});
