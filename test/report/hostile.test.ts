import { parse } from 'csv-parse/sync';
import { beforeAll, describe, expect, it } from 'vitest';
import { looksOf } from '../../src/report/cells.ts';
import { duplicateLines } from '../../src/report/duplicate-lines.ts';
import type { DuplicateReport } from '../../src/report/duplicates.ts';
import { duplicateChunks, duplicateFormats } from '../../src/report/formats.ts';
import { inFreshFolder } from '../run.ts';
import { expectJunit } from './junit.ts';
import { parseSarif } from './sarif.ts';
import { reportOf, textOf } from './shared.ts';

/** What a corpus may hold to reach the one who reads its report: commands, markup, links, formulas, and what no line can hold. */
const TEXTS = [
  '::error file=x,line=1::boo',
  '  ::stop-commands::token',
  '##[group]folded',
  'inside ##[add-mask]it, and ##vso[task.complete result=Failed;] and ##teamcity[x]',
  'first\n::error::second\n##[error]third\r\n::endgroup::',
  'section_start:1700000000:x[collapsed=true]\r\u001b[0Khidden',
  ']]></failure><evil a="1">&amp;&#x3c;<!--',
  'ansi \u001b[31mred\u001b[0m and \u001b]8;;https://evil.example\u0007link\u001b]8;;\u0007',
  'bidi \u202eabc\u2066def\u2069',
  '</script></style><img src=x onerror=alert(1)>',
  '[a](javascript:alert(1)) ![i](https://evil.example/p.png) <https://evil.example>',
  '| a | b \\| `` ` ``` **bold** <b> \\',
  '@octocat #12 GH-3 org/repo#4 :tada: www.evil.example mail@evil.example',
  '=cmd|x!A1',
  '+1+cmd',
  '-2+3+cmd',
  '@SUM(A1)',
  '\t=1+1',
  '＝cmd',
  'long '.repeat(2000),
  'x'.repeat(10_000),
  'nul \0 c1 \u0085\u009b del \u007f no \uffff',
  'half \ud800 and \udc00',
  '--flag 100% %0A %3A a#b',
];

const nameOf = (text: string): string => `${text.replace(/[/\0]/g, '_').slice(0, 100)}.txt`;

/** A report in which texts, ids, names of fields, labels and names of files are hostile. */
const hostile = ({ files }: { files: boolean }): DuplicateReport => {
  const verdicts = ['conflict', 'dropped', 'differs', 'accepted'] as const;
  return {
    ...reportOf(
      TEXTS.flatMap((text, at) =>
        verdicts.map((verdict, nth) => ({
          verdict,
          match: nth % 2 === 0 ? ('exact' as const) : ('near' as const),
          cosine: 0.951,
          text,
          keeper_text: text,
          id: text,
          keeper_id: `${text}2`,
          ...(files ? { file: nameOf(text), keeper_file: nameOf(text) } : {}),
          fields: { [text]: text, at },
          keeper_fields: { [text]: `other ${text}`, at },
          ...(verdict === 'conflict' || verdict === 'differs' ? { difference: `${text} ≠ ${text}` } : {}),
        })),
      ),
      { label_column: TEXTS[0]!, inputs: files ? TEXTS.map(nameOf) : ['t.txt'], against: files ? [nameOf(TEXTS[4]!)] : [] },
    ),
    fields: [...TEXTS, 'at'],
  };
};

const FOUND = TEXTS.length * 2;

const readOf = async (format: string, report: DuplicateReport): Promise<string> =>
  format === 'text'
    ? textOf(duplicateLines(report, looksOf({}).file))
    : textOf(duplicateChunks(report, format as Parameters<typeof duplicateChunks>[1]));

