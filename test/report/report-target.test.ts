import { describe, expect, it } from 'vitest';
import { duplicateFormats, TABLES_AND_TEXT } from '../../src/report/formats.ts';
import { fileFormat, reportPaths, reportTarget } from '../../src/report/report-target.ts';

const FILES = duplicateFormats('file');

describe('FORMAT:FILE', () => {
  it.each([
    ['r.json', 'r.json', 'json'],
    ['gitlab:r.json', 'r.json', 'gitlab'],
    ['sarif:findings', 'findings', 'sarif'],
    ['JUnit:r.xml', 'r.xml', 'junit'],
    ['xml:r', 'r', 'junit'],
    ['md:$SUMMARY', '$SUMMARY', 'markdown'],
    ['markdown:/tmp/step_summary_1', '/tmp/step_summary_1', 'markdown'],
    ['txt:r', 'r', 'text'],
    ['ndjson:r', 'r', 'jsonl'],
    ['./gitlab:r.json', './gitlab:r.json', 'json'],
    ['other:r.csv', 'other:r.csv', 'csv'],
    [String.raw`c:\r.html`, String.raw`c:\r.html`, 'html'],
    [String.raw`gitlab:c:\r.json`, String.raw`c:\r.json`, 'gitlab'],
    ['json:json:r', 'json:r', 'json'],
    ['R.MD', 'R.MD', 'markdown'],
  ])('%s', (value, path, format) => {
    expect(reportPaths([value])).toEqual([path]);
    expect(fileFormat(reportTarget(value), FILES)).toBe(format);
  });

  it.each(['-', '', 'gitlab:', 'sarif:-'])('names a file: not "%s"', (value) => {
    expect(() => reportTarget(value)).toThrow(/^Cannot write the report .*: it names no file$/);
  });

  it('is one that the command writes', () => {
    const of = (value: string, formats = FILES): string => fileFormat(reportTarget(value), formats);
    expect(() => of('sarif:r', TABLES_AND_TEXT)).toThrow(/^Cannot write r as sarif$/);
    expect(() => of('github:r.txt')).toThrow(/^Cannot write r\.txt as github: annotations are commands/);
    expect(() => of('gitlab:r.json', TABLES_AND_TEXT)).toThrow(/^Cannot write r\.json as gitlab$/);
    expect(() => of('./gitlab:r')).toThrow(/its suffix does not name a known format$/);
  });
});
