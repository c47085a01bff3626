import { gzipSync } from 'node:zlib';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readCorpus, type CorpusOptions } from '../../src/input/corpus.ts';
import type { Format } from '../../src/input/formats.ts';
import { isDeep, MAX_DEPTH, quoteLongIntegers } from '../../src/input/json-text.ts';
import { peekLine } from '../../src/input/peek.ts';
import { openSource, type Source } from '../../src/input/source.ts';
import { inFreshFolder, run } from '../run.ts';
import { optionsFor } from './read-as.ts';

/** A source that gives these chunks. */
function sourceOf(chunks: Iterable<Buffer>): Source & { given: () => number } {
  let given = 0;
  async function* all(): AsyncGenerator<Buffer> {
    for (const chunk of chunks) {
      given += chunk.length;
      yield chunk;
    }
  }
  return { name: 'x', size: undefined, bytesRead: () => given, hash: () => '', chunks: all(), given: () => given };
}

function* repeated(chunk: Buffer, times: number): Generator<Buffer> {
  for (let time = 0; time < times; time++) yield chunk;
}

async function read(source: Source, asked: CorpusOptions): Promise<string[]> {
  const texts: string[] = [];
  for await (const rows of readCorpus(source, asked)) for (const { text } of rows) texts.push(text);
  return texts;
}

describe('a record larger than the limit', () => {
  const MB = Buffer.alloc(1 << 20, 'a');
  const heads: [Format, string][] = [
    ['lines', ''],
    ['csv', ''],
    ['csv', 'id,text\n1,"'],
    ['tsv', 'id\ttext\n1\t'],
    ['jsonl', '{"text":"'],
  ];

  it.each(heads)('is refused as %s (%j) before much more of it is read', async (format, head) => {
    const source = sourceOf([Buffer.from(`${head}a`), ...repeated(MB, 100)]);
    const line = head.includes('\n') ? 2 : 1;
    await expect(read(source, optionsFor(format))).rejects.toThrow(
      `Cannot read x: the record that begins at line ${line} is larger than 64.0 MB`,
    );
    expect(source.given()).toBeLessThan(66 * 2 ** 20);
  });

  it('is refused wherever the bytes are cut, and read where it is as large as the limit', async () => {
    const cases: [Format, string, string[]][] = [
      ['lines', 'one\r\nétwo\r\nthree', ['one', 'étwo', 'three']],
      ['csv', 'text\r\n"b""d"\r\nétwo\n', ['b"d', 'étwo']],
      ['tsv', 'text\n"b""d\r\nfive\r\n', ['"b""d', 'five']],
      ['jsonl', '{"text":"é"}\r\n{"text":"éé"}\n', ['é', 'éé']],
    ];
    for (const [format, text, texts] of cases) {
      const bytes = Buffer.from(text);
      const largest = Math.max(...text.split(/\r?\n/).map((line) => Buffer.byteLength(line)));
      const line = 1 + text.split(/\r?\n/).findIndex((one) => Buffer.byteLength(one) === largest);
      for (let cut = 0; cut <= bytes.length; cut++) {
        const parts = (): Source => sourceOf([bytes.subarray(0, cut), bytes.subarray(cut)]);
        expect(await read(parts(), optionsFor(format, { maxRecordSize: largest }))).toEqual(texts);
        await expect(read(parts(), optionsFor(format, { maxRecordSize: largest - 1 }))).rejects.toThrow(`begins at line ${line} is larger`);
      }
    }
  });

  it('is refused where it has too many columns', async () => {
    const source = sourceOf([Buffer.from('text\n'), ...repeated(Buffer.alloc(1 << 16, ','), 1000)]);
    await expect(read(source, optionsFor('csv'))).rejects.toThrow('the record that begins at line 2 has more than 1,000,000 columns');
    expect(source.given()).toBeLessThan(2 ** 21);
  });
});

describe('--max-record-size', () => {
  it('is said in the error, and changes nothing but what is refused', async () => {
    inFreshFolder();
    writeFileSync('a.txt', `one\n${'two '.repeat(600)}\n`);
    const flags = ['-o', 'a.npy', '--model', 'multilingual', '-q'];
    expect(await run(['encode', 'a.txt', ...flags, '--max-record-size', '2KB'])).toEqual({
      code: 2,
      out: '',
      err: 'error: Cannot read a.txt: the record that begins at line 2 is larger than 2,000 bytes\nhint: Check that it is text with line breaks, or allow larger records with --max-record-size\n',
    });
    expect((await run(['encode', 'a.txt', ...flags])).code).toBe(0);
    const again = await run(['encode', 'a.txt', '-o', 'a.npy', '--model', 'multilingual', '--max-record-size', '1GB']);
    expect({ code: again.code, upToDate: again.err.includes('up to date') }).toEqual({ code: 0, upToDate: true });
  });

  it('holds for queries too', async () => {
    inFreshFolder();
    writeFileSync('a.txt', 'one\n');
    writeFileSync('q.txt', `${'two '.repeat(600)}\n`);
    const { code, err } = await run(['search', 'a.txt', '--queries', 'q.txt', '--model', 'multilingual', '--max-record-size', '1000']);
    expect({ code, err }).toMatchObject({ code: 2, err: expect.stringContaining('Cannot read q.txt: the record that begins at line 1') });
  });

  it('takes sizes with a unit, and nothing else', async () => {
    for (const size of ['0', '-1', 'x', '1XB', '1e3', '']) {
      expect((await run(['encode', 'a.txt', '--max-record-size', size])).err).toContain('Give a size such as 500000, 10MB or 1GB');
    }
  });
});