/** Lines that a runner takes for commands: GitHub's, Azure's and TeamCity's, the latter wherever they stand. */
const expectNoCommands = (lines: readonly string[]): void => {
  // oxlint-disable-next-line no-control-regex -- they begin what hides a line
  for (const line of lines) expect(line).not.toMatch(/^\s*::|##\w*\[|\r|\u001b/);
};

const checks: Record<string, (text: string, files: boolean) => void | Promise<void>> = {
  text: (text, files) => {
    expectNoCommands(text.split('\n'));
    const ours =
      /^(?:$|t\.txt:\d+ {2}| {2}(?:exact|\d\.\d{3}) | {2}… and |repeats(?: whose labels disagree)?:$|near, but different|\d+ of \d+ rows)/;
    if (!files) for (const line of text.split('\n')) expect(line).toMatch(ours);
  },
  github: (text) => {
    const lines = text.trimEnd().split('\n');
    const commands = lines.filter((line) => line.trimStart().startsWith('::'));
    expectNoCommands(lines.filter((line) => !commands.includes(line)));
    for (const line of commands)
      expect(line).toMatch(
        /^::(?:error file=[^:,]+,line=\d+,title=[^:,]+::.|notice title=[^:,]+::.|group::\d+ more findings$|endgroup::$)/,
      );
    expect(commands).toHaveLength(10 + 3);
    expect(lines).toHaveLength(FOUND + 3);
  },
  html: (text) => {
    const tags = new Set(Array.from(text.matchAll(/<(\/?[^\s>]*)/g), ([, name]) => name!.replace('/', '')));
    const ours = 'html head meta title style body main h1 h2 p dl div dt dd section table thead tbody tr th td';
    expect([...tags].filter((name) => !ours.split(' ').includes(name))).toEqual(['!doctype']);
    for (const [, attribute] of text.matchAll(/<[^>]*?\s([\w-]+)=/g))
      expect(['lang', 'charset', 'name', 'class', 'scope', 'dir', 'colspan']).toContain(attribute);
  },
  markdown: (text) => {
    expect(Buffer.byteLength(text)).toBeLessThan(1 << 20);
    for (const [, inner] of text.matchAll(/<code>(.*?)<\/code>/g)) expect(inner).not.toMatch(/[<>]/);
    const outside = text.replace(/<code>[^<]*<\/code>/g, '').replace(/<p>.*<\/p>/, '');
    expect(outside).not.toMatch(/evil|octocat|cmd|alert|long long|@|::/);
    const [, sentence] = /<p>(.*)<\/p>/.exec(text)!;
    expect(sentence).not.toMatch(/[@#]\w|:\w|</);
    expect(text.match(/^<tr><td>.*<\/td><\/tr>$/gm)).toHaveLength(FOUND);
  },
  sarif: (text) => {
    const { results, invocations } = parseSarif(text).runs[0];
    for (const { message } of invocations[0]!.toolExecutionNotifications) expectShown(message.text);
    expect(results).toHaveLength(FOUND);
    for (const { message, locations, partialFingerprints } of results) {
      expect(message.text).not.toMatch(/\]\(/);
      expectShown(message.text);
      expect(message.text.length).toBeLessThan(3000);
      expect(() => new URL(locations[0].physicalLocation.artifactLocation.uri, 'file:///')).not.toThrow();
      expect(locations[0].physicalLocation.artifactLocation.uri).toMatch(/^[\w.~!*'()%/-]+$/);
      expect(Object.keys(partialFingerprints)).toHaveLength(1);
    }
  },
  junit: (text) => expectJunit(text),
  gitlab: (text) => {
    const entries = JSON.parse(text) as { fingerprint: string; description: string }[];
    expect(new Set(entries.map(({ fingerprint }) => fingerprint)).size).toBe(FOUND);
    for (const { description } of entries) expectShown(description);
  },
  csv: (text) => {
    const rows = parse(text) as string[][];
    expect(rows).toHaveLength(1 + 4 * TEXTS.length);
    for (const cell of rows.flat()) expectInert(cell);
  },
  tsv: (text) => {
    const rows = text
      .split('\n')
      .slice(0, -1)
      .map((line) => line.split('\t'));
    expect(rows).toHaveLength(1 + 4 * TEXTS.length);
    for (const row of rows) {
      expect(row).toHaveLength(rows[0]!.length);
      for (const cell of row) expectInert(cell);
    }
  },
  // programs read these: the texts stay as they are
  json: (text) => expectTexts((JSON.parse(text) as { results: { text: string }[] }).results),
  jsonl: (text) =>
    expectTexts(
      text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as { text: string }),
    ),
};

/** Control characters, and those that turn the direction of writing, are shown as what they are. */
const expectShown = (text: string): void => {
  // oxlint-disable-next-line no-control-regex -- these are what must not be there
  expect(text.match(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufffe\uffff]/gu)).toBeNull();
  expect(Buffer.from(text).toString()).toBe(text);
};

/** A spreadsheet runs what begins like a formula. */
const expectInert = (cell: string): void => expect(cell).not.toMatch(/^[=+@\t\r\uff1d\uff0b\uff0d\uff20]|^-(?![\d.]*$)/);

const expectTexts = (records: readonly { text: string }[]): void =>
  expect(records.map(({ text }) => text)).toEqual(TEXTS.flatMap((text) => [text, text, text, text]));

describe('what a corpus holds', () => {
  beforeAll(() => void inFreshFolder());
  const formats = [...new Set([...duplicateFormats('screen'), ...duplicateFormats('file')])];

  it('is tried in every format', () => expect(Object.keys(checks).toSorted()).toEqual(formats.toSorted()));

  describe.each(formats)('%s', (format) => {
    it.each([
      ['texts, ids, fields and labels', false],
      ['names of files as well', true],
    ] as const)('is only shown: %s', async (_, files) => {
      const text = await readOf(format, hostile({ files }));
      await checks[format]!(text, files);
      // data for programs, and paths, which must be those of the files
      if (!['json', 'jsonl', 'csv', 'tsv', 'sarif', 'gitlab'].includes(format)) expectShown(text);
      expect(text.length).toBeGreaterThan(1000);
    });
  });

  it('leaves line breaks of a text on a page', async () => {
    const page = await readOf('html', reportOf([{ text: 'one\r\ntwo\tthree\rfour' }]));
    expect(page).toContain('<td dir="auto">one\ntwo\tthree␍four</td>');
  });
});
