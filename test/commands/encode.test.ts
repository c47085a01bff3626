import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { Manifest } from '../../src/vectors/manifest.ts';
import { cosine, rowOf } from '../../src/vectors/matrix.ts';
import { readNpy } from '../../src/vectors/npy.ts';
import { inFreshFolder, projectFolder, run } from '../run.ts';

type SetRow = { id: string; text?: string; file: string; line: number; fields?: Record<string, unknown>; cut?: boolean; unknown?: number };

const readRows = (file: string): SetRow[] =>
  readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as SetRow);
const readManifest = (file: string): Manifest => JSON.parse(readFileSync(file, 'utf8')) as Manifest;

describe('embed encode FILE', () => {
  it('writes vectors, rows and manifest named after the input, and says what to do next', async () => {
    inFreshFolder();
    writeFileSync('corpus.txt', 'How do I cook rice?\n\nThe bill is wrong.\n');
    const { code, out, err } = await run(['encode', 'corpus.txt']);
    expect({ code, out }).toEqual({ code: 0, out: '' });
    expect(err).toMatch(
      /^encoded 3 rows into 384 dims with minilm \(int8\) in [\d.]+ s(?: \(\d+ rows\/s\))?\n  1 blank row kept in place\nwrote corpus\.npy, corpus\.rows\.jsonl, corpus\.manifest\.json\nnext: /,
    );
    expect(readdirSync('.').toSorted()).toEqual(['corpus.manifest.json', 'corpus.npy', 'corpus.rows.jsonl', 'corpus.txt']);
    const vectors = readNpy('corpus.npy');
    expect([vectors.rows, vectors.cols]).toEqual([3, 384]);
    for (let row = 0; row < 3; row++) expect(Math.hypot(...rowOf(vectors, row))).toBeCloseTo(1, 5);
    expect(readRows('corpus.rows.jsonl')).toEqual([
      { id: 'corpus.txt:1', text: 'How do I cook rice?', file: 'corpus.txt', line: 1 },
      { id: 'corpus.txt:2', text: '', file: 'corpus.txt', line: 2 },
      { id: 'corpus.txt:3', text: 'The bill is wrong.', file: 'corpus.txt', line: 3 },
    ]);
    const manifest = readManifest('corpus.manifest.json');
    expect(manifest).toMatchObject({
      format: 1,
      dims: 384,
      counts: { rows: 3, blank: 1, cut: 0 },
      model: { name: 'minilm', pooling: 'mean', normalized: true, precision: 'int8' },
      vectors: { path: 'corpus.npy', bytes: statSync('corpus.npy').size },
      rows: { path: 'corpus.rows.jsonl', bytes: statSync('corpus.rows.jsonl').size },
      rowOffsets: [0],
    });
    expect(manifest.inputs).toMatchObject([{ path: 'corpus.txt', bytes: 40 }]);
  });

  it('says "up to date" on an unchanged second run, writes nothing, and starts over when the input changes', async () => {
    inFreshFolder();
    writeFileSync('corpus.txt', 'one\ntwo\n');
    await run(['encode', 'corpus.txt']);
    const files = ['corpus.npy', 'corpus.rows.jsonl', 'corpus.manifest.json'];
    const before = files.map((file) => statSync(file).ino);
    const bytes = files.map((file) => readFileSync(file, 'latin1'));
    const again = await run(['encode', 'corpus.txt']);
    expect(again).toEqual({ code: 0, out: '', err: 'corpus.npy is up to date: same input, model and options\n' });
    expect(files.map((file) => statSync(file).ino)).toEqual(before);
    expect(files.map((file) => readFileSync(file, 'latin1'))).toEqual(bytes);
    writeFileSync('corpus.txt', 'one\nsix\n');
    expect((await run(['encode', 'corpus.txt'])).err).toContain('encoded 2 rows');
    expect(readRows('corpus.rows.jsonl')[1]!.text).toBe('six');
    expect((await run(['encode', 'corpus.txt', '--no-text'])).err).not.toContain('up to date');
    expect(readRows('corpus.rows.jsonl')[1]).not.toHaveProperty('text');
  });

  it('makes a set that is up to date newer than its input, so that make settles', async () => {
    inFreshFolder();
    writeFileSync('corpus.txt', 'one\ntwo\n');
    await run(['encode', 'corpus.txt']);
    const files = ['corpus.npy', 'corpus.rows.jsonl', 'corpus.manifest.json'];
    // the input was saved again without a change
    for (const file of files) utimesSync(file, 1000, 1000);
    utimesSync('corpus.txt', 2000, 2000);
    await run(['encode', 'corpus.txt', '-q']);
    const times = files.map((file) => statSync(file).mtimeMs);
    for (const time of times) expect(time).toBeGreaterThan(statSync('corpus.txt').mtimeMs);
    expect(Math.max(...times)).toBe(times[2]);
    // times that lie ahead are not set back
    const later = Math.round(times[2]! / 1000) + 3600;
    for (const file of files) utimesSync(file, later, later);
    await run(['encode', 'corpus.txt', '-q']);
    expect(files.map((file) => statSync(file).mtimeMs)).toEqual(files.map(() => later * 1000));
  });

  it('writes the same bytes on every run and with any number of threads', async () => {
    inFreshFolder();
    writeFileSync('corpus.txt', readFileSync(join(projectFolder, 'fixtures/recipes.txt')));
    for (const [name, threads] of [
      ['a', '1'],
      ['b', '2'],
      ['c', '2'],
    ] as const)
      await run(['encode', 'corpus.txt', '-o', `${name}.npy`, '--threads', threads]);
    expect(Buffer.compare(readFileSync('a.npy'), readFileSync('b.npy'))).toBe(0);
    expect(Buffer.compare(readFileSync('b.npy'), readFileSync('c.npy'))).toBe(0);
  });

  it('refuses to replace a file that it did not write, or that belongs to another corpus', async () => {
    inFreshFolder();
    writeFileSync('corpus.txt', 'one\n');
    writeFileSync('other.txt', 'two\n');
    writeFileSync('mine.npy', 'precious');
    const foreign = await run(['encode', 'corpus.txt', '-o', 'mine.npy']);
    expect(foreign.code).toBe(2);
    expect(foreign.err).toBe(
      'error: Cannot write mine.npy: a file of that name exists and embed did not write it\nhint: Name another file with -o, or add --overwrite\n',
    );
    expect(readFileSync('mine.npy', 'utf8')).toBe('precious');
    await run(['encode', 'corpus.txt', '-o', 'set.npy']);
    expect((await run(['encode', 'other.txt', '-o', 'set.npy'])).err).toContain('Cannot write set.npy: it holds the vectors of corpus.txt');
    expect((await run(['encode', 'other.txt', '-o', 'set.npy', '--overwrite'])).code).toBe(0);
    expect(readRows('set.rows.jsonl')[0]!.text).toBe('two');
  });

  it('refuses to write over a file beside it that is not ours', async () => {
    inFreshFolder();
    writeFileSync('corpus.txt', 'one\n');
    writeFileSync('corpus.manifest.json', '{"mine":true}');
    expect((await run(['encode', 'corpus.txt'])).err).toContain(
      'Cannot write corpus.manifest.json: a file of that name exists and embed did not write it',
    );
    expect(readFileSync('corpus.manifest.json', 'utf8')).toBe('{"mine":true}');
  });

  it('writes paths relative to the manifest', async () => {
    inFreshFolder();
    mkdirSync('in');
    mkdirSync('out');
    writeFileSync('in/corpus.txt', 'one\n');
    await run(['encode', 'in/corpus.txt', '-o', 'out/set.npy']);
    expect(readRows('out/set.rows.jsonl')[0]).toMatchObject({ id: '../in/corpus.txt:1', file: '../in/corpus.txt' });
    expect(readManifest('out/set.manifest.json').inputs[0]!.path).toBe('../in/corpus.txt');
  });

  it('keeps a row offset every 256 rows', async () => {
    inFreshFolder();
    writeFileSync('corpus.txt', Array.from({ length: 600 }, (_, i) => `${i % 7}é`).join('\n'));
    await run(['encode', 'corpus.txt']);
    const { rowOffsets } = readManifest('corpus.manifest.json');
    const bytes = readFileSync('corpus.rows.jsonl');
    expect(rowOffsets).toHaveLength(3);
    for (const [i, offset] of rowOffsets.entries()) {
      const row = JSON.parse(bytes.subarray(offset, bytes.indexOf(10, offset)).toString()) as SetRow;
      expect(row.line).toBe(i * 256 + 1);
    }
  });

  it('encodes files that are gzipped, whatever they are called', async () => {
    inFreshFolder();
    writeFileSync('corpus.txt.gz', gzipSync('one\ntwo\n'));
    expect((await run(['encode', 'corpus.txt.gz'])).code).toBe(0);
    expect(readRows('corpus.rows.jsonl').map(({ text }) => text)).toEqual(['one', 'two']);
    expect((await run(['encode', '-', '-o', 'piped.npy'], { stdin: gzipSync('one\ntwo\n') })).code).toBe(0);
    expect(Buffer.compare(readFileSync('piped.npy'), readFileSync('corpus.npy'))).toBe(0);
  });
});

