import { existsSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { gunzipSync, gzipSync } from 'node:zlib';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { parse } from 'csv-parse/sync';
import { describe, expect, it, vi } from 'vitest';
import { splitFile } from '../../src/commands/dedup/split/corpus.ts';
import type { DuplicateRecord } from '../../src/report/duplicates.ts';
import type { PairRecord } from '../../src/report/pairs.ts';
import { npyHeader, readNpy } from '../../src/vectors/npy.ts';
import { encodeOnce, inFreshFolder, projectFolder, run, type Outcome } from '../run.ts';

const TICKETS =
  'nr,body,team\n' +
  '1,The printer on floor 3 does not respond,it\n' +
  '2,"The printer on floor 3 is not\nresponding",it\n' +
  '3,The printer on floor 3 does not respond,ops\n' +
  '4,How do I cook rice?,food\n' +
  '5,,food\n' +
  '6,Where is my refund?,billing\n' +
  '7,where is my  REFUND?,billing\n';

const inTickets = (text: string = TICKETS): string[] => {
  inFreshFolder();
  writeFileSync('t.csv', text);
  return ['dedup', 't.csv', '--text-column', 'body', '-q'];
};

/** With the set of the tickets beside them. */
const inEncodedTickets = async (): Promise<string[]> => {
  const args = inTickets();
  await encodeOnce('t.csv', '--text-column', 'body');
  return args;
};

const records = <T = DuplicateRecord>({ out }: Outcome): T[] =>
  out
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as T);

const verdicts = async (args: string[], options: Parameters<typeof run>[1] = {}): Promise<string[]> =>
  records(await run([...args, '--format', 'jsonl', '--exit-zero'], options)).map(({ verdict, match, keeper_row: keeper, reason }) =>
    verdict === 'dropped' ? `${match} ${keeper}` : (reason ?? verdict),
  );

const writeMatrix = (path: string, rows: number[][]): void =>
  writeFileSync(
    path,
    Buffer.concat([npyHeader({ rows: rows.length, cols: rows[0]?.length ?? 3 }), new Uint8Array(Float32Array.from(rows.flat()).buffer)]),
  );

const ajv = new Ajv2020({ strictRequired: false });
const schema = (name: string): ReturnType<typeof ajv.compile> =>
  ajv.compile(JSON.parse(readFileSync(join(projectFolder, `docs/schemas/${name}.schema.json`), 'utf8')) as object);
const validRows = schema('dedup');
const validPairs = schema('pairs');

