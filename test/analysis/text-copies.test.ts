import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { textCopies, textKey } from '../../src/analysis/duplicates/text-copies.ts';

describe('textCopies', () => {
  it('names the first number of each text, beyond what a table holds at once', () => {
    const texts = Array.from({ length: 5000 }, (_, at) => `text ${at % 1700}`);
    const copies = textCopies(5000);
    texts.forEach((text, at) => expect(copies.firstOf(textKey(text, { fold: 'none' }), at)).toBe(at % 1700));
  });
});

describe('textKey', () => {
  it('is the beginning of the SHA-256 of a text, whatever its letters', () => {
    for (const text of ['', 'tea', 'Чай 🍵', 'x'.repeat(100_000)]) {
      const digest = createHash('sha256').update(text).digest();
      expect(textKey(text, { fold: 'none' })).toEqual([0, 4, 8, 12].map((at) => digest.readInt32LE(at)));
    }
  });

  it('tells lone surrogates apart, which UTF-8 does not hold', () => {
    expect(textKey('tea \ud800', { fold: 'none' })).not.toEqual(textKey('tea \ud801', { fold: 'none' }));
    expect(textKey('tea \ud800', { fold: 'none' })).not.toEqual(textKey('tea \ufffd', { fold: 'none' }));
  });
});