describe('embed encode FILE FILE', () => {
  it('makes one corpus of several files, each read by its own format', async () => {
    inFreshFolder();
    mkdirSync('b');
    writeFileSync('a.txt', 'one\ntwo\n');
    writeFileSync('b/c.csv', 'id,text\n7,three\n');
    const { code, err } = await run(['encode', 'a.txt', 'b/c.csv', '-o', 'all.npy']);
    expect(code, err).toBe(0);
    expect(readRows('all.rows.jsonl')).toEqual([
      { id: 'a.txt:1', text: 'one', file: 'a.txt', line: 1 },
      { id: 'a.txt:2', text: 'two', file: 'a.txt', line: 2 },
      { id: 'b/c.csv:2', text: 'three', file: 'b/c.csv', line: 2, fields: { id: '7' } },
    ]);
    expect(readManifest('all.manifest.json').inputs).toMatchObject([
      { path: 'a.txt', bytes: 8 },
      { path: 'b/c.csv', bytes: 16 },
    ]);
    await run(['encode', 'a.txt']);
    expect(Buffer.compare(readFileSync('a.npy').subarray(128), readFileSync('all.npy').subarray(128, 128 + 2 * 384 * 4))).toBe(0);
    expect((await run(['encode', 'a.txt', 'b/c.csv', '-o', 'all.npy'])).err).toContain('all.npy is up to date');
    expect((await run(['encode', 'b/c.csv', 'a.txt', '-o', 'all.npy'])).err).toContain('it holds the vectors of a.txt, b/c.csv');
    writeFileSync('b/c.csv', 'id,text\n8,three\n');
    expect((await run(['encode', 'a.txt', 'b/c.csv', '-o', 'all.npy'])).err).toContain('encoded 3 rows');
    expect((await run(['search', 'all.npy', 'three', '-n', '1', '--where', 'file=b/c.csv'])).out).toContain('b/c.csv:2');
  });

  it('tells what does not go together', async () => {
    inFreshFolder();
    writeFileSync('a.csv', 'id,text\n1,one\n');
    writeFileSync('b.csv', 'id,text\n2,two\n1,three\n');
    const said = async (...args: string[]): Promise<string> => (await run(['encode', ...args])).err;
    expect(await said('a.csv', 'b.csv')).toContain('Cannot name the output after 2 inputs\nhint: Name it with -o');
    expect(await said('a.csv', '-', '-o', 'c.npy')).toContain('Cannot read standard input together with files');
    expect(await said('a.csv', './a.csv', '-o', 'c.npy')).toContain('Cannot encode a.csv twice in one corpus');
    expect(await said('a.csv', 'none.csv', '-o', 'c.npy')).toContain('Cannot read none.csv: no such file');
    expect(await said('a.csv', 'b.csv', '-o', 'c.npy', '--id-column', 'id')).toContain(
      'Cannot use column id of b.csv as the id: "1" is at line 2 of a.csv and again at line 3',
    );
    expect(readdirSync('.').toSorted()).toEqual(['a.csv', 'b.csv']);
  });
});

