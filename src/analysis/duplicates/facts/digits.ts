import { bare, decimals, shifted, version } from './decimals.ts';
import { numberWords } from './number-words.ts';
import { currencyBefore, unitAfter } from './units.ts';

/** Takes what was read. */
export type Add = (element: string) => void;

/** Digits of any script as 0 to 9. */
export function withPlainDigits(text: string): string {
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
    String.raw`(?<![\d:.,])(?<h3>\d{1,2})(?:[.:](?<min3>[0-5]\d))? ?(?:(?:uhr|uur)(?!\p{L})|時(?!間)|点(?=半|\d)|點(?=半|\d)|시(?!간)|h(?:eures?)?(?= ?\d\d(?!\d)))(?: ?(?:(?<min4>[0-5]?\d)(?!\d) ?(?:分|분)?|(?<half5>半|반)))?`,
    String.raw`(?<![\d./])(?<over>\d{1,3})[/⁄](?<under>\d{1,3})(?![\d/]|[.,]\d)`,
    String.raw`(?<![\d.,] ?)(?<spaced>\d{1,3}(?:[ '’]\d{3})+)(?<fraction>[.,]\d{1,2})?(?!\d| ?\d|[.,]\d)`,
    String.raw`(?<plain>\d+(?:[.,]\d+)*)`,
  ].join('|'),
  'uy',
);

/** Reads the dates, times and numbers that are written in digits, each from its first digit. */
export function readDigits(text: string, add: Add): void {
  const next = /\d/g;
  for (let at = next.exec(text)?.index; at !== undefined; at = next.exec(text)?.index) {
    FORMS.lastIndex = at;
    const { 0: found, groups = {} } = FORMS.exec(text)!;
    next.lastIndex = at + found.length;
    const of = (...names: string[]): string | undefined => names.map((name) => groups[name]).find((part) => part !== undefined);
    const [year, hour] = [of('y', 'y2'), of('h', 'h2', 'h3')];
    if (year !== undefined)
      readDate(year, of('m', 'm2')!, of('d', 'd2')!, { yearFirst: groups['y'] !== undefined, separator: of('s', 's2')! }, add);
    else if (hour !== undefined)
      readTime(hour, groups['half5'] === undefined ? of('min', 'min2', 'min3', 'min4') : '30', of('half', 'half2'), groups['sec'], add);
    else if (groups['over'] !== undefined) add(`${bare(groups['over'])}/${bare(groups['under']!)}`);
    else if (groups['spaced'] !== undefined)
      readNumber(groups['spaced'].replace(/[ '’]/g, '') + (groups['fraction'] ?? ''), text, at, at + found.length, add);
    else readNumber(found, text, at, at + found.length, add);
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
