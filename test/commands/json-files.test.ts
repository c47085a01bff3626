import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { beforeEach, describe, expect, it } from 'vitest';
import type { SetRow } from '../../src/vectors/rows-file.ts';
import { inFreshFolder, projectFolder, run as runProgram, type Outcome } from '../run.ts';

const RECORDS = [
  { text: 'The printer jams on page two.', n: 1 },
  { text: 'Where is my parcel?', n: 2 },
  { text: 'The printer jams on page two.', n: 3 },
];
const lines = (text: string): SetRow[] =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as SetRow);
/** A small static model: what is read is the question here, not its vectors. */
const MODEL = ['--model', join(projectFolder, 'fixtures/static/m2v-float32')];
const run = (args: readonly string[], options?: { stdin: string }): Promise<Outcome> =>
  runProgram([...args, ...MODEL, ...(args[0] === 'dedup' ? ['--min-cosine', '0.999'] : [])], options);
const encoded = async (args: readonly string[], stdin = ''): Promise<SetRow[]> => {
  const { out, err } = await run(['encode', ...args, '-o', '-'], { stdin });
  if (out === '') throw new Error(err);
  return lines(out);
};
const textsOf = async (args: readonly string[], stdin = ''): Promise<unknown[]> => (await encoded(args, stdin)).map(({ text }) => text);
const TEXTS = RECORDS.map(({ text }) => text);

beforeEach(() => void inFreshFolder());