describe('embed encode -', () => {
  it('streams JSONL to standard output', async () => {
    inFreshFolder();
    const { code, out } = await run(['encode', '-'], { stdin: 'How do I cook rice?\nrice cooking\n' });
    expect(code).toBe(0);
    const rows = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { id: string; text: string; embedding: number[] });
    expect(rows.map(({ id, text }) => [id, text])).toEqual([
      ['stdin:1', 'How do I cook rice?'],
      ['stdin:2', 'rice cooking'],
    ]);
    expect(rows[0]!.embedding).toHaveLength(384);
    expect(cosine(Float32Array.from(rows[0]!.embedding), Float32Array.from(rows[1]!.embedding))).toBeGreaterThan(0.7);
    expect(readdirSync('.')).toEqual([]);
  });

  it('refuses to print vectors on a terminal', async () => {
    const { code, err } = await run(['encode', '-'], { stdin: 'a\n', tty: true });
    expect(code).toBe(2);
    expect(err).toContain('Cannot print vectors to a terminal');
    expect(err).toContain('-o corpus.npy');
  });

  it('writes the numbers of the .npy, exactly', async () => {
    inFreshFolder();
    await run(['encode', '-', '-o', 'a.npy'], { stdin: 'one\n' });
    await run(['encode', '-', '-o', 'a.jsonl'], { stdin: 'one\n' });
    const { embedding } = JSON.parse(readFileSync('a.jsonl', 'utf8')) as { embedding: number[] };
    expect(Float32Array.from(embedding)).toEqual(readNpy('a.npy').data);
    expect((await run(['encode', '-', '-o', 'a.jsonl'], { stdin: 'one\n' })).err).toContain(
      'Cannot write a.jsonl: a file of that name exists',
    );
  });
});

