import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { inFreshFolder, run } from '../run.ts';

/** Files as they come: old Macs, Excel, joined files, files without rows. */

const utf16 = (text: string): Buffer => Buffer.from(text, 'utf16le');

describe('dedup', () => {
  it.each<[string, string, string | Buffer, string]>([
    ['lines that end with CR', 'a.txt', 'one line\rtwo line\rone line\r', '1 of 3 rows repeats another: 1 exact'],
    ['three of CR and one of LF', 'a.txt', 'one line\rtwo line\rone line\rfour\n', '1 of 4 rows repeats another: 1 exact'],
    ['a table of CR', 'a.csv', 'id,text\r1,"jams, again"\r2,flickers\r3,"jams, again"\r', '1 of 3 rows repeats another: 1 exact'],
    ['a name of two lines with a semicolon', 'a.csv', '"Rate; 1 = bad\n5 = good",text\n3,nice shop\n4,nice shop\n', '1 of 2 rows repeats'],
    ['UTF-16 without a mark', 'a.txt', utf16('the sea\nrice\nthe sea\n'), '1 of 3 rows repeats another: 1 exact'],
    ['UTF-16 without a mark, as a table', 'a.csv', utf16('id,text\n1,the sea\n2,the sea\n'), '1 of 2 rows repeats another: 1 exact'],
    ['joined files with a mark each', 'a.txt', '\ufeffa cat\n\ufeffa cat\n', '1 of 2 rows repeats another: 1 exact'],
    [
      'joined JSON Lines with a mark each',
      'a.jsonl',
      '\ufeff{"text":"a cat"}\n\ufeff{"text":"a cat"}\n',
      '1 of 2 rows repeats another: 1 exact',
    ],
  ])('finds the copy in %s, from a file and from a pipe', async (_, name, bytes, verdict) => {
    inFreshFolder();
    writeFileSync(name, bytes);
    const format = { txt: 'lines', csv: 'csv', jsonl: 'jsonl' }[name.slice(2)]!;
    const columns = format === 'csv' ? ['--text-column', 'text'] : [];
    expect(await run(['dedup', name, ...columns])).toMatchObject({ code: 1, out: expect.stringContaining(verdict) });
    const piped = await run(['dedup', '-', '--input-format', format, ...columns], { stdin: Buffer.from(bytes) });
    expect(piped).toMatchObject({ code: 1, out: expect.stringContaining(verdict) });
  });

  it('takes a file without rows for no rows, as INPUT and for --against, and says so', async () => {
    inFreshFolder();
    writeFileSync('header.csv', 'text\n');
    writeFileSync('full.csv', 'text\nthe sea\nrice\nthe sea\n');
    writeFileSync('empty.csv', '');
    const first = await run(['dedup', 'header.csv', 'full.csv', 'empty.csv', '-o', 'out']);
    expect(first).toMatchObject({ code: 0, err: expect.stringContaining('note: header.csv has no rows\nnote: empty.csv has no rows\n') });
    expect(readdirSync('out').toSorted()).toEqual(['empty.csv', 'full.csv', 'header.csv']);
    expect(['header.csv', 'full.csv'].map((name) => readFileSync(`out/${name}`, 'utf8'))).toEqual(['text\n', 'text\nthe sea\nrice\n']);
    const against = await run(['dedup', 'full.csv', '--against', 'header.csv', '--against', 'empty.csv', '--within']);
    expect(against).toMatchObject({ code: 1, out: expect.stringContaining('1 of 3 rows repeats rows of header.csv, empty.csv: 1 exact') });
    expect(against.err).toContain('note: header.csv has no rows\n');
    const kept = await run(['dedup', 'header.csv', 'full.csv', '--keep', 'max:score']);
    expect(kept).toMatchObject({ code: 2, err: expect.stringContaining('Cannot keep rows of full.csv by "score"') });
  });
});

describe('encode', () => {
  it('takes a file without rows for no rows where others have some, and says so once', async () => {
    inFreshFolder();
    writeFileSync('a.txt', 'the sea\n');
    writeFileSync('b.txt', '');
    const args = ['encode', 'a.txt', 'b.txt', '-o', 'c.npy'];
    expect((await run(args)).err.match(/note: b\.txt has no rows/g)).toHaveLength(1);
    expect((await run(args)).err).toContain('c.npy is up to date');
  });

  it.each([
    [['b.txt'], 'Cannot read b.txt: it has no rows\nhint: Check that it is the file you meant'],
    [['header.csv'], 'Cannot read header.csv: it has no rows'],
    [
      ['b.txt', 'header.csv', '-o', 'c.npy'],
      'Cannot read b.txt, header.csv: they have no rows\nhint: Check that they are the files you meant',
    ],
  ])('refuses a corpus without any row: %j', async (args, error) => {
    inFreshFolder();
    writeFileSync('b.txt', '');
    writeFileSync('header.csv', 'id,text\n');
    expect(await run(['encode', ...args])).toMatchObject({ code: 2, err: expect.stringContaining(error) });
  });

  it('says how to read a query file of another encoding, for which there is no option', async () => {
    inFreshFolder();
    writeFileSync('a.txt', 'the sea\n');
    writeFileSync('q.txt', Buffer.from('Gr\xfc\xdfe aus K\xf6ln\n', 'latin1'));
    const { code, err } = await run(['search', 'a.txt', '--queries', 'q.txt']);
    expect({ code, err }).toEqual({
      code: 2,
      err:
        'error: Cannot read q.txt as UTF-8: line 1 has an invalid byte (0xfc) at byte 2\n' +
        'hint: It looks like windows-1252 (Western European): convert it with iconv -f windows-1252 -t utf-8 < q.txt > utf8.txt\n',
    });
  });
});

