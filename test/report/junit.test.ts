import { describe, expect, it } from 'vitest';
import type { DuplicateSummary } from '../../src/report/duplicates.ts';
import { junitChunks } from '../../src/report/junit.ts';
import { inFreshFolder } from '../run.ts';
import { expectJunit } from './junit.ts';
import { reportOf, textOf } from './shared.ts';

const ROWS = [
  {},
  { match: 'near', cosine: 0.95 },
  { verdict: 'conflict', difference: 'it ≠ ops' },
  { verdict: 'differs', match: 'near', cosine: 0.97, difference: '1 ≠ 2' },
  { verdict: 'accepted' },
] as const;

const junitOf = async (summary: Partial<DuplicateSummary>): Promise<string> => {
  inFreshFolder();
  const xml = await textOf(junitChunks(reportOf(ROWS, summary)));
  await expectJunit(xml);
  return xml;
};

describe('JUnit', () => {
  it('has one test per finding, and one skipped for all rows that are accepted', async () => {
    const xml = await junitOf({ label_column: 'team' });
    expect(xml.match(/<testcase /g)).toHaveLength(5);
    expect(xml.match(/<failure /g)).toHaveLength(4);
    expect(xml).toContain('name="at most 0 duplicates and conflicts of labels"><failure ');
    expect(xml).toContain('<failure message="repeats t.txt:1 with another label: it ≠ ops (exact copy)">the sea</failure>');
    expect(xml).toContain('name="accepted rows"><skipped message="1 row may repeat others"/>');
    expect(xml).not.toContain('1 ≠ 2');
  });

  it('fails the tests that count, and no others', async () => {
    const xml = await junitOf({ fail_on: 'conflicts', label_column: 'team' });
    expect(xml).toContain('name="at most 0 conflicts of labels"><failure ');
    expect(xml.match(/<failure /g)).toHaveLength(2);
    expect(await junitOf({ allowed: 3 })).not.toContain('<failure');
    expect(await junitOf({ fail_on: 'duplicates', allowed: 1 })).toContain('name="at most 1 duplicates"><failure ');
  });

  it('is an error where nothing could be compared', async () => {
    expect(await junitOf({ allowed: 9, inconclusive: true })).toContain('<error message=');
  });
});
