import { describe, expect, it } from 'vitest';
import { openLabeller } from '../../src/analysis/clusters/labels.ts';
import { stopWordsFor } from '../../src/analysis/clusters/stop-words.ts';
import { sameStem, wordsOf } from '../../src/analysis/clusters/words.ts';

function labelsOf(groups: readonly (readonly string[])[]): string[] {
  const labeller = openLabeller(groups.map(({ length }) => length));
  groups.forEach((texts, cluster) => texts.forEach((text) => labeller.add(cluster, text)));
  return labeller.finish().map((words) => words.join(' '));
}

describe('openLabeller', () => {
  it('names clusters by the words that set them apart, without stop words', () => {
    expect(
      labelsOf([
        ['The parcel is late again', 'Where is my parcel?', 'My parcel is too late'],
        ['I cannot use my password', 'The password does not work', 'Where is the login for my password?'],
      ]),
    ).toEqual(['parcel late', 'password']);
  });

  it('does so in Russian, Japanese and Chinese', () => {
    expect(
      labelsOf([
        ['Посылка не пришла, я жду', 'Где моя посылка?', 'Посылку так и не привезли'],
        ['Не могу войти, пароль не подходит', 'Забыл пароль', 'Как сменить пароль от почты?'],
      ]),
    ).toEqual(['посылка', 'пароль']);
    expect(
      labelsOf([
        ['荷物がまだ届きません', '荷物の配達が遅れています', '荷物はどこですか'],
        ['パスワードを忘れました', 'パスワードが使えません', '新しいパスワードを設定したい'],
      ]).map((label) => label.split(' ')[0]),
    ).toEqual(['荷物', 'パスワード']);
    expect(
      labelsOf([
        ['我的包裹还没有到', '包裹在哪里', '快递把包裹弄丢了'],
        ['我忘记了密码', '密码错误，无法登录', '怎么修改密码'],
      ]).map((label) => label.split(' ')[0]),
    ).toEqual(['包裹', '密码']);
  });

  it('counts a word once a row, and takes what one row says only where no other word is left', () => {
    expect(labelsOf([['spam spam spam spam', 'good tea', 'green tea'], ['apples']])).toEqual(['tea', 'apples']);
  });

  it('leaves rows in no cluster out, and clusters without words nameless', () => {
    const labeller = openLabeller([1, 1]);
    labeller.add(-1, 'nothing');
    labeller.add(0, '42 ! 7');
    labeller.add(1, 'words');
    expect(labeller.finish()).toEqual([[], ['words']]);
  });
});

describe('stopWordsFor', () => {
  it('takes the languages that a corpus is written in, not every language of its script', () => {
    const count = (text: string): Map<string, number> => new Map([...wordsOf(text)].map((word) => [word, 1]));
    const english = stopWordsFor(count('there is no way to get this into the house before the war is over, so I am in trouble'));
    expect([english.has('the'), english.has('war'), english.has('die')]).toEqual([true, false, false]);
    const german = stopWordsFor(count('der Krieg ist vorbei und die Leute gehen wieder in das Haus, das sie nicht verlassen wollten'));
    // English words are everywhere
    expect([german.has('der'), german.has('the'), german.has('les')]).toEqual([true, true, false]);
    const both = stopWordsFor(new Map([...count('the house and the war is not over'), ...count('это не так, а как же я')]));
    expect([both.has('the'), both.has('как')]).toEqual([true, true]);
  });
});

describe('wordsOf', () => {
  it('leaves numbers, single letters, addresses and tags out', () => {
    expect([...wordsOf('A <b>big</b> house, 3 rooms: see https://example.com/x?y=1 or 2nd floor')]).toEqual([
      'big',
      'house',
      'rooms',
      'see',
      'or',
      '2nd',
      'floor',
    ]);
  });

  it('leaves addresses of mail and entities out, and what a hyphen joins together', () => {
    expect([...wordsOf('a&nbsp;top-up, mail me@shop.example or www.shop.example')]).toEqual(['top-up', 'mail', 'or']);
  });

  it('leaves endings, particles and numerals of Japanese and Korean out', () => {
    expect([...wordsOf('一二 荷物が届きませんでした')].filter((word) => /^[ぁ-ん]+$|二/.test(word))).toEqual([]);
    expect([...wordsOf('함수는 값을 반환합니다')]).toEqual(['함수', '값을']);
  });

  it('takes the word out of what an apostrophe joins', () => {
    expect([...wordsOf("the card's limit, l’eau, don't, O'Brien")]).toEqual(['the', 'card', 'limit', 'eau', 'brien']);
  });

  it('finds the same words with the pattern as the segmenter does', () => {
    const segmenter = new Intl.Segmenter('en', { granularity: 'word' });
    const text = 'Где моя посылка номер пять? Ich möchte mein Geld zurück, s’il vous plaît: rembourser naïve résumé';
    const expected = [...segmenter.segment(text.toLowerCase())].filter(({ isWordLike }) => isWordLike).map(({ segment }) => segment);
    expect([...wordsOf(text)]).toEqual([...new Set(expected.map((word) => word.replace('s’il', 'il')))]);
  });
});

describe('sameStem', () => {
  it.each([
    ['card', 'cards', true],
    ['карта', 'картой', true],
    ['refund', 'refunded', true],
    ['card', 'care', false],
    ['pay', 'payment', false],
    ['change', 'charge', false],
  ])('of %s and %s is %s', (a, b, same) => expect(sameStem(a, b)).toBe(same));
});
