import { describe, expect, it } from 'vitest';
import { textCopies, textKey } from '../../src/analysis/duplicates/text-copies.ts';

describe('textCopies', () => {
  it('names the first number of each text, beyond what a table holds at once', () => {
    const texts = Array.from({ length: 5000 }, (_, at) => `text ${at % 1700}`);
    const copies = textCopies(5000);
    texts.forEach((text, at) => expect(copies.firstOf(textKey(text, { fold: 'none' }), at)).toBe(at % 1700));
  });
});
