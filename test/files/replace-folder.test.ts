import { chownSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { formerFolder, inodeOf, putBackFolder, settleFolder } from '../../src/files/folder-leftovers.ts';
import { ourselves } from '../../src/files/holder.ts';
import { replaceFolder } from '../../src/files/replace-folder.ts';
import { start } from '../children.ts';
import { inFreshFolder } from '../run.ts';

/** The number of a process that has ended. */
async function deadProcess(): Promise<number> {
  const child = start(process.execPath, ['-e', '']);
  await child.ended;
  return child.process.pid!;
}

const write = (content: string) => (part: string) => writeFileSync(join(part, 'file'), content);
const contentOf = (folder: string): string => readFileSync(join(folder, 'file'), 'utf8');
const hidden = (): string[] => readdirSync('.').filter((name) => name.startsWith('.'));

/** What a run leaves that is killed between its two renames. */
function killedBetween(pid: number, { host = ourselves().host }: { host?: string } = {}): { id: string; record: string } {
  const id = `${pid}-0123456789abcdef`;
  mkdirSync('m');
  writeFileSync('m/file', 'old');
  mkdirSync(`.m.${id}.part`);
  writeFileSync(`.m.${id}.part/file`, 'new');
  const record = `.m.${id}.replace`;
  writeFileSync(
    record,
    `${JSON.stringify({ ...ourselves(), host, pid })}\n${JSON.stringify({ before: inodeOf('m'), part: inodeOf(`.m.${id}.part`) })}\n`,
  );
  renameSync('m', `.m.${id}.before`);
  return { id, record };
}

beforeEach(() => void inFreshFolder());

describe('replaceFolder', () => {
  it('makes a folder, and replaces it, without leaving anything beside it', () => {
    replaceFolder('m', write('one'));
    expect(contentOf('m')).toBe('one');
    replaceFolder('m', write('two'));
    expect([contentOf('m'), readdirSync('.')]).toEqual(['two', ['m']]);
  });

  it('leaves the old folder where the new one fails', () => {
    replaceFolder('m', write('one'));
    const fail = (): void => {
      throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC', syscall: 'write' });
    };
    expect(() => replaceFolder('m', fail)).toThrow(
      expect.objectContaining({
        message: 'Cannot write m: no space left on device',
        hint: 'Make room on the disk and run the same command again',
      }),
    );
    expect([contentOf('m'), readdirSync('.')]).toEqual(['one', ['m']]);
  });

  it('follows a link to the folder, which stays a link', () => {
    mkdirSync('elsewhere');
    mkdirSync('elsewhere/m');
    symlinkSync('elsewhere/m', 'm');
    replaceFolder('m', write('one'));
    expect([contentOf('elsewhere/m'), readdirSync('elsewhere')]).toEqual(['one', ['m']]);
  });
});

describe('a run that was killed between its renames', () => {
  it('has its old folder put back by a reader, who removes nothing', async () => {
    killedBetween(await deadProcess());
    expect(putBackFolder('m')).toBe(true);
    expect(contentOf('m')).toBe('old');
    expect(hidden()).toHaveLength(2);
    expect(putBackFolder('m')).toBe(false);
  });

  it('has it put back by the next run, which says so and removes the rest', async () => {
    killedBetween(await deadProcess());
    const notes: string[] = [];
    settleFolder('m', (text) => void notes.push(text));
    expect([contentOf('m'), readdirSync('.')]).toEqual(['old', ['m']]);
    expect(notes).toEqual(['put back m: a run that was replacing it was killed']);
  });

  it('has it put back through a link', async () => {
    mkdirSync('elsewhere');
    process.chdir('elsewhere');
    killedBetween(await deadProcess());
    process.chdir('..');
    symlinkSync('elsewhere/m', 'm');
    expect(putBackFolder('m')).toBe(true);
    expect(contentOf('m')).toBe('old');
  });

  it('is waited for where it may be running, but not for ever', () => {
    killedBetween(1, { host: 'another' });
    expect(putBackFolder('m')).toBe(true);
    settleFolder('m', () => {});
    expect(hidden()).toHaveLength(2);
    const [record] = hidden().filter((name) => name.endsWith('.replace'));
    utimesSync(record!, 0, 0);
    settleFolder('m', () => {});
    expect(readdirSync('.')).toEqual(['m']);
  });

  it('has its old folder named where its record is gone or not to be trusted', async () => {
    const { id, record } = killedBetween(await deadProcess());
    const text = readFileSync(record, 'utf8');
    for (const bad of ['', '{}\n{}\n', text.replaceAll(/"before":"[^"]*"/g, '"before":"1:2"'), `${text.slice(0, -1)}`, 'x'.repeat(9999)]) {
      writeFileSync(record, bad);
      expect({ bad, back: putBackFolder('m') }).toEqual({ bad, back: false });
    }
    renameSync(record, 'real');
    writeFileSync('real', text);
    symlinkSync('real', record);
    expect(putBackFolder('m')).toBe(false);
    expect(formerFolder('m')).toBe(`.m.${id}.before`);
  });
});

describe('a run that was killed', () => {
  it('before its first rename leaves a part, which goes', async () => {
    const id = `${await deadProcess()}-0123456789abcdef`;
    mkdirSync('m');
    for (const text of ['', '{"host', `${JSON.stringify({ ...ourselves(), pid: Number.parseInt(id, 10) })}\n`]) {
      mkdirSync(`.m.${id}.part/1_Normalize`, { recursive: true });
      writeFileSync(`.m.${id}.replace`, text);
      settleFolder('m', () => {});
      expect(readdirSync('.')).toEqual(['m']);
    }
  });

  it('has a number that another process has now, and still counts as killed', async () => {
    const id = `${process.ppid}-0123456789abcdef`;
    mkdirSync('m');
    writeFileSync(`.m.${id}.replace`, `${JSON.stringify({ ...ourselves(), pid: process.ppid, start: '1' })}\n`);
    settleFolder('m', () => {});
    expect(readdirSync('.')).toEqual(['m']);
  });

  it('after its second rename leaves the old folder, which goes', async () => {
    const { id } = killedBetween(await deadProcess());
    renameSync(`.m.${id}.part`, 'm');
    settleFolder('m', () => {});
    expect([contentOf('m'), readdirSync('.')]).toEqual(['new', ['m']]);
  });

  it('leaves a folder alone that something else has taken the place of, and says so', async () => {
    const { id } = killedBetween(await deadProcess());
    mkdirSync('m');
    const notes: string[] = [];
    settleFolder('m', (text) => void notes.push(text));
    expect(contentOf(`.m.${id}.before`)).toBe('old');
    expect(notes).toEqual([
      `warning: ${join(process.cwd(), `.m.${id}.before`)} is what ${join(process.cwd(), 'm')} was before a run that was killed. Rename it if you need it, else delete it`,
    ]);
  });

  it('has nothing removed that is a link, has no record, or belongs to a run that may be there', async () => {
    const id = `${await deadProcess()}-0123456789abcdef`;
    const own = `${process.ppid}-0123456789abcdef`;
    mkdirSync('m');
    mkdirSync('precious');
    writeFileSync('precious/file', 'years of work');
    symlinkSync('precious', `.m.${id}.part`);
    writeFileSync(`.m.${id}.replace`, `${JSON.stringify({ ...ourselves(), pid: Number.parseInt(id, 10) })}\n`);
    mkdirSync(`.m.${id.replace('0', 'f')}.part`);
    mkdirSync(`.m.${own}.part`);
    // another machine's
    writeFileSync(`.m.${own}.replace`, `${JSON.stringify({ ...ourselves(), host: 'another' })}\n`);
    settleFolder('m', () => {});
    expect(contentOf('precious')).toBe('years of work');
    expect(hidden().toSorted()).toEqual(
      [`.m.${id}.part`, `.m.${id.replace('0', 'f')}.part`, `.m.${own}.part`, `.m.${own}.replace`].toSorted(),
    );
  });

  it.skipIf(process.getuid?.() !== 0)('has no record trusted that another user wrote', async () => {
    const { record } = killedBetween(await deadProcess());
    chownSync(record, 12345, 12345);
    expect(putBackFolder('m')).toBe(false);
    expect(existsSync('m')).toBe(false);
  });
});
