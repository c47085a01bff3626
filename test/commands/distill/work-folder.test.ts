import { chownSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { beforeEach, describe, expect, it } from 'vitest';
import { inFreshFolder, run } from '../../run.ts';
import { corpus, tiny } from './fixtures.ts';

const distill = ['distill', 'corpus.txt', '-o', 'small', '--teacher', tiny, '--dims', '16', '-q'];
const refused = (why: string) => ({
  code: 2,
  out: '',
  err: `error: Cannot keep vectors in small.teacher: ${why}\nhint: Name another folder with -o, or move that one away\n`,
});

beforeEach(() => {
  inFreshFolder();
  writeFileSync('corpus.txt', corpus(60));
});

describe('the working folder of embed distill', () => {
  it('is not a link, nor is its marker', async () => {
    mkdirSync('precious');
    writeFileSync('precious/thesis.txt', 'years of work');
    symlinkSync('precious', 'small.teacher');
    expect(await run(distill)).toEqual(refused('it is a link'));
    renameSync('small.teacher', 'link');
    mkdirSync('small.teacher');
    writeFileSync('marker', '');
    symlinkSync('../marker', 'small.teacher/README.txt');
    expect(await run(distill)).toEqual(refused('a folder of that name exists and embed distill did not write it'));
    expect([readFileSync('marker', 'utf8'), readdirSync('precious')]).toEqual(['', ['thesis.txt']]);
  });

  it.skipIf(process.getuid?.() !== 0)("is not another user's", async () => {
    mkdirSync('small.teacher');
    chownSync('small.teacher', 12345, 12345);
    expect(await run(distill)).toEqual(refused('it belongs to another user'));
  });

  it('is used again where a run was killed while it made or removed it', async () => {
    for (const left of ['', 'Vectors for an unf']) {
      mkdirSync('small.teacher');
      writeFileSync('small.teacher/README.txt', left);
      expect(await run(distill)).toMatchObject({ code: 0 });
      expect(existsSync('small.teacher')).toBe(false);
    }
    mkdirSync('small.teacher');
    expect(await run(distill)).toMatchObject({ code: 0 });
    expect(readdirSync('.').toSorted()).toEqual(['corpus.txt', 'small']);
  });

  it('goes away where a run fails before it has kept any vector', async () => {
    writeFileSync('corpus.txt', '');
    expect((await run(distill)).code).toBe(2);
    expect(readdirSync('.')).toEqual(['corpus.txt']);
  });
});

describe('the folder of a model', () => {
  it('is not a link to nothing', async () => {
    symlinkSync('away', 'small');
    expect(await run(distill)).toMatchObject({
      code: 2,
      err: 'error: Cannot write small: it is a link to a folder that is not there\nhint: Name another folder with -o\n',
    });
    expect(existsSync('away')).toBe(false);
  });

  it('that nobody can put back is named where it is missed', async () => {
    await run(distill);
    renameSync('small', '.small.4711-0123456789abcdef.before');
    expect(await run(['encode', 'corpus.txt', '--model', 'small'])).toMatchObject({
      code: 2,
      err: 'error: Cannot find the model "small": a run that was replacing it seems to have left it as .small.4711-0123456789abcdef.before\nhint: If you know whose folder that is, give it its name back; else delete it\n',
    });
  });
});
