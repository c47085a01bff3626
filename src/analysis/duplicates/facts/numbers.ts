import { calendarWords } from './calendar.ts';
import { withHanDigits } from './han-numbers.ts';
import { numberWords } from './number-words.ts';
import { withDigits } from './spelled.ts';
import { currencyBefore, unitAfter } from './units.ts';
import { wordsOf } from './words.ts';

/** Each once. */
export type Numbers = { numbers: string[]; units: string[] };

/**
 * The numbers of a text in canonical form: "1000", "1.5", "-5"; months "month:3", days of the week "weekday:1", times "14:30";
 * and their units. A "1" is left out beside other numbers, as in "once in 1 day". The text is in lower case (NFKC).
 *
 * @param original the text as it was written; Roman numerals are told by their capitals
 */
export function numbersOf(text: string, original: string): Numbers {
  const digits = withHalfHours(withHanDigits(withDigits(withPlainDigits(text))));
  const found = new Set<string>();
  readDigits(digits, (element) => found.add(element));
  readWords(digits, (element) => found.add(element));
  readRoman(text, original, (element) => found.add(element));
  // "a day" and "1 day" are the same
  if (found.has('1') && [...found].some((element) => /^\d/.test(element) && element !== '1')) found.delete('1');
  const units = [...found].filter((element) => element.startsWith('unit:'));
  return { numbers: [...found].filter((element) => !units.includes(element)), units: units.map((unit) => unit.slice(5)) };
}

/** German names the hour to come: "halb drei" is 2:30. */
function withHalfHours(text: string): string {
  if (!/halb|half|demie/.test(text)) return text;
  return text
    .replace(/(?<!\p{L})(?:halb|half) (\d{1,2})(?: uhr)?(?![\p{L}\d:.,%$€])/gu, (found, hour: string) =>
      Number(hour) > 0 && Number(hour) <= 12 ? `${Number(hour) === 1 ? 12 : Number(hour) - 1}:30` : found,
    )
    .replace(/half past (\d{1,2})(?![\d:.,])/g, '$1:30')
    .replace(/(\d{1,2}) heures? et demie/g, '$1:30');
}

type Add = (element: string) => void;

/** Digits of any script as 0 to 9. */
function withPlainDigits(text: string): string {
  return text.replace(/(?![0-9])\p{Nd}/gu, (digit) => {
    let zero = digit.codePointAt(0)!;
    while (/\p{Nd}/u.test(String.fromCodePoint(zero - 1))) zero--;
    return String((digit.codePointAt(0)! - zero) % 10);
  });
}

/** Dates, times, fractions, grouped numbers, and other numbers, in this order. */
const FORMS = new RegExp(
  [
    String.raw`(?<![\d./-])(?<y>\d{4})(?<s>[-./])(?<m>\d{1,2})\k<s>(?<d>\d{1,2})(?![\d]|[-./]\d)`,
    String.raw`(?<![\d./-])(?<d2>\d{1,2})(?<s2>[-./])(?<m2>\d{1,2})\k<s2>(?<y2>\d{4}|\d{2})(?![\d]|[-./]\d)`,
    String.raw`(?<![\d:.])(?<h>\d{1,2}):(?<min>[0-5]\d)(?::(?<sec>[0-5]\d))?(?![\d:])(?: ?(?<half>[ap])\.? ?m(?![\p{L}]))?`,
    String.raw`(?<![\d:.,])(?<h2>\d{1,2})(?:[.:](?<min2>[0-5]\d))? ?(?<half2>[ap])\.? ?m(?![\p{L}])`,
    String.raw`(?<![\d:.,])(?<h3>\d{1,2})(?:[.:](?<min3>[0-5]\d))? ?(?:uhr(?!\p{L})|時(?!間)|点(?=半|\d)|點(?=半|\d)|시(?!간)|h(?:eures?)?(?= ?\d\d(?!\d)))(?: ?(?:(?<min4>[0-5]?\d)(?!\d) ?(?:分|분)?|(?<half5>半|반)))?`,
    String.raw`(?<![\d./])(?<over>\d{1,3})[/⁄](?<under>\d{1,3})(?![\d/]|[.,]\d)`,
    String.raw`(?<![\d.,] ?)(?<spaced>\d{1,3}(?:[ '’]\d{3})+)(?<fraction>[.,]\d{1,2})?(?!\d| ?\d|[.,]\d)`,
    String.raw`(?<plain>\d+(?:[.,]\d+)*)`,
  ].join('|'),
  'gu',
);