describe('cluster -o', () => {
  const cluster = (input: string, output: string, ...more: string[]): ReturnType<typeof run> =>
    run(['cluster', input, '--text-column', 'text', '-k', '1', '-o', output, ...more]);

  it.each([
    [
      'a mark, semicolons and CRLF',
      'csv',
      '\ufeffid;text\r\n1;"a\nb; c"\r\n2;sea\r\n',
      '\ufeffid;text;cluster;label;cosine\r\n1;"a\nb; c";0;',
    ],
    ['CR', 'csv', 'id,text\r1,"a\rb"\r2,sea\r', 'id,text,cluster,label,cosine\r1,"a\rb",0,'],
    [
      'a line that names the separator',
      'csv',
      'sep=|\r\nid|text\r\n1|rice\r\n2|sea\r\n',
      'sep=|\r\nid|text|cluster|label|cosine\r\n1|rice|0|',
    ],
    ['tabs and CRLF', 'tsv', 'id\ttext\r\n1\trice\r\n2\tsea\r\n', 'id\ttext\tcluster\tlabel\tcosine\r\n1\trice\t0\t'],
    ['none of these', 'csv', 'id,text\n1,rice\n2,sea\n', 'id,text,cluster,label,cosine\n1,rice,0,'],
  ])('keeps the form of a table with %s', async (_, suffix, text, begins) => {
    inFreshFolder();
    writeFileSync(`a.${suffix}`, text);
    expect((await cluster(`a.${suffix}`, `b.${suffix}`)).code).toBe(0);
    const written = readFileSync(`b.${suffix}`, 'utf8');
    expect(written.slice(0, begins.length)).toBe(begins);
    // what was written is read as what was read
    expect((await run(['encode', `b.${suffix}`, '--text-column', 'text', '-q'])).code).toBe(0);
    const texts = readFileSync('b.rows.jsonl', 'utf8').trimEnd().split('\n');
    expect(texts).toHaveLength(2);
  });

  it('writes UTF-8 for a table in another encoding, and says so; another format has its own form', async () => {
    inFreshFolder();
    writeFileSync('a.csv', utf16('\ufeffid;text\r\n1;größer\r\n2;sea\r\n'));
    const { err } = await cluster('a.csv', 'b.csv');
    expect(err).toContain('note: b.csv is written in UTF-8, and INPUT is in utf-16le\n');
    expect(readFileSync('b.csv', 'utf8')).toContain('\ufeffid;text;cluster;label;cosine\r\n1;größer;');
    await cluster('a.csv', 'b.tsv');
    expect(readFileSync('b.tsv', 'utf8')).toContain('id\ttext\tcluster\tlabel\tcosine\n1\tgrößer\t');
  });
});

describe('--excel', () => {
  it('writes reports and records with a mark, and with the separator of INPUT', async () => {
    inFreshFolder();
    writeFileSync('a.csv', 'id;text\n1;sea\n2;rice\n');
    const files = ['-o', 'b.csv', '--summary', 's.csv', '--report', 'r.csv', '--report', 'r.tsv'];
    expect((await run(['cluster', 'a.csv', '--text-column', 'text', '-k', '1', ...files, '--excel'])).code).toBe(0);
    expect(['b.csv', 's.csv', 'r.csv', 'r.tsv'].map((name) => readFileSync(name, 'utf8').split('\n', 1)[0])).toEqual([
      '\ufeffid;text;cluster;label;cosine',
      '\ufeffcluster;size;label;cohesion;silhouette;nearest_id;nearest_text\r',
      '\ufeffrow;id;cluster;cosine;label;file;line;text;fields.id\r',
      'row\tid\tcluster\tcosine\tlabel\tfile\tline\ttext\tfields.id',
    ]);
  });

  it('works for dedup and search, also from a pipe, with a comma where INPUT has none that Excel knows', async () => {
    inFreshFolder();
    const stdin = 'id|text\n1|sea\n2|sea\n';
    const piped = ['--input-format', 'csv', '--text-column', 'text', '--excel', '-q'];
    await run(['dedup', '-', ...piped, '--report', 'd.csv'], { stdin });
    expect(readFileSync('d.csv', 'utf8')).toMatch(/^\ufeffrow,id,verdict,.*\r\n/);
    expect((await run(['search', '-', 'water', ...piped, '--format', 'csv'], { stdin })).out).toMatch(/^\ufeffquery_id,rank,row,id,.*\r\n/);
  });

  it.each([
    ['cluster', ['cluster', 'a.txt', '-o', 'b.jsonl']],
    ['dedup', ['dedup', 'a.txt', '-o', 'b.txt']],
    ['search', ['search', 'a.txt', 'sea', '-o', 'b.tsv']],
  ])('is refused where %s writes no CSV file', async (_, args) => {
    inFreshFolder();
    writeFileSync('a.txt', 'sea\nrice\n');
    expect(await run([...args, '--excel'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('Cannot use --excel: no CSV file is written'),
    });
  });
});
