import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { differenceOf, factsDiffer, factsOf } from '../../src/analysis/duplicates/facts/facts.ts';

const differ = (a: string, b: string): boolean => factsDiffer(factsOf(a), factsOf(b));

/** Each list is of texts that say the same; texts of two lists of one table differ. */
type Table = readonly (readonly string[])[];

function expectTable(texts: Table): void {
  for (const [at, group] of texts.entries()) {
    for (const text of group) {
      for (const other of group) expect(differenceOf(text, other), `${text} | ${other}`).toBeUndefined();
      for (const other of texts.slice(at + 1).flat()) expect(differ(text, other), `${text} | ${other}`).toBe(true);
    }
  }
}

describe('numbers', () => {
  it.each<[string, Table]>([
    [
      'separators',
      [['pay 1,000 now', 'pay 1.000 now', 'pay 1 000 now', "pay 1'000 now", 'pay 1000 now', 'pay １０００ now'], ['pay 1,001 now']],
    ],
    ['decimals', [['it is 1.50 long', 'it is 1,5 long', 'it is 1.5 long'], ['it is 15 long']]],
    ['large numbers', [['1,234,567.8', '1.234.567,8', '1 234 567.8'], ['1234567']]],
    ['Indian groups', [['12,34,567', '1234567'], ['12,34,568']]],
    ['other scripts', [['٣٤٥ pages', '३४५ pages', '345 pages'], ['٣٤٦ pages']]],
    ['scales', [['10k users', '10,000 users', '10 thousand users', 'ten thousand users'], ['100k users']]],
    ['millions', [['3 million', '3000000', '3 млн', '3 Millionen', 'three million', '300万', '三百万'], ['4 million']]],
    ['digits and characters', [['36万1400', '361400', '361,400'], ['36万1500']]],
    ['units beside', [['5km away', '5 km away', '5-km away'], ['6 km away']]],
    ['units', [['5 km away', '5 kilometres away', '5 away'].slice(0, 2), ['5 miles away']]],
    [
      'currencies',
      [
        ['costs $5', 'costs 5 dollars', 'costs 5 USD'],
        ['costs €5', 'costs 5 euros'],
      ],
    ],
    ['negative', [['it is -5 degrees', 'it is −5 degrees'], ['it is 5 degrees']]],
    ['versions', [['use 1.9.0', 'use v1.9.0'], ['use 1.10.0']]],
    ['phones', [['call 555-1234', 'call 555 1234'], ['call 555-1235']]],
    ['ranges', [['pages 10-20', 'pages 10–20', 'pages 10 to 20'], ['pages 10-21']]],
    ['ordinals', [['the 21st row', 'the 21 row'], ['the 22nd row']]],
    ['fractions', [['add 1/2 cup', 'add ½ cup'], ['add 3/4 cup']]],
    ['times', [['at 14:30', 'at 2:30 pm', 'at 2.30 p.m.', 'um 14.30 Uhr', 'à 14h30', '14時30分'], ['at 14:45'], ['at 2:30 am']]],
    ['full hours', [['at 7:00', 'at seven'], ['at 8:00']]],
    ['half hours', [['um halb drei', 'um 2.30 Uhr', 'um 2:30', 'half past two'], ['um halb vier']]],
    ['Roman numerals', [['Part II of it', 'Part 2 of it'], ['Part III of it']]],
    ['the world wars', [['World War I began'], ['World War II began']]],
    ['percent', [['up by 5%', 'up by 5 %', 'up by 5 percent', '百分之五'], ['up by 6%']]],
  ])('%s', (_, texts) => {
    expectTable(texts);
  });

  it.each<[string, Table]>([
    ['English', [['twenty-five dogs', 'twenty five dogs', '25 dogs'], ['three dogs'], ['two hundred and five dogs', '205 dogs']]],
    ['German', [['fünfundzwanzig Hunde', '25 Hunde'], ['drei Hunde'], ['dreißig Hunde']]],
    [
      'French',
      [
        ['vingt-cinq chiens', '25 chiens'],
        ['soixante-dix chiens', '70 chiens'],
        ['quatre-vingts chiens', '80 chiens'],
      ],
    ],
    ['Spanish', [['treinta y cinco perros', '35 perros'], ['veintidós perros', '22 perros'], ['tres perros']]],
    ['Italian', [['ventidue cani', '22 cani'], ['cinque cani']]],
    ['Portuguese', [['vinte e cinco cães', '25 cães'], ['dois cães']]],
    ['Dutch', [['vijfentwintig honden', '25 honden'], ['drie honden']]],
    ['Polish', [['dwadzieścia pięć psów', '25 psów'], ['trzy psy']]],
    ['Russian', [['двадцать пять собак', '25 собак'], ['три собаки']]],
    ['Ukrainian', [["п'ять собак", 'п’ять собак', '5 собак'], ['три собаки']]],
    ['Chinese', [['三天', '3天'], ['五天'], ['二十五天', '25天'], ['第七天']]],
    ['Japanese', [['三日間', '3日間'], ['五日間']]],
    ['Korean', [['개 세 마리', '개 3마리'], ['개 다섯 마리']]],
  ])('spelled: %s', (_, texts) => {
    expectTable(texts);
  });

  it.each([
    ['one day two came', 'two came'],
    ['neuf livres', 'deux livres'],
    ['een boek van onze vriend', 'twee boeken van onze vriend'],
    ['jestem ten, który czeka', 'jestem tym, który ma 5 lat'],
    ['我们一起去', '我们两个去'],
    ['统一的十分好', '统一的3好'],
    ['the due date is near', 'the 5 date is near'],
    ['set out to win', 'set 5 out of 10'],
    ['you may march', 'you may march 5 times'],
  ])('everyday words are no numbers: %s', (a, b) => {
    expect(factsOf(a).numbers === 0 || !differ(a, b)).toBe(true);
  });

  it('agrees with any number where a text has none', () => {
    expect(differ('the best phones of 2016', 'the best phones')).toBe(false);
    expect(differ('I paid 50 dollars', 'I paid 50')).toBe(false);
    expect(differ('1 day in May', 'a day in May')).toBe(false);
  });
});

