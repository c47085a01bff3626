import { shuffled } from './seeded.ts';

/** A text, and a copy that was edited. */
export type EditedPair = { text: string; copy: string };
export type Language = 'en' | 'ru' | 'ja' | 'zh' | 'de';
export const LANGUAGES: readonly Language[] = ['en', 'ru', 'ja', 'zh', 'de'];

/** Makes an edited copy; undefined where a text offers nothing to edit. */
type Edit = (text: string, random: () => number) => string | undefined;

const whole = (random: () => number, below: number): number => Math.floor(random() * below);
const oneOf = <Item>(items: readonly Item[], random: () => number): Item => items[whole(random, items.length)]!;

/** Another number of as many digits, for a number of one to six digits that stands by itself. */
const otherNumber: Edit = (text, random) => {
  const places = [...text.matchAll(/(?<![\p{L}\d.,:/-])[1-9]\d{0,5}(?![\d.,:/-]*\d|[a-z])/gu)].filter(({ 0: found }) => found !== '1');
  if (places.length === 0) return undefined;
  const { 0: found, index } = oneOf(places, random);
  const low = found.length === 1 ? 2 : 10 ** (found.length - 1);
  const next = low + ((Number(found) - low + 1 + whole(random, 10 ** found.length - low - 1)) % (10 ** found.length - low));
  return text.slice(0, index) + String(next) + text.slice(index + found.length);
};

