import { wordsOf } from './words.ts';

const LANGUAGES = ['en', 'de', 'fr', 'es', 'it', 'pt', 'nl', 'pl', 'ru', 'uk'];

/** A month or a day of the week; `alone` where its name means nothing else, so that it counts without a number beside it. */
export type CalendarWord = { kind: 'month' | 'weekday'; at: number; alone: boolean };

/** Names that are other words, or names of people, in one of the languages. */
const NOT_ALONE = new Set('may march mars mai maj mei marca mayo maja'.split(' '));
const MORE_MONTHS: Readonly<Record<string, number>> = {
  sept: 9, январе: 1, феврале: 2, марте: 3, апреле: 4, мае: 5, июне: 6, июле: 7, августе: 8, сентябре: 9, октябре: 10, ноябре: 11, декабре: 12,
  январь: 1, февраль: 2, март: 3, апрель: 4, май: 5, июнь: 6, июль: 7, август: 8, сентябрь: 9, октябрь: 10, ноябрь: 11, декабрь: 12,
  січні: 1, лютому: 2, березні: 3, квітні: 4, травні: 5, червні: 6, липні: 7, серпні: 8, вересні: 9, жовтні: 10, листопаді: 11, грудні: 12,
  січень: 1, лютий: 2, березень: 3, квітень: 4, травень: 5, червень: 6, липень: 7, серпень: 8, вересень: 9, жовтень: 10, листопад: 11, грудень: 12,
  styczeń: 1, styczniu: 1, lutym: 2, marzec: 3, marcu: 3, kwiecień: 4, kwietniu: 4, maju: 5, czerwiec: 6, czerwcu: 6, lipcu: 7, sierpień: 8, sierpniu: 8,
  wrzesień: 9, wrześniu: 9, październik: 10, październiku: 10, listopad: 11, listopadzie: 11, grudzień: 12, grudniu: 12,
}; // prettier-ignore
const MORE_WEEKDAYS: Readonly<Record<string, number>> = {
  пятницу: 5, пятницы: 5, субботу: 6, субботы: 6, воскресенье: 0, воскресенья: 0, понедельника: 1, вторника: 2, четверга: 4, "п'ятницю": 5, суботу: 6, неділю: 0, середу: 3,
  środę: 3, środy: 3, sobotę: 6, soboty: 6, niedzielę: 0, niedzieli: 0, poniedziałku: 1, wtorku: 2, czwartku: 4, piątku: 5,
  sundays: 0, mondays: 1, tuesdays: 2, wednesdays: 3, thursdays: 4, fridays: 5, saturdays: 6,
  sonntags: 0, montags: 1, dienstags: 2, mittwochs: 3, donnerstags: 4, freitags: 5, samstags: 6, sonnabend: 6, sábados: 6, domingos: 0,
}; // prettier-ignore
/** Short names that are everyday words beside numbers: "5 out of 10", "set 3 alarms", "2 days ago". */
const NO_MONTHS = new Set('set out ago dez mag gen sie lip lis gru sty paź kwi lut cze lug бер трав вер лист серп'.split(' '));
/** "среда" is surroundings too, Ukrainian "середа" is not. */
const NO_WEEKDAYS = new Set(['среда', 'среду']);

let words: Map<string, CalendarWord> | undefined;

/** Names of months and days of the week, in lower case and without dots. */
export function calendarWords(): ReadonlyMap<string, CalendarWord> {
  if (words) return words;
  words = new Map();
  const add = (name: string, word: CalendarWord): void => {
    const key = name.toLowerCase().replace(/\.$/, '').replaceAll('’', "'");
    if (key.length > 2 && !words!.has(key) && !NO_WEEKDAYS.has(key) && !NO_MONTHS.has(key) && /^[\p{L}\p{M}']+$/u.test(key))
      words!.set(key, word);
  };
  for (const style of ['long', 'short'] as const) {
    for (const language of LANGUAGES) {
      const months = new Intl.DateTimeFormat(language, { day: 'numeric', month: style, timeZone: 'UTC' });
      for (let at = 0; at < 12; at++) {
        const name = months.formatToParts(Date.UTC(2024, at, 1)).find(({ type }) => type === 'month')!.value;
        add(name, { kind: 'month', at: at + 1, alone: style === 'long' && !NOT_ALONE.has(name.toLowerCase()) });
      }
      if (style === 'short') continue;
      const days = new Intl.DateTimeFormat(language, { weekday: 'long', timeZone: 'UTC' });
      // 7 January 2024 was a Sunday
      for (let at = 0; at < 7; at++) add(days.format(Date.UTC(2024, 0, 7 + at)), { kind: 'weekday', at, alone: true });
    }
  }
  for (const [name, at] of Object.entries(MORE_MONTHS)) add(name, { kind: 'month', at, alone: !NOT_ALONE.has(name) });
  for (const [name, at] of Object.entries(MORE_WEEKDAYS)) add(name, { kind: 'weekday', at, alone: true });
  return words;
}

export function monthName(month: number): string {
  return new Intl.DateTimeFormat('en', { month: 'long', timeZone: 'UTC' }).format(Date.UTC(2024, month - 1, 1));
}

export function weekdayName(weekday: number): string {
  return new Intl.DateTimeFormat('en', { weekday: 'long', timeZone: 'UTC' }).format(Date.UTC(2024, 0, 7 + weekday));
}

/** Before the name of a month that could be another word. */
const DATE_BEFORE =
  /(?:\d(?:st|nd|rd|th|er|º|o|\.)?[ -](?:of |de )?|(?:^|[^\p{L}])(?:in|since|until|till|by|last|next|this|of|early|late|en|im|em|seit|bis|de|depuis|jusqu'en|w|od|do) )$/u;
const DATE_AFTER = /^\.?[ ,-]{1,2}\d/;

/** Reads the names of months and of days of the week. */
export function readCalendar(text: string, add: (element: string) => void): void {
  const known = calendarWords();
  for (const { text: word, start, end } of wordsOf(text)) {
    const day = known.get(word);
    if (!day) continue;
    const dated = (): boolean => DATE_BEFORE.test(text.slice(Math.max(0, start - 14), start)) || DATE_AFTER.test(text.slice(end, end + 4));
    if (day.alone || dated()) add(`${day.kind}:${day.at}`);
  }
  readAsian(text, add);
}

const HAN_DAYS: Readonly<Record<string, number>> = {
  1: 1, 2: 2, 3: 3, 4: 4, 5: 5, 6: 6, 一: 1, 二: 2, 三: 3, 四: 4, 五: 5, 六: 6, 日: 0, 天: 0,
}; // prettier-ignore

/** Days of the week in Chinese, Japanese and Korean. */
function readAsian(text: string, add: (element: string) => void): void {
  for (const [, weekday, other] of text.matchAll(
    /(?:星期|礼拜|禮拜)([1-6一二三四五六日天])|[周週]([一二三四五六日])(?![回度年]|\p{Script=Hiragana})/gu,
  ))
    add(`weekday:${HAN_DAYS[weekday ?? other!]}`);
  for (const [, weekday] of text.matchAll(/([日月火水木金土])曜/gu)) add(`weekday:${'日月火水木金土'.indexOf(weekday!)}`);
  for (const [, weekday] of text.matchAll(/([일월화수목금토])요일/gu)) add(`weekday:${'일월화수목금토'.indexOf(weekday!)}`);
}