describe('embed dedup', () => {
  it('groups what repeats under the row that is kept, and ends with 1', async () => {
    const args = inTickets();
    const temporary = mkdtempSync(join(tmpdir(), 'embed-test-'));
    vi.stubEnv('TMPDIR', temporary);
    const { code, out, err } = await run(args);
    expect(readdirSync(temporary)).toEqual([]);
    vi.unstubAllEnvs();
    rmSync(temporary, { recursive: true });
    expect(out).toMatch(
      /^t\.csv:2 {2}The printer on floor 3 does not respond\n {2}exact {2}t\.csv:5 {2}The printer .*\n {2}0\.\d{3} {2}t\.csv:3 {2}The printer on floor 3 is not responding\n\nt\.csv:8 .*\n {2}(1\.000|0\.9\d\d) {2}t\.csv:9 .*\n\n3 of 7 rows repeat another: 1 exact, 2 near \(cosine ≥ 0\.94\); not judged: 1 blank; none is allowed\n$/,
    );
    expect({ code, err }).toEqual({ code: 1, err: '' });
    expect(readdirSync('.')).toEqual(['t.csv']);
  });

  it('answers from a corpus, its set, standard input and several files alike', async () => {
    inFreshFolder();
    const lines = ['cooked rice', 'the sea', 'cooked rice', 'rice, cooked', 'the sea!', 'a red car'];
    writeFileSync('a.txt', `${lines.join('\n')}\n`);
    writeFileSync('b.txt', `${lines.slice(0, 2).join('\n')}\n`);
    writeFileSync('c.txt', `${lines.slice(2).join('\n')}\n`);
    const expected = await verdicts(['dedup', 'a.txt', '-q']);
    expect(expected.filter((verdict) => verdict === 'kept').length).toBeLessThan(6);
    expect(expected[2]).toBe('exact 0');
    expect(await verdicts(['dedup', '-', '-q'], { stdin: readFileSync('a.txt') })).toEqual(expected);
    expect(await verdicts(['dedup', 'b.txt', 'c.txt', '-q'])).toEqual(expected);
    await run(['encode', 'a.txt', '-q']);
    expect(await verdicts(['dedup', 'a.npy', '-q'])).toEqual(expected);
    expect((await run(['dedup', 'a.txt'])).err).toBe('using a.npy, which is up to date\n');
  });

  it('keeps the row that --keep asks for', async () => {
    inFreshFolder();
    const rows = ['the sea', 'THE SEA', 'the sea', 'The sea.', 'cooked rice'];
    writeFileSync('a.csv', `text,score,day\n${rows.map((text, at) => `${text},${[9, 10, '', 2, 1][at]},2024-0${at + 1}-01`).join('\n')}\n`);
    await encodeOnce('a.csv');
    const kept = async (keep: string): Promise<number[]> =>
      records(await run(['dedup', 'a.csv', '-q', '--format', 'jsonl', '--min-cosine', '0.9', '--keep', keep]))
        .filter(({ verdict }) => verdict === 'kept')
        .map(({ row }) => row);
    expect(await kept('first')).toEqual([0, 4]);
    expect(await kept('last')).toEqual([3, 4]);
    expect(await kept('longest')).toEqual([3, 4]);
    expect(await kept('max:score')).toEqual([1, 4]);
    expect(await kept('min:score')).toEqual([3, 4]);
    expect(await kept('max:day')).toEqual([3, 4]);
    expect(await kept('min:day')).toEqual([0, 4]);
  });

  it('says where values of a field cannot be compared as numbers, and looks into objects', async () => {
    inFreshFolder();
    writeFileSync('a.jsonl', ['9', '"100"', '"n/a"'].map((n) => `{"text":"the sea","meta":{"n":${n}}}\n`).join(''));
    const { err, out } = await run(['dedup', 'a.jsonl', '--text-column', 'text', '--keep', 'max:meta.n', '--format', 'jsonl']);
    expect(err).toContain('note: meta.n is compared as text: "n/a" of row 2 is no number\n');
    expect(out).toContain('{"row":2,"id":"a.jsonl:3","verdict":"kept"');
  });

  it('tells of a field that a table does not have before the table is encoded', async () => {
    const args = inTickets();
    const { code, err } = await run([...args.slice(0, -1), '--keep', 'max:date']);
    expect(code).toBe(2);
    expect(err).toMatch(/^error: Cannot keep rows of t\.csv by "date": no row has such a field; fields are nr, team\nhint: /);
  });

  it('breaks ties by text, so that the same rows in another order keep the same texts', async () => {
    inFreshFolder();
    const rows = ['the sea!', 'the sea?', 'the sea.', 'THE SEA,', 'the SEA;'];
    const kept = async (lines: string[]): Promise<string[]> => {
      writeFileSync('a.txt', `${lines.join('\n')}\n`);
      return records(await run(['dedup', 'a.txt', '-q', '--format', 'jsonl', '--keep', 'longest', '--min-cosine', '0.8']))
        .filter(({ verdict }) => verdict === 'kept')
        .map(({ text }) => text!)
        .toSorted();
    };
    expect(await kept(rows)).toEqual(await kept(rows.toReversed()));
    const folded = async (lines: string[]): Promise<string[]> => {
      writeFileSync('b.txt', `${lines.join('\n')}\n`);
      return records(await run(['dedup', 'b.txt', '-q', '--format', 'jsonl', '--keep', 'longest', '--fold']))
        .filter(({ verdict }) => verdict === 'kept')
        .map(({ text }) => text!);
    };
    expect(await folded(['the sea', 'THE SEA', 'The Sea'])).toEqual(await folded(['The Sea', 'THE SEA', 'the sea']));
    // characters, not halves of them
    expect(await folded(['\u{1d400}\u{1d401}\u{1d402} the sea', 'ABC  the sea'])).toEqual(['ABC  the sea']);
  });

  it('takes texts for copies that differ in case, white space and Unicode form only with --fold', async () => {
    const args = inTickets('body\ncafé au lait\nCAFE\u0301  au lait\ncafé au lait\n');
    expect((await verdicts([...args, '--min-cosine', '1'])).filter((verdict) => verdict.startsWith('exact'))).toEqual(['exact 0']);
    expect(await verdicts([...args, '--fold', '--min-cosine', '1'])).toEqual(['kept', 'exact 0', 'exact 0']);
  });

  it('judges nothing that the model did not read, but finds exact copies there', async () => {
    inFreshFolder();
    const long = 'one two three four five six seven eight nine ten '.repeat(40);
    const lines = [`${long}A`, `${long}B`, `${long}A`, '你好世界謹賀新年', '謹賀新年你好世界', '你好世界謹賀新年', '', '', 'the sea'];
    writeFileSync('a.txt', `${lines.join('\n')}\n`);
    await encodeOnce('a.txt');
    expect(await verdicts(['dedup', 'a.txt', '-q'])).toEqual([
      'cut',
      'cut',
      'exact 0',
      'unknown',
      'unknown',
      'exact 3',
      'blank',
      'blank',
      'kept',
    ]);
    const { out } = await run(['dedup', 'a.txt', '-q']);
    expect(out).toContain(
      '2 of 9 rows repeat another: 2 exact, 0 near (cosine ≥ 0.94); not judged: 2 blank, 2 longer than the model reads, 2 mostly unknown',
    );
  });

  it('does not take unknown tokens for each other, nor its threshold for other scripts', async () => {
    inFreshFolder();
    // the model knows all of these letters but 草, 刈, 像 and 彫
    writeFileSync(
      'ja.txt',
      '男が草を刈っている。\n男が像を彫っている。\n男が草を刈っている。\nI like the new 🫠 look of it\nI like the new 🪿 look of it\n',
    );
    expect(await verdicts(['dedup', 'ja.txt', '-q', '--min-cosine', '0.9'])).toEqual(['kept', 'kept', 'exact 0', 'kept', 'kept']);
    writeFileSync('ru.txt', 'Женщина жарит креветки.\nЖенщина чистит креветки.\n');
    expect(await verdicts(['dedup', 'ru.txt', '-q'])).toEqual(['foreign', 'foreign']);
    // who gives a threshold has looked at it
    expect(await verdicts(['dedup', 'ru.txt', '-q', '--min-cosine', '0.9'])).toEqual(['kept', 'near 0']);
  });

  it('flags rows that repeat those of another corpus, which stays as it is', async () => {
    inFreshFolder();
    writeFileSync('train.txt', 'cooked rice\nthe sea\n\n');
    writeFileSync('test.txt', 'the sea\na red car\na red car\nRice, cooked\n\n');
    writeFileSync('more.txt', 'a red car!\n');
    expect(await verdicts(['dedup', 'test.txt', '-q', '--against', 'train.txt', '--min-cosine', '0.8'])).toEqual([
      'exact 1',
      'kept',
      'kept',
      'near 0',
      'blank',
    ]);
    expect(await verdicts(['dedup', 'test.txt', '-q', '--against', 'train.txt', '--within', '--min-cosine', '0.8'])).toEqual([
      'exact 1',
      'kept',
      'exact 1',
      'near 0',
      'blank',
    ]);
    const both = await run([
      'dedup',
      'test.txt',
      '-q',
      '--against',
      'train.txt',
      '--against',
      'more.txt',
      '--min-cosine',
      '0.8',
      '--format',
      'jsonl',
    ]);
    expect(records(both).map(({ keeper_file: file, keeper_line: line }) => `${file}:${line}`)).toEqual([
      'train.txt:2',
      'more.txt:1',
      'more.txt:1',
      'train.txt:1',
      'undefined:undefined',
    ]);
    const text = await run(['dedup', 'test.txt', '-q', '--against', 'train.txt', '--min-cosine', '0.8', '-o', 'clean.txt']);
    expect(text.out).toContain('2 of 5 rows repeat rows of train.txt: 1 exact, 1 near');
    expect(readFileSync('clean.txt', 'utf8')).toBe('a red car\na red car\n\n');
    expect(readFileSync('train.txt', 'utf8')).toBe('cooked rice\nthe sea\n\n');
    expect(readdirSync('.').toSorted()).toEqual(['clean.txt', 'more.txt', 'test.txt', 'train.txt']);
  });

  it('compares equal texts and vectors of length zero without a cosine', async () => {
    inFreshFolder();
    writeMatrix('a.npy', [
      [0, 0, 0],
      [1, 0, 0],
      [2, 0, 0],
      [0, 0, 0],
      [0.6, 0.8, 0],
    ]);
    expect(await verdicts(['dedup', 'a.npy', '-q', '--min-cosine', '0.6'])).toEqual(['zero', 'kept', 'near 1', 'zero', 'near 1']);
    expect(await verdicts(['dedup', 'a.npy', '-q', '--min-cosine', '0.600001'])).toEqual(['zero', 'kept', 'near 1', 'zero', 'kept']);
    writeFileSync('texts.txt', 'a\nb\nc\na\nd\n');
    expect(await verdicts(['dedup', 'a.npy', '-q', '--min-cosine', '0.6', '--texts', 'texts.txt'])).toEqual([
      'zero',
      'kept',
      'near 1',
      'exact 0',
      'near 1',
    ]);
    expect((await run(['dedup', 'a.npy', '--min-cosine', '0.6'])).err).toContain('a.npy has no texts');
    writeFileSync('v.jsonl', '{"text":"k","embedding":[1,0]}\n{"text":"t","embedding":[1,0.001]}\n{"text":"t","embedding":[0,0]}\n');
    expect(await verdicts(['dedup', 'v.jsonl', '-q', '--min-cosine', '0.9'])).toEqual(['kept', 'near 0', 'exact 0']);
    expect((await run(['dedup', 'v.jsonl', '-q', '--min-cosine', '0.9', '--report', 'r.html', '--report', 'r.xml'])).out).toContain(
      '  exact  v.jsonl:3  t\n',
    );
  });
});