describe('dates', () => {
  const same = [
    'due on 2024-01-31',
    'due on 31.01.2024',
    'due on 31/01/2024',
    'due on 01/31/2024',
    'due on 31 January 2024',
    'due on January 31, 2024',
    'due on Jan 31st, 2024',
    '31 января 2024 г.',
    '31. Januar 2024',
    '31 janvier 2024',
    '31 de enero de 2024',
    '31 stycznia 2024',
    '2024年1月31日',
    '2024년 1월 31일',
  ];
  it('are the same in all forms', () => {
    expectTable([same, ['due on 2024-01-30', '30. Januar 2024'], ['due on 2024-02-28'], ['due on 2023-01-31']]);
  });
  it('differ by month, where it is a month', () => {
    expectTable([['it began in March'], ['it began in April', 'es begann im April'], ['it began in May']]);
    expect(differ('they march on', 'they may march on')).toBe(false);
  });
  it('differ by day of the week', () => {
    expectTable([
      ['closed on Monday', 'montags geschlossen', '星期一休息', '月曜日は休み', '월요일 휴무'],
      ['closed on Tuesday', '周二休息'],
      ['закрыто в пятницу'],
    ]);
  });
});

describe('numbers, months and days of the week', () => {
  it.each([
    ['We meet on Monday', 'We meet on Monday at 10'],
    ['I was charged twice in March', 'I was charged two times in March'],
    ['closed on 3 May', 'closed in May'],
    ['Monday, 31 January 2024', '31 January 2024'],
  ])('each agrees with none of its kind: %s, %s', (a, b) => {
    expect(differenceOf(a, b)).toBeUndefined();
  });
  it('differ by themselves', () => {
    expect(differenceOf('on Monday at 10', 'on Tuesday at 10')).toBe('Monday ≠ Tuesday');
    expect(differenceOf('on Monday at 10', 'on Monday at 11')).toBe('10 ≠ 11');
    expect(differenceOf('3 March', '3 April')).toBe('March ≠ April');
  });
});

