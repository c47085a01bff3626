import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { realPath } from '../../src/files/repository-root.ts';
import type { DuplicateRecord, DuplicateReport } from '../../src/report/duplicates.ts';
import { githubChunks } from '../../src/report/github.ts';
import { htmlChunks } from '../../src/report/html.ts';
import { junitChunks } from '../../src/report/junit.ts';
import { sarifChunks } from '../../src/report/sarif.ts';
import { inFreshFolder } from '../run.ts';

type Result = {
  ruleId: string;
  ruleIndex: number;
  level: string;
  message: { text: string };
  locations: [{ physicalLocation: { artifactLocation: { uri: string; uriBaseId?: string }; region?: { startLine: number } } }];
  relatedLocations: { physicalLocation: { artifactLocation: { uri: string } } }[];
  partialFingerprints: Record<string, string>;
};
type Sarif = {
  $schema: string;
  version: string;
  runs: [
    {
      tool: { driver: { name: string; version: string; informationUri: string; rules: { id: string }[] } };
      results: Result[];
      invocations: { executionSuccessful: boolean; toolExecutionNotifications: { level: string; message: { text: string } }[] }[];
    },
  ];
};

/** A report with these dropped rows, each a copy of the row before the first. */
const reportOf = (
  dropped: readonly { [Name in keyof DuplicateRecord]?: DuplicateRecord[Name] | undefined }[],
  inputs: string[] = ['t.txt'],
): DuplicateReport => {
  const records = dropped.map((record, at) => ({
    row: at + 1,
    id: `${record.file ?? 't.txt'}:${record.line ?? at + 2}`,
    verdict: 'dropped',
    match: 'exact',
    keeper_row: 0,
    keeper_file: 't.txt',
    keeper_line: 1,
    file: 't.txt',
    line: at + 2,
    text: 'the sea',
    keeper_text: 'the sea',
    ...record,
  })) as DuplicateRecord[];
  const count = records.length;
  return {
    schema: 'embed.dedup/1',
    summary: {
      inputs,
      against: [],
      model: 'minilm',
      min_cosine: 0.94,
      keep: 'first',
      differing: 'keep',
      rows: count + 1,
      kept: 1,
      dropped: count,
      exact: count,
      near: 0,
      conflicts: 0,
      differs: 0,
      accepted: 0,
      fail_on: 'any',
      unjudged: 0,
      unjudged_by_reason: {},
      against_rows: [],
      groups: 1,
      allowed: 0,
      inconclusive: false,
      passed: false,
    },
    columns: [],
    async *groups() {
      yield records;
    },
    recordsOf: (record) => [record],
    async *found() {
      for (let first = 0; first < count; first += 8192) yield records.slice(first, first + 8192);
    },
    groupsOf: (verdict) => (verdict === 'dropped' ? 1 : 0),
    largest: async (verdict) => (verdict === 'dropped' ? [{ size: count, members: records.slice(0, 10) }] : []),
  };
};

const textOf = async (chunks: AsyncIterable<string>): Promise<string> => {
  let text = '';
  for await (const chunk of chunks) text += chunk;
  return text;
};
const sarifOf = async (report: DuplicateReport): Promise<Sarif> =>
  JSON.parse(await textOf(sarifChunks(report, { version: '1.2.3' }))) as Sarif;
const resultsOf = async (report: DuplicateReport): Promise<Result[]> => (await sarifOf(report)).runs[0].results;
const uriOf = ({ locations: [{ physicalLocation }] }: Result): string => physicalLocation.artifactLocation.uri;

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
    expect((await resultsOf(reportOf([{ file: 'stdin' }], ['-']))).map(uriOf)).toEqual(['stdin']);
    expect((await resultsOf(reportOf([{ file: 'stdin' }], ['stdin']))).map(uriOf)).toEqual(['sub/stdin']);
  });
});

