import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { withoutMarkup } from '../../src/analysis/clusters/markup.ts';

/** The rule in one regular expression, which takes a time that grows with the square of the text. */
const MARKUP = /https?:\/\/\S+|www\.\S+|\S+@\S+\.\w+|<\/?[a-z][^<>]*>|&#?\w+;/gi;

describe('withoutMarkup', () => {
  it('leaves out what the regular expression matches', () => {
    const unit = fc.constantFrom(
      'a',
      'B',
      '@',
      '@',
      '.',
      '.',
      ' ',
      '\u00a0',
      '<',
      '<b',
      '>',
      '/',
      '&',
      '&amp;',
      ';',
      'http://',
      'www.',
      'é',
      '_',
      '米',
    );
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 30 }), (text) => {
        expect(withoutMarkup(text)).toBe(text.replace(MARKUP, ' '));
      }),
      { numRuns: 20_000 },
    );
  });

  it('reads long texts without spaces', () => {
    for (const unit of ['a', 'a@', 'a@.', '@.', '<a', '&a', '<a>@', '.', '米']) {
      expect(withoutMarkup(unit.repeat(500_000)).length).toBeGreaterThan(0);
    }
  });
});
