import { describe, expect, it } from 'vitest';
import { readAs } from './read-as.ts';

/** The separator of a table is found from its records, and said unless it is beyond doubt a comma. */

async function columnsOf(text: string, more: Parameters<typeof readAs>[2] = {}, format: 'csv' | 'tsv' = 'csv') {
  const { rows, notes } = await readAs(text, format, { textColumns: ['1'], ...more });
  return { names: rows.map(({ fields }) => Object.keys((fields as object | undefined) ?? {})), rows, notes };
}

describe('the separator', () => {
  it.each([
    ['a comma, with semicolons in a quoted name of two lines', '"Rate us; 1 = bad\n5 = good",Comment\n3,nice\n', ['Comment'], []],
    [
      'a semicolon, with a comma in a quoted name of two lines',
      'id;text;"Note, or\nremark"\n1;jams;x\n',
      ['text', 'Note, or\nremark'],
      [';'],
    ],
    ['a bar', 'id|text\n1|The printer jams\n', ['text'], ['|']],
    ['a tab', 'id\ttext\n1\tThe printer, jams\n', ['text'], ['tabs']],
    ['a semicolon, with a comma in a name that is not quoted', 'Name, first;Text\nDoe, Jane;hello, you\nRoe;hi\n', ['Text'], [';']],
    ['a comma, with a bar in a name', 'id,text|note\n1,hello\n2,good | bye\n', ['text|note'], []],
    ['a comma, with doubled quotes around a semicolon', '"the ""a;b"" one",text\n1,x\n2,y\n', ['text'], []],
    ['a comma of CRLF, with fullwidth commas in the text', 'id,text\r\n1,打印机，卡纸\r\n2,屏幕；闪烁\r\n', ['text'], []],
    ['a semicolon, where decimals have commas', 'id;price;text\n1;9,50;a\n2;8,00;b\n', ['price', 'text'], [';']],
    ['a semicolon of a table that ends within its second record', 'id;text\n1;"no end of this, nor', undefined, [';']],
  ] as const)('is %s', async (_, text, names, said) => {
    if (names === undefined) {
      await expect(columnsOf(text)).rejects.toThrow('has a quote that is never closed');
      return;
    }
    const read = await columnsOf(text);
    expect(read.names[0]).toEqual(names);
    expect(
      read.notes.map((note) => /columns are separated by (?:"(.)"|(tabs))/.exec(note)).map((found) => found?.[1] ?? found?.[2]),
    ).toEqual(said);
  });

  it('is a comma where two fit equally well, and the other is named', async () => {
    const { names, notes } = await columnsOf('a,b;c\n1,2;3\n4,5;6\n');
    expect(names[0]).toEqual(['b;c']);
    expect(notes).toEqual(['x: columns are separated by ","; ";" would fit as well, by --delimiter']);
  });

  it('is found in a header that is longer than what is looked at', async () => {
    const header = Array.from({ length: 20_000 }, (_, at) => `column ${at}`);
    const { rows } = await readAs(`${header.join(';')}\n${header.map((_, at) => at).join(';')}\n`, 'csv', {
      textColumns: ['column 19999'],
    });
    expect(rows).toMatchObject([{ text: '19999' }]);
  });
});

describe('a first line that names the separator', () => {
  it.each([
    ['sep=;\nid;text\n1;jams\n', ';'],
    ['sep=;\r\nid;text\r\n1;jams\r\n', ';'],
    ['sep=;\rid;text\r1;jams\r', ';'],
    ['"SEP=|"\nid|text\n1|jams\n', '|'],
    ['\ufeffsep=\t\nid\ttext\n1\tjams\n', 'tabs'],
    ['sep=,\nid,text\n1,jams\n', ','],
  ])('is left out: %j', async (text, name) => {
    const { rows, notes } = await columnsOf(text, { textColumns: ['text'] });
    expect(rows).toEqual([{ line: 3, text: 'jams', fields: { id: '1' } }]);
    expect(notes.at(-1)).toBe(
      `x: the first line says that columns are separated by ${name === 'tabs' ? name : `"${name}"`}, and is left out; it is used`,
    );
  });

  it('gives way to --delimiter, and both are said', async () => {
    const { rows, notes } = await columnsOf('sep=;\nid|text\n1|jams\n', { delimiter: '|', textColumns: ['text'] });
    expect(rows).toMatchObject([{ text: 'jams' }]);
    expect(notes).toEqual(['x: the first line says that columns are separated by ";", and is left out; --delimiter "|" is used']);
  });

  it('is not a header that only begins like one', async () => {
    expect((await columnsOf('sep=;x,text\n1,a\n', { textColumns: ['text'] })).rows).toMatchObject([{ line: 2, text: 'a' }]);
  });
});

describe('a single column that looks like several', () => {
  it.each([
    ['csv', 'id:text\n1:jams\n', {}, '"id:text", and no "," in its header; if it is several, name what separates them with --delimiter'],
    ['csv', 'id，text\n1，jams\n', {}, '"id，text"'],
    ['csv', 'id,text\n1,jams\n', { delimiter: ';' }, '"id,text", and no ";" in its header'],
    ['tsv', 'id,text\n1,jams\n', {}, '"id,text", and no tab in its header; if it is several, add --input-format csv'],
    ['tsv', 'id;text\n1;jams\n', {}, 'add --input-format csv'],
  ] as const)('is told: %s %j', async (format, text, more, said) => {
    const { notes } = await columnsOf(text, more, format);
    expect(notes).toEqual([expect.stringContaining(`x: it has one column, ${said.startsWith('"') ? said : ''}`)]);
    expect(notes[0]).toContain(said);
  });

  it('is not one with a name in plain words', async () => {
    expect((await columnsOf('Question: why?\nbecause\n')).notes).toEqual([]);
  });
});