describe('JSON lines', () => {
  it('may have long integers beside long strings, which keep their digits', async () => {
    const text = `${'a'.repeat(5e6)}\\\\\\"${'é'.repeat(5e6)}`;
    const line = `{"id": 12345678901234567, "n": [1e20, -12345678901234567, 0.12345678901234568], "text": "${text}"}`;
    const quoted = JSON.parse(quoteLongIntegers(line)) as unknown;
    expect(quoted).toMatchObject({ id: '12345678901234567', n: [1e20, '-12345678901234567', 0.12345678901234568] });
    expect(await read(sourceOf([Buffer.from(line)]), optionsFor('jsonl'))).toEqual([JSON.parse(`"${text}"`)]);
  });

  it('are scanned as a regular expression would', () => {
    const tokens = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
    const oracle = (json: string): string =>
      json.replace(tokens, (token) => (/^-?\d{16,}$/.test(token) && !Number.isSafeInteger(Number(token)) ? `"${token}"` : token));
    const numbers = fc.bigInt().map((value) => `{"n":[${value},-0.5,1e20,${value}]}`);
    fc.assert(
      fc.property(fc.oneof(fc.json(), numbers), fc.json(), (one, other) => {
        const json = `[${one}, "1234567890123456789 \\\\\\"", ${other}, 9007199254740991, 9007199254740993]`;
        expect(quoteLongIntegers(json)).toBe(oracle(json));
      }),
    );
  });

  it('that are deeper than can be written again are refused', async () => {
    const nested = (depth: number): string => `{"text":"[[[","x":${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}}`;
    expect(isDeep(nested(MAX_DEPTH))).toBe(false);
    expect(isDeep(nested(MAX_DEPTH + 1))).toBe(true);
    expect(isDeep(`{"text":"${'['.repeat(5000)}\\"${'{'.repeat(5000)}"}`)).toBe(false);
    await expect(read(sourceOf([Buffer.from(nested(1e6))]), optionsFor('jsonl'))).rejects.toThrow(
      'line 1 has arrays or objects more than 1,000 deep',
    );
  });
});

describe('peekLine', () => {
  it('finds the first line that is not blank, and leaves the source whole', async () => {
    const unit = fc.constantFrom('a', 'é', ' ', '\n', '\n', '\r\n', '\u2028');
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit, maxLength: 20 }),
        fc.constantFrom('utf8', 'utf16le'),
        fc.nat({ max: 40 }),
        async (text, encoding, cut) => {
          const bytes = Buffer.from(encoding === 'utf8' ? text : `\ufeff${text}`, encoding as 'utf8');
          const source = sourceOf([bytes.subarray(0, cut), bytes.subarray(cut)].filter((part) => part.length > 0));
          const first = text.slice(text.search(/\S|$/)).split(/[\r\n]/, 1)[0];
          expect(await peekLine(source)).toBe(first);
          const chunks: Buffer[] = [];
          for await (const chunk of source.chunks) chunks.push(chunk);
          expect(Buffer.concat(chunks)).toEqual(bytes);
        },
      ),
    );
  });

  it('looks at 64 MB and no more, in one pass', async () => {
    const source = sourceOf(repeated(Buffer.alloc(1 << 20, '\n'), 100));
    expect(await peekLine(source)).toBe('');
    expect(source.given()).toBe(2 ** 26);
  });
});

describe('gzip', () => {
  it.each([
    ['a', 'begins at line 1 is larger than 64.0 MB'],
    ['\0', 'line 1 has a NUL byte, which no text has'],
  ])('of nothing but %j is refused as every format', async (byte, why) => {
    inFreshFolder();
    // many members are one stream
    writeFileSync('z.gz', Buffer.concat(Array.from({ length: 70 }, () => gzipSync(Buffer.alloc(1 << 20, byte), { level: 1 }))));
    for (const format of ['lines', 'csv', 'tsv', 'jsonl']) {
      const { code, err } = await run(['encode', 'z.gz', '--input-format', format, '-o', 'a.npy', '-q']);
      expect({ code, err }).toMatchObject({ code: 2, err: expect.stringContaining(`${why}\nhint: `) });
    }
  });
});

describe.skipIf(!existsSync('/proc/self/fd'))('a file of which only the beginning is read', () => {
  it('is closed, in every format, also where reading it fails', async () => {
    inFreshFolder();
    const open = (): number => readdirSync('/proc/self/fd').length;
    const texts: Record<string, string> = { lines: 'ab\n', csv: 'text,n\na,1\n', tsv: 'text\tn\na\t1\n', jsonl: '{"text":"a"}\n' };
    const io = { stdin: process.stdin, signal: new AbortController().signal };
    const before = open();
    for (const [format, line] of Object.entries(texts)) {
      const bytes = Buffer.from(line.repeat(200_000));
      for (const [name, content] of Object.entries({ plain: bytes, packed: gzipSync(bytes, { level: 1 }) })) {
        writeFileSync(name, content);
        for await (const rows of readCorpus(openSource(name, io), optionsFor(format as Format))) {
          expect(rows.length).toBeGreaterThan(0);
          break;
        }
        await expect(read(openSource(name, io), optionsFor(format as Format, { maxRecordSize: 1 }))).rejects.toThrow();
      }
    }
    // the system closes them in its own time
    while (open() > before) await new Promise((resolve) => setTimeout(resolve, 10));
  });
});