describe('SARIF', () => {
  it('has what the schema and code hosts require', async () => {
    inFreshFolder();
    const sarif = await sarifOf(
      reportOf([
        { match: 'near', cosine: 0.951, text: 'the  [sea](http://x)\nis calm' },
        { file: undefined, line: undefined, id: 'row:2' },
      ]),
    );
    expect(sarif).toMatchObject({ $schema: expect.stringMatching(/sarif-2\.1\.0\.json$/) as string, version: '2.1.0' });
    const [{ tool, results, invocations }] = sarif.runs;
    expect(tool.driver).toMatchObject({
      name: 'embed dedup',
      version: '1.2.3',
      informationUri: expect.stringMatching(/^https:\/\//) as string,
    });
    for (const rule of tool.driver.rules) {
      expect(rule).toMatchObject({
        shortDescription: { text: expect.any(String) as string },
        fullDescription: {},
        help: { text: expect.any(String) as string },
      });
    }
    for (const { ruleId, ruleIndex, level } of results) {
      expect(tool.driver.rules[ruleIndex]!.id).toBe(ruleId);
      expect(level).toBe('error');
    }
    expect(results[0]).toMatchObject({
      ruleId: 'near-duplicate',
      message: { text: 'Row t.txt:2 repeats t.txt:1 (cosine 0.951): “the [sea] (http://x) is calm” and “the sea”' },
      locations: [{ physicalLocation: { artifactLocation: { uri: 't.txt', uriBaseId: '%SRCROOT%' }, region: { startLine: 2 } } }],
      relatedLocations: [{ id: 1, physicalLocation: { artifactLocation: { uri: 't.txt' }, region: { startLine: 1 } } }],
    });
    expect(results[1]).not.toHaveProperty('locations');
    expect(invocations).toMatchObject([{ executionSuccessful: true, toolExecutionNotifications: [{ level: 'note' }] }]);
  });

  it('has fingerprints that stay when lines move, and tell equal rows apart', async () => {
    inFreshFolder();
    const prints = async (...rows: Partial<DuplicateRecord>[]): Promise<string[]> =>
      (await resultsOf(reportOf(rows))).map(({ partialFingerprints }) => partialFingerprints['rowText/v1']!);
    const [sea, again, rice] = await prints({ line: 2 }, { line: 3 }, { line: 4, text: 'rice' });
    expect(new Set([sea, again, rice]).size).toBe(3);
    expect(await prints({ line: 102, keeper_line: 50 }, { line: 140, text: 'rice' }, { line: 150 })).toEqual([sea, rice, again]);
    expect(await prints({ file: 'u.txt' })).not.toContain(sea);
  });

  it('lists 25,000 results, and says how many are left out', async () => {
    inFreshFolder();
    const { results, invocations } = (await sarifOf(reportOf(Array.from({ length: 25_003 }, () => ({}))))).runs[0];
    expect(results).toHaveLength(25_000);
    expect(invocations[0]!.toolExecutionNotifications.at(-1)).toEqual({
      level: 'warning',
      message: { text: '3 more duplicates are not listed: the limit is 25,000; a report in .csv has all of them' },
    });
  });
});

describe('annotations', () => {
  it('say how many of them GitHub shows', async () => {
    inFreshFolder();
    const ten = await textOf(githubChunks(reportOf(Array.from({ length: 10 }, () => ({})))));
    expect(ten).not.toContain('GitHub shows');
    const eleven = await textOf(githubChunks(reportOf(Array.from({ length: 11 }, () => ({})))));
    expect(eleven.match(/^::error /gm)).toHaveLength(11);
    expect(eleven).toMatch(/^::notice title=embed dedup::.*; GitHub shows the first 10 beside the code, the log has all$/m);
  });
});

describe('control characters', () => {
  const EVIL = 'nul \0 esc \u001b[31m c1 \u0085\u009b del \u007f bidi \u202eabc\u2066d half \ud800 no \uffff';

  it('are visible in pages, annotations and JUnit', async () => {
    inFreshFolder();
    const report = reportOf([{ text: EVIL, keeper_text: EVIL, file: `a\u202e.txt`, keeper_file: 'b\u001b.txt' }]);
    const reports = await Promise.all(
      [htmlChunks(report), githubChunks(report), junitChunks(report), sarifChunks(report, { version: '1' })].map(textOf),
    );
    for (const [at, text] of reports.entries()) {
      // oxlint-disable-next-line no-control-regex -- these are what must not be there
      expect(text.match(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\ufffe\uffff]/gu), String(at)).toBeNull();
      expect(Buffer.from(text).toString()).toBe(text);
      expect(text, String(at)).toContain('nul ␀ esc ␛[31m c1 [U+0085][U+009B] del ␡ bidi [U+202E]abc[U+2066]d half [U+D800] no [U+FFFF]');
    }
  });

  it('leave line breaks of a text on the page', async () => {
    inFreshFolder();
    expect(await textOf(htmlChunks(reportOf([{ text: 'one\r\ntwo\tthree\rfour' }])))).toContain('<td dir="auto">one\ntwo\tthree␍four</td>');
  });
});
