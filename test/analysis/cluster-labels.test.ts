import { describe, expect, it } from 'vitest';
import { openLabeller } from '../../src/analysis/clusters/labels.ts';
import { nameClusters } from '../../src/analysis/clusters/names.ts';
import { languagesOf } from '../../src/analysis/clusters/stop-words.ts';
import { sameStem, wordsOf } from '../../src/analysis/clusters/words.ts';

function labelsOf(groups: readonly (readonly string[])[], stopWords?: ReadonlySet<string>): string[] {
  const labeller = openLabeller(
    groups.map(({ length }) => length),
    stopWords,
  );
  groups.forEach((texts, cluster) => texts.forEach((text) => labeller.add(cluster, text)));
  return labeller.finish().map((words) => words.join(' '));
}

/** The first word of each label. */
const firstWords = (groups: readonly (readonly string[])[]): (string | undefined)[] => labelsOf(groups).map((label) => label.split(' ')[0]);

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

describe('labels of what clusters share', () => {
  const mails: Readonly<Record<string, { frame: (body: string) => string; bodies: readonly string[][]; first: readonly string[] }>> = {
    en: {
      frame: (body) => `Dear team,\n${body}\nKind regards,\nAnna\nSent from my iPhone`,
      bodies: [
        ['The printer jams', 'Our printer is broken', 'A printer without paper'],
        ['I would like vacation in May', 'How much vacation is left?', 'My vacation was refused'],
      ],
      first: ['printer', 'vacation'],
    },
    de: {
      frame: (body) => `Liebes Team,\n${body}\nMit freundlichen Grüßen\nAnna\nGesendet mit meinem Telefon`,
      bodies: [
        ['Der Drucker klemmt', 'Unser Drucker ist kaputt', 'Ein Drucker ohne Papier'],
        ['Ich möchte im Mai Urlaub', 'Wie viel Urlaub habe ich noch?', 'Mein Urlaub wurde abgelehnt'],
      ],
      first: ['drucker', 'urlaub'],
    },
    ru: {
      frame: (body) => `Уважаемая команда!\n${body}\nС уважением,\nАнна\nОтправлено с телефона`,
      bodies: [
        ['Сломался принтер', 'Наш принтер не печатает', 'Новый принтер без бумаги'],
        ['Прошу отпуск в мае', 'Сколько дней длится отпуск?', 'Мне не дали отпуск'],
      ],
      first: ['принтер', 'отпуск'],
    },
    ja: {
      frame: (body) => `担当者様、\n${body}\n敬具、田中。スマートフォンから送信`,
      bodies: [
        ['印刷機が故障しました', '印刷機の紙がありません', '新しい印刷機はどこですか'],
        ['五月に休暇を取りたいです', '休暇は何日残っていますか', '休暇の申請をします'],
      ],
      first: ['印刷', '休暇'],
    },
    zh: {
      frame: (body) => `亲爱的团队，\n${body}\n此致敬礼，安娜。发自我的手机`,
      bodies: [
        ['打印机卡纸了', '打印机坏了', '打印机没有墨水'],
        ['我想五月休假', '休假还剩几天', '我的休假被拒绝了'],
      ],
      first: ['打印', '休假'],
    },
  };

  it.each(Object.keys(mails))('leaves greetings and signatures of mails out: %s', (language) => {
    const { frame, bodies, first } = mails[language]!;
    const groups = bodies.map((texts) => texts.map(frame));
    expect(firstWords(groups)).toEqual(first);
    const framing = wordsOf(frame(''));
    // in four clusters as in two
    for (const some of [groups, [...groups, [frame('tea'), frame('green tea')], [frame('chairs'), frame('old chairs')]]]) {
      for (const word of labelsOf(some).flatMap((label) => label.split(' '))) expect(framing.has(word), word).toBe(false);
    }
  });

  it('bear no two clusters: further words tell them apart', () => {
    const parcels = [
      ['parcel late driver', 'parcel late driver', 'parcel late driver door'],
      ['parcel late driver', 'parcel late driver', 'parcel late driver window', 'window parcel'],
      ['tea', 'tea'],
      ['shoes', 'shoes'],
    ];
    const labels = labelsOf(parcels);
    expect(new Set(labels).size).toBe(4);
  });
});

