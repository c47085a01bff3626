import { readCalendar } from './calendar.ts';
import { readDigits, withPlainDigits } from './digits.ts';
import { HAS } from './glance.ts';
import { withHangulDigits, withHanDigits, withScaledDigits } from './han-numbers.ts';
import { romansOf } from './roman.ts';
import { withDigits } from './spelled.ts';

/** Each once; months from 1, days of the week from 0, which is Sunday. */
export type Numbers = { numbers: string[]; months: number[]; weekdays: number[]; units: string[] };

/**
 * The numbers of a text in canonical form: "1000", "1.5", "-5", times "14:30"; its months and days of the week; and units. A "1" is left out beside other numbers, as in "once in 1 day". The text is in lower case (NFKC).
 *
 * @param has what the text may hold, by a glance at it
 * @param original the text as it was written; Roman numerals are told by their capitals
 */
export function numbersOf(text: string, { has, original }: { has: number; original: string }): Numbers {
  const found = new Set<string>();
  const add = (element: string): void => {
    found.add(element);
  };
  let digits = text;
  if ((has & HAS.digits) !== 0) digits = withPlainDigits(digits);
  if ((has & HAS.numberWords) !== 0) digits = withDigits(digits);
  if ((has & HAS.numerals) !== 0) digits = withHangulDigits(withHanDigits(digits));
  if ((has & (HAS.digits | HAS.numberWords | HAS.numerals)) !== 0) readDigits(withHalfHours(withScaledDigits(digits)), add);
  if ((has & HAS.calendar) !== 0) readCalendar(digits, add);
  if ((has & HAS.roman) !== 0) for (const value of romansOf(text, original)) add(String(value));
  // "a day" and "1 day" are the same
  if (found.has('1') && [...found].some((element) => element !== '1' && !element.startsWith('unit:'))) found.delete('1');
  const kinds: Numbers = { numbers: [], months: [], weekdays: [], units: [] };
  for (const element of found) {
    const [, kind, value] = /^(unit|month|weekday):(.+)$/.exec(element) ?? [];
    if (kind === 'unit') kinds.units.push(value!);
    else if (kind === 'month') kinds.months.push(Number(value));
    else if (kind === 'weekday') kinds.weekdays.push(Number(value));
    else kinds.numbers.push(element);
  }
  return kinds;
}

/** German names the hour to come: "halb drei" is 2:30. */
function withHalfHours(text: string): string {
  if (!/halb|half|demie/.test(text)) return text;
  return text
    .replace(/(?<!\p{L})(?:halb|half) (\d{1,2})(?: uhr)?(?![\p{L}\d:%$€]|[.,]\d)/gu, (found, hour: string) =>
      Number(hour) > 0 && Number(hour) <= 12 ? `${Number(hour) === 1 ? 12 : Number(hour) - 1}:30` : found,
    )
    .replace(/half past (\d{1,2})(?![\d:]|[.,]\d)/g, '$1:30')
    .replace(/(\d{1,2}) heures? et demie/g, '$1:30');
}
