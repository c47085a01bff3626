import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readAs, textsOf } from './read-as.ts';

/** What ends a line is decided by the beginning of a file, and never by where its bytes are cut. */

const cuts = fc.array(fc.nat(), { maxLength: 12 });

/** How lines are to be split: by "\r" as well where no other end is more frequent. */
function linesOf(text: string): string[] {
  const lone = text.match(/\r+(?![\r\n])/g)?.join('').length ?? 0;
  const others = text.match(/\n/g)?.length ?? 0;
  const any = lone > 0 && lone >= others;
  const lines = text.split(any ? /\r\n|\r|\n/ : /\r*\n/);
  if (lines.at(-1) === '') lines.pop();
  return lines.map((line) => line.replace(/\r+$/, ''));
}

describe('lines', () => {
  const unit = fc.constantFrom('a', 'é', '米', '😀', '\n', '\r', '\r', '\r\n', ' ', '"');

  it('end with CR where no other end is more frequent, wherever the bytes are cut', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit, minLength: 1, maxLength: 40 }), cuts, async (text, at) => {
        const { rows } = await readAs(text, 'lines', { cuts: at });
        expect(rows.map((row) => row.text)).toEqual(linesOf(text));
        expect(rows.map(({ line }) => line)).toEqual(rows.map((_, row) => row + 1));
      }),
      { numRuns: 500 },
    );
  });

  it('are read as before where they end with LF or CRLF, without a note', async () => {
    const clean = fc.constantFrom('a', 'é', '米', '\n', '\n', '\r\n', ' ', '"', ',');
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: clean, minLength: 1, maxLength: 60 }), cuts, async (text, at) => {
        const expected = text.split(/\r?\n/);
        if (expected.at(-1) === '') expected.pop();
        const { rows, notes } = await readAs(text, 'lines', { cuts: at });
        expect({ texts: rows.map((row) => row.text), notes }).toEqual({ texts: expected, notes: [] });
      }),
    );
  });

  it('say so where they end with CR', async () => {
    expect(await readAs('one\rtwo\rone\r', 'lines')).toMatchObject({
      rows: [
        { line: 1, text: 'one' },
        { line: 2, text: 'two' },
        { line: 3, text: 'one' },
      ],
      notes: ['x: lines end with carriage returns (CR)'],
    });
    expect((await readAs('one\rtwo\rthree\nfour\r', 'lines')).notes).toEqual([
      'x: lines end with carriage returns (CR), and with line feeds (LF): both end a row',
    ]);
  });

  it('keep a CR within them where most end with LF, as a bar of progress writes it, and say where', async () => {
    const { rows, notes } = await readAs('start\nread 10 %\rread 20 %\nstop\nend\n', 'lines');
    expect(rows.map(({ text }) => text)).toEqual(['start', 'read 10 %\rread 20 %', 'stop', 'end']);
    expect(notes).toEqual([
      "x: line 2 has a carriage return (CR) within it, which is read as text; where it ends a row, split the line: tr '\\r' '\\n' < x",
    ]);
  });

  it('are decided by the first 65,536 characters, or by the first end after them', async () => {
    const long = 'a'.repeat(100_000);
    expect(await textsOf(`${long}\rb\rc\nd\n`, 'lines')).toEqual([long, 'b', 'c', 'd']);
    expect(await textsOf(`${long}\nb\rc\n`, 'lines')).toEqual([long, 'b\rc']);
    const early = 'ab\n'.repeat(30_000);
    expect((await textsOf(`${early}c\rd\n`, 'lines')).slice(-1)).toEqual(['c\rd']);
  });
});

describe('tables', () => {
  it('give back values and lines where CR ends records, with any line end in quotes, wherever the bytes are cut', async () => {
    const value = fc.string({ unit: fc.constantFrom('a', 'é', '\n', '\r', '"', ',', ' '), maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(value, value), { minLength: 1, maxLength: 8 }), cuts, async (records, at) => {
        const quote = (cell: string): string => `"${cell.replaceAll('"', '""')}"`;
        let table = 'text,n\r';
        const lines: number[] = [];
        for (const record of records) {
          lines.push(table.split(/\r\n|\r|\n/).length);
          table += `${record.map(quote).join(',')}\r`;
        }
        const { rows } = await readAs(table, 'csv', { cuts: at });
        expect(rows.map(({ text, fields, line }) => [text, (fields as { n: string }).n, line])).toEqual(
          records.map((record, row) => [...record, lines[row]]),
        );
      }),
    );
  });

  it('count LF and CRLF in quotes as one line, where LF ends records', async () => {
    const { rows } = await readAs('text\n"a\r\nb"\n"c\rd"\ne\n', 'csv');
    expect(rows).toMatchObject([
      { line: 2, text: 'a\r\nb' },
      { line: 4, text: 'c\rd' },
      { line: 5, text: 'e' },
    ]);
  });

  it('are read by CR as .tsv and as JSON Lines', async () => {
    expect(await textsOf('id\ttext\r1\tjams, again\r2\tflickers\r', 'tsv')).toEqual(['jams, again', 'flickers']);
    expect(await readAs('{"text":"a"}\r\r{"text":"b"}\r', 'jsonl')).toMatchObject({
      rows: [
        { line: 1, text: 'a' },
        { line: 3, text: 'b' },
      ],
    });
  });

  it('say where a CR is within a record that ends with LF', async () => {
    const { rows, notes } = await readAs('text,n\nab\rcd,1\nef,2\n', 'csv');
    expect(rows.map(({ text }) => text)).toEqual(['ab\rcd', 'ef']);
    expect(notes).toEqual([expect.stringContaining('x: line 2 has a carriage return (CR) within it')]);
  });
});

describe('a byte order mark within a file', () => {
  it('is left out at the beginning of a line, wherever the bytes are cut', async () => {
    const line = fc.tuple(
      fc.constantFrom('', '\ufeff', '\ufeff\ufeff'),
      fc.string({ unit: fc.constantFrom('a', 'é', '\ufeff'), maxLength: 4 }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(line, { minLength: 1, maxLength: 8 }), cuts, async (lines, at) => {
        const text = lines.map(([mark, rest]) => `${mark}${rest}\n`).join('');
        const read = await textsOf(`\ufeff${text}`, 'lines', { cuts: at });
        expect(read).toEqual(lines.map(([, rest]) => rest.replace(/^\ufeff+/, '')));
      }),
    );
  });

  it('is left out before a record of a table, also before a quote, and is told', async () => {
    const table = '\ufeffid,text\n1,"a cat"\n\ufeffid,text\n\ufeff"2",a cat\n';
    for (let cut = 0; cut < Buffer.byteLength(table); cut++) {
      const { rows, notes } = await readAs(table, 'csv', { cuts: [cut] });
      expect(rows.map(({ text, fields }) => [text, fields])).toEqual([
        ['a cat', { id: '1' }],
        ['text', { id: 'id' }],
        ['a cat', { id: '2' }],
      ]);
      expect(notes).toEqual([
        'x: the byte order mark at the beginning of line 3 is left out, as is any other within the file; the record there repeats the first one, and is read as a row',
      ]);
    }
  });

  it('is left out before a record of JSON Lines', async () => {
    expect(await textsOf('\ufeff{"text":"a cat"}\r\n\ufeff{"text":"a cat"}\r\n', 'jsonl')).toEqual(['a cat', 'a cat']);
  });

  it('is text within a line', async () => {
    expect(await textsOf('a\ufeffb\n', 'lines')).toEqual(['a\ufeffb']);
    expect(await textsOf('text\n"\ufeffa"\n', 'csv')).toEqual(['\ufeffa']);
  });
});
