import { describe, expect, it } from 'vitest';
import { foldText, textCopies, textKey } from '../../src/analysis/duplicates/text-copies.ts';

describe('textCopies', () => {
  it('names the first number of each text, beyond what a table holds at once', () => {
    const texts = Array.from({ length: 5000 }, (_, at) => `text ${at % 1700}`);
    const copies = textCopies(5000);
    texts.forEach((text, at) => expect(copies.firstOf(textKey(text, { fold: false }), at)).toBe(at % 1700));
  });
});

describe('foldText', () => {
  it.each([
    ['Straße  GROSS\t', 'STRASSE gross'],
    ['ﬁne', 'FINE'],
    ['ΟΔΟΣ', 'οδος'],
    ['cafe\u0301', 'CAFÉ'],
    ['１２３ ｋｇ', '123 kg'],
    ['a\u00a0b\nc', 'A B C'],
  ])('takes %j and %j for one', (one, other) => expect(foldText(one)).toBe(foldText(other)));

  it('tells texts apart that differ in more', () => expect(foldText('cafe')).not.toBe(foldText('café')));
});