describe('negation', () => {
  it.each([
    ['en', 'it is true', 'it is not true'],
    ['en', 'you can go', 'you can’t go'],
    ['en', 'you do go', "you do n't go"],
    ['en', 'you should go', "you shouldn ' t go"],
    ['en', 'they all agreed', 'nobody agreed'],
    ['en', 'with sugar', 'without sugar'],
    ['en', 'possible', 'impossible'],
    ['de', 'Das ist ein Fehler', 'Das ist kein Fehler'],
    ['fr', 'je sais', 'je ne sais pas'],
    ['fr', "c'est vrai", "ce n'est pas vrai"],
    ['es', 'la casa es grande', 'la casa no es grande'],
    ['it', 'la casa è grande', 'la casa non è grande'],
    ['pt', 'a casa é grande', 'a casa não é grande'],
    ['nl', 'het huis is groot', 'het huis is niet groot'],
    ['pl', 'dom jest duży', 'dom nie jest duży'],
    ['ru', 'он пришёл', 'он не пришёл'],
    ['uk', 'він прийшов', 'він не прийшов'],
    ['zh', '我去', '我不去'],
    ['zh', '他有钱', '他没有钱'],
    ['ja', '私は行きます', '私は行きません'],
    ['ja', '食べる', '食べない'],
    ['ko', '나는 간다', '나는 안 간다'],
    ['ko', '좋아요', '좋지 않아요'],
  ])('%s: %s ≠ %s', (_, a, b) => {
    expect([factsOf(a).negation, factsOf(b).negation]).toEqual([0, 1]);
    expect(differenceOf(a, b)).toBe('not');
  });

  it.each([
    'tell me why or why not',
    'whether it works or not',
    'not only cheap but good',
    'no. 5 is missing',
    'it is late, isn’t it?',
    'Nº 5',
    'nicht nur billig',
    'вы идёте или нет',
    'не только дёшево',
    'тем не менее он пришёл',
    '是不是真的',
    '你能不能来',
    '对不起，我来了',
    '不过他来了',
    '差不多了',
    '必ず行く',
    '行かなければならない',
    '行くかもしれません',
    '危ない橋',
    'すみません、駅はどこですか',
    '그뿐만 아니라 싸다',
    'no Brasil em uma casa da cidade',
  ])('none in %s', (text) => {
    expect(factsOf(text).negation).toBe(0);
  });

  it('counts words of one negation once, and two negations as none', () => {
    expect(factsOf('никто никогда не приходил').negation).toBe(1);
    expect(factsOf('nikt nigdy nie przyszedł').negation).toBe(1);
    expect(factsOf("je n'ai jamais rien vu").negation).toBe(1);
    expect(factsOf('he did not go without her').negation).toBe(0);
  });
});

describe('quotes', () => {
  it.each([
    ['“Anna” is a name', '"Anna" is a name', '„Berta“ is a name'],
    ['der Film «Alien»', 'der Film „Alien“', 'der Film »Aliens«'],
    ['映画「七人の侍」', '映画『七人の侍』', '映画「羅生門」'],
    ["the word 'cat' is short", 'the word `cat` is short', "the word 'dog' is short"],
  ])('%s = %s ≠ %s', (a, b, c) => {
    expect(differ(a, b)).toBe(false);
    expect(differ(a, c)).toBe(true);
  });
  it('are not apostrophes, speech or only on one side', () => {
    expect(factsOf("the dogs' bones and Anna's cats' food don't").quoted).toBe(0);
    expect(factsOf('“I am late, I know,” she said').quoted).toBe(0);
    expect(differ('the word “cat” is short', 'the word cat is short')).toBe(false);
  });
});