describe('tables', () => {
  const csv = 'ticket,subject,body,team\n7,Invoice,"charged twice,\nplease refund",billing\n9,Login,cannot sign in,"web ""core"""\n';

  it('take text, id and kept columns by name or number, and know the line a record begins on', async () => {
    inFreshFolder();
    writeFileSync('tickets.csv', csv);
    const { code } = await run(['encode', 'tickets.csv', '--text-column', 'subject', '--text-column', '3', '--id-column', 'ticket']);
    expect(code).toBe(0);
    expect(readRows('tickets.rows.jsonl')).toEqual([
      { id: '7', text: 'Invoice\ncharged twice,\nplease refund', file: 'tickets.csv', line: 2, fields: { team: 'billing' } },
      { id: '9', text: 'Login\ncannot sign in', file: 'tickets.csv', line: 4, fields: { team: 'web "core"' } },
    ]);
    await run(['encode', 'tickets.csv', '--text-column', 'body', '--columns', 'team,ticket', '--overwrite']);
    expect(readRows('tickets.rows.jsonl')[0]).toMatchObject({ id: 'tickets.csv:2', fields: { team: 'billing', ticket: '7' } });
    await run(['encode', 'tickets.csv', '--text-column', 'body', '--columns', 'none', '--overwrite']);
    expect(readRows('tickets.rows.jsonl')[0]).not.toHaveProperty('fields');
  });

  it('need no column where there is only one, or one named text', async () => {
    inFreshFolder();
    writeFileSync('one.csv', 'question\nwhy?\n\nhow?\n');
    writeFileSync('two.csv', 'id,text\n1,why?\n');
    expect((await run(['encode', 'one.csv'])).code).toBe(0);
    expect(readRows('one.rows.jsonl').map(({ text }) => text)).toEqual(['why?', '', 'how?']);
    expect((await run(['encode', 'two.csv'])).code).toBe(0);
    writeFileSync('three.csv', 'id,question,answer\n1,a,b\n');
    const { code, err } = await run(['encode', 'three.csv']);
    expect(code).toBe(2);
    expect(err).toBe(
      'error: Cannot tell which column of three.csv is the text: columns are id, question, answer\nhint: Choose one with --text-column, for example --text-column question\n',
    );
  });

  it('with semicolons in windows-1251 are read, and the separator is said', async () => {
    inFreshFolder();
    const cyrillic = (text: string): Buffer =>
      Buffer.from(Array.from(text, (c) => (c >= 'А' && c <= 'я' ? c.charCodeAt(0) - 0x0410 + 0xc0 : c.charCodeAt(0))));
    writeFileSync('tickets.csv', cyrillic('номер;text\n1;Рис; \n'.replace('; \n', '\n')));
    const guess = await run(['encode', 'tickets.csv']);
    expect(guess.code).toBe(2);
    expect(guess.err).toMatch(
      /Cannot read tickets\.csv as UTF-8: line 1 has an invalid byte \(0xed\) at byte 0\nhint: .*--encoding windows-1251/,
    );
    const told = await run(['encode', 'tickets.csv', '--encoding', 'windows-1251']);
    expect(told.code).toBe(0);
    expect(told.err).toContain('tickets.csv: columns are separated by ";" (no comma in the first line)');
    expect(readRows('tickets.rows.jsonl')[0]).toMatchObject({ text: 'Рис', fields: { номер: '1' } });
  });

  it('read tabs, other separators, no header, UTF-16 and byte order marks', async () => {
    inFreshFolder();
    writeFileSync('a.tsv', 'id\ttext\n1\tsay "yes"\n2\t"no\n');
    await run(['encode', 'a.tsv']);
    expect(readRows('a.rows.jsonl').map(({ text }) => text)).toEqual(['say "yes"', '"no']);
    writeFileSync('b.csv', '1|first\n2|second\n');
    await run(['encode', 'b.csv', '--no-header', '--delimiter', '|', '--text-column', '2']);
    expect(readRows('b.rows.jsonl')).toMatchObject([
      { text: 'first', line: 1, fields: { 1: '1' } },
      { text: 'second', line: 2 },
    ]);
    writeFileSync('c.csv', Buffer.from('\ufefftext\nрис\n', 'utf16le'));
    await run(['encode', 'c.csv']);
    expect(readRows('c.rows.jsonl')[0]!.text).toBe('рис');
    writeFileSync('d.csv', '\ufefftext,n\nrice,1\n');
    await run(['encode', 'd.csv']);
    expect(readRows('d.rows.jsonl')[0]).toMatchObject({ text: 'rice', fields: { n: '1' } });
    writeFileSync('e.txt', 'text\tid\nrice\t4\n');
    await run(['encode', 'e.txt', '--input-format', 'csv']);
    expect(readRows('e.rows.jsonl')[0]).toMatchObject({ text: 'rice', fields: { id: '4' } });
  });

  it('keep every column, also where names repeat or are missing', async () => {
    inFreshFolder();
    writeFileSync('a.csv', 'text,note,note,\nrice,a,b,c\n');
    await run(['encode', 'a.csv']);
    expect(readRows('a.rows.jsonl')[0]!.fields).toEqual({ note: 'a', note_2: 'b', column_4: 'c' });
  });

  it('in JSONL take dotted paths', async () => {
    inFreshFolder();
    writeFileSync('a.jsonl', '{"doc":{"body":"rice"},"n":1,"key":"x"}\n\n{"doc":{"body":null},"n":2,"key":"y"}\n');
    expect((await run(['encode', 'a.jsonl', '--text-column', 'doc.body', '--id-column', 'key', '--columns', 'n'])).code).toBe(0);
    expect(readRows('a.rows.jsonl')).toEqual([
      { id: 'x', text: 'rice', file: 'a.jsonl', line: 1, fields: { n: 1 } },
      { id: 'y', text: '', file: 'a.jsonl', line: 3, fields: { n: 2 } },
    ]);
  });
});