describe('the allowance', () => {
  it.each([
    [[], 1],
    [['--max-duplicates', '2'], 1],
    [['--max-duplicates', '3'], 0],
    [['--max-duplicates', '42%'], 1],
    [['--max-duplicates', '43%'], 0],
    [['--exit-zero'], 0],
    [['-o', 'clean.csv'], 0],
    [['-o', 'clean.csv', '--max-duplicates', '2'], 1],
    [['--dropped', 'gone.csv'], 0],
  ] as [string[], number][])('%j ends with %i', async (more, code) => {
    const args = await inEncodedTickets();
    expect((await run([...args, ...more])).code).toBe(code);
  });

  it('is told in the last line', async () => {
    const args = await inEncodedTickets();
    const last = async (...more: string[]): Promise<string> => (await run([...args, ...more])).out.trimEnd().split('\n').at(-1)!;
    expect(await last()).toMatch(/; none is allowed$/);
    expect(await last('--max-duplicates', '20%')).toMatch(/; only 1 allowed$/);
    expect(await last('--max-duplicates', '3')).toMatch(/; 3 allowed$/);
    expect(await last('-o', 'clean.csv')).toMatch(/not judged: 1 blank$/);
  });

  it('is met by a corpus without duplicates', async () => {
    const args = inTickets('body\nthe sea\ncooked rice\n');
    const { code, out } = await run(args);
    expect({ code, out }).toEqual({ code: 0, out: 'no duplicates among 2 rows (cosine ≥ 0.94)\n' });
  });
});

