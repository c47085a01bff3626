import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { parse } from 'csv-parse/sync';
import { describe, expect, it, vi } from 'vitest';
import type { Hit } from '../../src/report/hits.ts';
import { npyHeader } from '../../src/vectors/npy.ts';
import { encodeOnce, inFreshFolder, projectFolder, run, type Outcome } from '../run.ts';

const TICKETS =
  'ticket,team,body\n' +
  '17,billing,"I was charged twice, please refund me"\n' +
  '18,access,I cannot sign in to my account\n' +
  '19,billing,The invoice has the wrong address\n' +
  '20,access,\n' +
  '21,shipping,My parcel has not arrived yet\n';

const inKitchen = (): void => {
  inFreshFolder();
  copyFileSync(join(projectFolder, 'fixtures/recipes.txt'), 'recipes.txt');
};

const jsonl = (text: string): Hit[] =>
  text
    .trimEnd()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Hit);

const hits = async (args: string[], options: Parameters<typeof run>[1] = {}): Promise<Hit[]> =>
  jsonl((await run(['search', ...args, '--format', 'jsonl'], options)).out);

const writeMatrix = (path: string, rows: number[][]): void =>
  writeFileSync(
    path,
    Buffer.concat([npyHeader({ rows: rows.length, cols: rows[0]?.length ?? 3 }), new Uint8Array(Float32Array.from(rows.flat()).buffer)]),
  );

const schema = JSON.parse(readFileSync(join(projectFolder, 'docs/schemas/search.schema.json'), 'utf8')) as object;
const validate = new Ajv2020().compile(schema);

