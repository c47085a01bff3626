import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { withoutMarkup } from '../../src/analysis/clusters/markup.ts';

/** The rule in one regular expression, which takes a time that grows with the square of the text. */
const MARKUP = /https?:\/\/\S+|www\.\S+|\S+@\S+\.\w+|<\/?[a-z][^<>]*>|&#?\w+;/gi;

/** Left out before: addresses of any scheme, and entities that were escaped twice or have no end. */
const BEFORE = /\b[a-z][a-z0-9+.-]{1,20}:\/\/\S+|&(?:amp;)+#?\w{1,30};|&amp\b;?/gi;

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
        expect(withoutMarkup(text)).toBe(text.replace(BEFORE, ' ').replace(MARKUP, ' '));
      }),
      { numRuns: 20_000 },
    );
  });

  it('reads long texts without spaces', () => {
    for (const unit of ['<!--', '<script>', '&lt;a', '[1', 'a.', 'ab://', '&amp;', 'a', 'a@', 'a@.', '@.', '<a', '&a', '<a>@', '.', '米']) {
      expect(withoutMarkup(unit.repeat(500_000)).length).toBeGreaterThan(0);
    }
  });

  it.each([
    ['codes of terminals', '\u001b[31mred\u001b[0m [1;32mgreen[0m', ['red', 'green']],
    ['addresses of any scheme', 'see ftp://host/x?y, git+ssh://a.b/c and mailto:anna@shop.example', ['see', 'and']],
    ['addresses without a scheme', 'shop.example/a?b=1 and www.shop.example or shop.com', ['and', 'or']],
    ['tags and entities', 'a<br>b<br/>&nbsp;c&#160;d&amp;nbsp;e &nbsp f', ['a', 'b', 'c', 'd', 'e', 'f']],
    ['tags that were escaped', '&lt;br&gt;one&lt;a href=&quot;x&quot;&gt;two&lt;/a&gt;', ['one', 'two']],
    ['comments and scripts', '<!-- note -->one<script>let x = 1</script><style>p {}</style>two', ['one', 'two']],
  ])('leaves out %s', (_, text, left) => {
    expect(
      withoutMarkup(text)
        .split(/\s+/)
        .filter((word) => word !== ''),
    ).toEqual(left);
  });

  it('keeps signs that are no markup', () => {
    expect(withoutMarkup('a < b, c > d & e; AT&T, 3.5 v2.0 [4] e.g. Node.js')).toBe('a < b, c > d & e; AT&T, 3.5 v2.0 [4] e.g. Node.js');
  });
});
