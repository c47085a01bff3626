import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { DuplicateRecord } from '../../src/report/duplicates.ts';
import { sarifChunks } from '../../src/report/sarif.ts';
import { inFreshFolder } from '../run.ts';
import { parseSarif, resultsOf, sarifOf } from './sarif.ts';
import { reportOf, textOf } from './shared.ts';

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
        help: { text: expect.any(String) as string, markdown: expect.any(String) as string },
        helpUri: expect.stringMatching(/^https:/) as string,
        properties: { tags: expect.any(Array) as string[] },
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
      message: { text: '3 more findings are not listed: GitHub takes no more; a report in .csv has all of them' },
    });
  });

  it('lists conflicts first, in rules and levels of their own, and counts what is left out', async () => {
    inFreshFolder();
    const rows = [...Array.from({ length: 25_000 }, () => ({})), { verdict: 'conflict', difference: 'it ≠ ops' } as const];
    const { results, tool } = (await sarifOf(reportOf(rows, { fail_on: 'conflicts', label_column: 'label' }))).runs[0];
    const [first, second] = results;
    expect(first).toMatchObject({ ruleId: 'label-conflict', level: 'error' });
    expect(first!.message.text).toContain('repeats t.txt:1 with another label: it ≠ ops (exact copy)');
    expect(tool.driver.rules[first!.ruleIndex]!.id).toBe('label-conflict');
    expect(second).toMatchObject({ ruleId: 'exact-copy', level: 'warning' });
    expect(results).toHaveLength(25_000);
  });

  it('has fingerprints of conflicts that change no others', async () => {
    inFreshFolder();
    const conflict = { verdict: 'conflict', difference: 'it ≠ ops' } as const;
    const prints = (await resultsOf(reportOf([{}, conflict, {}, conflict]))).map(
      ({ partialFingerprints }) => partialFingerprints['rowText/v1'],
    );
    expect(new Set(prints).size).toBe(4);
    expect((await resultsOf(reportOf([{}, {}]))).map(({ partialFingerprints }) => partialFingerprints['rowText/v1'])).toEqual(
      prints.slice(2),
    );
  });

  it('stays below what GitHub takes when it is packed', async () => {
    inFreshFolder();
    let seed = 1;
    const next = (): number => (seed = (seed * 48271) % 2147483647);
    const text = (): string => String.fromCharCode(...Array.from({ length: 200 }, () => 0x4e00 + (next() % 20000)));
    const chunks = await textOf(
      sarifChunks(reportOf(Array.from({ length: 16_000 }, () => ({ text: text(), keeper_text: text() }))), { version: '1' }),
    );
    expect(gzipSync(chunks, { level: 1 }).length).toBeLessThan(10_000_000);
    const { results, invocations } = parseSarif(chunks).runs[0];
    expect(results.length).toBeGreaterThan(5000);
    expect(invocations[0]!.toolExecutionNotifications.at(-1)!.message.text).toMatch(/^[\d,]+ more findings are not listed/);
  });
});