describe('embed search', () => {
  it('answers from a corpus and from its set alike, nearest first, and leaves nothing behind', async () => {
    inKitchen();
    const temporary = mkdtempSync(join(tmpdir(), 'embed-test-'));
    vi.stubEnv('TMPDIR', temporary);
    const fromCorpus = await run(['search', 'recipes.txt', 'how', 'do', 'I', 'cook', 'rice', '-n', '3']);
    expect(fromCorpus.code).toBe(0);
    expect(fromCorpus.out).toMatch(
      /^ 1 {2}0\.\d{3} {2}recipes\.txt:1 {2}Rinse the rice until the water runs clear, .*\n 2 {2}0\.\d{3} {2}recipes\.txt:\d .*\n 3 .*\n$/,
    );
    expect(fromCorpus.err).toMatch(/^encoded 32 rows into 384 dims with minilm \(int8\) in [\d.]+ s( \(\d+ rows\/s\))?\n$/);
    expect(readdirSync('.')).toEqual(['recipes.txt']);
    expect(readdirSync(temporary)).toEqual([]);
    vi.unstubAllEnvs();
    rmSync(temporary, { recursive: true });
    await run(['encode', 'recipes.txt']);
    const fromSet = await run(['search', 'recipes.npy', 'how do I cook rice', '-n', '3']);
    expect(fromSet).toEqual({ code: 0, out: fromCorpus.out, err: '' });
    const again = await run(['search', 'recipes.txt', 'how do I cook rice', '-n', '3']);
    expect(again).toEqual({ code: 0, out: fromCorpus.out, err: 'using recipes.npy, which is up to date\n' });
  });

  it('reads the corpus from standard input', async () => {
    inFreshFolder();
    const { out, code } = await run(['search', '-', 'rice', '-n', '1', '-q'], { stdin: 'the sea\ncooked rice\n' });
    expect({ out, code }).toEqual({ out: expect.stringMatching(/^ 1 {2}0\.\d{3} {2}stdin:2 {2}cooked rice\n$/) as string, code: 0 });
  });

  it('gives the same bytes with any number of threads', async () => {
    inKitchen();
    await encodeOnce('recipes.txt');
    const one = await run(['search', 'recipes.npy', '--queries', 'recipes.txt', '--threads', '1', '--format', 'json']);
    const two = await run(['search', 'recipes.npy', '--queries', 'recipes.txt', '--threads', '2', '--format', 'json']);
    expect(two).toEqual(one);
  });

  it('takes many queries from a file, by id where there is one, and leaves empty ones out', async () => {
    inKitchen();
    await encodeOnce('recipes.txt');
    writeFileSync('questions.csv', 'id,query\nq7,how to bake bread\nq8,\nq9,making coffee\n');
    const { out, err, code } = await run(['search', 'recipes.txt', '--queries', 'questions.csv', '-n', '1']);
    expect(code).toBe(0);
    expect(out).toMatch(/^query q7: how to bake bread\n 1 .* Bake the bread .*\n\nquery q9: making coffee\n 1 .*coffee.*\n$/);
    expect(err).toContain('1 empty query of questions.csv left out\n');
    writeFileSync('lines.txt', 'boiled eggs\n');
    expect((await hits(['recipes.txt', '--queries', 'lines.txt', '-n', '1']))[0]).toMatchObject({ query_id: 'lines.txt:1', rank: 1 });
    expect((await hits(['recipes.txt', '--queries', '-', '-n', '1'], { stdin: 'boiled eggs\n' }))[0]).toMatchObject({
      query_id: 'stdin:1',
    });
    writeFileSync('other.csv', 'nr,question\n1,boiled eggs\n');
    expect(await hits(['recipes.txt', '--queries', 'other.csv', '--query-column', 'question', '-n', '2'])).toHaveLength(2);
  });

  it('takes queries that are vectors, and rows of the set, which then are no answer to themselves', async () => {
    inKitchen();
    await encodeOnce('recipes.txt');
    writeFileSync('q.txt', 'rice\n\n');
    await run(['encode', 'q.txt']);
    const [byVector] = await hits(['recipes.npy', '--vectors', 'q.npy', '-n', '1']);
    const [byWord] = await hits(['recipes.npy', 'rice', '-n', '1']);
    expect(byVector).toEqual({ ...byWord, query_id: 'q.txt:1' });
    const like = await run(['search', 'recipes.npy', '--like', 'recipes.txt:5', '-n', '2']);
    expect(like.out).toMatch(/^query recipes\.txt:5: Whisk the eggs .*\n 1 .*eggs.*\n 2 /);
    const byNumber = await hits(['recipes.npy', '--like', 'row:4', '--like', 'recipes.txt:1']);
    expect(byNumber).toHaveLength(20);
    expect(
      byNumber.filter(({ query_id: id, row }) => (id === 'recipes.txt:5' && row === 4) || (id === 'recipes.txt:1' && row === 0)),
    ).toEqual([]);
  });

  it('looks into objects with --where, and names the paths there are', async () => {
    inFreshFolder();
    const rows = [{ meta: { lang: 'en' } }, { meta: { lang: 'de' } }, { 'meta.lang': 'en', meta: { lang: 'de' } }];
    writeFileSync('a.jsonl', rows.map((row) => `${JSON.stringify({ text: 'cooked rice', ...row })}\n`).join(''));
    const args = ['a.jsonl', 'rice', '--text-column', 'text', '-q', '--where'];
    expect((await hits([...args, 'meta.lang=en'])).map(({ row }) => row)).toEqual([0, 2]);
    const { code, err } = await run(['search', ...args, 'meta.land=en']);
    expect(code).toBe(2);
    expect(err).toContain('by "meta.land": no row has such a field; fields are meta.lang, id, file\n');
  });

  it('keeps rows whose fields meet every --where, and leaves blank rows out', async () => {
    inFreshFolder();
    writeFileSync('tickets.csv', TICKETS);
    const table = ['--text-column', 'body', '--id-column', 'ticket'];
    await encodeOnce('tickets.csv', ...table);
    const args = ['tickets.csv', ...table, 'money back'];
    expect(new Set((await hits(args)).map(({ id }) => id))).toEqual(new Set(['17', '18', '19', '21']));
    expect((await run(['search', ...args])).err).toContain('1 blank row left out\n');
    expect((await hits([...args, '--where', 'team=billing'])).map(({ id }) => id)).toEqual(['17', '19']);
    expect((await hits([...args, '--where', 'team!=billing', '--where', 'team!=access'])).map(({ id }) => id)).toEqual(['21']);
    const none = await run(['search', ...args, '--where', 'team=legal', '--format', 'json']);
    expect(none.code).toBe(1);
    expect(JSON.parse(none.out)).toMatchObject({ summary: { hits: 0 }, results: [] });
    expect(none.err).toContain('no row of tickets.csv meets team=legal; team is billing, access, shipping\n');
    expect((await run(['search', ...args])).out).toMatch(/^ 1 {2}0\.\d+ {2}tickets\.csv:2 {2}17 {2}I was charged twice/);
  });

  it('compares fields as what they are with --where, and counts values that cannot be', async () => {
    inFreshFolder();
    writeFileSync('shop.csv', 'text,sku,price,day\nrice,007,9.5,31/01/2024\nbread,7,19,02/03/2024\nsoup,10,100,15/02/2024\nsalt,11,n/a,\n');
    await encodeOnce('shop.csv', '--text-column', 'text', '--model', 'multilingual');
    const found = async (...where: string[]): Promise<number[]> =>
      (await hits(['shop.npy', 'food', '-q', ...where.flatMap((one) => ['--where', one])])).map(({ row }) => row).toSorted((a, b) => a - b);
    expect(await found('price>=19')).toEqual([1, 2]);
    expect(await found('price>=19', 'price<100')).toEqual([1]);
    expect(await found('price=9.50')).toEqual([0]);
    expect(await found('sku=7')).toEqual([1]);
    expect(await found('day>=2024-02-01', 'price != 100')).toEqual([1]);
    expect(await found('file=shop.csv')).toEqual([0, 1, 2, 3]);
    const { err } = await run(['search', 'shop.npy', 'food', '--where', 'price>=19', '--where', 'day<2025']);
    expect(err).toBe(
      'note: 1 of 4 values of price is not a number and does not meet price>=19: "n/a"\n' +
        'note: day is compared as dates written day/month/year\n' +
        'note: 1 row without day: it does not meet day<2025\n',
    );
    for (const [where, message] of [
      ['price==19', 'error: Cannot read the condition "price==19": there is no operator "=="\nhint: Write \'price=19\'\n'],
      ['price', 'error: Cannot read the condition "price"\nhint: Write field=value, '],
      ['price>=cheap', 'error: Cannot compare price of shop.npy with "cheap": its values are numbers (9.5, 19, 100, …)\nhint: '],
      ['cost>=19', 'by "cost": no row has such a field; fields are sku, price, day, id, file\nhint: '],
    ] as const) {
      const { code, err: error } = await run(['search', 'shop.npy', 'food', '--where', where]);
      expect({ where, code, error }).toEqual({ where, code: 2, error: expect.stringContaining(message) as string });
    }
  });

  it('ends with 1 and says the best cosine when nothing is near enough', async () => {
    inKitchen();
    await encodeOnce('recipes.txt');
    const { code, out, err } = await run(['search', 'recipes.txt', 'stock market', '--min-cosine', '0.9', '-n', '3']);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toMatch(/no hit at or above 0\.9: the best cosine is 0\.\d{6}, recipes\.txt:\d+\n$/);
    expect((await hits(['recipes.txt', 'rice', '--min-cosine', '0.5'])).every(({ cosine }) => cosine! >= 0.5)).toBe(true);
  });

  it('keeps ids and fields that are longer than a number can be', async () => {
    inFreshFolder();
    writeFileSync('a.jsonl', '{"id":1234567890123456789,"text":"rice","n":1234567890123456788,"t":"12345678901234567"}\n');
    expect(await hits(['a.jsonl', 'rice', '--id-column', 'id', '--where', 'n=1234567890123456788'])).toMatchObject([
      { id: '1234567890123456789', fields: { n: '1234567890123456788', t: '12345678901234567' } },
    ]);
  });

  it('orders short vectors as well as long ones', async () => {
    inFreshFolder();
    writeMatrix('a.npy', [
      [1e-7, 0],
      [3e-7, 0],
      [2e-7, 0],
    ]);
    writeMatrix('q.npy', [[1e-7, 0]]);
    for (const [metric, order] of [
      ['dot', [1, 2, 0]],
      ['euclidean', [0, 2, 1]],
    ] as const) {
      expect((await hits(['a.npy', '--vectors', 'q.npy', '--metric', metric])).map(({ row }) => row)).toEqual(order);
    }
  });

  it('compares by dot product and euclidean distance too', async () => {
    inFreshFolder();
    writeMatrix('a.npy', [
      [1, 0],
      [3, 3],
      [0, 0],
    ]);
    writeMatrix('q.npy', [[1, 0.5]]);
    const by = async (...metric: string[]): Promise<[number, number][]> =>
      (await hits(['a.npy', '--vectors', 'q.npy', ...metric])).map(({ row, cosine, dot, distance }) => [row, (cosine ?? dot ?? distance)!]);
    expect(await by()).toEqual([
      [1, 0.948683],
      [0, 0.894427],
    ]);
    expect(await by('--metric', 'dot')).toEqual([
      [1, 4.5],
      [0, 1],
      [2, 0],
    ]);
    expect(await by('--metric', 'euclidean')).toEqual([
      [0, 0.5],
      [2, 1.118034],
      [1, 3.201562],
    ]);
    const cosine = await run(['search', 'a.npy', '--vectors', 'q.npy']);
    expect(cosine.out).toMatch(/^query row:0\n 1 {2}0\.949 {2}row:1\n 2 /);
    expect(cosine.err).toContain('1 row of length zero left out\n');
  });

  it('takes float64 and float16, either byte order, and texts by position, for a bare matrix', async () => {
    inFreshFolder();
    const save = (path: string, descr: string, bytes: Buffer): void => {
      const head = Buffer.from(npyHeader({ rows: 2, cols: 2 }))
        .toString('latin1')
        .replace('<f4', descr);
      writeFileSync(path, Buffer.concat([Buffer.from(head, 'latin1'), bytes]));
    };
    const values = [1, 0, 0.5, 0.5];
    const big = Buffer.alloc(32);
    values.forEach((value, at) => big.writeDoubleBE(value, at * 8));
    save('f8.npy', '>f8', big);
    save('f2.npy', '<f2', Buffer.from(Uint16Array.of(0x3c00, 0, 0x3800, 0x3800).buffer));
    writeMatrix('q.npy', [[1, 3]]);
    writeFileSync('texts.csv', 'text,kind\nright,a\nboth,b\n');
    for (const path of ['f8.npy', 'f2.npy']) {
      expect(await hits([path, '--vectors', 'q.npy', '--texts', 'texts.csv'])).toMatchObject([
        { row: 1, cosine: 0.894427, text: 'both', id: 'texts.csv:3', fields: { kind: 'b' } },
        { row: 0, cosine: 0.316228, text: 'right' },
      ]);
    }
    expect(await hits(['f8.npy', '--vectors', 'q.npy', '--texts', 'texts.csv', '--where', 'kind=a'])).toMatchObject([{ row: 0 }]);
  });

  it('takes JSON Lines that hold vectors', async () => {
    inKitchen();
    await run(['encode', 'recipes.txt', '-o', 'v.jsonl']);
    await encodeOnce('recipes.txt');
    const fromJsonl = await hits(['v.jsonl', 'rice', '--model', 'minilm', '-n', '3']);
    expect(fromJsonl).toEqual(await hits(['recipes.npy', 'rice', '-n', '3']));
    expect((await run(['search', 'v.jsonl', 'rice'])).err).toContain('nothing says which model made its vectors');
    writeFileSync('w.jsonl', '{"embedding":[1,0],"team":"a"}\n{"embedding":[0,1],"team":"b"}\n');
    expect(await hits(['w.jsonl', '--like', 'row:0', '--where', 'team=b'])).toMatchObject([
      { id: 'w.jsonl:2', cosine: 0, fields: { team: 'b' } },
    ]);
  });

  it('shows paths from the folder it is in', async () => {
    inFreshFolder();
    mkdirSync('data');
    writeFileSync('data/c.txt', 'cooked rice\n');
    await run(['encode', 'data/c.txt', '-o', 'data/c.npy']);
    expect((await run(['search', 'data/c.npy', 'rice'])).out).toMatch(/ data\/c\.txt:1 {2}cooked rice\n$/);
    expect((await hits(['data/c.npy', 'rice']))[0]).toMatchObject({ file: 'data/c.txt', id: 'c.txt:1' });
  });
});