function readDigits(text: string, add: Add): void {
  if (!/\d/.test(text)) return;
  for (const { 0: found, index, groups = {} } of text.matchAll(FORMS)) {
    const end = index + found.length;
    const of = (...names: string[]): string | undefined => names.map((name) => groups[name]).find((part) => part !== undefined);
    const year = of('y', 'y2');
    const hour = of('h', 'h2', 'h3');
    if (year !== undefined)
      readDate(year, of('m', 'm2')!, of('d', 'd2')!, { yearFirst: groups['y'] !== undefined, separator: of('s', 's2')! }, add);
    else if (hour !== undefined)
      readTime(hour, groups['half5'] === undefined ? of('min', 'min2', 'min3', 'min4') : '30', of('half', 'half2'), groups['sec'], add);
    else if (groups['over'] !== undefined) add(`${bare(groups['over'])}/${bare(groups['under']!)}`);
    else if (groups['spaced'] !== undefined)
      readNumber(groups['spaced'].replace(/[ '’]/g, '') + (groups['fraction'] ?? ''), text, index, end, add);
    else readNumber(found, text, index, end, add);
  }
}

function readDate(year: string, m: string, d: string, { yearFirst, separator }: { yearFirst: boolean; separator: string }, add: Add): void {
  let [month, day] = [Number(m), Number(d)];
  // 12/31/2024; where both are possible, days come first
  if (!yearFirst && separator === '/' && month > 12) [month, day] = [day, month];
  const short = year.length === 2;
  const written = separator !== '.' || !short || (m.length === 2 && d.length === 2);
  if (month < 1 || month > 12 || day < 1 || day > 31 || !written) {
    // 1.9.10 is a version
    if (separator === '.') add(version(yearFirst ? [year, m, d] : [d, m, year]));
    else for (const part of [year, m, d]) add(bare(part));
    return;
  }
  add(short ? String(Number(year) + (Number(year) < 69 ? 2000 : 1900)) : bare(year));
  add(`month:${month}`);
  add(String(day));
}

function readTime(h: string, min: string | undefined, half: string | undefined, sec: string | undefined, add: Add): void {
  const hour = half === undefined ? Number(h) : (Number(h) % 12) + (half === 'p' ? 12 : 0);
  const seconds = sec === undefined || sec === '00' ? '' : `:${sec}`;
  // seven o'clock is 7:00
  const sharp = seconds === '' && Number(min ?? 0) === 0;
  if (hour <= 24) add(sharp ? String(hour) : `${hour}:${(min ?? '00').padStart(2, '0')}${seconds}`);
  else for (const part of [h, min]) if (part !== undefined) add(bare(part));
}

/** A number with what is around it: sign, scale, currency, unit. */
function readNumber(written: string, text: string, start: number, end: number, add: Add): void {
  const before = text.slice(Math.max(0, start - 6), start);
  const after = text.slice(end, end + 24);
  const month = /^ ?[月월](?!間)/u.test(after) && Number(written) >= 1 && Number(written) <= 12;
  if (month) return add(`month:${Number(written)}`);
  const sign = /(?:^|[\s(=:])[-−]$/u.test(before) ? '-' : '';
  const currency = currencyBefore(before);
  const { power, length } = scaleAfter(after, { amount: currency !== undefined });
  for (const number of decimals(written)) add(sign + (number.includes('.', number.indexOf('.') + 1) ? number : shifted(number, power)));
  const unit = currency ?? unitAfter(after.slice(length));
  if (unit !== undefined) add(`unit:${unit}`);
}

/** A number with digits grouped, or a decimal comma, as digits with a point; of a list such as 1,2,3 each number. */
function decimals(written: string): string[] {
  if (!/[.,]/.test(written)) return [bare(written)];
  const marks = written.replace(/\d/g, '');
  const parts = written.split(/[.,]/);
  const decimalLast = marks.length > 1 && marks.at(-1) !== marks[0] && !marks.slice(0, -1).includes(marks.at(-1)!);
  const whole = decimalLast ? parts.slice(0, -1) : parts;
  const same = new Set(decimalLast ? marks.slice(0, -1) : marks).size === 1;
  const grouped = same && whole.length > 1 && isGrouped(whole);
  if (grouped) return [trimmed(whole.join(''), decimalLast ? parts.at(-1)! : '')];
  if (marks.length === 1) return [trimmed(parts[0]!, parts[1]!)];
  return marks.includes(',') ? parts.map(bare) : [version(parts)];
}

/** 1,000 · 1.000.000 · 12,34,567 */
function isGrouped(parts: readonly string[]): boolean {
  const [first, ...rest] = parts;
  if (first!.length > 3 || first!.startsWith('0') || rest.at(-1)!.length !== 3) return false;
  const inner = rest.slice(0, -1);
  return inner.every(({ length }) => length === 3) || (first!.length <= 2 && inner.every(({ length }) => length === 2));
}

function version(parts: readonly string[]): string {
  const numbers = parts.map(bare);
  while (numbers.length > 2 && numbers.at(-1) === '0') numbers.pop();
  return numbers.join('.');
}

function trimmed(whole: string, fraction: string): string {
  const rest = fraction.replace(/0+$/, '');
  return bare(whole) + (rest === '' ? '' : `.${rest}`);
}

/** Digits without zeros in front. */
function bare(digits: string): string {
  return digits.replace(/^0+(?=\d)/, '');
}

/** Times a power of ten. */
function shifted(number: string, power: number): string {
  if (power === 0) return number;
  const [whole = '', fraction = ''] = number.split('.');
  const padded = fraction.padEnd(power, '0');
  return trimmed(whole + padded.slice(0, power), padded.slice(power));
}

const UNSPACED_SCALES: readonly (readonly [RegExp, number])[] = [
  [/^ ?[万萬만]/, 4],
  [/^ ?[亿億억]/, 8],
  [/^ ?[千천](?![米克])/, 3],
  [/^ ?[百백]/, 2],
];

/** The power of ten after a number, and the length of what says so: 10k, 3 million, 10万. */
function scaleAfter(after: string, { amount }: { amount: boolean }): { power: number; length: number } {
  for (const [scale, power] of UNSPACED_SCALES) {
    const found = scale.exec(after);
    if (found) return { power, length: found[0].length };
  }
  const found = /^[ -]?([\p{L}\p{M}]+)\.?/u.exec(after);
  const word = found?.[1] ?? '';
  if (word === 'k' && after.startsWith('k')) return { power: 3, length: 1 };
  // $5m
  if (amount && (word === 'm' || word === 'b')) return { power: word === 'm' ? 6 : 9, length: found![0].length };
  const number = numberWords().get(word);
  if (number?.role !== 'scale' && !(number?.role === 'hundred' && number.value === 100 && word !== 'cent')) return { power: 0, length: 0 };
  return { power: Math.round(Math.log10(number.value)), length: found![0].length };
}

/** Before the name of a month that could be another word. */
const DATE_BEFORE =
  /(?:\d(?:st|nd|rd|th|er|º|o|\.)?[ -](?:of |de )?|(?:^|[^\p{L}])(?:in|since|until|till|by|last|next|this|of|early|late|en|im|em|seit|bis|de|depuis|jusqu'en|w|od|do) )$/u;
const DATE_AFTER = /^\.?[ ,-]{1,2}\d/;

function readWords(text: string, add: Add): void {
  const known = calendarWords();
  for (const { text: word, start, end } of wordsOf(text)) {
    const day = known.get(word);
    if (!day) continue;
    const dated = (): boolean => DATE_BEFORE.test(text.slice(Math.max(0, start - 14), start)) || DATE_AFTER.test(text.slice(end, end + 4));
    if (day.alone || dated()) add(`${day.kind}:${day.at}`);
  }
  for (const [, weekday, other] of text.matchAll(
    /(?:星期|礼拜|禮拜)([1-6日天])|[周週]([一二三四五六日])(?![回度年]|\p{Script=Hiragana})/gu,
  ))
    add(`weekday:${HAN_DAYS[weekday ?? other!]}`);
  for (const [, weekday] of text.matchAll(/([日月火水木金土])曜/gu)) add(`weekday:${'日月火水木金土'.indexOf(weekday!)}`);
  for (const [, weekday] of text.matchAll(/([일월화수목금토])요일/gu)) add(`weekday:${'일월화수목금토'.indexOf(weekday!)}`);
  for (const [, number] of text.matchAll(
    /(?<![\p{L}])(두|세|네|다섯|여섯|일곱|여덟|아홉|열) ?(?=개|명|사람|마리|번|달|살|권|대|잔|병|장|시간|가지|배|곳|쌍|줄|시(?![가-힣]))/gu,
  )) {
    add(String(['두', '세', '네', '다섯', '여섯', '일곱', '여덟', '아홉', '열'].indexOf(number!) + 2));
  }
}

const HAN_DAYS: Readonly<Record<string, number>> = {
  1: 1, 2: 2, 3: 3, 4: 4, 5: 5, 6: 6, 一: 1, 二: 2, 三: 3, 四: 4, 五: 5, 六: 6, 日: 0, 天: 0,
}; // prettier-ignore

const ROMAN = /(?<![\p{L}\p{N}'.-])(?=[xvi])(?:x{0,3}(?:ix|iv|v?i{0,3}))(?![\p{L}\p{N}'])/gu;
const ROMAN_CAPITALS = /(?<![\p{L}\p{N}'.&/-])(?=[XVI])(?:X{0,3}(?:IX|IV|V?I{0,3}))(?![\p{L}\p{N}'&/])/gu;
/** Before a numeral of one letter. */
const PARTS =
  /(?:war|part|chapter|volume|vol\.?|book|phase|type|class|section|act|grade|level|episode|season|teil|kapitel|band|partie|chapitre|tome|parte|capítulo|capitolo|volumen|deel|hoofdstuk|część|rozdział|tom|часть|глава|том|частина|розділ) $/u;

/** Roman numerals from II to XXXIX. Those that are words in lower case ("vi", "xi", "mix") count only in capitals. */
function readRoman(text: string, original: string, add: Add): void {
  for (const { 0: numeral } of text.matchAll(ROMAN))
    if (/^(?:.*ii+|x[vx]?i?v|xvi+|x{1,3}ix)$/.test(numeral) && numeral.length > 1) add(String(romanValue(numeral)));
  if (!/\p{Ll}/u.test(original)) return;
  for (const { 0: numeral, index } of original.matchAll(ROMAN_CAPITALS)) {
    if (numeral.length > 1 || (numeral.length === 1 && PARTS.test(original.slice(Math.max(0, index - 12), index).toLowerCase()))) {
      add(String(romanValue(numeral.toLowerCase())));
    }
  }
}

function romanValue(numeral: string): number {
  const values: Readonly<Record<string, number>> = { i: 1, v: 5, x: 10 };
  return Array.from(numeral).reduce((sum, one, at) => {
    const [value, next] = [values[one]!, values[numeral[at + 1] ?? ''] ?? 0];
    return value < next ? sum - value : sum + value;
  }, 0);
}