describe('the rows that are kept', () => {
  it('are copied byte for byte, with all columns, and the others into a file of their own', async () => {
    const args = inTickets();
    const { err } = await run([...args.slice(0, -1), '-o', 'clean.csv', '--dropped', 'gone.csv']);
    expect(err).toContain('wrote clean.csv, gone.csv: 4 rows kept, 3 dropped\n');
    const lines = TICKETS.split(/(?<=\n)/);
    expect(readFileSync('clean.csv', 'utf8')).toBe([0, 1, 5, 6, 7].map((at) => lines[at]).join(''));
    expect(readFileSync('gone.csv', 'utf8')).toBe([0, 2, 3, 4, 8].map((at) => lines[at]).join(''));
    expect(readFileSync('t.csv', 'utf8')).toBe(TICKETS);
  });

  const same = 'The printer on floor 3 does not respond';
  it.each<[string, string, Buffer, string[], Buffer, Buffer]>([
    [
      'CRLF, quoted breaks, no last break',
      'a.csv',
      Buffer.from(`text,n\r\n"a\r\nsea",1\r\n${same},2\r\n"a\r\nsea",3\r\n${same},4`),
      [],
      Buffer.from(`text,n\r\n"a\r\nsea",1\r\n${same},2\r\n`),
      Buffer.from(`text,n\r\n"a\r\nsea",3\r\n${same},4`),
    ],
    [
      'a byte order mark',
      'a.csv',
      Buffer.from(`\ufefftext\n${same}\n${same}\n`),
      [],
      Buffer.from(`\ufefftext\n${same}\n`),
      Buffer.from(`\ufefftext\n${same}\n`),
    ],
    [
      'no header',
      'a.csv',
      Buffer.from(`${same},1\n${same},2\nthe sea,3\n`),
      ['--no-header', '--text-column', '1'],
      Buffer.from(`${same},1\nthe sea,3\n`),
      Buffer.from(`${same},2\n`),
    ],
    [
      'UTF-16',
      'a.txt',
      Buffer.from(`\ufeff${same}\n\u0a0a the sea\n${same}\ncooked rice`, 'utf16le'),
      [],
      Buffer.from(`\ufeff${same}\n\u0a0a the sea\ncooked rice`, 'utf16le'),
      Buffer.from(`\ufeff${same}\n`, 'utf16le'),
    ],
    [
      'a named encoding',
      'a.txt',
      Buffer.from('un caf\xe9 noir\nthe sea\nun caf\xe9 noir\n', 'latin1'),
      ['--encoding', 'windows-1252'],
      Buffer.from('un caf\xe9 noir\nthe sea\n', 'latin1'),
      Buffer.from('un caf\xe9 noir\n', 'latin1'),
    ],
    [
      'blank lines between JSON records',
      'a.jsonl',
      Buffer.from(`{"text":"${same}","n":1}\n\n{"n":2, "text":"${same}"}\n{"text": "the sea"}\n\n`),
      [],
      Buffer.from(`{"text":"${same}","n":1}\n\n{"text": "the sea"}\n\n`),
      Buffer.from(`{"n":2, "text":"${same}"}\n`),
    ],
    [
      'tabs',
      'a.tsv',
      Buffer.from(`text\tn\n${same}\t"1\n${same}\t2"\n`),
      ['--text-column', 'text'],
      Buffer.from(`text\tn\n${same}\t"1\n`),
      Buffer.from(`text\tn\n${same}\t2"\n`),
    ],
    ['a blank line and a letter', 'a.txt', Buffer.from('\nb'), [], Buffer.from('\nb'), Buffer.from('')],
    [
      'letters that look like a byte order mark',
      'a.txt',
      Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(` ${same}\nx\n`), Buffer.from([0xff, 0xfe]), Buffer.from(` ${same}\n`)]),
      ['--encoding', 'windows-1251'],
      Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(` ${same}\nx\n`)]),
      Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(` ${same}\n`)]),
    ],
    [
      'UTF-16 under another name',
      'a.txt',
      Buffer.from(`${same}\nthe sea\n${same}\n`, 'utf16le'),
      ['--encoding', 'ucs-2'],
      Buffer.from(`${same}\nthe sea\n`, 'utf16le'),
      Buffer.from(`${same}\n`, 'utf16le'),
    ],
    ['one line without its end', 'a.txt', Buffer.from('x'), [], Buffer.from('x'), Buffer.from('')],
  ])('byte for byte: %s', async (_, name, bytes, more, kept, gone) => {
    inFreshFolder();
    writeFileSync(name, bytes);
    const suffix = name.slice(1);
    const { err } = await run([
      'dedup',
      name,
      '-q',
      '-o',
      `kept${suffix}`,
      '--dropped',
      `gone${suffix}`,
      ...(name === 'a.csv' && more.length === 0 ? ['--text-column', 'text'] : []),
      ...more,
    ]);
    expect(err).toBe('');
    expect(readFileSync(`kept${suffix}`)).toEqual(kept);
    expect(readFileSync(`gone${suffix}`)).toEqual(gone);
    // the same from a pipe, on standard output
    const pipe = await run(
      [
        'dedup',
        '-',
        '-q',
        '-o',
        `piped${suffix}`,
        '--input-format',
        { '.csv': 'csv', '.tsv': 'tsv', '.txt': 'lines', '.jsonl': 'jsonl' }[suffix]!,
        ...(suffix === '.csv' && more.length === 0 ? ['--text-column', 'text'] : []),
        ...more,
      ],
      { stdin: bytes },
    );
    expect(pipe.err).toBe('');
    expect(readFileSync(`piped${suffix}`)).toEqual(kept);
  });

  it('go to a folder for several files, packed where the name says so', async () => {
    inFreshFolder();
    mkdirSync('in');
    writeFileSync('in/a.txt', 'the sea\ncooked rice\n');
    writeFileSync('in/b.txt.gz', gzipSync('the sea\na red car\n'));
    const { code, err } = await run(['dedup', 'in/a.txt', 'in/b.txt.gz', '-o', 'out', '--dropped', 'gone/']);
    expect(code).toBe(0);
    expect(err).toContain('wrote out/a.txt, gone/a.txt, out/b.txt.gz, gone/b.txt.gz: 3 rows kept, 1 dropped\n');
    expect(readFileSync('out/a.txt', 'utf8')).toBe('the sea\ncooked rice\n');
    expect(gunzipSync(readFileSync('out/b.txt.gz')).toString()).toBe('a red car\n');
    expect(gunzipSync(readFileSync('gone/b.txt.gz')).toString()).toBe('the sea\n');
    expect(readFileSync('gone/a.txt', 'utf8')).toBe('');
  });

  it('go to standard output with -o -, and the report elsewhere', async () => {
    inFreshFolder();
    writeFileSync('a.txt', 'the sea\nthe sea\ncooked rice\n');
    const { code, out, err } = await run(['dedup', 'a.txt', '-o', '-', '-q']);
    expect({ code, out }).toEqual({ code: 0, out: 'the sea\ncooked rice\n' });
    expect(err).toContain('1 of 3 rows repeats another');
  });

  it('are refused where the file has changed since it was read', async () => {
    inFreshFolder();
    writeFileSync('a.txt', 'a\nb\nc\n');
    const records = { lines: [1, 2, 3], dropped: (record: number) => record === 1 };
    const io = { stdout: process.stdout, stderr: process.stderr, stdin: process.stdin, signal: new AbortController().signal };
    const targets = { kept: 'k.txt', dropped: undefined, overwrite: false, io };
    await expect(splitFile({ path: 'a.txt', encoding: undefined, hash: 'sha256:0' }, records, targets)).rejects.toThrow(
      'has changed while it was read',
    );
    await expect(
      splitFile({ path: 'a.txt', encoding: undefined, hash: undefined }, { ...records, lines: [1, 2, 3, 9] }, targets),
    ).rejects.toThrow('has changed while it was read');
    expect(readdirSync('.')).toEqual(['a.txt']);
  });

  it('go where links lead', async () => {
    inFreshFolder();
    writeFileSync('a.txt', 'the sea\nthe sea\n');
    writeFileSync('target.txt', '');
    symlinkSync('target.txt', 'two.txt');
    symlinkSync('two.txt', 'one.txt');
    expect((await run(['dedup', 'a.txt', '-q', '-o', 'one.txt', '--overwrite'])).code).toBe(0);
    expect(readFileSync('target.txt', 'utf8')).toBe('the sea\n');
    expect(lstatSync('two.txt').isSymbolicLink()).toBe(true);
  });

  it('of a set are a set: searched, shown and compared like any other', async () => {
    await inEncodedTickets();
    mkdirSync('sub');
    const { err, code } = await run(['dedup', 't.npy', '-o', 'sub/clean.npy', '--dropped', 'gone.npy']);
    expect(code).toBe(0);
    expect(err).toContain(
      'wrote sub/clean.npy, sub/clean.rows.jsonl, sub/clean.manifest.json, gone.npy, gone.rows.jsonl, gone.manifest.json: 4 rows kept',
    );
    const [all, some] = [readNpy('t.npy'), readNpy('sub/clean.npy')];
    expect(some.rows).toBe(4);
    [0, 3, 4, 5].forEach((row, at) =>
      expect(some.data.slice(at * 384, (at + 1) * 384)).toEqual(all.data.slice(row * 384, (row + 1) * 384)),
    );
    const hits = await run(['search', 'sub/clean.npy', 'refund', '-n', '2', '-q']);
    expect(hits.out).toMatch(/^ 1 {2}\S+ {2}t\.csv:8 .*\n 2 .*\n$/);
    expect(await verdicts(['dedup', 'sub/clean.npy', '-q'])).toEqual(['kept', 'kept', 'blank', 'kept']);
    // the part is never taken for the whole
    writeFileSync('sub/clean.csv', TICKETS);
    expect((await run(['search', 'sub/clean.csv', '--text-column', 'body', 'x'])).err).toContain('encoded 7 rows');
  });

  it('of bare vectors keep their type', async () => {
    inFreshFolder();
    const doubles = Buffer.from(new Float64Array([1, 0, 1, 0, 0, 1]).buffer);
    writeFileSync('a.npy', Buffer.concat([npyHeader({ rows: 3, cols: 2, type: '<f8' }), doubles]));
    await run(['dedup', 'a.npy', '-q', '--min-cosine', '0.9', '-o', 'b.npy']);
    expect(readFileSync('b.npy')).toEqual(
      Buffer.concat([npyHeader({ rows: 2, cols: 2, type: '<f8' }), doubles.subarray(0, 16), doubles.subarray(32)]),
    );
  });

  it('of JSON Lines with vectors are lines', async () => {
    inFreshFolder();
    const lines = [
      '{"embedding":[1,0],"text":"a","line":7,"file":"x.txt"}\n',
      '\n',
      '{"embedding": [1, 0.0], "text":"b"}\n',
      '{"embedding":[0,1]}\n',
    ];
    writeFileSync('v.jsonl', lines.join(''));
    const { err } = await run(['dedup', 'v.jsonl', '-q', '--min-cosine', '0.9', '-o', 'kept.jsonl', '--dropped', 'gone.jsonl']);
    expect(err).toBe('');
    expect(readFileSync('kept.jsonl', 'utf8')).toBe(lines[0]! + lines[1]! + lines[3]!);
    expect(readFileSync('gone.jsonl', 'utf8')).toBe(lines[2]);
  });

  it('are not written over anything, and not when most rows would go for their cosine', async () => {
    const args = inTickets();
    writeFileSync('clean.csv', 'mine');
    const refused = async (...more: string[]): Promise<string> => {
      const { code, err } = await run([...args, ...more]);
      expect(code).toBe(2);
      expect(readFileSync('t.csv', 'utf8')).toBe(TICKETS);
      expect(readdirSync('.').toSorted()).toEqual(['clean.csv', 't.csv']);
      return err;
    };
    expect(await refused('-o', 'clean.csv')).toContain(
      'Cannot write clean.csv: a file of that name exists\nhint: Name another file, or say --overwrite',
    );
    expect(await refused('-o', 't.csv')).toContain('Cannot write t.csv: it is one of the files that are read');
    expect(await refused('-o', './t.csv', '--overwrite')).toContain('one of the files that are read');
    expect(await refused('-o', 'x.csv', '--dropped', 'x.csv')).toContain('Cannot write x.csv twice');
    expect(await refused('-o', 'x.csv', '--report', 'x.csv')).toContain('Cannot write x.csv twice');
    expect(await refused('--dropped', 'x.csv', '--report', './x.csv')).toContain('Cannot write ./x.csv twice');
    expect(await refused('--against', './t.csv')).toContain('Cannot compare t.csv with itself: it is INPUT and --against');
    expect(await refused('-o', 'x.json')).toContain(
      'Cannot write x.json: -o copies rows of t.csv as they are\nhint: Name a file that ends in .csv',
    );
    expect(await refused('-o', 'x.npy')).toContain('copies rows of t.csv as they are');
    expect(await refused('-o', 'nowhere/x.csv')).toContain('there is no folder nowhere');
    expect(await refused('--report', 'clean.csv')).toContain('a file of that name exists');
    expect(await refused('-o', 'x.csv', '--min-cosine', '-1')).toMatch(
      /Cannot write x\.csv: 4 of 7 rows are near-duplicates at a cosine of -1, so most/,
    );
    expect((await run([...args.slice(0, -1), '--min-cosine', '-1'])).err).toContain(
      'warning: 4 of 7 rows are near-duplicates at a cosine of -1',
    );
    expect((await run([...args, '-o', 'x.csv', '--min-cosine', '-1', '--force'])).code).toBe(0);
    expect((await run([...args, '-o', 'clean.csv', '--overwrite'])).code).toBe(0);
  });
});

