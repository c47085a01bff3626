import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { looksLikeHtml } from '../../src/input/html-tags.ts';
import { textOfHtml } from '../../src/input/html.ts';
import { watchHtml } from '../../src/input/watch-html.ts';

/** Texts that are no HTML, or that nothing says are. */
const OTHERS = [
  'a < b and b > c',
  'a <b and c> d',
  'I <3 this shop',
  'x<y && y>z',
  'if (a<b>c) return;',
  'for (int i=0;i<n;i++) sum <<= 1;',
  'List<String> names = new ArrayList<>();',
  'Map<String, List<Object>> map; Promise<Button> b; Option<A> a;',
  'std::vector<a> v; template <typename T>',
  '<order><id>17</id><body>two lamps</body><note>fragile</note></order>',
  '/// <summary>Adds a row.</summary>\n/// <returns>The row.</returns>\n/// <exception>Never.</exception>',
  'Write `<p>` and `</p>` around it, or ```\n<div>\n```',
  'R&D, AT&T and Q&A; see &c.',
  'https://example.org/?a=1&lang=en',
  'mail <anna@example.org> or <https://example.org>',
  '1 <2> 3 <-> 4 <= 5 </ 6 <!',
  '',
];

describe('the text of HTML', () => {
  it.each<[string, string]>([
    ['<p>The printer jams.</p><br>&nbsp;', 'The printer jams.'],
    ['one<br>two<br/>three<BR />four', 'one\ntwo\nthree\nfour'],
    ['<ul><li>one</li><li>two</li></ul>', 'one\ntwo'],
    ['<b>bo</b>ld &amp; <i class="x">it</i>alic', 'bold & italic'],
    ['<div class="a > b" hidden>text</div>', 'text'],
    ['<table><tr><td>one</td><td>two</td></tr><tr><td>three</td></tr></table>', 'one two\nthree'],
    ['<style>p { color: red }</style><p>red</p><script>if (a < b) { "</p>" }</script>', 'red'],
    ['<p>a<!-- a <b>comment</b>\n of two lines -->b</p>', 'ab'],
    ['<!doctype html><html><head><title>Title</title></head><body>text</body></html>', 'Title\ntext'],
    ['<!--[if mso]><p>no</p><![endif]--><p>yes<o:p></o:p></p>', 'yes'],
    ['<p>two\n  lines   of one text</p>', 'two lines of one text'],
    ['<pre>two\n  lines</pre>', 'two\nlines'],
    ['<p>a &lt; b, &quot;c&quot; &#39;d&#39; &#x1F600; &eacute;&hellip;</p>', 'a < b, "c" \'d\' 😀 é…'],
    ['no tags, but &lt;b&gt; and &nbsp;a space\nand a line', 'no tags, but <b> and  a space\nand a line'],
    ['<p>List&lt;String&gt; and a < b, <3</p>', 'List<String> and a < b, <3'],
    ['<p>Map<String, A> and List<Object> stay</p>', 'Map<String, A> and List<Object> stay'],
    ['<p>never closed <b>at all', 'never closed at all'],
    ['<script>never closed', 'never closed'],
    ['<p>&nbsp;</p>', ''],
  ])('%j', (html, text) => expect(textOfHtml(html)).toBe(text));

  it.each(OTHERS)('is the text itself where it is not HTML: %j', (text) => expect(textOfHtml(text)).toBe(text));

  it('is made of any text, in a time that grows with it', () => {
    const piece = fc.constantFrom(
      '<p>',
      '</p>',
      '<b>',
      '</b>',
      '<br>',
      '<!--',
      '-->',
      '<script>',
      '</script>',
      'text ',
      '<a href="',
      '">',
      "'",
      '&amp;',
      '<x>',
      '<',
    );
    fc.assert(fc.property(fc.array(piece), (pieces) => void textOfHtml(pieces.join(''))));
    for (const one of ['<p>', '<!--', '<script>', '<a b="', "<a b='c' ", 'x<b>', '<a hidden hidden ', '&amp', '<![if '])
      textOfHtml(one.repeat(100_000));
  });
});

describe('a text that looks like HTML', () => {
  it.each(OTHERS)('is none of %j', (text) => expect(looksLikeHtml(text)).toBe(false));
  it.each(['<p>text</p>', 'one<br>two', 'a<b>b</b>c', 'Tom &amp; Jerry', 'it&#39;s', 'a&nbsp;b', '<a href="x">y</a>', '<div\nclass=x>'])(
    'is %j',
    (text) => expect(looksLikeHtml(text)).toBe(true),
  );
});

describe('the note on HTML', () => {
  const notesOf = (texts: Iterable<string>): string[] => {
    const notes: string[] = [];
    const watch = watchHtml('a.csv', (note) => notes.push(note));
    for (const text of texts) watch.add(text);
    watch.end();
    return notes;
  };
  const rows = (html: number, all: number): string[] => Array.from({ length: all }, (_, at) => (at < html ? '<p>text</p>' : 'text'));

  it.each<[number, number, string[]]>([
    [17, 100, ['note: 17 of 100 rows of a.csv are written in HTML; --html strip reads their text, --html keep the tags as well']],
    [1, 3, ['note: 1 of 3 rows of a.csv is written in HTML; --html strip reads their text, --html keep the tags as well']],
    [4, 100, []],
    [0, 10, []],
    [0, 0, []],
  ])('%i of %i', (html, all, notes) => expect(notesOf(rows(html, all))).toEqual(notes));

  it('comes once, and where only later rows are HTML', () => {
    expect(notesOf(rows(5000, 5000))).toHaveLength(1);
    expect(notesOf([...rows(0, 1000), ...rows(20_000, 20_000)])).toEqual([
      expect.stringMatching(/^note: about \d+\.\d % of the rows of a\.csv are written in HTML;/),
    ]);
  });
});