describe('a JSON file', () => {
  it.each<[string, string]>([
    ['an array', JSON.stringify(RECORDS)],
    ['an array printed over lines', JSON.stringify(RECORDS, null, 2)],
    ['an array of texts', JSON.stringify(TEXTS)],
    ['an object with a list', JSON.stringify({ version: 1, tags: ['x', 'y'], data: RECORDS })],
    ['a list further down', JSON.stringify({ response: { docs: RECORDS, empty: [] } }, null, 2)],
    ['JSON Lines', RECORDS.map((record) => `${JSON.stringify(record)}\n`).join('')],
    ['objects printed one after another', RECORDS.map((record) => `${JSON.stringify(record, null, 2)}\n`).join('')],
    ['an array behind a byte order mark', `\ufeff${JSON.stringify(RECORDS)}`],
  ])('that is %s has its records as rows, also gzipped and through a pipe', async (_, json) => {
    writeFileSync('a.json', json);
    writeFileSync('b.json.gz', gzipSync(json));
    expect(await textsOf(['a.json'])).toEqual(TEXTS);
    expect(await textsOf(['b.json.gz'])).toEqual(TEXTS);
    expect(await textsOf(['-', '--input-format', 'json'], json)).toEqual(TEXTS);
    if (!json.startsWith('\ufeff')) expect(await textsOf(['-'], json)).toEqual(TEXTS);
  });

  it('is a set with its fields, and up to date in the next run', async () => {
    writeFileSync('a.json', `[\n${RECORDS.map((record) => JSON.stringify(record)).join(',\n')}\n]\n`);
    expect((await run(['encode', 'a.json'])).code).toBe(0);
    expect(lines(readFileSync('a.rows.jsonl', 'utf8'))).toMatchObject(
      RECORDS.map(({ text, n }, at) => ({ id: `a.json:${at + 2}`, text, file: 'a.json', line: at + 2, fields: { n } })),
    );
    expect((await run(['encode', 'a.json'])).err).toBe('a.npy is up to date: same input, model and options\n');
    expect((await run(['search', 'a.json', 'Where is my parcel?', '-n', '1'])).out).toMatch(/a\.json:3 {2}Where is my parcel\?\n$/);
  });

  it('with many records on a line tells them apart', async () => {
    writeFileSync('a.json', JSON.stringify(RECORDS));
    expect((await encoded(['a.json'])).map(({ id, line }) => [id, line])).toEqual([
      ['a.json:1', 1],
      ['a.json:1#2', 1],
      ['a.json:1#3', 1],
    ]);
    expect((await run(['dedup', 'a.json', '-q'])).out).toContain(
      'a.json:1  The printer jams on page two.  [n 1]\n  exact  a.json:1#3  The printer jams on page two.  [n 3]\n',
    );
    expect((await run(['search', 'a.json', '--like', 'a.json:1#3', '-n', '1', '-q'])).out).toContain('a.json:1  The printer jams');
    expect((await run(['search', 'a.json', 'Where is my parcel?', '-n', '1', '-q'])).out).toMatch(
      / {2}a\.json:1#2 {2}Where is my parcel\?\n$/,
    );
    writeFileSync('b.json', '[{"text":"a"},{"body":"b"}]');
    expect((await run(['encode', 'b.json'])).err).toContain(
      'the text of the record at line 1 (record 2 on it) in b.json: its fields are body',
    );
  });

  it('says which list of its object was taken, and asks where several may be meant', async () => {
    writeFileSync('a.json', JSON.stringify({ meta: { tags: ['x'] }, data: { items: RECORDS } }));
    expect((await run(['encode', 'a.json', '-o', '-'])).err).toContain('a.json: the records are the list data.items of its object\n');
    writeFileSync('b.json', JSON.stringify({ old: RECORDS.slice(0, 1), new: RECORDS }));
    const { code, err } = await run(['encode', 'b.json']);
    expect({ code, err }).toEqual({
      code: 2,
      err:
        'error: Cannot tell which list of b.json holds the records: it has old, new\n' +
        'hint: Choose one with --records, for example --records old; --input-format jsonl reads the object as one record\n',
    });
    expect(await textsOf(['b.json', '--records', 'old'])).toEqual(TEXTS.slice(0, 1));
    expect(await textsOf(['b.json', '--records', 'new'])).toEqual(TEXTS);
    expect(await textsOf(['b.json', '--input-format', 'jsonl', '--text-column', 'new[1].text'])).toEqual([TEXTS[1]]);
    await run(['encode', 'b.json', '--records', 'new']);
    expect((await run(['dedup', 'b.json', '--records', 'old'])).err).toContain('b.npy is not used: it was made with --records new;');
    expect((await run(['encode', 'b.json', '--records', 'gone', '-o', '-'])).err).toContain('its lists are old, new\n');
    writeFileSync('c.csv', 'text\na\n');
    expect((await run(['encode', 'c.csv', '--records', 'new'])).err).toContain('Cannot use --records with c.csv');
    expect((await run(['search', 'b.npy', 'x', '--records', 'new'])).err).toContain('Cannot use --records with b.npy');
  });

  it('is read under the name of JSON Lines, which a note says', async () => {
    for (const name of ['a.jsonl', 'a.ndjson']) {
      writeFileSync(name, JSON.stringify(RECORDS));
      const { err, out } = await run(['encode', name, '-o', '-']);
      expect(err).toContain(`${name}: it is one array, not JSON Lines; its elements are the records\n`);
      expect(lines(out).map(({ text }) => text)).toEqual(TEXTS);
    }
  });

  it('holds vectors in any form', async () => {
    const vectors = [
      [1, 0],
      [0, 1],
    ].map((embedding, at) => ({ text: `t${at}`, embedding }));
    for (const [at, json] of [vectors, { data: vectors }].entries()) {
      writeFileSync(`v${at}.json`, JSON.stringify(json));
      const { out } = await run(['search', `v${at}.json`, '--like', 'row:0', '--format', 'jsonl']);
      expect(lines(out)).toMatchObject([{ id: `v${at}.json:1#2`, text: 't1' }]);
    }
    expect(
      lines((await run(['search', '-', '--like', 'row:0', '--format', 'jsonl'], { stdin: JSON.stringify(vectors) })).out),
    ).toHaveLength(1);
    expect((await run(['encode', 'v0.json'])).err).toContain('its records already hold vectors');
  });

  it('gives its records back to cluster', async () => {
    writeFileSync('a.json', JSON.stringify({ data: RECORDS }));
    expect((await run(['cluster', 'a.json', '-k', '2', '-q', '-o', 'b.jsonl'])).code).toBe(0);
    expect(lines(readFileSync('b.jsonl', 'utf8'))).toMatchObject(RECORDS);
  });
});

