import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { guessEncoding } from '../../src/input/guess-encoding.ts';
import { readAs, textsOf } from './read-as.ts';

/** Encodings: recognised, or named so that what the hint says works. */

const TEXTS: Readonly<Record<string, string>> = {
  English: 'The printer on floor 3 jams.\nThe screen flickers, again.\n',
  Russian: 'Принтер на третьем этаже не печатает.\nЭкран мерцает\n',
  German: 'Der Drucker lässt sich nicht öffnen\nGrüße aus Köln, Straße 5\n',
  Japanese: 'プリンターが紙詰まりを起こす。\n画面がちらつく、また\n',
  Chinese: '三楼的打印机卡纸了。\n屏幕一直闪烁，不知道为什么\n',
  Korean: '프린터에 종이가 걸렸습니다.\n화면이 깜박입니다\n',
  Hebrew: 'המדפסת לא מדפיסה.\nהמסך מהבהב\n',
  Arabic: 'الطابعة لا تعمل.\nالشاشة تومض\n',
  Hindi: 'प्रिंटर में कागज़ फँस गया।\nस्क्रीन झिलमिलाती है\n',
  emoji: 'great 👍\nbad 👎\n',
};

const utf32 = (text: string, endian: 'le' | 'be'): Buffer =>
  Buffer.concat(
    Array.from(text, (character) => {
      const unit = Buffer.alloc(4);
      if (endian === 'le') unit.writeUInt32LE(character.codePointAt(0)!);
      else unit.writeUInt32BE(character.codePointAt(0)!);
      return unit;
    }),
  );

const WIDE: Readonly<Record<string, (text: string) => Buffer>> = {
  'utf-16le': (text) => Buffer.from(text, 'utf16le'),
  'utf-16be': (text) => Buffer.from(text, 'utf16le').swap16(),
  'utf-32le': (text) => utf32(text, 'le'),
  'utf-32be': (text) => utf32(text, 'be'),
};

/** A text in an encoding of one byte per character, or of pairs, by what the decoder makes of them. */
function encoded(text: string, label: string): Buffer {
  const decoder = new TextDecoder(label);
  const table = new Map<string, Buffer>();
  for (let first = 0; first < 256; first++) {
    const one = decoder.decode(Uint8Array.of(first), { stream: true });
    if (one !== '' && !table.has(one)) table.set(one, Buffer.of(first));
    decoder.decode();
    if (first < 0x81) continue;
    for (let second = 0x40; second < 256; second++) {
      const pair = decoder.decode(Uint8Array.of(first, second));
      if (pair.length === 1 && !table.has(pair)) table.set(pair, Buffer.of(first, second));
    }
  }
  return Buffer.concat(Array.from(text, (character) => table.get(character)!));
}

describe.each(Object.keys(WIDE))('%s', (label) => {
  it.each(Object.keys(TEXTS))('without a mark is read and told, in %s', async (language) => {
    const text = TEXTS[language]!;
    const lines = text.trimEnd().split('\n');
    const { rows, notes } = await readAs(WIDE[label]!(text), 'lines', { cuts: [1, 7, 30] });
    expect(rows.map((row) => row.text)).toEqual(lines);
    expect(notes).toEqual([`x: read as ${label}, which its NUL bytes show; it has no byte order mark`]);
  });

  it('with a mark is read without a word, and so it is where --encoding says it', async () => {
    const text = TEXTS['Russian']!;
    const lines = text.trimEnd().split('\n');
    const marked = WIDE[label]!(`\ufeff${text}`);
    expect(await readAs(marked, 'lines', { cuts: [1, 2, 3] })).toMatchObject({ rows: lines.map((line) => ({ text: line })), notes: [] });
    expect(await readAs(marked, 'lines', { encoding: label })).toMatchObject({ rows: lines.map((line) => ({ text: line })), notes: [] });
    expect(await textsOf(WIDE[label]!(text), 'lines', { encoding: label })).toEqual(lines);
    // the name without a byte order takes that of the file
    expect(await textsOf(marked, 'lines', { encoding: label.slice(0, 6) })).toEqual(lines);
    expect(await textsOf(WIDE[label]!(text), 'lines', { encoding: label.slice(0, 6) })).toEqual(lines);
  });

  it('is read as a table and as JSON Lines', async () => {
    expect(await textsOf(WIDE[label]!('id;text\r\n1;größer\r\n'), 'csv')).toEqual(['größer']);
    expect(await textsOf(WIDE[label]!('{"text":"größer"}\n'), 'jsonl')).toEqual(['größer']);
  });
});