/** Takes the negation out of a sentence. */
const NEGATIONS: Readonly<Record<Language, readonly (readonly [RegExp, string])[]>> = {
  en: [
    [/ (?:do|does|did)(?:n't|n’t| not) /, ' '],
    [/(?<= (?:is|are|was|were|will|would|could|should|has|have|had))(?:n't|n’t| not)\b/, ''],
    [/\bcan(?:'t|’t|not)\b/, 'can'],
  ],
  ru: [[/(?<=\p{L} )не (?=\p{L}+(?:л|ла|ло|ли|ет|ит|ют|ят|ать|ить|ешь|ишь|ю|у)(?!\p{L}))/u, '']],
  ja: [
    [/ませんでした/, 'ました'],
    [/ません(?=。|$)/, 'ます'],
    [/くない(?=。|です|$)/, 'い'],
  ],
  zh: [
    [/(?<=[我你他她们们会能要是想])不(?=[会會能要想喜知去来來吃])/u, ''],
    [/没有(?=\p{Script=Han})/u, '有'],
  ],
  de: [
    [/ nicht(?= |\.|,)/, ''],
    [/\bkein(e|en|er|em)?\b/, 'ein$1'],
  ],
};

function withoutNegation(language: Language): Edit {
  return (text) => {
    const [found] = NEGATIONS[language].filter(([pattern]) => pattern.test(text));
    return found && text.replace(found[0], found[1]);
  };
}

/** Two names that many sentences of the data have, not where a word joins them. */
const NAMES: Partial<Record<Language, readonly [string, string, RegExp]>> = {
  en: ['Tom', 'Mary', /(?:Tom|Mary)(?:'s)? (?:and|or|nor) (?:Tom|Mary)/],
  de: ['Tom', 'Maria', /(?:Tom|Maria) (?:und|oder|noch) (?:Tom|Maria)/],
  ja: ['トム', 'メアリー', /(?:トム|メアリー)(?:と|や|も|とか)/],
  zh: ['汤姆', '玛丽', /(?:汤姆|玛丽)[和与跟]/],
};

function withNamesSwapped(language: Language): Edit {
  return (text) => {
    const [first, second, joined] = NAMES[language] ?? ['', '', /^/];
    const count = (name: string): number => text.split(name).length - 1;
    if (joined.test(text) || count(first) !== 1 || count(second) !== 1) return undefined;
    return text.replace(new RegExp(`${first}|${second}`, 'g'), (name) => (name === first ? second : first));
  };
}

const JOINED = /^(?:and|or|und|oder|и|или)$/i;

/** Swaps two words of four letters or more (of two characters, where words are not separated) that are not next to each other. */
function withWordsSwapped(language: Language): Edit {
  return (text, random) => {
    if (/\d/.test(text)) return undefined;
    const unspaced = language === 'ja' || language === 'zh';
    const segments = unspaced
      ? Array.from(new Intl.Segmenter(language, { granularity: 'word' }).segment(text), ({ segment }) => segment)
      : text.split(/(?<=\s)|(?=\s)|(?=[.,;:!?])/);
    const words = segments.flatMap((word, at) => {
      const long = unspaced ? /^\p{Script=Han}{2,}$/u.test(word) : /^\p{L}{4,}$/u.test(word) && at > 0;
      return long ? [{ word, at }] : [];
    });
    if (words.length < 2 || segments.some((word) => JOINED.test(word))) return undefined;
    const [a, b] = [whole(random, words.length), whole(random, words.length)].toSorted((x, y) => x - y) as [number, number];
    if (words[b]!.at - words[a]!.at < (unspaced ? 2 : 4) || words[a]!.word === words[b]!.word) return undefined;
    const out = [...segments];
    [out[words[a]!.at], out[words[b]!.at]] = [words[b]!.word, words[a]!.word];
    return out.join('');
  };
}

const PUNCTUATION: Edit = (text) => (/[.!?。！？]$/.test(text) ? text.slice(0, -1) : `${text}.`);
const CASING: Edit = (text) => (text.toUpperCase() === text ? undefined : text.toUpperCase());

/** Two letters of a long word change places. */
const TYPO: Edit = (text, random) => {
  const places = [...text.matchAll(/(?<=\p{L}{2})(?!(.)\1)\p{Ll}{2}(?=\p{L}{2})/gu)];
  if (places.length === 0) return undefined;
  const { 0: two, index } = oneOf(places, random);
  return text.slice(0, index) + two[1]! + two[0]! + text.slice(index + 2);
};

/** The same number in another way: 1,000 · 1 000, 12.0, twelve digits of full width. */
const reformatted: Edit = (text, random) => {
  const places = [...text.matchAll(/(?<![\p{L}\d.,:/-])[1-9]\d{0,5}(?![\d.,:/-]*\d|[a-z])/gu)];
  if (places.length === 0) return undefined;
  const { 0: found, index } = oneOf(places, random);
  const separator = oneOf([',', '.', ' '], random);
  const next =
    found.length > 3
      ? found.replace(/\B(?=(?:\d{3})+$)/g, separator)
      : found.replace(/\d/g, (digit) => String.fromCharCode(digit.charCodeAt(0) + 0xfee0));
  return text.slice(0, index) + next + text.slice(index + found.length);
};

/** Edits that change a fact, and edits that change none, on sentences of a language. */
export const EDITS: {
  readonly [Kind in 'planted' | 'harmless']: readonly (readonly [name: string, edit: (language: Language) => Edit])[];
} = {
  planted: [
    ['number', () => otherNumber],
    ['negation', withoutNegation],
    ['names swapped', withNamesSwapped],
    ['words swapped', withWordsSwapped],
  ],
  harmless: [
    ['number written otherwise', () => reformatted],
    ['upper case', () => CASING],
    ['punctuation', () => PUNCTUATION],
    ['two letters swapped', () => TYPO],
  ],
};

/** As many edited copies as asked for, of different sentences. */
export function editedPairs(
  texts: readonly string[],
  edit: Edit,
  { pairs, random }: { pairs: number; random: () => number },
): EditedPair[] {
  const made: EditedPair[] = [];
  for (const text of shuffled([...texts], random)) {
    if (made.length === pairs) break;
    const copy = edit(text, random);
    if (copy !== undefined && copy !== text) made.push({ text, copy });
  }
  return made;
}

const DATED: Readonly<Record<Language, { subjects: readonly string[]; sentence: (subject: string, date: string) => string }>> = {
  en: {
    subjects: [
      'The report',
      'The contract',
      'The new bridge',
      'Our meeting',
      'The second album',
      'The exhibition',
      'Her letter',
      'The update',
    ],
    sentence: (subject, date) => `${subject} is dated ${date} and can be seen in the archive.`,
  },
  de: {
    subjects: [
      'Der Bericht',
      'Der Vertrag',
      'Die neue Brücke',
      'Das Treffen',
      'Das zweite Album',
      'Die Ausstellung',
      'Ihr Brief',
      'Das Update',
    ],
    sentence: (subject, date) => `${subject} trägt das Datum ${date} und liegt im Archiv.`,
  },
  ru: {
    subjects: ['Отчёт', 'Договор', 'Новый мост', 'Встреча', 'Второй альбом', 'Выставка', 'Её письмо', 'Обновление'],
    sentence: (subject, date) => `${subject}: дата ${date}, документ хранится в архиве.`,
  },
  ja: {
    subjects: ['報告書', '契約書', '新しい橋', '会議', '二枚目のアルバム', '展覧会', '彼女の手紙', '更新'],
    sentence: (subject, date) => `${subject}の日付は${date}で、資料室で見ることができます。`,
  },
  zh: {
    subjects: ['报告', '合同', '新桥', '会议', '这张专辑', '展览', '她的信', '更新'],
    sentence: (subject, date) => `${subject}的日期是${date}，可以在档案馆查看。`,
  },
};

/** A date as it is written in a language, in words or in digits. */
function written(date: Date, language: Language, style: 'long' | 'short' | 'iso'): string {
  if (style === 'iso') return date.toISOString().slice(0, 10);
  const options = { day: 'numeric', month: style === 'long' ? 'long' : '2-digit', year: 'numeric', timeZone: 'UTC' } as const;
  return new Intl.DateTimeFormat(language === 'en' ? 'en-GB' : language, options).format(date);
}

/** Sentences with a date, which is another one in the copy, or the same one in another form. */
export function datedPairs(
  language: Language,
  { same, pairs, random }: { same: boolean; pairs: number; random: () => number },
): EditedPair[] {
  const { subjects, sentence } = DATED[language];
  return Array.from({ length: pairs }, () => {
    const date = new Date(Date.UTC(1990 + whole(random, 35), whole(random, 12), 13 + whole(random, 15)));
    const style = oneOf(['long', 'short', 'iso'] as const, random);
    const subject = oneOf(subjects, random);
    const text = sentence(subject, written(date, language, style));
    if (same) {
      const other = oneOf(
        (['long', 'short', 'iso'] as const).filter((one) => one !== style),
        random,
      );
      return { text, copy: sentence(subject, written(date, language, other)) };
    }
    const next = new Date(date);
    const part = whole(random, 3);
    if (part === 0) next.setUTCFullYear(date.getUTCFullYear() + 1 + whole(random, 5));
    else if (part === 1) next.setUTCMonth((date.getUTCMonth() + 1 + whole(random, 10)) % 12);
    else next.setUTCDate(1 + whole(random, 12));
    return { text, copy: sentence(subject, written(next, language, style)) };
  });
}

const WOMEN = ['Анна', 'Ольга', 'Марина', 'Елена', 'Ирина', 'Татьяна', 'Наталья', 'Светлана'];
const DEEDS = ['пригласила', 'обманула', 'встретила на вокзале', 'поблагодарила за книгу', 'перебила на собрании', 'победила в финале'];

/** The data has no Russian sentences with two names: who does it is in the nominative, to whom in the accusative. */
export function russianNames({ pairs, random }: { pairs: number; random: () => number }): EditedPair[] {
  const accusative = (name: string): string => name.replace(/а$/, 'у').replace(/я$/, 'ю');
  return Array.from({ length: pairs }, () => {
    const [a, b] = shuffled([...WOMEN], random) as [string, string];
    const deed = oneOf(DEEDS, random);
    const say = (who: string, whom: string): string => `Вчера ${who} ${deed} ${accusative(whom)}.`;
    return { text: say(a, b), copy: say(b, a) };
  });
}