describe('what the model does not read', () => {
  it('is cut at the limit, marked and counted', async () => {
    inFreshFolder();
    writeFileSync('long.txt', `${'rice '.repeat(508)}\nshort\n`);
    const { err } = await run(['encode', 'long.txt']);
    expect(err).toContain('1 row cut at 256 tokens: 49.9 % of all tokens lost');
    expect(readRows('long.rows.jsonl').map(({ cut }) => cut)).toEqual([true, undefined]);
    expect(readManifest('long.manifest.json').counts).toMatchObject({ cut: 1, tokens: 255, lostTokens: 254, lostExact: true });
  });

  it('is warned of once, with figures and the way out', async () => {
    inFreshFolder();
    writeFileSync('zh.txt', '如何煮米饭？\n咖啡应该现磨现煮。\n米饭要焖十分钟。\n');
    const { code, err } = await run(['encode', 'zh.txt']);
    expect(code).toBe(0);
    expect(err).toMatch(
      /warning: minilm cannot read much of this: [\d.]+ % of the tokens are unknown to it and 100\.0 % of the letters are outside Latin/,
    );
    expect(err.match(/warning/g)).toHaveLength(1);
    expect(err).toContain('The packaged model multilingual reads them: --model multilingual\n');
    expect(readManifest('zh.manifest.json').counts.unknownTokens).toBeGreaterThan(5);
    expect(readRows('zh.rows.jsonl')[0]!.unknown).toBeGreaterThan(0.2);
    writeFileSync('en.txt', 'A naïve café in Zürich, open from 8 to 5.\n');
    expect((await run(['encode', 'en.txt'])).err).not.toContain('warning');
    expect((await run(['encode', 'zh.txt', '--model', 'multilingual', '-o', 'other.npy'])).err).not.toContain('warning');
    // a folder of that name is no matter of a warning
    mkdirSync('multilingual');
    expect((await run(['encode', 'zh.txt', '-o', 'third.npy'])).err).toContain('--model multilingual\n');
    rmSync('multilingual', { recursive: true });
    writeFileSync('emoji.txt', '🤷🏽 🦄 🧿\n🪬 🫥\n');
    expect((await run(['encode', 'emoji.txt'])).err).not.toContain('--model multilingual');
    writeFileSync('ar.txt', 'كيف أطبخ الأرز؟\nالقهوة تطحن قبل التحضير.\n');
    for (const model of ['minilm', 'multilingual']) {
      const { err } = await run(['encode', 'ar.txt', '--model', model, '-o', `${model}.npy`]);
      expect(err).toMatch(new RegExp(`warning: ${model} cannot read much of this: .*--model DIR$`, 'm'));
    }
  });

  it('in one line of 10 MB costs neither minutes nor memory', async () => {
    inFreshFolder();
    writeFileSync('big.txt', `${'lorem ipsum dolor sit amet '.repeat(390_000)}\nsmall\n`);
    const { code, err } = await run(['encode', 'big.txt', '--no-text']);
    expect(code).toBe(0);
    expect(err).toMatch(/1 row cut at 256 tokens: ≈ 100\.0 % of all tokens lost/);
  });
});