describe('reports', () => {
  const inTickets = async (): Promise<void> => {
    inFreshFolder();
    writeFileSync('tickets.csv', TICKETS);
    await encodeOnce('tickets.csv', '--text-column', 'body', '--id-column', 'ticket');
  };

  it('say the same in every format, and json follows its schema', async () => {
    await inTickets();
    const json = await run(['search', 'tickets.npy', 'refund', '-n', '2', '--format', 'json']);
    const whole = JSON.parse(json.out) as { results: Hit[] };
    expect(validate(whole), JSON.stringify(validate.errors)).toBe(true);
    expect(whole.results[0]).toEqual({
      query_id: 'query',
      rank: 1,
      row: 0,
      id: '17',
      cosine: expect.closeTo(0.6, 0) as number,
      text: 'I was charged twice, please refund me',
      file: 'tickets.csv',
      line: 2,
      fields: { team: 'billing' },
      query: 'refund',
    });
    expect(await hits(['tickets.npy', 'refund', '-n', '2'])).toEqual(whole.results);
    for (const [format, delimiter] of [
      ['csv', ','],
      ['tsv', '\t'],
    ] as const) {
      const { out } = await run(['search', 'tickets.npy', 'refund', '-n', '2', '--format', format]);
      const [header, ...rows] = parse(out, { delimiter }) as string[][];
      expect(header).toEqual(['query_id', 'rank', 'row', 'id', 'cosine', 'text', 'file', 'line', 'query', 'team']);
      expect(rows[0]).toEqual([
        'query',
        '1',
        '0',
        '17',
        String(whole.results[0]!.cosine),
        whole.results[0]!.text,
        'tickets.csv',
        '2',
        'refund',
        'billing',
      ]);
      expect(rows).toHaveLength(2);
    }
    for (const args of [
      ['--like', 'row:1'],
      ['--metric', 'dot', 'x'],
      ['--metric', 'euclidean', 'x'],
      ['--min-cosine', '0.99', 'x'],
    ])
      expect(
        validate(JSON.parse((await run(['search', 'tickets.npy', ...args, '--format', 'json'])).out)),
        JSON.stringify(validate.errors),
      ).toBe(true);
  });

  it('go into files by their suffix, instead of the screen with -o and beside it with --report', async () => {
    await inTickets();
    const quiet = await run(['search', 'tickets.npy', 'refund', '-n', '1', '-o', 'a.csv']);
    expect(quiet).toEqual({ code: 0, out: '', err: '1 blank row left out\nwrote a.csv: 1 hit of 1 query\n' });
    expect(readFileSync('a.csv', 'utf8')).toMatch(/^query_id,.*\nquery,1,0,17,/);
    const both = await run(['search', 'tickets.npy', 'refund', '-n', '1', '--report', 'b.json', '--report', 'b.txt']);
    expect(both.out).toBe(readFileSync('b.txt', 'utf8'));
    expect(validate(JSON.parse(readFileSync('b.json', 'utf8')))).toBe(true);
    expect((await run(['search', 'tickets.npy', 'refund', '-o', '-', '-n', '1'])).out).toMatch(/^\{"query_id":"query","rank":1,/);
    expect((await run(['search', 'tickets.npy', 'refund', '-o', 'a.csv'])).err).toContain('Cannot write a.csv: a file of that name exists');
    expect((await run(['search', 'tickets.npy', 'refund', '-o', 'a.csv', '--overwrite'])).code).toBe(0);
    expect((await run(['search', 'tickets.csv', '--text-column', 'body', '--id-column', 'ticket', 'refund', '-o', 'c.csv'])).code).toBe(0);
    expect(readFileSync('c.csv', 'utf8')).toBe(readFileSync('a.csv', 'utf8'));
    expect(readdirSync('.').filter((name) => name.endsWith('.part'))).toEqual([]);
  });

  it('replace nothing unasked, and never what the set was made of', async () => {
    await inTickets();
    writeFileSync('notes.txt', 'mine');
    mkdirSync('folder.json');
    for (const [path, why] of [
      ['notes.txt', 'a file of that name exists'],
      ['folder.json', 'it is a folder'],
      ['tickets.csv', 'a file of that name exists'],
    ] as const) {
      expect((await run(['search', 'tickets.npy', 'refund', '--report', path])).err).toContain(`Cannot write ${path}: ${why}`);
    }
    const forced = await run(['search', 'tickets.npy', 'refund', '--report', 'tickets.csv', '--overwrite']);
    expect(forced.err).toContain('Cannot write tickets.csv: the command reads this file');
    expect(readFileSync('tickets.csv', 'utf8')).toBe(TICKETS);
    expect(readFileSync('notes.txt', 'utf8')).toBe('mine');
    const replaced = await run(['search', 'tickets.npy', 'refund', '--report', 'notes.txt', '--overwrite']);
    expect(readFileSync('notes.txt', 'utf8')).toBe(replaced.out);
  });

  it('can be read back: csv by those who know only \\r, tsv by us', async () => {
    inFreshFolder();
    const text = 'say "hi"\tto\r\nall of\rthem, please';
    writeFileSync('a.jsonl', `${JSON.stringify({ text })}\n`);
    const csv = await run(['search', 'a.jsonl', 'hi', '-q', '--format', 'csv']);
    expect((parse(csv.out) as string[][])[1]![5]).toBe(text);
    expect(csv.out).toContain('"say ""hi""');
    writeFileSync('hits.tsv', (await run(['search', 'a.jsonl', 'hi', '-q', '--format', 'tsv'])).out);
    expect(await hits(['hits.tsv', 'hi', '--columns', 'none'])).toMatchObject([{ text: 'say "hi" to all of them, please' }]);
  });

  it('cut lines at the terminal, in cells and whole characters, and nowhere else', async () => {
    inFreshFolder();
    writeFileSync(
      'a.txt',
      `料理の作り方をここに書きます。とても長い文章なので、端末の幅では切れてしまいます。終わりまで読めません。\n${'👩‍👩‍👧‍👦'.repeat(60)}\nshort\n`,
    );
    await encodeOnce('a.txt');
    const screen = await run(['search', 'a.txt', '料理', '-q'], { tty: true });
    const lines = stripVTControlCharacters(screen.out).trimEnd().split('\n');
    expect(lines.some((line) => line.endsWith('…'))).toBe(true);
    const { default: stringWidth } = await import('string-width');
    for (const line of lines) expect(stringWidth(line)).toBeLessThanOrEqual(80);
    expect(screen.out).not.toContain('\u200d…');
    const piped = await run(['search', 'a.txt', '料理', '-q']);
    expect(piped.out).toContain('終わりまで読めません。');
    expect(piped.out).not.toContain('\u001b');
  });

  it('do not let a corpus steer the terminal', async () => {
    inFreshFolder();
    writeFileSync('a.jsonl', `${JSON.stringify({ text: '::stop-commands::\n\u001b[31mred \u202e backwards' })}\n`);
    const { out } = await run(['search', 'a.jsonl', 'x', '-q']);
    expect(out).toMatch(/^ 1 {2}-?0\.\d+ {2}a\.jsonl:1 {2}::stop-commands:: ␛\[31mred \[U\+202E\] backwards\n$/);
  });
});

describe('what is asked for twice over, or in vain', () => {
  it('queries in files are read by their own options, and told apart', async () => {
    inKitchen();
    await encodeOnce('recipes.txt');
    writeFileSync('fragen.csv', 'id,frage\n1,boiled eggs\n');
    expect((await run(['search', 'recipes.txt', '--queries', 'fragen.csv'])).err).toMatch(
      /hint: Choose one with --query-column, for example --query-column frage/,
    );
    expect(await hits(['recipes.txt', '--queries', 'fragen.csv', '--query-column', 'frage', '-n', '1'])).toMatchObject([
      { query_id: '1', query: 'boiled eggs' },
    ]);
    writeFileSync('questions', 'boiled eggs\n');
    expect(await hits(['recipes.txt', '--queries', 'questions', '-n', '1'])).toMatchObject([{ query_id: 'questions:1' }]);
    expect(
      await hits(['recipes.txt', '--queries', '-', '--query-format', 'jsonl', '-n', '1'], { stdin: '{"id":7,"query":"boiled eggs"}\n' }),
    ).toMatchObject([{ query_id: '7' }]);
    writeFileSync('twice.csv', 'id,query\n1,rice\n1,eggs\n');
    expect((await run(['search', 'recipes.txt', '--queries', 'twice.csv'])).err).toContain('the id "1" is at line 2 and again at line 3');
  });

  it('bad arguments are told before a corpus is encoded', async () => {
    inKitchen();
    for (const args of [
      ['--queries', 'none.txt'],
      ['--vectors', 'none.npy'],
      ['--queries', 'recipes.npy'],
      ['--texts', 'recipes.txt', 'x'],
    ]) {
      const { code, err } = await run(['search', 'recipes.txt', ...args]);
      expect(code, args.join(' ')).toBe(2);
      expect(err).not.toContain('encoded');
    }
  });

  it('options without effect are refused', async () => {
    inKitchen();
    await encodeOnce('recipes.txt');
    expect((await run(['search', 'recipes.npy', 'rice', '--text-column', 'a'])).err).toContain('Cannot use --text-column with recipes.npy');
    expect((await run(['search', 'recipes.npy', 'rice', '--query-column', 'a'])).err).toContain(
      'Cannot use --query-column without --queries',
    );
    expect((await run(['search', 'recipes.npy', '-'])).err).toContain('say --queries -');
    expect((await run(['search', 'recipes.npy', '-5 degrees'])).err).toContain(
      'hint: If it is part of the query, put -- before it: embed search recipes.npy -- -5 degrees',
    );
    expect((await run(['search', 'recipes.npy', '-n', '1', '--', '-5', 'degrees'])).code).toBe(0);
  });

  it('a blank row is like no other', async () => {
    inFreshFolder();
    writeFileSync('a.txt', 'rice\n\neggs\n');
    await run(['encode', 'a.txt']);
    const { code, err } = await run(['search', 'a.npy', '--like', 'a.txt:2']);
    expect(code).toBe(2);
    expect(err).toContain('Cannot search for a.txt:2: the row is blank');
  });
});

describe('paths', () => {
  it('are those of the folder we are in, wherever set and texts are', async () => {
    inFreshFolder();
    mkdirSync('data');
    mkdirSync('out');
    writeFileSync('data/c.txt', 'cooked rice\nthe sea\n');
    writeFileSync('t.txt', 'cooked rice\nthe sea\n');
    await run(['encode', 'data/c.txt', '-o', 'data/c.npy']);
    await run(['encode', 'data/c.txt', '-o', 'out/v.jsonl']);
    expect(await hits(['data/c.npy', '--like', 'data/c.txt:2', '-n', '1'])).toMatchObject([{ file: 'data/c.txt', line: 1 }]);
    expect(await hits(['data/c.npy', '--like', 'c.txt:2', '--where', 'file=data/c.txt'])).toHaveLength(1);
    expect(await hits(['out/v.jsonl', '--like', 'row:0'])).toMatchObject([{ file: 'data/c.txt', line: 2 }]);
    writeFileSync('data/bare.npy', readFileSync('data/c.npy'));
    expect(await hits(['data/bare.npy', '--texts', 't.txt', '--like', 'row:0'])).toMatchObject([{ file: 't.txt', id: 't.txt:2' }]);
  });
});

describe('sets and what they were made of', () => {
  it('vectors of another run are refused, and encoding again mends the set', async () => {
    inFreshFolder();
    writeFileSync('a.txt', 'cooked rice\nthe sea\n');
    writeFileSync('b.txt', 'the moon\nthe sun\n');
    await run(['encode', 'a.txt']);
    await run(['encode', 'b.txt']);
    copyFileSync('b.npy', 'a.npy');
    utimesSync('a.npy', 1000, 1000);
    expect((await run(['search', 'a.npy', 'rice'])).err).toContain(
      'Cannot use the set a.npy: a.npy is from another run than a.manifest.json',
    );
    expect((await run(['search', 'a.txt', 'rice'])).code).toBe(0);
    expect((await run(['encode', 'a.txt'])).err).toContain('encoded 2 rows');
    expect((await run(['search', 'a.npy', 'rice'])).out).toContain('cooked rice');
  });

  it('a corpus that has changed since is told', async () => {
    inFreshFolder();
    writeFileSync('a.txt', 'cooked rice\n');
    await run(['encode', 'a.txt']);
    writeFileSync('a.txt', 'boiled eggs\n');
    // later than the set by any file system's clock
    const later = statSync('a.manifest.json').mtimeMs / 1000 + 10;
    utimesSync('a.txt', later, later);
    expect((await run(['search', 'a.npy', 'rice'])).err).toContain('note: a.txt has changed since a.npy was made from it\n');
  });

  it('a damaged manifest is an error, not a set without one', async () => {
    inFreshFolder();
    writeFileSync('a.txt', 'cooked rice\n');
    await run(['encode', 'a.txt']);
    for (const manifest of ['{', '{}', '{"format":0}']) {
      writeFileSync('a.manifest.json', manifest);
      expect((await run(['search', 'a.npy', '--like', 'row:0'])).err).toContain(
        'a.manifest.json is damaged or from another version of embed',
      );
    }
  });

  it('texts can be given to a set that has none', async () => {
    inFreshFolder();
    writeFileSync('a.txt', 'cooked rice\n\nthe sea\n');
    await run(['encode', 'a.txt', '--no-text']);
    expect(await hits(['a.npy', 'rice', '--texts', 'a.txt', '-n', '1'])).toMatchObject([{ id: 'a.txt:1', text: 'cooked rice' }]);
    expect(await hits(['a.npy', 'rice'])).toHaveLength(2);
  });

  it('JSON Lines with vectors come through a pipe, and other JSON is not taken for text in silence', async () => {
    inKitchen();
    const { out } = await run(['encode', 'recipes.txt', '-o', '-']);
    expect(await hits(['-', 'rice', '--model', 'minilm', '-n', '1'], { stdin: out })).toMatchObject([{ id: 'recipes.txt:4' }]);
    const marked = Buffer.from(`\ufeff\n${out.split('\n')[0]}\n`, 'utf16le');
    expect(await hits(['-', 'rice', '--model', 'minilm'], { stdin: marked })).toMatchObject([{ id: 'recipes.txt:1' }]);
    expect((await run(['search', '-', 'rice'], { stdin: '{"text":"rice"}\n' })).err).toContain(
      'looks like JSON Lines, but is read as lines of text',
    );
    expect(await hits(['-', 'rice', '--input-format', 'jsonl'], { stdin: '{"text":"rice"}\n' })).toMatchObject([{ text: 'rice' }]);
  });
});

describe('warnings', () => {
  it('tell of a query the model cannot read, and of one that is cut', async () => {
    inKitchen();
    await encodeOnce('recipes.txt');
    expect((await run(['search', 'recipes.txt', 'как сварить рис'])).err).toMatch(
      /warning: minilm cannot read much of the query: .*100\.0 % of the letters are outside Latin/,
    );
    const long = await run(['search', 'recipes.txt', 'rice '.repeat(400)]);
    expect(long.code).toBe(0);
    expect(long.err).toContain('warning: the query is longer than the 256 tokens the model reads; the rest is cut off\n');
    writeFileSync('q.txt', `rice\n${'rice '.repeat(400)}\n`);
    expect((await run(['search', 'recipes.txt', '--queries', 'q.txt'])).err).toContain('warning: query q.txt:2 is longer than');
  });
});

describe('a set of another model', () => {
  const changed = (change: (model: Record<string, unknown>) => void): void => {
    const manifest = JSON.parse(readFileSync('recipes.manifest.json', 'utf8')) as { model: Record<string, unknown> };
    manifest.model['hash'] = 'sha256:0';
    change(manifest.model);
    writeFileSync('recipes.manifest.json', JSON.stringify(manifest));
  };

  it.each([
    [
      'revision',
      (model: Record<string, unknown>) => (model['revision'] = 'other/model'),
      /different models: model other\/model and sentence-transformers/,
    ],
    ['pooling', (model: Record<string, unknown>) => (model['pooling'] = 'cls'), /different models: pooling cls and mean/],
    [
      'prompts',
      (model: Record<string, unknown>) => (model['prompts'] = { query: 'q: ' }),
      /different models: prompts \{"query":"q: "\} and \{\}/,
    ],
    ['weights', () => undefined, /different models: files of the model/],
  ])('by its %s is refused with what differs, unless --force', async (_, change, message) => {
    inKitchen();
    await encodeOnce('recipes.txt');
    changed(change);
    const refused = await run(['search', 'recipes.npy', 'rice']);
    expect(refused.code).toBe(2);
    expect(refused.err).toMatch(message);
    expect(refused.err).toMatch(/^hint: .*--force/m);
    const forced = await run(['search', 'recipes.npy', 'rice', '--force']);
    expect(forced.code).toBe(0);
    expect(forced.err).toMatch(/^warning: .*their cosines mean little$/m);
  });

  it('in another precision only warns', async () => {
    inKitchen();
    await encodeOnce('recipes.txt');
    changed((model) => (model['precision'] = 'fp32'));
    const { code, err } = await run(['search', 'recipes.npy', 'rice']);
    expect(code).toBe(0);
    expect(err).toContain('warning: recipes.npy is in fp32, the model minilm in int8: cosines may differ in the second decimal\n');
  });

  it('that is only named by the manifest is not looked for elsewhere', async () => {
    inKitchen();
    await encodeOnce('recipes.txt');
    changed((model) => (model['name'] = 'bge-m3'));
    expect((await run(['search', 'recipes.npy', 'rice'])).err).toContain(
      'Cannot encode a query for recipes.npy: its vectors are of the model bge-m3, which is not in the package\nhint: Name its folder with --model',
    );
    expect((await run(['search', 'recipes.npy', '--like', 'row:1'])).code).toBe(0);
  });

  it('is refused for query vectors too', async () => {
    inKitchen();
    await encodeOnce('recipes.txt');
    copyFileSync('recipes.txt', 'q.txt');
    await run(['encode', 'q.txt']);
    changed((model) => (model['revision'] = 'other/model'));
    expect((await run(['search', 'recipes.npy', '--vectors', 'q.npy'])).err).toContain(
      'recipes.npy and q.npy are of different models: model',
    );
  });
});

describe('bad input', () => {
  const set = async (): Promise<void> => {
    writeFileSync('a.txt', 'cooked rice\nthe sea\n');
    await encodeOnce('a.txt');
    // as if everything were from one run long ago
    for (const file of readdirSync('.')) utimesSync(file, 1000, 1000);
  };
  const matrix = (rows: number[][]) => (): void => writeMatrix('a.npy', rows);
  const header = (change: (text: string) => string, data: number) => (): void => {
    const head = Buffer.from(npyHeader({ rows: 2, cols: 2 })).toString('latin1');
    writeFileSync('a.npy', Buffer.concat([Buffer.from(change(head), 'latin1'), Buffer.alloc(data)]));
  };
  const cases: [string, () => void | Promise<void>, string[], RegExp][] = [
    ['no query', set, ['a.npy'], /Cannot search a\.npy: there is no query/],
    ['an empty query', set, ['a.npy', ' '], /Cannot search a\.npy: the query is empty/],
    ['queries in two ways', set, ['a.npy', 'x', '--like', 'row:0'], /Cannot search with QUERY and --like at once/],
    [
      'a query file of empty lines',
      async () => (await set(), writeFileSync('q.txt', '\n \n')),
      ['a.npy', '--queries', 'q.txt'],
      /every query in it is empty/,
    ],
    ['corpus and queries from one pipe', set, ['-', '--queries', '-'], /Cannot read both the corpus and the queries from standard input/],
    [
      'INPUT and QUERY swapped',
      set,
      ['rice', 'a.npy'],
      /Cannot read rice: no such file, but a\.npy exists\nhint: INPUT comes before QUERY: embed search a\.npy rice/,
    ],
    [
      'a second file with words',
      async () => (await set(), writeFileSync('b.npy', '')),
      ['a.npy', 'b.npy', 'lost', 'card'],
      /Cannot search a\.npy for b\.npy: it is a file, and search reads one INPUT\nhint: For the queries in it say --vectors b\.npy; for the words themselves: embed search a\.npy 'b\.npy lost card'\n/,
    ],
    [
      'a file of queries without --queries',
      async () => (await set(), writeFileSync('my queries.csv.gz', '')),
      ['a.npy', 'my queries.csv.gz'],
      /it is a file, and search reads one INPUT\nhint: For the queries in it say --queries 'my queries\.csv\.gz'; for the words themselves: echo 'my queries\.csv\.gz' \| embed search a\.npy --queries -\n/,
    ],
    ['a file that is not there', () => {}, ['a.npy', 'x'], /Cannot read a\.npy: no such file/],
    [
      'no rows',
      header((text) => text.replace('(2, 2)', '(0, 2)'), 0),
      ['a.npy', '--like', 'row:0'],
      /Cannot use the vectors of a\.npy: it holds none/,
    ],
    [
      'NaN',
      matrix([
        [1, 0],
        [NaN, 1],
      ]),
      ['a.npy', '--like', 'row:0'],
      /Cannot compare the vectors of a\.npy: row 1 contains NaN or infinity/,
    ],
    [
      'infinity',
      matrix([
        [1, 0],
        [Infinity, 1],
      ]),
      ['a.npy', '--like', 'row:0', '--metric', 'dot'],
      /row 1 contains NaN or infinity/,
    ],
    [
      'a query of zeros',
      matrix([
        [0, 0],
        [1, 1],
      ]),
      ['a.npy', '--like', 'row:0'],
      /Cannot search for row:0: its vector is all zeros/,
    ],
    ['a file that is not a .npy', () => writeFileSync('a.npy', 'hello'), ['a.npy', 'x'], /it is not a \.npy file/],
    [
      'a truncated .npy',
      header((text) => text, 12),
      ['a.npy', 'x'],
      /it has 12 bytes of data where 2 × 2 values need 16\nhint: It is cut short/,
    ],
    ['Fortran order', header((text) => text.replace('False', 'True '), 16), ['a.npy', 'x'], /Fortran order.*\nhint: .*ascontiguousarray/],
    ['integers', header((text) => text.replace('<f4', '<i8'), 32), ['a.npy', 'x'], /its values are <i8, not floats\nhint: .*astype/],
    ['three dimensions', header((text) => text.replace('(2, 2)', '(2, 1, 2)'), 16), ['a.npy', 'x'], /it has 3 dimensions, not two/],
    [
      'a bare .npy and a query in words',
      matrix([[1, 0]]),
      ['a.npy', 'x'],
      /nothing says which model made its vectors\nhint: .*--model.*--vectors or --like/,
    ],
    [
      'vectors of other dims',
      async () => (await set(), writeMatrix('q.npy', [[1, 2]])),
      ['a.npy', '--vectors', 'q.npy'],
      /those of a\.npy have 384 dims, the queries 2/,
    ],
    ['a row that is not there', set, ['a.npy', '--like', 'row:9'], /Cannot find row:9 in a\.npy: it has 2 rows, row:0 to row:1/],
    ['an id that is not there', set, ['a.npy', '--like', 'b.txt:1'], /Cannot find the row "b\.txt:1" in a\.npy/],
    [
      'an unknown field',
      set,
      ['a.npy', 'x', '--where', 'team=a'],
      /Cannot filter the rows of a\.npy by "team": no row has such a field; fields are id, file/,
    ],
    ['a condition without =', set, ['a.npy', 'x', '--where', 'team'], /Cannot read the condition "team"/],
    ['fields of a bare matrix', matrix([[1, 0]]), ['a.npy', '--like', 'row:0', '--where', 'a=b'], /it is a bare \.npy without fields/],
    [
      'fewer texts than rows',
      () => (writeMatrix('a.npy', [[1], [2]]), writeFileSync('t.txt', 'one\n')),
      ['a.npy', '--like', 'row:0', '--texts', 't.txt'],
      /Cannot take texts from t\.txt: it has 1 row where a\.npy has 2/,
    ],
    [
      'texts for a set that has them',
      async () => (await set(), writeFileSync('t.txt', 'one\ntwo\n')),
      ['a.npy', 'x', '--texts', 't.txt'],
      /a\.npy has its own/,
    ],
    ['a threshold beyond 1', set, ['a.npy', 'x', '--min-cosine', '90'], /cosines are between -1 and 1/],
    [
      'a cosine threshold for distances',
      set,
      ['a.npy', 'x', '--min-cosine', '.9', '--metric', 'euclidean'],
      /Cannot use --min-cosine with --metric euclidean/,
    ],
    [
      'a report of unknown format',
      set,
      ['a.npy', 'x', '--report', 'a.pdf'],
      /Cannot write a\.pdf: its suffix does not name a known format/,
    ],
    ['a report over the set', set, ['a.npy', 'x', '--report', 'a.rows.jsonl', '--overwrite'], /the command reads this file/],
    ['two reports of one name', set, ['a.npy', 'x', '--report', 'b.csv', '--report', './b.csv'], /Cannot write \.\/b\.csv twice/],
    [
      'a report in a folder that is not there',
      set,
      ['a.npy', 'x', '-o', 'no/b.csv'],
      /Cannot write no\/b\.csv: there is no folder no\nhint: Choose a folder/,
    ],
    [
      'a matrix of another run',
      async () => (await set(), writeMatrix('a.npy', [[1, 2]])),
      ['a.npy', 'x'],
      /Cannot use the set a\.npy: it holds 1 × 2 numbers, where a\.manifest\.json states 2 × 384/,
    ],
    [
      'rows of another run',
      async () => (await set(), appendFileSync('a.rows.jsonl', '{}\n')),
      ['a.npy', 'x'],
      /a\.rows\.jsonl is from another run than a\.manifest\.json/,
    ],
    [
      'rows of the same length from another run',
      async () => (await set(), writeFileSync('a.rows.jsonl', readFileSync('a.rows.jsonl', 'utf8').replace('rice', 'lice'))),
      ['a.npy', 'x'],
      /a\.rows\.jsonl is from another run than a\.manifest\.json/,
    ],
    [
      'a set without its rows',
      async () => (await set(), rmSync('a.rows.jsonl')),
      ['a.npy', 'x'],
      /Cannot use the set a\.npy: a\.rows\.jsonl is missing/,
    ],
    [
      'JSONL vectors of two lengths',
      () => writeFileSync('a.jsonl', '{"embedding":[1,2]}\n{"embedding":[1]}\n'),
      ['a.jsonl', '--like', 'row:0'],
      /Cannot read the vector of the record at line 2 of a\.jsonl: it has 1 numbers where the first has 2/,
    ],
    [
      'JSONL vectors with a hole',
      () => writeFileSync('a.jsonl', '{"embedding":[1,2]}\n{"embedding":[null,1]}\n'),
      ['a.jsonl', '--like', 'row:0'],
      /line 2 of a\.jsonl: its field "embedding" is not an array of numbers/,
    ],
  ];

  it.each(cases)('%s is an error that says what to do, and nothing is left behind', async (_, prepare, args, message) => {
    inFreshFolder();
    await prepare();
    const before = readdirSync('.');
    const { code, out, err } = await run(['search', ...args]);
    expect(err).toMatch(message);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(/^error: /m);
    expect(err).toMatch(/^hint: /m);
    expect(readdirSync('.')).toEqual(before);
  });

  it('of blank rows alone is no hit', async () => {
    inFreshFolder();
    writeFileSync('a.txt', '\n\n');
    const { code, err }: Outcome = await run(['search', 'a.txt', 'x']);
    expect(code).toBe(1);
    expect(err).toContain('every row of a.txt is blank\n');
  });

  it('one row, and more rows asked for than there are, are none', async () => {
    inFreshFolder();
    writeFileSync('a.txt', 'cooked rice\n');
    expect(await hits(['a.txt', 'rice', '-n', '1000'])).toHaveLength(1);
    expect((await run(['search', 'a.txt', '--like', 'row:0'])).err).toContain('no hit: no other row is left to compare\n');
    expect(existsSync('a.npy')).toBe(false);
    expect(statSync('a.txt').size).toBe(12);
  });
});
