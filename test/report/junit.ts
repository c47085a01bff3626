import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { validateXML } from 'xmllint-wasm';
import { projectFolder } from '../run.ts';

const schema = readFileSync(join(projectFolder, 'test/report/junit.xsd'), 'utf8');

/** Has libxml2, which GitLab reads with, read a file of JUnit, and check it and its counts. */
export const expectJunit = async (xml: string): Promise<void> => {
  const { valid, errors } = await validateXML({ xml: [{ fileName: 'r.xml', contents: xml }], schema: [schema] });
  expect(errors).toEqual([]);
  expect(valid).toBe(true);
  const count = (pattern: RegExp): string => String(xml.match(pattern)?.length ?? 0);
  const counts = `tests="${count(/<testcase /g)}" failures="${count(/<failure /g)}" errors="${count(/<error /g)}"`;
  expect(xml).toContain(`<testsuites ${counts}>`);
  expect(xml).toContain(`<testsuite name="embed dedup" ${counts} skipped="${count(/<skipped /g)}">`);
  const names = Array.from(xml.matchAll(/<testcase [^>]*>/g), ([head]) => head);
  expect(new Set(names).size).toBe(names.length);
};