describe('reports', () => {
  it('say the same in every format, and json follows its schema', async () => {
    const args = await inEncodedTickets();
    const { out } = await run([...args, '--format', 'json']);
    const json = JSON.parse(out) as { summary: object; results: DuplicateRecord[] };
    expect(validRows(json), JSON.stringify(validRows.errors)).toBe(true);
    expect(json.summary).toMatchObject({
      rows: 7,
      kept: 4,
      dropped: 3,
      exact: 1,
      near: 2,
      unjudged: 1,
      groups: 2,
      allowed: 0,
      passed: false,
    });
    expect(json.results[1]!.fields).toEqual({ nr: '2', team: 'it' });
    expect(records(await run([...args, '--format', 'jsonl']))).toEqual(json.results);
    const table = parse((await run([...args, '--format', 'csv'])).out, { columns: true }) as Record<string, string>[];
    expect(Object.keys(table[0]!).slice(0, 8)).toEqual(['row', 'id', 'verdict', 'keeper_row', 'keeper_id', 'cosine', 'file', 'line']);
    expect(table.map(({ verdict, keeper_row: keeper, cosine }) => [verdict, keeper, cosine])).toEqual(
      json.results.map((row) => [row.verdict, String(row.keeper_row ?? ''), String(row.cosine ?? '')]),
    );
    expect((await run([...args, '--format', 'tsv'])).out.split('\n')).toHaveLength(9);
  });

  it('go into files by their suffix', async () => {
    const args = inTickets();
    const files = ['r.json', 'r.csv', 'r.html', 'r.sarif', 'r.xml', 'r.txt'];
    const { out, code } = await run([...args, ...files.flatMap((file) => ['--report', file])]);
    expect(code).toBe(1);
    expect(readFileSync('r.txt', 'utf8')).toBe(out);
    const sarif = JSON.parse(readFileSync('r.sarif', 'utf8')) as { version: string; runs: { results: Record<string, unknown>[] }[] };
    expect(sarif.version).toBe('2.1.0');
    expect(sarif.runs[0]!.results.map(({ ruleId, level }) => [ruleId, level])).toEqual([
      ['near-duplicate', 'error'],
      ['exact-copy', 'error'],
      ['near-duplicate', 'error'],
    ]);
    expect(JSON.stringify(sarif.runs[0]!.results[0])).toContain(
      '"physicalLocation":{"artifactLocation":{"uri":"t.csv"},"region":{"startLine":3}}',
    );
    const xml = readFileSync('r.xml', 'utf8');
    expect(xml).toContain('<testsuite name="embed dedup" tests="4" failures="4"');
    expect(xml.match(/<failure /g)).toHaveLength(4);
    const html = readFileSync('r.html', 'utf8');
    expect(html).toContain('<title>Duplicates in t.csv</title>');
    expect(html).toContain('t.csv:5');
    expect(html).not.toMatch(/<(script|link|img)|https?:/);
  });

  it('escape what a text could do', async () => {
    inFreshFolder();
    const evil = '<script>alert(1)</script> & "::stop-commands::x" ]]> \u0007\u001b[31m 100%';
    writeFileSync('a,b.txt', `${evil}\n${evil}\n`);
    await encodeOnce('a,b.txt');
    const { out } = await run([
      'dedup',
      'a,b.txt',
      '-q',
      '--report',
      'r.html',
      '--report',
      'r.xml',
      '--report',
      'r.sarif',
      '--min-cosine',
      '0.9',
    ]);
    expect(stripVTControlCharacters(out)).toBe(out);
    expect(out).not.toContain('\u0007');
    for (const line of out.split('\n')) expect(line).not.toMatch(/^(<|::)/);
    const html = readFileSync('r.html', 'utf8');
    expect(html).not.toContain('<script>alert');
    expect(html).toContain('&lt;script&gt;alert(1)&lt;/script&gt; &amp;');
    const xml = readFileSync('r.xml', 'utf8');
    expect(xml).toContain('&lt;script&gt;');
    // oxlint-disable-next-line no-control-regex -- XML has no form for them
    expect(xml).not.toMatch(/[\u0000-\u0008\u001b]/);
    expect(JSON.parse(readFileSync('r.sarif', 'utf8'))).toBeTruthy();
    const github = await run(['dedup', 'a,b.txt', '-q', '--format', 'github', '--min-cosine', '0.9']);
    expect(github.out).toBe(
      '::error file=a%2Cb.txt,line=2,title=Exact copy::repeats a,b.txt:1 (exact copy): <script>alert(1)</script> & "::stop-commands::x" ]]> \ufffd\ufffd[31m 100%25\n' +
        '::notice title=embed dedup::1 of 2 rows repeats another: 1 exact, 0 near (cosine ≥ 0.9); none is allowed\n',
    );
    expect((await run(['dedup', 'a,b.txt', '-q', '--format', 'github', '--min-cosine', '0.9', '--max-duplicates', '1'])).out).toMatch(
      /^::warning /,
    );
  });

  it('show the largest groups, and say how many are left out', async () => {
    inFreshFolder();
    const rows = Array.from({ length: 25 }, (_, group) =>
      Array.from({ length: group === 3 ? 15 : 2 }, () => [Math.cos(group), Math.sin(group), 0]),
    );
    writeMatrix('a.npy', rows.flat());
    const { out } = await run(['dedup', 'a.npy', '-q', '--min-cosine', '0.9999']);
    expect(out).toMatch(/^row:6\n {2}1\.000 {2}row:7\n/);
    expect(out).toContain('  … and 4 rows more\n');
    expect(out).toContain(
      '\n5 smaller groups are not shown; --report FILE.html or .csv has them\n\n38 of 63 rows repeat another: 0 exact, 38 near (cosine ≥ 0.9999); none is allowed\n',
    );
  });

  it('are cut at the terminal and nowhere else', async () => {
    inFreshFolder();
    const text = `${'宽'.repeat(60)} the sea`;
    writeFileSync('a.txt', `${text}\n${text}\n`);
    await encodeOnce('a.txt');
    const { out } = await run(['dedup', 'a.txt', '-q', '--min-cosine', '0.9'], { tty: true });
    expect(stripVTControlCharacters(out).split('\n')[0]).toMatch(/^a\.txt:1 {2}宽{34,35}…$/);
    expect((await run(['dedup', 'a.txt', '-q', '--min-cosine', '0.9'])).out.split('\n')[0]).toBe(`a.txt:1  ${text}`);
  });
});

