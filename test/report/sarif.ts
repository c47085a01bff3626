import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { expect } from 'vitest';
import type { DuplicateReport } from '../../src/report/duplicates.ts';
import { sarifChunks } from '../../src/report/sarif.ts';
import { projectFolder } from '../run.ts';
import { textOf } from './shared.ts';

export type Result = {
  ruleId: string;
  ruleIndex: number;
  level: string;
  message: { text: string };
  locations: [{ physicalLocation: { artifactLocation: { uri: string; uriBaseId?: string }; region?: { startLine: number } } }];
  relatedLocations: { physicalLocation: { artifactLocation: { uri: string } } }[];
  partialFingerprints: Record<string, string>;
};
export type Sarif = {
  $schema: string;
  version: string;
  runs: [
    {
      tool: { driver: { name: string; version: string; informationUri: string; rules: ({ id: string } & Record<string, unknown>)[] } };
      results: Result[];
      invocations: { executionSuccessful: boolean; toolExecutionNotifications: { level: string; message: { text: string } }[] }[];
    },
  ];
};

const path = 'node_modules/@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json';
// the schema is of a draft before Ajv's, from which it differs in these two names
const { $schema: _, id: __, ...schema } = JSON.parse(readFileSync(join(projectFolder, path), 'utf8')) as Record<string, unknown>;
const isValid = new Ajv({ strict: false, unicodeRegExp: false, validateFormats: false }).compile(schema);

/** The SARIF of a text; it follows the official schema. */
export const parseSarif = (text: string): Sarif => {
  const sarif = JSON.parse(text) as Sarif;
  expect(isValid(sarif), JSON.stringify(isValid.errors)).toBe(true);
  return sarif;
};

export const sarifOf = async (report: DuplicateReport): Promise<Sarif> =>
  parseSarif(await textOf(sarifChunks(report, { version: '1.2.3' })));
export const resultsOf = async (report: DuplicateReport): Promise<Result[]> => (await sarifOf(report)).runs[0].results;
export const uriOf = ({ locations: [{ physicalLocation }] }: Result): string => physicalLocation.artifactLocation.uri;
