/** Dates as texts: ISO 8601, with names of months, with characters for year, month and day, and with numbers in some order. */

/** A time span, in decimal seconds since a year before all dates: a day lasts from its first second to that of the next. */
export type Span = { from: string; to: string };

/** How a date may be written; undefined for a text that is not a date. */
export type DateStyle = (text: string) => Span | undefined;

/** So that no date has a negative number, whose fraction would count downwards. */
const BEFORE_ALL = 100_000_000_000;

const TIME =
  String.raw`(?:(?:[T,]| )\s*(?:at )?(?<hour>\d{1,2}):(?<minute>\d{2})(?::(?<second>\d{2})(?:[.,](?<fraction>\d{1,12}))?)?` +
  String.raw`\s*(?<half>[ap]\.?m\.?)?\s*(?<zone>Z|UTC|GMT|[+-]\d{2}:?\d{2}|[+-]\d{2})?(?: \([A-Z]{2,5}\))?)?`;
const WEEKDAY = String.raw`(?:\p{L}{2,10}\.?,? )?`;

const ISO = pattern(String.raw`(?<year>\d{4})(?:(?<mark>[-/])(?<month>\d{1,2})(?:\k<mark>(?<day>\d{1,2})${TIME})?)?`);
const DOTTED = pattern(String.raw`(?<year>\d{4})\.(?<month>\d{1,2})\.(?<day>\d{1,2})\.?${TIME}`);
const NAMED = [
  pattern(String.raw`${WEEKDAY}(?<name>\p{L}{3,10})\.? (?<day>\d{1,2})(?:st|nd|rd|th)?,? (?<year>\d{4})${TIME}`),
  pattern(
    String.raw`${WEEKDAY}(?<day>\d{1,2})(?:st|nd|rd|th|\.)?(?: de)?[ -](?<name>\p{L}{3,10})\.?,?(?: de)?[ -](?<year>\d{4}|\d{2})(?: г\.?)?${TIME}`,
  ),
  pattern(String.raw`(?<name>\p{L}{3,10})\.? (?<year>\d{4})`),
];
const ERAS: Readonly<Record<string, number>> = { 令和: 2018, 平成: 1988, 昭和: 1925, 大正: 1911, 明治: 1867 };
const CHARACTERS = pattern(
  String.raw`(?:(?<year>\d{4})|(?<era>${Object.keys(ERAS).join('|')}) ?(?<eraYear>\d{1,2}|元)) ?[年년] ?(?:(?<month>\d{1,2}) ?[月월] ?` +
    String.raw`(?:(?<day>\d{1,2}) ?[日일](?: ?\(.\))?(?: ?(?<hour>\d{1,2})[時时시:] ?(?<minute>\d{2})[分분]?(?::?(?<second>\d{2})[秒초]?)?)?)?)?`,
);
const NUMBERS = pattern(String.raw`(?<first>\d{1,2})(?<mark>[-/.])(?<then>\d{1,2})\k<mark>(?<year>\d{4}|\d{2})\.?${TIME}`);

/** Year, month, day. A year, and a year with a month, are dates as well. */
export function isoDate(text: string): Span | undefined {
  return spanOf(ISO.exec(text)?.groups);
}

/** Dates whose parts cannot be taken for each other. */
export function clearDate(text: string): Span | undefined {
  const iso = isoDate(text) ?? spanOf(DOTTED.exec(text)?.groups);
  if (iso) return iso;
  for (const form of NAMED) {
    const groups = form.exec(text)?.groups;
    const month = groups && monthNames().get(groups['name']!.toLowerCase());
    if (month !== undefined) return spanOf({ ...groups, month: String(month) });
  }
  const groups = CHARACTERS.exec(text)?.groups;
  if (groups?.['era'] === undefined) return spanOf(groups);
  const yearOfEra = groups['eraYear'] === '元' ? 1 : Number(groups['eraYear']);
  return spanOf({ ...groups, year: String(ERAS[groups['era']]! + yearOfEra) });
}

/** 31/01/2024, 31-01-24, 31.01.2024; and clear dates. */
export function dayFirst(text: string): Span | undefined {
  const groups = NUMBERS.exec(text)?.groups;
  if (!groups) return clearDate(text);
  // 1.9.10 is a version, 01.09.10 is a date
  if (groups['mark'] === '.' && groups['year']!.length === 2 && !/^\d\d\.\d\d\./.test(text)) return undefined;
  return spanOf({ ...groups, day: groups['first'], month: groups['then'] });
}

