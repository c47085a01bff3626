import { lstatSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { splitFile } from '../../../src/commands/dedup/split/corpus.ts';
import { npyHeader, readNpy } from '../../../src/vectors/npy.ts';
import { inFreshFolder, run } from '../../run.ts';
import { inTickets, TICKETS, verdicts } from './shared.ts';

/** A text in UTF-32, little endian. */
function utf32(text: string): Buffer {
  return Buffer.concat(Array.from(text, (character) => Buffer.from(Uint32Array.of(character.codePointAt(0)!).buffer)));
}

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
    [
      'CR, and LF and CRLF as well',
      'a.txt',
      Buffer.from(`${same}\rthe sea\r\r${same}\ncooked rice\r\n${same}\ra\rb`),
      [],
      Buffer.from(`${same}\rthe sea\r\rcooked rice\r\na\rb`),
      Buffer.from(`${same}\n${same}\r`),
    ],
    [
      'CR, and each line end in quotes',
      'a.csv',
      Buffer.from(`text,n\r"a\rsea",1\r${same},2\r"a\r\nb\nc",3\r${same},4\r"a\rsea",5\r`),
      [],
      Buffer.from(`text,n\r"a\rsea",1\r${same},2\r"a\r\nb\nc",3\r`),
      Buffer.from(`text,n\r${same},4\r"a\rsea",5\r`),
    ],
    [
      'a line that names the separator',
      'a.csv',
      Buffer.from(`sep=;\r\nn;text\r\n1;${same}\r\n2;${same}\r\n`),
      ['--text-column', 'text', '--delimiter', ';'],
      Buffer.from(`sep=;\r\nn;text\r\n1;${same}\r\n`),
      Buffer.from(`sep=;\r\nn;text\r\n2;${same}\r\n`),
    ],
    [
      'marks within the file',
      'a.jsonl',
      Buffer.from(`\ufeff{"text":"${same}"}\n\ufeff{"text":"${same}"}\n\ufeff{"text":"the sea"}\n`),
      [],
      Buffer.from(`\ufeff{"text":"${same}"}\n\ufeff{"text":"the sea"}\n`),
      Buffer.from(`\ufeff\ufeff{"text":"${same}"}\n`),
    ],
    [
      'UTF-16, big endian, without a mark, CRLF',
      'a.txt',
      Buffer.from(`${same}\r\n\u0a0a the sea\r\n${same}\r\n\u0d0a rice`, 'utf16le').swap16(),
      [],
      Buffer.from(`${same}\r\n\u0a0a the sea\r\n\u0d0a rice`, 'utf16le').swap16(),
      Buffer.from(`${same}\r\n`, 'utf16le').swap16(),
    ],
    [
      'UTF-32 with a mark, CR',
      'a.txt',
      utf32(`\ufeff${same}\rthe sea\r${same}\r`),
      [],
      utf32(`\ufeff${same}\rthe sea\r`),
      utf32(`\ufeff${same}\r`),
    ],
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
    await expect(splitFile({ path: 'a.txt', format: 'lines', hash: 'sha256:0' }, records, targets)).rejects.toThrow(
      'it changed while it was read',
    );
    await expect(
      splitFile({ path: 'a.txt', format: 'lines', hash: undefined }, { ...records, lines: [1, 2, 3, 9] }, targets),
    ).rejects.toThrow('it changed while it was read');
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
    inTickets();
    await run(['encode', 't.csv', '--text-column', 'body', '-q']);
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
      'Cannot write clean.csv: a file of that name exists\nhint: Name another file, or add --overwrite',
    );
    expect(await refused('-o', 't.csv')).toContain('Cannot write t.csv: the command reads this file');
    expect(await refused('-o', './t.csv', '--overwrite')).toContain('the command reads this file');
    expect(await refused('-o', 'x.csv', '--dropped', 'x.csv')).toContain('Cannot write x.csv twice');
    expect(await refused('-o', 'x.csv', '--report', 'x.csv')).toContain('Cannot write x.csv twice');
    expect(await refused('--dropped', 'x.csv', '--report', './x.csv')).toContain('Cannot write ./x.csv twice');
    expect(await refused('--against', './t.csv')).toContain('Cannot compare t.csv with itself: it is both INPUT and --against');
    expect(await refused('-o', 'x.json')).toContain(
      'Cannot write x.json: -o copies rows of t.csv as they are\nhint: Name a file that ends in .csv',
    );
    expect(await refused('-o', 'x.npy')).toContain('copies rows of t.csv as they are');
    expect(await refused('-o', 'nowhere/x.csv')).toContain('there is no folder nowhere');
    expect(await refused('--report', 'clean.csv')).toContain('a file of that name exists');
    expect(await refused('-o', 'x.csv', '--min-cosine', '-1', '--differing', 'drop')).toMatch(
      /Cannot write x\.csv: 4 of 7 rows are near-duplicates at a cosine of -1, so most/,
    );
    expect((await run([...args.slice(0, -1), '--min-cosine', '-1', '--differing', 'drop'])).err).toContain(
      'warning: 4 of 7 rows are near-duplicates at a cosine of -1',
    );
    expect((await run([...args, '-o', 'x.csv', '--min-cosine', '-1', '--differing', 'drop', '--force'])).code).toBe(0);
    expect((await run([...args, '-o', 'clean.csv', '--overwrite'])).code).toBe(0);
  });
});
