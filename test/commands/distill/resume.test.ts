import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { inFreshFolder, run, signalWhen } from '../../run.ts';
import { corpus, tiny } from './fixtures.ts';

describe('embed distill, stopped', () => {
  it('goes on where it was stopped, with the same result', async () => {
    inFreshFolder();
    // a window and a few rows
    writeFileSync('corpus.txt', corpus(4500));
    const flags = ['--teacher', tiny, '--dims', '16'];
    const journal = 'small.teacher/corpus.npy.part/journal';
    const signal = signalWhen(() => existsSync(journal) && readFileSync(journal, 'utf8').includes('"counts"'));
    expect(await run(['distill', 'corpus.txt', '-o', 'small', ...flags], { signal })).toMatchObject({
      code: 130,
      err: expect.stringMatching(/stopped: the same command resumes at row 4097\n$/) as string,
    });
    expect(readdirSync('.').toSorted()).toEqual(['corpus.txt', 'small.teacher']);
    const { code, err } = await run(['distill', 'corpus.txt', '-o', 'small', ...flags]);
    expect(code).toBe(0);
    expect(err).toMatch(/^resuming at row 4097, where an earlier run was stopped\n/);
    await run(['distill', 'corpus.txt', '-o', 'whole', ...flags, '-q']);
    expect(Buffer.compare(readFileSync('small/model.safetensors'), readFileSync('whole/model.safetensors'))).toBe(0);
    expect(readdirSync('.').toSorted()).toEqual(['corpus.txt', 'small', 'whole']);
  });

  it('keeps the vectors when it is stopped after they are there', async () => {
    inFreshFolder();
    writeFileSync('corpus.txt', corpus(600));
    const flags = ['distill', 'corpus.txt', '-o', 'small', '--teacher', tiny, '--dims', '16'];
    const signal = signalWhen(() => existsSync('small.teacher/corpus.manifest.json'));
    expect(await run(flags, { signal })).toMatchObject({
      code: 130,
      err: expect.stringContaining("stopped: the teacher's vectors are kept; the same command resumes with them\n") as string,
    });
    const { code, err } = await run(flags);
    expect(code).toBe(0);
    expect(err).toContain('using small.teacher/corpus.npy of an earlier run\n');
    expect(existsSync('small.teacher')).toBe(false);
  });
});