describe('the threshold', () => {
  const bare = (rows: number): void => {
    inFreshFolder();
    let state = 1;
    const random = (): number => ((state = (Math.imul(state, 1103515245) + 12345) >>> 0) / 2 ** 32) * 2 - 1;
    writeMatrix(
      'a.npy',
      Array.from({ length: rows }, () => Array.from({ length: 32 }, random)),
    );
  };

  it('is asked for where none was measured, with the background of random pairs', async () => {
    bare(400);
    const { code, out, err } = await run(['dedup', 'a.npy']);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(/^random pairs at or above a cosine, among 400 rows drawn \(79,800 pairs\):\n {2}0\.70 {2}.*\n/);
    expect(err).toMatch(/ {2}0\.90 {2}none seen \(95 %: at most 1 in 27,000\)\n/);
    expect(err).toMatch(
      /error: Cannot tell from which cosine on rows of a\.npy are duplicates: nothing says .*\nhint: Say --min-cosine X, .*\(auto would take 0\.\d+\); look at some with --pairs -n 20\n$/,
    );
  });

  it('auto takes one and prints it, and gives up where nothing separates', async () => {
    bare(400);
    const { code, out, err } = await run(['dedup', 'a.npy', '--min-cosine', 'auto']);
    const taken = /--min-cosine auto takes (0\.\d+); to keep it, say --min-cosine \1\n/.exec(err)?.[1];
    expect(code).toBe(0);
    expect(out).toBe(`no duplicates among 400 rows (cosine ≥ ${taken})\n`);
    writeMatrix(
      'alike.npy',
      Array.from({ length: 400 }, (_, row) => [1, row / 1e5, 0]),
    );
    const alike = await run(['dedup', 'alike.npy', '--min-cosine', 'auto']);
    expect(alike.code).toBe(2);
    expect(alike.err).toContain('random pairs are so similar that nothing separates duplicates');
    writeMatrix('few.npy', [
      [1, 0],
      [0, 1],
    ]);
    expect((await run(['dedup', 'few.npy', '--min-cosine', 'auto'])).err).toMatch(/^error: .*2 rows are too few/);
    expect((await run(['dedup', 'few.npy'])).err).toMatch(/^error: .*\nhint: Say --min-cosine X; look at some/);
  });

  it('is between -1 and 1, and a number', async () => {
    const args = inTickets();
    for (const [value, words] of [
      ['1.5', 'Cannot use --min-cosine 1.5: cosines are between -1 and 1\nhint: If it is a percentage, divide it by 100'],
      ['90%', "argument '90%' is invalid. Give a number."],
    ] as const) {
      const { code, err } = await run([...args, '--min-cosine', value]);
      expect(code).toBe(2);
      expect(err).toContain(words);
    }
  });
});