describe('NUL bytes', () => {
  it('are never part of a text: the error names their line', async () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'é', '\n', '\0', ' ', ','), minLength: 1, maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(text, fc.array(fc.nat(), { maxLength: 4 }), async (whole, cuts) => {
        const read = await readAs(whole, 'lines', { cuts }).catch((error: Error) => error.message);
        if (typeof read === 'string') expect(read).toMatch(/has a NUL byte|it has no rows|as utf-(?:16|32)/);
        else expect(read.rows.some((row) => row.text.includes('\0'))).toBe(false);
      }),
    );
    await expect(readAs('one\ntwo, and a long line of text\0\nthree\n', 'lines')).rejects.toMatchObject({
      message: 'Cannot read x: line 2 has a NUL byte, which no text has',
      hint: "If it is text, take such bytes off: tr -d '\\000' < x > clean.txt; a binary file has to be converted",
    });
  });

  it('show which encoding was meant where another is given', async () => {
    await expect(readAs(WIDE['utf-16le']!('one\ntwo\n'), 'lines', { encoding: 'windows-1252' })).rejects.toMatchObject({
      hint: 'It looks like utf-16le: use --encoding utf-16le',
    });
  });
});

describe('an encoding of old', () => {
  it.each([
    ['Russian', 'windows-1251', 'Cyrillic'],
    ['Russian', 'koi8-r', 'Cyrillic'],
    ['Russian', 'ibm866', 'Cyrillic'],
    ['German', 'windows-1252', 'Western European'],
    ['Japanese', 'shift_jis', 'Japanese'],
    ['Japanese', 'euc-jp', 'Japanese'],
    ['Chinese', 'gb18030', 'Chinese'],
    ['Korean', 'euc-kr', 'Korean'],
    ['Hebrew', 'windows-1255', 'Hebrew'],
    ['Arabic', 'windows-1256', 'Arabic'],
  ])('is named in the hint, and works: %s in %s', async (language, label, of) => {
    const text = TEXTS[language]!;
    const bytes = encoded(text, label);
    const hint = `It looks like ${label} (${of}): add --encoding ${label}`;
    for (const format of ['lines', 'csv', 'tsv'] as const) await expect(readAs(bytes, format)).rejects.toMatchObject({ hint });
    expect(await textsOf(bytes, 'lines', { encoding: label })).toEqual(text.trimEnd().split('\n'));
    // where no option names an encoding, the file is converted
    await expect(readAs(bytes, 'lines', { hasEncodingOption: false })).rejects.toMatchObject({
      hint: `It looks like ${label} (${of}): convert it with iconv -f ${label} -t utf-8 < x > utf8.txt`,
    });
  });

  it('of Windows has its quotes and its euro', async () => {
    expect(await textsOf(Buffer.of(0x93, 0x80, 0x92, 0xe4, 0x0a), 'lines', { encoding: 'windows-1252' })).toEqual(['“€’ä']);
  });

  it.each([
    ['windows-1250', 'Zażółć gęślą jaźń, proszę'],
    ['windows-1250', 'Příliš žluťoučký kůň'],
    ['windows-1254', 'Yazıcı çalışmıyor, lütfen bakın'],
    ['windows-1253', 'Ο εκτυπωτής δεν λειτουργεί'],
    ['windows-1252', 'L’imprimante est bloquée à l’étage'],
  ])('is guessed from one sentence: %s', (label, text) => {
    expect(guessEncoding(encoded(text, label))?.label).toBe(label);
  });

  it('is not the reason where a file of UTF-8 is damaged', async () => {
    const bytes = Buffer.concat([Buffer.from(TEXTS['Russian']!), Buffer.of(0xff), Buffer.from('x\n')]);
    await expect(readAs(bytes, 'lines')).rejects.toMatchObject({
      hint: 'The rest of it is UTF-8, so it is damaged there; to leave such bytes out: iconv -c -f utf-8 -t utf-8 < x > clean.txt',
    });
  });
});

describe('--encoding', () => {
  it.each([
    ['größe\n', 'windows-1252', 'note: x is valid UTF-8, but is read as windows-1252, as --encoding says'],
    ['\ufeffid\n', 'windows-1251', 'note: x begins with the byte order mark of utf-8, but is read as windows-1251, as --encoding says'],
    ['large\n', 'utf-16le', 'note: x has no NUL bytes, but is read as utf-16le, as --encoding says'],
  ])('that the bytes of %j contradict is told: %s', async (text, encoding, note) => {
    expect((await readAs(text, 'lines', { encoding })).notes).toEqual([note]);
  });

  it('that is not the byte order of the file is told', async () => {
    const { notes } = await readAs(WIDE['utf-16le']!('one\ntwo\n'), 'lines', { encoding: 'utf-16be' });
    expect(notes).toEqual(['note: x looks like utf-16le, but is read as utf-16be, as --encoding says']);
  });

  it('that fails on UTF-8 is to be left out', async () => {
    await expect(readAs('あ\n', 'lines', { encoding: 'shift_jis' })).rejects.toMatchObject({
      hint: 'It is valid UTF-8: leave --encoding out',
    });
  });
});