/** 01/31/2024, 01-31-24; and clear dates. Nobody writes this order with dots. */
export function monthFirst(text: string): Span | undefined {
  const groups = NUMBERS.exec(text)?.groups;
  if (!groups) return clearDate(text);
  return groups['mark'] === '.' ? undefined : spanOf({ ...groups, month: groups['first'], day: groups['then'] });
}

type Groups = Readonly<Record<string, string | undefined>>;

/** The time that the parts of a date name; undefined where there is no such day or time. */
function spanOf(groups: Groups | undefined): Span | undefined {
  if (!groups) return undefined;
  const numberOf = (name: string): number | undefined => (groups[name] === undefined ? undefined : Number(groups[name]));
  const year = fullYear(groups['year']!);
  const [month, day, minute, second] = ['month', 'day', 'minute', 'second'].map(numberOf);
  const hour = hourOf(numberOf('hour'), groups['half']);
  const [m, d, h, min, s] = [month ?? 1, day ?? 1, hour ?? 0, minute ?? 0, second ?? 0];
  const offset = offsetOf(groups['zone']);
  if (m < 1 || m > 12 || d < 1 || d > daysOf(year, m) || !(h < 24) || min > 59 || s > 60 || offset === undefined) return undefined;
  const secondsAt = (...parts: readonly [number, number, number, number, number, number]): number =>
    Date.UTC(...parts) / 1000 - offset + BEFORE_ALL;
  const from = secondsAt(year, m - 1, d, h, min, s);
  const fraction = groups['fraction']?.replace(/0+$/, '') ?? '';
  const to =
    second !== undefined
      ? from + 1
      : secondsAt(
          month === undefined ? year + 1 : year,
          month === undefined ? 0 : day === undefined ? m : m - 1,
          day === undefined ? 1 : hour === undefined ? d + 1 : d,
          h,
          hour === undefined ? min : min + 1,
          s,
        );
  // a moment that is given in fractions of a second is one moment
  return fraction === ''
    ? { from: String(from), to: String(to) }
    : { from: `${from}.${fraction}`, to: `${from}.${fraction}${'0'.repeat(12)}1` };
}

/** As POSIX has it: 69 to 99 are 1969 to 1999, 00 to 68 are 2000 to 2068. */
function fullYear(year: string): number {
  const number = Number(year);
  return year.length > 2 ? number : number + (number < 69 ? 2000 : 1900);
}

function hourOf(hour: number | undefined, half: string | undefined): number | undefined {
  if (hour === undefined || half === undefined) return hour;
  return hour < 1 || hour > 12 ? NaN : (hour % 12) + (/^p/i.test(half) ? 12 : 0);
}

function daysOf(year: number, month: number): number {
  return new Date(Date.UTC(year, month, 0)).getUTCDate();
}

/** Seconds east of Greenwich; undefined for a zone that cannot be. */
function offsetOf(zone: string | undefined): number | undefined {
  if (zone === undefined || !/\d/.test(zone)) return 0;
  const [, sign, hours, minutes = '0'] = /^([+-])(\d{2}):?(\d{2})?$/.exec(zone)!;
  if (Number(hours) > 15 || Number(minutes) > 59) return undefined;
  return (sign === '-' ? -1 : 1) * (Number(hours) * 3600 + Number(minutes) * 60);
}

const LANGUAGES = ['en', 'de', 'fr', 'es', 'it', 'pt', 'nl', 'pl', 'ru', 'uk'];
let months: Map<string, number> | undefined;

/** Names and abbreviations, without dots, in the languages of the packaged models that write them as words. */
function monthNames(): ReadonlyMap<string, number> {
  if (months) return months;
  months = new Map([['sept', 9]]);
  for (const language of LANGUAGES) {
    for (const month of ['long', 'short'] as const) {
      const format = new Intl.DateTimeFormat(language, { day: 'numeric', month, timeZone: 'UTC' });
      for (let at = 0; at < 12; at++) {
        const name = format.formatToParts(Date.UTC(2024, at, 1)).find(({ type }) => type === 'month')!.value;
        const key = name.toLowerCase().replace(/\.$/, '');
        if (!months.has(key)) months.set(key, at + 1);
      }
    }
  }
  return months;
}

function pattern(source: string): RegExp {
  return new RegExp(`^${source}$`, 'iu');
}