describe('--pairs', () => {
  it('lists the closest, or all at or above the threshold', async () => {
    const args = await inEncodedTickets();
    const { out, code } = await run([...args, '--pairs', '-n', '2', '--format', 'json']);
    expect(code).toBe(0);
    const json = JSON.parse(out) as { results: PairRecord[] };
    expect(validPairs(json), JSON.stringify(validPairs.errors)).toBe(true);
    expect(json.results.map(({ row, other_row: other }) => [row, other])).toEqual([
      [2, 0],
      [6, 5],
    ]);
    const all = records<PairRecord>(await run([...args, '--pairs', '--format', 'jsonl']));
    expect(all.map(({ row, other_row: other }) => [row, other])).toEqual([
      [1, 0],
      [2, 0],
      [2, 1],
      [6, 5],
    ]);
    const many = records<PairRecord>(await run([...args, '--pairs', '-n', '1000', '--format', 'jsonl']));
    expect(many).toHaveLength(15);
    expect(many.map(({ cosine }) => cosine)).toEqual(many.map(({ cosine }) => cosine).toSorted((a, b) => b - a));
    const text = await run([...args.slice(0, -1), '--pairs', '-n', '1']);
    expect(text.out).toMatch(/^1\.000 {2}t\.csv:2 {2}The printer .*\n {7}t\.csv:5 {2}The printer .*\n\n$/);
    expect(text.err).toMatch(/1 pair; 1 row not judged and left out\n$/);
    const written = await run([...args, '--pairs', '-n', '2', '--report', 'p.csv', '--report', 'p.json', '--format', 'tsv']);
    expect(parse(readFileSync('p.csv', 'utf8'), { columns: true })).toHaveLength(2);
    expect(written.out.split('\n')).toHaveLength(4);
  });

  it('lists the closest among equal rows in order, in no more memory than for others', async () => {
    inFreshFolder();
    writeMatrix(
      'same.npy',
      Array.from({ length: 20_000 }, () => [0.6, 0.8]),
    );
    const pairs = records<PairRecord>(await run(['dedup', 'same.npy', '-q', '--pairs', '-n', '4', '--format', 'jsonl']));
    expect(pairs.map(({ row, other_row: other }) => [row, other])).toEqual([
      [1, 0],
      [2, 0],
      [2, 1],
      [3, 0],
    ]);
  });

  it('asks before it lists very many', async () => {
    inFreshFolder();
    writeMatrix(
      'alike.npy',
      Array.from({ length: 15_000 }, (_, row) => [1, row / 1e6]),
    );
    const { code, err } = await run(['dedup', 'alike.npy', '--pairs', '--min-cosine', '0.9']);
    expect(code).toBe(2);
    expect(err).toContain('Cannot list all pairs: about 110,000,000 are at a cosine of 0.9 or more\nhint: Raise --min-cosine');
  });
});