describe('order of words', () => {
  it.each([
    ['John paid Mary', 'Mary paid John'],
    ['tea, not coffee', 'coffee, not tea'],
    ['order 123 before 321', 'order 321 before 123'],
    ['Der Hund beißt den Mann', 'Der Mann beißt den Hund'],
    ['猫追狗', '狗追猫'],
    ['太郎が花子を見た', '花子が太郎を見た'],
    ['철수가 영희를 봤다', '영희가 철수를 봤다'],
    ['Анна пригласила Ольгу', 'Ольга пригласила Анну'],
  ])('%s ≠ %s', (a, b) => {
    expect(differ(a, b)).toBe(true);
    expect(differenceOf(a, b)).toBe('other order of words');
  });
  it.each([
    ['Please open the door', 'Open the door, please'],
    ['How is it done', 'How it is done'],
    ['cats and dogs sleep', 'dogs and cats sleep'],
    ['the difference between a relief valve and a safety valve', 'the difference between a safety valve and a relief valve'],
    ['Das hat Tom gesagt', 'Tom hat das gesagt'],
    ['花子を太郎が見た', '太郎が花子を見た'],
    ['영희를 철수가 봤다', '철수가 영희를 봤다'],
    ['due on 2024-01-31', 'due on 31.01.2024'],
  ])('%s = %s', (a, b) => {
    expect(differ(a, b)).toBe(false);
  });
});

describe('differenceOf', () => {
  it('names what differs, the first text first', () => {
    expect(differenceOf('Invoice 10023 is overdue', 'Invoice 10024 is overdue')).toBe('10023 ≠ 10024');
    expect(differenceOf('“Anna” won', '“Berta” won')).toBe('“Anna” ≠ “Berta”');
    expect(differenceOf('in March', 'in April')).toBe('March ≠ April');
    expect(differenceOf('costs $5', 'costs €5')).toBe('$ ≠ €');
    expect(differenceOf('5 and 7', '5 and 8, not 9')).toBe('7 ≠ 8 9, not');
  });
});

describe('properties', () => {
  const piece = fc.constantFrom(
    '5',
    '1,000',
    'two',
    'not',
    "don't",
    '“Anna”',
    'March',
    'Monday',
    'and',
    '不',
    '三天',
    'ない',
    'не',
    '5 km',
    '$',
    'II',
    ' ',
    '\n',
    '-',
    'Tom',
    'paid',
    'Mary',
  );
  const text = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 40 }),
    fc.array(piece, { maxLength: 12 }).map((words) => words.join(' ')),
  );

  it('a difference is named exactly where there is one', () => {
    fc.assert(
      fc.property(text, text, (a, b) => {
        expect(differenceOf(a, b) !== undefined).toBe(differ(a, b));
      }),
      { numRuns: 2000 },
    );
  });
  it('a text does not differ from itself, and difference has no direction', () => {
    fc.assert(
      fc.property(text, text, (a, b) => {
        expect(differ(a, a)).toBe(false);
        expect(differ(a, b)).toBe(differ(b, a));
      }),
    );
  });
  it('facts are 32-bit integers, and the same whatever the case and the width', () => {
    fc.assert(
      fc.property(text, (one) => {
        const facts = factsOf(one);
        for (const value of Object.values(facts)) expect(value).toBe(value | 0);
        expect({ ...factsOf(one.replaceAll(' ', '\u3000')), words: 0, order: 0 }).toEqual({ ...facts, words: 0, order: 0 });
      }),
    );
  });
  it('invisible characters and case change nothing', () => {
    expect(factsOf('Pay\u00ad 1,0\u200b00 NOT “An\ufeffna”')).toEqual(factsOf('pay 1,000 not “anna”'));
  });
});

describe('hostile texts', () => {
  const LENGTH = 100_000;
  it.each([
    ['digits', '7'],
    ['groups', '1 111'],
    ['numbers with commas', '1,'],
    ['numbers with points', '1.1.'],
    ['dates', '1-1-'],
    ['times', '1:1:'],
    ['double quotes', '"'],
    ['single quotes', " '"],
    ['opening quotes', '“a '],
    ['backticks', '`'],
    ['apostrophes', "n'"],
    ['negations', "not don't "],
    ['number words', 'two hundred '],
    ['numerals', '十'],
    ['Japanese negations', 'ないしか'],
    ['Roman numerals', 'xxiv '],
    ['months', 'may 5 '],
    ['joints', 'a and '],
    ['one letter', 'a'],
    ['syllables', '않'],
  ])('%s take linear time', (_, unit) => {
    // in quadratic time, it would run into the timeout of the test
    const facts = factsOf(unit.repeat(Math.ceil(LENGTH / unit.length)));
    expect(Number.isInteger(facts.words)).toBe(true);
  });
});
