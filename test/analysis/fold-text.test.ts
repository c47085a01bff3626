import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { foldText } from '../../src/analysis/duplicates/fold-text.ts';

const form = (text: string): string => foldText(text, 'form');
const bare = (text: string): string => foldText(text, 'punctuation');

describe('foldText', () => {
  it.each([
    ['Straße  GROSS\t', 'STRASSE gross'],
    ['ﬁne', 'FINE'],
    ['ΟΔΟΣ', 'οδος'],
    ['cafe\u0301', 'CAFÉ'],
    ['１２３ ｋｇ', '123 kg'],
    ['a\u00a0b\nc', 'A B C'],
    ['a\u0085b\u001fc', 'a b c'],
    ['co\u00adoperate', 'cooperate'],
    ['\u200fthe line\u200e', 'the line'],
    ['\u202athe\u202c \u2066line\u2069', 'the line'],
    ['\ufeffthe\u200b line\u2060', 'the line'],
    ['cafe\u034f\u0301', 'café'],
    ['the\u200d line\u200c', 'the line'],
    ['bell\u0007', 'bell'],
    ['❤\ufe0f', '❤'],
    ['葛\u{e0100}', '葛'],
  ])('takes %j and %j for one in form', (one, other) => expect(form(one)).toBe(form(other)));

  it.each([
    ['cafe', 'café'],
    ['Great', 'Great!'],
    // joiners spell here: "I want" in Persian, a letter of old Malayalam texts, and one pictograph of two
    ['می\u200cخواهم', 'میخواهم'],
    ['അവന\u0d4d\u200d', 'അവന\u0d4d'],
    ['👩\u200d💻', '👩💻'],
    ['👩🏽\u200d💻', '👩🏽💻'],
    // the flags of England and Scotland
    ['🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}', '🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}'],
    // each would fold to nothing
    ['\u200b', '\u200f'],
  ])('tells %j and %j apart in form', (one, other) => expect(form(one)).not.toBe(form(other)));

  it.each([
    ['Great', 'Great!'],
    ['Thank you.', 'thank you'],
    ['Where is my order 42?', '"Where is my order 42"'],
    ['Where is my order?', '“Where is my order?”'],
    ['- Add salt', 'Add salt.'],
    ['• Add salt\n* Stir', 'Add salt; stir'],
    ['« Super ! »', 'Super'],
    ['„Ja, gern“', 'ja gern'],
    ['¿Qué hora es?', 'Qué hora es'],
    ['don’t', "don't"],
    ["'tis said", 'tis said'],
    ["rock 'n' roll", 'rock n roll'],
    ['yes—no', 'yes - no'],
    ['yes--no', 'yes no'],
    ['1914–1918', '1914—1918'],
    ['−5 °C', '-5 °C'],
    ['Hello,world', 'Hello, world'],
    ['wait...what', 'Wait… what?!'],
    ['(see below)', 'See below'],
    ['( see below )', 'See below'],
    ['你好！吃了吗？', '你好,吃了吗'],
    ['他说“好”。', '他说好'],
    ['「はい」と言った。', 'はいと言った'],
    ['【重要】会议', '[重要] 会议'],
    ['مرحبا، كيف حالك؟', 'مرحبا كيف حالك'],
    ['ok :).', 'OK :)'],
    ['Wait, \u200f"what"?', 'wait what'],
  ])('takes %j and %j for one but for punctuation', (one, other) => expect(bare(one)).toBe(bare(other)));

  const DIFFERENT = [
    ['C', 'C++', 'C#', 'C-', '.C'],
    ['5', '-5', '+5', '(5)', '- 5', '.5', '5%', '#5', '5"', "5'", '5*', '~5'],
    ['1.5', '15', '1,5', '1 5', '1:5', '1/5', '1-5'],
    ['$9', '€9', '9', '($9)', '-$9'],
    ['3/4', '34', '3 4', '3.4', '3 : 4', '3 - 4'],
    ['no-one', 'no one', 'noone'],
    ['dont', "don't"],
    ['R&D', 'R D', 'RD', 'r/d', 'r_d', 'r@d'],
    ['great', 'great :)', 'great :(', 'great ;)', 'great :/'],
    ['great:)', 'great:('],
    [':)', ':(', ':-)', ';)', '...', '!', '?', '-', '""', '()', '\u200b', '', '*', '-_-', '(^_^)'],
    ['f(x)', 'f(y)', 'f x', 'f'],
    ['x = !y', 'x = y', 'x != y'],
    ['and/or', 'and or'],
    ['node.js', 'node js'],
    ['--verbose', '-verbose', 'verbose'],
    ['👍', '👎', '👍👍'],
  ];

  it.each(DIFFERENT)('tells %j, %j … apart all the same', (...texts) => {
    expect(new Set(texts.map(bare)).size).toBe(texts.length);
  });

  it('folds what it has folded to itself, and nothing to nothing', () => {
    const signs = [...' abz15.,:;!?-–—\'"“”()[]{}…、。「」$%#&@/*+\u00ad\u200b\u200d\u200e\ufe0f👩💻می'];
    const text = fc.array(fc.constantFrom(...signs), { minLength: 1, maxLength: 12 }).map((all) => all.join(''));
    fc.assert(
      fc.property(text, (one) => {
        expect(form(form(one))).toBe(form(one));
        expect(bare(one)).not.toBe('');
        expect(bare(form(one))).toBe(bare(one));
      }),
    );
  });

  it('reads a long word once', () => {
    const many = (sign: string): string => sign.repeat(200_000);
    const evil = [
      `${many('.')}a`,
      `a${many(')')}`,
      `(${many('a(')})`,
      many("'"),
      `${many(':')})`,
      `a${many('!')}`,
      `(5${many(',')})`,
      many('a--'),
    ];
    for (const text of evil) expect(bare(text).length).toBeLessThanOrEqual(text.length * 2);
  });
});
