import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { realPath } from '../../src/files/repository-root.ts';
import { githubChunks } from '../../src/report/github.ts';
import { junitChunks } from '../../src/report/junit.ts';
import { inFreshFolder } from '../run.ts';
import { resultsOf, uriOf } from './sarif.ts';
import { reportOf, textOf } from './shared.ts';

afterEach(() => void vi.unstubAllEnvs());

describe('paths in reports for build servers', () => {
  const uris = async (...files: string[]): Promise<string[]> => (await resultsOf(reportOf(files.map((file) => ({ file }))))).map(uriOf);

  it('begin at the folder with .git, which is a file in a work tree', async () => {
    const top = inFreshFolder();
    mkdirSync('data/deep', { recursive: true });
    writeFileSync('.git', 'gitdir: elsewhere\n');
    process.chdir('data/deep');
    expect(await uris('t.txt', './t.txt', '../u.txt', join(realPath(top), 'v.txt'))).toEqual([
      'data/deep/t.txt',
      'data/deep/t.txt',
      'data/u.txt',
      'v.txt',
    ]);
    const github = await textOf(githubChunks(reportOf([{}])));
    expect(github).toContain('::error file=data/deep/t.txt,line=2,title=Exact copy::repeats data/deep/t.txt:1 (exact copy)');
    const junit = await textOf(junitChunks(reportOf([{}])));
    expect(junit).toContain('<testcase classname="data/deep/t.txt" name="data/deep/t.txt:2"><failure message="repeats data/deep/t.txt:1 ');
    const [result] = await resultsOf(reportOf([{}]));
    expect(result!.message.text).toBe('Row data/deep/t.txt:2 repeats data/deep/t.txt:1 (exact copy): “the sea” and “the sea”');
  });

  it.each(['GITHUB_WORKSPACE', 'CI_PROJECT_DIR'])('begin at %s before that', async (name) => {
    const top = inFreshFolder();
    mkdirSync('repo/.git', { recursive: true });
    mkdirSync('repo/data');
    vi.stubEnv(name, top);
    process.chdir('repo/data');
    expect(await uris('t.txt')).toEqual(['repo/data/t.txt']);
    vi.stubEnv(name, join(top, 'gone'));
    expect(await uris('t.txt')).toEqual(['data/t.txt']);
  });

  it('begin at the working folder where there is no repository', async () => {
    inFreshFolder();
    expect(await uris('t.txt')).toEqual(['t.txt']);
  });

  it('are percent-encoded, absolute outside of the root, and leave standard input its name', async () => {
    const top = realPath(inFreshFolder());
    mkdirSync('repo/.git', { recursive: true });
    process.chdir('repo');
    expect(await uris('a b/ü#1%.txt', 'a:b.txt', 'half\ud800.txt')).toEqual(['a%20b/%C3%BC%231%25.txt', 'a%3Ab.txt', 'half%EF%BF%BD.txt']);
    const [outside] = await resultsOf(reportOf([{ file: '../out side.txt' }]));
    expect(outside!.locations[0].physicalLocation.artifactLocation).toEqual({ uri: pathToFileURL(join(top, 'out side.txt')).href });
    expect(await textOf(githubChunks(reportOf([{ file: '../o.txt' }])))).toContain(`file=${top.replaceAll(':', '%3A')}/o.txt,`);
    mkdirSync('sub');
    process.chdir('sub');
    expect((await resultsOf(reportOf([{ file: 'stdin' }], { inputs: ['-'] }))).map(uriOf)).toEqual(['stdin']);
    expect((await resultsOf(reportOf([{ file: 'stdin' }], { inputs: ['stdin'] }))).map(uriOf)).toEqual(['sub/stdin']);
  });
});