describe('stop words', () => {
  it('never take the strongest word of a cluster: titles of products', () => {
    const titles = [
      'dog bed large,dog leash red,dog toy',
      'cat food salmon,cat litter,cat tree',
      'car seat cover,car wash,car mats',
      'pan lid,frying pan,pan set',
    ];
    expect(firstWords(titles.map((list) => list.split(',')))).toEqual(['dog', 'cat', 'car', 'pan']);
    // nor an English one
    expect(
      firstWords([
        ['will form', 'will kit'],
        ['down jacket', 'down vest'],
        ['tea', 'green tea'],
      ]),
    ).toEqual(['will', 'down', 'tea']);
  });

  it('are those of a language that several of its words prove, in the corpus or in a cluster', () => {
    const count = (text: string): Map<string, number> => new Map([...wordsOf(text)].map((word) => [word, 1]));
    const has = (text: string, word: string): boolean => languagesOf(count(text)).some((words) => words.has(word));
    expect(languagesOf(count('there is no way to get this into the house before the war is over, so I am in trouble'))).toEqual([]);
    expect(languagesOf(count('dog bed large red, cat food salmon, car seat cover, frying pan iron'))).toEqual([]);
    const german = 'der Krieg ist vorbei und die Leute gehen wieder in das Haus, das sie nicht verlassen wollten';
    expect([has(german, 'der'), has(german, 'les')]).toEqual([true, false]);
    expect(has('the house and the war is not over; это не так, а как же я, вот и всё', 'как')).toBe(true);
    // one German cluster among English ones
    const labels = labelsOf([
      [
        'Der Zug ist nicht pünktlich und die Leute warten auf ihn',
        'Wann kommt der Zug, und wo ist er jetzt?',
        'Der Zug war so voll wie noch nie',
      ],
      ['The tea is cold', 'Green tea for the guests', 'Is there tea?'],
      ['My shoes are too small', 'These shoes hurt', 'Red shoes'],
      ['Open the window', 'A broken window', 'The window is dirty'],
    ]);
    expect(labels).toEqual(['zug', 'tea', 'shoes', 'window']);
  });

  it('of the user are left out as well, in any script', () => {
    const groups = [
      ['красный чай', 'зелёный чай', 'чай'],
      ['новые туфли', 'старые туфли', 'туфли'],
    ];
    expect(labelsOf(groups, new Set(['чай'])).map((label) => label.includes('чай'))).toEqual([false, false]);
    expect(
      labelsOf(
        [
          ['cards', 'card', 'red cards'],
          ['tea', 'tea'],
        ],
        new Set(['cards']),
      ),
    ).toEqual(['red', 'tea']);
  });
});

describe('nameClusters', () => {
  const name = (words: string[][], nearest: string[][]): (string | null)[] => nameClusters(words, { known: undefined, nearest });

  it('takes the words, or the nearest row, shortened and without markup', () => {
    const long = 'The delivery took three weeks and nobody at the shop could say why';
    expect(name([['card', 'pin'], [], [], []], [[], ['-'], [long], ['<br>', '&nbsp;\u001b[1mOK\u001b[0m']])).toEqual([
      'card, pin',
      '-',
      'The delivery took three weeks and…',
      'OK',
    ]);
    expect(name([[]], [['長い文章'.repeat(20)]])[0]).toHaveLength(40);
  });

  it('gives no two clusters the same name, and all with rows one', () => {
    expect(name([[], [], ['yes'], []], [['yes'], ['yes'], [], ['<br>']])).toEqual(['yes', 'yes (2)', 'yes (3)', 'cluster 3']);
    expect(name([[]], [[]])).toEqual([null]);
  });

  it('keeps names that are known', () => {
    expect(nameClusters([['a'], ['a'], []], { known: ['a', undefined, undefined], nearest: [[], [], ['a']] })).toEqual([
      'a',
      'a (2)',
      'a (3)',
    ]);
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