describe('a pipe', () => {
  it.each<[string, string]>([
    ['JSON Lines', '{"text":"a cat"}\n{"text":"a dog"}\n'],
    ['an array', '[{"text":"a cat"},\n {"text":"a dog"}]'],
    ['an array of texts', '[\n  "a cat",\n  "a dog"\n]\n'],
    ['an array of texts on one line', '["a cat", "a dog"]'],
    ['printed objects', '{\n  "text": "a cat"\n}\n{\n  "text": "a dog"\n}\n'],
  ])('of %s is read as JSON by every command, and a note says so', async (_, stdin) => {
    const note = 'note: standard input looks like JSON and is read as such; to read it as lines of text, say --input-format lines\n';
    const encode = await run(['encode', '-', '-o', '-'], { stdin });
    expect(encode.err).toContain(note);
    expect(lines(encode.out)).toMatchObject([{ text: 'a cat' }, { text: 'a dog' }]);
    const dedup = await run(['dedup', '-'], { stdin });
    expect(dedup.err).toContain(note);
    expect(dedup.out).toContain('no duplicates among 2 rows');
    expect((await run(['cluster', '-', '-k', '2', '-o', '-'], { stdin })).out).toMatch(/^\{"text":"a cat"/);
    writeFileSync('a.txt', 'a lion\n');
    const search = await run(['search', 'a.txt', '--queries', '-', '--format', 'jsonl'], { stdin });
    expect(search.err).toContain('say --query-format lines\n');
    expect(lines(search.out)).toMatchObject([{ query: 'a cat' }, { query: 'a dog' }]);
    expect(await textsOf(['-', '--input-format', 'lines'], stdin)).toEqual(stdin.trimEnd().split('\n'));
  });

  it.each<[string, string, string]>([
    ['a table', 'id,text\n1,a cat\n2,a dog\n', 'say --input-format csv to read it as one'],
    ['a table of tabs', 'id\ttext\n1\ta cat\n2\ta dog\n', 'say --input-format tsv to read it as one'],
    ['a table of semicolons', 'id;text\n1;a cat\n2;a dog\n', "say --input-format csv --delimiter ';' to read it as one"],
    ['a table with quotes', 'id,text\n1,"a cat, two\ndogs"\n2,a dog\n', 'say --input-format csv to read it as one'],
  ])('of %s is read as lines, and a note says what to type', async (_, stdin, advice) => {
    const { err, out } = await run(['encode', '-', '-o', '-'], { stdin });
    expect(err).toContain(`note: standard input looks like a table (columns id, text), but is read as lines of text; ${advice}\n`);
    expect(lines(out).map(({ text }) => text)).toEqual(stdin.trimEnd().split('\n'));
    const typed = /(--input-format .*) to read it/.exec(err)![1]!.replaceAll("'", '').split(' ');
    expect(await textsOf(['-', ...typed, '--text-column', 'text'], stdin)).toContain('a dog');
  });

  it.each([
    'Dear all, the shop is closed.\nPlease come back, we open soon.\nSee you, Anna\n',
    'jams, again\nno ink, at all\n',
    '[note] a cat\n[note] a dog\n',
    '["a"] is a list\n["b"] is one, too\n',
    '["a", "b"]\n["c", "d"]\n',
    '{a cat}\n{a dog}\n',
    '{}\na cat\na dog\n',
    '"a cat"\n"a dog"\n',
    'one\n',
  ])('of text is text: %j', async (stdin) => {
    const { err, out } = await run(['encode', '-', '-o', '-'], { stdin });
    expect(err).not.toContain('note:');
    expect(lines(out).map(({ text }) => text)).toEqual(stdin.trimEnd().split('\n'));
  });
});

describe('the rows that dedup keeps of JSON', () => {
  const forms: [string, string, (kept: typeof RECORDS) => string][] = [
    ['an array', JSON.stringify(RECORDS), (kept) => JSON.stringify(kept)],
    ['a printed array', `${JSON.stringify(RECORDS, null, 2)}\n`, (kept) => `${JSON.stringify(kept, null, 2)}\n`],
    [
      'an object with a list',
      JSON.stringify({ note: 'häß ["', data: RECORDS, end: ['}'] }, null, 1),
      (kept) => JSON.stringify({ note: 'häß ["', data: kept, end: ['}'] }, null, 1),
    ],
    [
      'JSON Lines',
      RECORDS.map((one) => `${JSON.stringify(one)}\n`).join(''),
      (kept) => kept.map((one) => `${JSON.stringify(one)}\n`).join(''),
    ],
    [
      'printed objects',
      RECORDS.map((one) => `${JSON.stringify(one, null, 2)}\n`).join(''),
      (kept) => kept.map((one) => `${JSON.stringify(one, null, 2)}\n`).join(''),
    ],
  ];

  it.each(forms)('are JSON of the same form: %s', async (_, json, formed) => {
    const last = ['--keep', 'last', '-o', 'kept.json', '--dropped', 'gone.json', '-q'];
    writeFileSync('a.json', json);
    expect((await run(['dedup', 'a.json', ...last])).code).toBe(0);
    expect(readFileSync('kept.json', 'utf8')).toBe(formed(RECORDS.slice(1)));
    expect(readFileSync('gone.json', 'utf8')).toBe(formed(RECORDS.slice(0, 1)));
    const { out } = await run(['dedup', '-', '-o', '-', '-q'], { stdin: json });
    expect(out).toBe(formed(RECORDS.slice(0, 2)));
  });

  it('are none where none is dropped, and all the same JSON', async () => {
    writeFileSync('a.json', JSON.stringify(RECORDS.slice(0, 2), null, 2));
    await run(['dedup', 'a.json', '-o', 'kept.json', '--dropped', 'gone.json', '-q']);
    expect(readFileSync('kept.json', 'utf8')).toBe(readFileSync('a.json', 'utf8'));
    expect(JSON.parse(readFileSync('gone.json', 'utf8'))).toEqual([]);
  });

  it.each([
    ['gzipped', gzipSync(JSON.stringify(RECORDS)), (bytes: Buffer) => gunzipSync(bytes).toString()],
    ['with a byte order mark', Buffer.from(`\ufeff${JSON.stringify(RECORDS)}`), (bytes: Buffer) => bytes.toString().replace(/^\ufeff/, '')],
    ['in UTF-16', Buffer.from(`\ufeff${JSON.stringify(RECORDS)}`, 'utf16le'), (bytes: Buffer) => bytes.toString('utf16le').slice(1)],
    [
      'in UTF-16 of the other order',
      Buffer.from(`\ufeff${JSON.stringify(RECORDS)}`, 'utf16le').swap16(),
      (bytes: Buffer) => bytes.swap16().toString('utf16le').slice(1),
    ],
  ])('are copied as they are, %s', async (name, bytes, textOf) => {
    const suffix = name === 'gzipped' ? '.gz' : '';
    writeFileSync(`a.json${suffix}`, bytes);
    expect((await run(['dedup', `a.json${suffix}`, '-o', `kept.json${suffix}`, '-q'])).code).toBe(0);
    expect(textOf(readFileSync(`kept.json${suffix}`))).toBe(JSON.stringify(RECORDS.slice(0, 2)));
  });

  it('are refused before anything is encoded where their encoding cannot be copied', async () => {
    writeFileSync('a.json', JSON.stringify(RECORDS));
    const { code, err } = await run(['dedup', 'a.json', '--encoding', 'shift_jis', '-o', 'kept.json']);
    expect(code).toBe(2);
    expect(err).toBe(
      'error: Cannot copy the rows of a.json: it is JSON in shift_jis without a line per record\n' +
        'hint: Convert it to UTF-8 first: iconv -f shift_jis -t utf-8\n',
    );
    expect(readdirSync('.')).toEqual(['a.json']);
  });

  it('is said of a .txt that looks like a table or JSON, and of none that is text', async () => {
    inFreshFolder();
    writeFileSync('excel.txt', 'ticket\tbody\nT1\tThe printer jams\nT2\tThe light flickers\n');
    writeFileSync('bars.txt', 'ticket|body\nT1|The printer jams\nT2|The light flickers\n');
    writeFileSync('dump.txt', '{"body": "The printer jams"}\n{"body": "The light flickers"}\n');
    writeFileSync('text.txt', 'The printer jams, again\nThe light flickers, again\nNo one, so far, knows why\n');
    const errOf = async (file: string, ...words: string[]): Promise<string> =>
      (await run(['encode', file, '--model', 'multilingual', '-o', '-', ...words])).err;
    const read = 'looks like a table (columns ticket, body), but is read as lines of text; say --input-format';
    expect(await errOf('excel.txt')).toContain(`note: excel.txt ${read} tsv to read it as one\n`);
    expect(await errOf('bars.txt')).toContain(`note: bars.txt ${read} csv --delimiter '|' to read it as one\n`);
    expect(await errOf('dump.txt')).toContain(
      'note: dump.txt looks like JSON, but is read as lines of text; say --input-format json to read it as such\n',
    );
    expect(await errOf('text.txt')).not.toContain('note');
    expect(await errOf('excel.txt', '--input-format', 'lines')).not.toContain('note');
  });
});