describe('bad input', () => {
  const failures: [string, string[], RegExp, (() => void)?][] = [
    [
      'two vector sets',
      ['a.npy', 'b.npy'],
      /Cannot join a\.npy with other inputs: it holds vectors/,
      () => [1, 2].forEach((n) => writeMatrix(`${'ab'[n - 1]}.npy`, [[1, 0]])),
    ],
    [
      'NaN',
      ['a.npy', '--min-cosine', '0.9'],
      /vectors of a\.npy: row 1 holds NaN or infinity/,
      () =>
        writeMatrix('a.npy', [
          [1, 0],
          [NaN, 0],
        ]),
    ],
    ['an empty corpus', ['a.txt'], /Cannot read a\.txt: there are no rows in it/, () => writeFileSync('a.txt', '')],
    ['a file that is not there', ['nowhere.txt'], /Cannot read nowhere\.txt: no such file/],
    ['an unknown --keep', ['a.txt', '--keep', 'best'], /Cannot keep "best"\nhint: Say first, last/, () => writeFileSync('a.txt', 'a\n')],
    [
      'a field that is not there',
      ['a.csv', '--keep', 'max:score'],
      /Cannot keep rows of a\.csv by "score": no row has such a field; fields are n\n/,
      () => writeFileSync('a.csv', 'text,n\na,1\n'),
    ],
    [
      '--keep longest without texts',
      ['a.npy', '--keep', 'longest'],
      /Cannot keep the longest or shortest rows of a\.npy: it has no texts/,
      () => writeMatrix('a.npy', [[1, 0]]),
    ],
    [
      '--fold without texts',
      ['a.npy', '--fold', '--min-cosine', '1'],
      /Cannot fold the texts of a\.npy: it has none/,
      () => writeMatrix('a.npy', [[1, 0]]),
    ],
    [
      '--against other widths',
      ['a.npy', '--against', 'b.npy', '--min-cosine', '1'],
      /Cannot compare a\.npy with b\.npy: vectors of 2 and 3 numbers/,
      () => (writeMatrix('a.npy', [[1, 0]]), writeMatrix('b.npy', [[1, 0, 0]])),
    ],
    ['--within alone', ['a.txt', '--within'], /Cannot use --within without --against/],
    ['-n alone', ['a.txt', '-n', '3'], /Cannot use --top without --pairs/],
    ['-o with --pairs', ['a.txt', '--pairs', '-o', 'b.txt'], /Cannot use -o with --pairs.*\nhint: Write them to a file with --report/],
    ['a bad allowance', ['a.txt', '--max-duplicates', '1.5'], /Give a number of rows, such as 10, or a share/],
    ['an unknown format', ['a.txt', '--format', 'xml'], /Allowed choices are text, json/],
    [
      'an unknown report',
      ['a.txt', '--report', 'a.pdf'],
      /Cannot write a\.pdf: its form is not known.*\nhint: Name a file that ends in \.json, .*\.html, \.sarif or \.xml/,
      () => writeFileSync('a.txt', 'a\n'),
    ],
    [
      'several files to one',
      ['a.txt', 'b.txt', '-o', 'c.txt'],
      /Cannot write 2 files to c\.txt: it is a file/,
      () => 'abc'.split('').forEach((n) => writeFileSync(`${n}.txt`, 'a\n')),
    ],
    [
      'several files to standard output',
      ['a.txt', 'b.txt', '-o', '-'],
      /Cannot write 2 files to standard output/,
      () => 'ab'.split('').forEach((n) => writeFileSync(`${n}.txt`, 'a\n')),
    ],
    [
      'files of one name',
      ['x/a.txt', 'y/a.txt', '-o', 'out'],
      /Cannot write out\/a\.txt twice/,
      () => ['x', 'y'].forEach((n) => (mkdirSync(n), writeFileSync(`${n}/a.txt`, 'a\n'))),
    ],
    ['vectors to standard output', ['a.npy', '-o', '-'], /Cannot write vectors to standard output/, () => writeMatrix('a.npy', [[1, 0]])],
    [
      '--report over the texts',
      ['a.npy', '--texts', 't.txt', '--report', 't.txt', '--overwrite', '--min-cosine', '1'],
      /Cannot write t\.txt: it is one of the files that are read/,
      () => (writeMatrix('a.npy', [[1, 0]]), writeFileSync('t.txt', 'a\n')),
    ],
    ['all pairs in two places', ['a.txt', '--pairs', '--report', 'a.csv'], /Cannot list all pairs in several places/],
    ['pairs as annotations', ['a.txt', '--pairs', '--format', 'github'], /Cannot list pairs as github\nhint: Choose text, json/],
    ['pairs as a page', ['a.txt', '--pairs', '-n', '1', '--report', 'a.html'], /Cannot write a\.html: its form is not known/],
    ['a set without its rows', ['a.npy'], /Cannot use the set a\.npy: a\.rows\.jsonl is missing/, () => {}],
    [
      '--texts with a corpus',
      ['a.txt', '--texts', 'b.txt'],
      /Cannot take texts from b\.txt: a\.txt is a corpus/,
      () => writeFileSync('a.txt', 'a\n'),
    ],
    [
      'an option of encode for a set',
      ['a.npy', '--id-column', 'x'],
      /Cannot use --id-column with a\.npy/,
      () => writeMatrix('a.npy', [[1, 0]]),
    ],
  ];
  it.each(failures)('%s', async (name, args, words, prepare) => {
    inFreshFolder();
    prepare?.();
    if (name === 'a set without its rows') {
      writeFileSync('a.txt', 'a\nb\n');
      await run(['encode', 'a.txt', '-q']);
      rmSync('a.rows.jsonl');
    }
    const before = readdirSync('.', { recursive: true });
    const { code, out, err } = await run(['dedup', ...args]);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(words);
    expect(err).toContain('\nhint: ');
    expect(readdirSync('.', { recursive: true })).toEqual(before);
  });

  it('--against a set of another model, unless forced', async () => {
    inFreshFolder();
    writeFileSync('a.txt', 'the sea\n');
    await run(['encode', 'a.txt', '-q']);
    const manifest = JSON.parse(readFileSync('a.manifest.json', 'utf8')) as { model: { name: string; hash: string; revision: string } };
    manifest.model = { ...manifest.model, name: 'other', hash: 'sha256:0', revision: 'someone/other' };
    writeFileSync('a.manifest.json', JSON.stringify(manifest));
    writeFileSync('b.txt', 'the sea\n');
    const refused = await run(['dedup', 'b.txt', '--against', 'a.npy', '-q']);
    expect(refused.code).toBe(2);
    expect(refused.err).toContain('Cannot compare vectors: b.txt and a.npy are of different models');
    expect((await run(['dedup', 'b.txt', '--against', 'a.npy', '--force'])).err).toContain(
      'warning: b.txt and a.npy are of different models',
    );
    expect(existsSync('a.npy')).toBe(true);
  });

  it('one row has nothing to repeat', async () => {
    inFreshFolder();
    writeFileSync('a.txt', 'the sea\n');
    expect(await run(['dedup', 'a.txt', '-q'])).toEqual({ code: 0, out: 'no duplicates among 1 row (cosine ≥ 0.94)\n', err: '' });
    writeFileSync('blank.txt', '\n\n');
    expect((await run(['dedup', 'blank.txt', '-q'])).out).toBe('no duplicates among 2 rows (cosine ≥ 0.94); not judged: 2 blank\n');
  });
});