describe('bad input', () => {
  const cases: [string, () => void, string[], RegExp][] = [
    ['a missing file', () => {}, ['nope.txt'], /Cannot read nope\.txt: no such file\nhint: Check the path/],
    ['a folder', () => mkdirSync('docs'), ['docs', '--input-format', 'lines'], /Cannot read docs: it is a folder\nhint: Name one file/],
    ['an empty file', () => writeFileSync('a.txt', ''), ['a.txt'], /Cannot read a\.txt: it has no rows/],
    ['a table with a header alone', () => writeFileSync('a.csv', 'text\n'), ['a.csv'], /it has no rows/],
    [
      'an unknown suffix',
      () => writeFileSync('a.dat', 'x'),
      ['a.dat'],
      /"\.dat" is not a known suffix\nhint: Name its format with --input-format/,
    ],
    ['a spreadsheet', () => writeFileSync('a.xlsx', 'PK'), ['a.xlsx'], /a\.xlsx.*\nhint: Save the sheet as CSV/],
    [
      'a missing column',
      () => writeFileSync('a.csv', 'a,b\n1,2\n'),
      ['a.csv', '--text-column', 'c'],
      /Cannot find column "c" in a\.csv: columns are a, b\nhint: Choose one of them with --text-column/,
    ],
    [
      'a missing id column',
      () => writeFileSync('a.csv', 'a,text\n1,2\n'),
      ['a.csv', '--id-column', 'k'],
      /Cannot find column "k" in a\.csv/,
    ],
    [
      'a ragged row',
      () => writeFileSync('a.csv', 'a,text\n1,2\n1,2,3\n'),
      ['a.csv'],
      /a\.csv: the record at line 3 has 3 fields where the first has 2\nhint: Quote values/,
    ],
    [
      'an open quote',
      () => writeFileSync('a.csv', 'a,text\n1,"2\n3,4\n'),
      ['a.csv'],
      /a\.csv: the record that begins at line 2 has a quote that is never closed/,
    ],
    ['broken JSON', () => writeFileSync('a.jsonl', '{"text":"a"}\n{"text":\n'), ['a.jsonl'], /a\.jsonl: line 2 is not valid JSON/],
    ['JSON that is no object', () => writeFileSync('a.jsonl', '[1]\n'), ['a.jsonl'], /a\.jsonl: line 1 is JSON, but not an object/],
    [
      'a record without the text',
      () => writeFileSync('a.jsonl', '{"text":"a"}\n{"body":"b"}\n'),
      ['a.jsonl'],
      /Cannot find the text of the record at line 2 in a\.jsonl: its fields are body/,
    ],
    [
      'vectors as text',
      () => writeFileSync('a.jsonl', '{"text":"a","embedding":[1,2]}\n'),
      ['a.jsonl'],
      /its records already hold vectors/,
    ],
    [
      'a repeated id',
      () => writeFileSync('a.csv', 'id,text\n1,a\n2,b\n1,c\n'),
      ['a.csv', '--id-column', 'id'],
      /"1" is at line 2 and again at line 4/,
    ],
    [
      'an empty id',
      () => writeFileSync('a.csv', 'id,text\n,a\n'),
      ['a.csv', '--id-column', 'id'],
      /Cannot find the id of the record at line 2 in a\.csv/,
    ],
    [
      'an invalid byte',
      () => writeFileSync('a.txt', Buffer.from([0x61, 0x0a, 0x62, 0xff, 0x0a])),
      ['a.txt'],
      /line 2 has an invalid byte \(0xff\) at byte 3/,
    ],
    [
      'an unknown encoding',
      () => writeFileSync('a.txt', 'a'),
      ['a.txt', '--encoding', 'klingon'],
      /Cannot read a\.txt as "klingon": unknown encoding/,
    ],
    [
      'bytes outside the encoding',
      () => writeFileSync('a.txt', Buffer.from([0x61, 0x0a, 0x81])),
      ['a.txt', '--encoding', 'shift_jis'],
      /Cannot read a\.txt as shift_jis: it has invalid bytes at or after line 2/,
    ],
    [
      'a damaged gzip',
      () => writeFileSync('a.txt.gz', gzipSync('hello\n'.repeat(1000)).subarray(0, 40)),
      ['a.txt.gz'],
      /Cannot unpack a\.txt\.gz.*\nhint: The gzip file is cut short/,
    ],
    [
      'columns of plain lines',
      () => writeFileSync('a.txt', 'a'),
      ['a.txt', '--text-column', 'b'],
      /Cannot choose columns of a\.txt: it is read as lines/,
    ],
    [
      'our own sidecar',
      () => writeFileSync('a.rows.jsonl', '{}'),
      ['a.rows.jsonl'],
      /Cannot encode a\.rows\.jsonl: it is part of a vector set/,
    ],
    [
      'an output of unknown form',
      () => writeFileSync('a.txt', 'a'),
      ['a.txt', '-o', 'a.bin'],
      /Cannot write a\.bin: its suffix does not name a known format/,
    ],
    [
      'an output that is the input',
      () => writeFileSync('a.jsonl', '{"text":"a"}'),
      ['a.jsonl', '-o', 'a.jsonl'],
      /Cannot write a\.jsonl: that would replace the input/,
    ],
    [
      'an output folder that is not there',
      () => writeFileSync('a.txt', 'a'),
      ['a.txt', '-o', 'no/a.npy'],
      /Cannot write no\/a\.npy: there is no folder no\nhint: Choose a folder that exists/,
    ],
    [
      'a model that is not there',
      () => writeFileSync('a.txt', 'a'),
      ['a.txt', '--model', 'nowhere'],
      /Cannot find the model "nowhere": no such folder/,
    ],
    [
      'a prompt the model has not',
      () => writeFileSync('a.txt', 'a'),
      ['a.txt', '--prompt', 'query'],
      /Cannot find the prompt "query" in minilm: it has none/,
    ],
    ['a pooling the graph has not', () => writeFileSync('a.txt', 'a'), ['a.txt', '--pooling', 'cls'], /Cannot pool minilm by cls/],
  ];

  it.each(cases)('%s is an error that says what to do, and nothing is left behind', async (_, prepare, args, message) => {
    inFreshFolder();
    prepare();
    const before = readdirSync('.');
    const { code, out, err } = await run(['encode', ...args]);
    expect(err).toMatch(message);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(/^error: /m);
    expect(err).toMatch(/^hint: /m);
    expect(readdirSync('.')).toEqual(before);
  });

  it('in the middle of a corpus keeps the earlier result', async () => {
    inFreshFolder();
    writeFileSync('a.csv', 'a,text\n1,2\n');
    await run(['encode', 'a.csv']);
    const before = readFileSync('a.npy');
    writeFileSync('a.csv', 'a,text\n1,2\n1,2,3\n');
    expect((await run(['encode', 'a.csv'])).code).toBe(2);
    expect(Buffer.compare(readFileSync('a.npy'), before)).toBe(0);
  });

  it('of a model, cut short, is told as such', async () => {
    inFreshFolder();
    const from = join(projectFolder, 'models/minilm');
    mkdirSync('m/1_Pooling', { recursive: true });
    for (const file of [
      'config.json',
      'modules.json',
      'tokenizer.json',
      'tokenizer_config.json',
      'sentence_bert_config.json',
      '1_Pooling/config.json',
    ])
      writeFileSync(join('m', file), readFileSync(join(from, file)));
    writeFileSync('a.txt', 'a');
    expect((await run(['encode', 'a.txt', '--model', 'm'])).err).toMatch(
      /there is no model\.onnx or onnx\/model\.onnx, and it has no weights/,
    );
    writeFileSync('m/model.onnx', readFileSync(join(from, 'model.onnx')).subarray(0, 5_000_000));
    const { code, err } = await run(['encode', 'a.txt', '--model', 'm']);
    expect(code).toBe(2);
    expect(err).toMatch(/Cannot load the ONNX model .*model\.onnx.*\nhint: The file may be cut short/);
    writeFileSync('m/tokenizer.json', '{');
    expect((await run(['encode', 'a.txt', '--model', 'm'])).err).toMatch(/tokenizer\.json is not valid JSON/);
    expect(existsSync('a.npy')).toBe(false);
  });
});
