import { splitAmount } from './currencies.ts';
import { clearDate, dayFirst, isoDate, monthFirst, type DateStyle, type Span } from './dates.ts';
import { commaDecimal, compareDecimals, fitsFloat, plainDecimal, pointDecimal, type NumberStyle } from './decimals.ts';
import { versionKey } from './versions.ts';

/** What the values of a field can be. */
export type Kind = 'number' | 'percentage' | 'amount' | 'date' | 'version' | 'text';

/** One way to read the values of a field. */
export type Reading = {
  kind: Kind;
  /** In words, in the plural: "dates written day/month/year". */
  name: string;
  /** Whether a user expects it without being told. */
  plain: boolean;
  /** Of readings that read as many values, those of the lowest rank are taken. */
  rank: number;
  /** A key to compare by; undefined for a value of another kind. Takes a text of `plainText`. */
  read(text: string): string | undefined;
  /** What a value in a condition covers: a day lasts until the next. */
  span(text: string): Span | undefined;
  compare(a: string, b: string): number;
  /** The currency of an amount, '' for none. */
  unit?(text: string): string | undefined;
};

/** Longer texts are no numbers, dates or versions. */
const MAX_LENGTH = 64;

/** A value in plain characters: digits of every script, and marks of other widths, become those of ASCII. */
export function plainText(text: string): string {
  if (text.length > MAX_LENGTH) return text;
  // oxlint-disable-next-line no-control-regex -- all of ASCII
  if (/^[\u0000-\u007f]*$/.test(text)) return text.trim().replace(/\s+/g, ' ');
  return (
    text
      .normalize('NFKC')
      .replace(/\p{Nd}/gu, digitOf)
      .replace(/[\u2212\u2012\u2013]/g, '-')
      .replaceAll('\u066b', '.')
      .replaceAll('\u066c', ',')
      .replaceAll('\u066a', '%')
      // marks of direction, which Arabic and Hebrew texts have around numbers
      .replace(/[\u061c\u200e\u200f]/g, '')
      .trim()
      .replace(/\s+/g, ' ')
  );
}

/** Decimal digits are in blocks of ten; most of them begin at a multiple of 16 or 6 above it. */
function digitOf(digit: string): string {
  const code = digit.codePointAt(0)!;
  let zero = code;
  while (zero > code - 9 && /\p{Nd}/u.test(String.fromCodePoint(zero - 1))) zero--;
  return String(code - zero);
}

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

function numbers(style: NumberStyle, { name, plain, rank }: Pick<Reading, 'name' | 'plain' | 'rank'>): Reading {
  return { kind: 'number', name, plain, rank, ...decimals(style) };
}

function decimals(read: NumberStyle): Pick<Reading, 'read' | 'span' | 'compare'> {
  const span = (text: string): Span | undefined => {
    const value = read(text);
    return value === undefined ? undefined : { from: value, to: value };
  };
  return { read, span, compare: compareDecimals };
}

function dates(style: DateStyle, { name, plain, rank }: Pick<Reading, 'name' | 'plain' | 'rank'>): Reading {
  return { kind: 'date', name, plain, rank, read: (text) => style(text)?.from, span: style, compare: compareDecimals };
}

function percentages(style: NumberStyle, written: string): Reading {
  const read = (text: string): string | undefined => (text.includes('%') ? style(withoutPercent(text)) : undefined);
  // a condition may leave the sign out
  const span = (text: string): Span | undefined => decimals(style).span(withoutPercent(text));
  return { kind: 'percentage', name: `percentages${written}`, plain: false, rank: 3, read, span, compare: compareDecimals };
}

function withoutPercent(text: string): string {
  return /^(?:% ?)?([^%]+?)(?: ?%)?$/.exec(text)?.[1] ?? '';
}

/**
 * Money has two decimals or none, so three digits after the only separator are a group.
 *
 * @param threeDecimals how three decimals would be written
 */
function amounts(style: NumberStyle, written: string, threeDecimals: RegExp): Reading {
  const read = (text: string): string | undefined => {
    const amount = splitAmount(text)?.amount;
    return amount === undefined || threeDecimals.test(amount) ? undefined : style(amount);
  };
  return { kind: 'amount', name: `amounts${written}`, plain: false, rank: 5, unit: currencyIn, ...decimals(read) };
}

function currencyIn(text: string): string | undefined {
  return splitAmount(text)?.currency;
}

const POINT = ' written 1,234.5';
const COMMA = ' written 1.234,5';

/** Every way to read a value, the usual first. */
export const READINGS: readonly Reading[] = [
  numbers(plainDecimal, { name: 'numbers', plain: true, rank: 1 }),
  dates(isoDate, { name: 'dates', plain: true, rank: 2 }),
  numbers(pointDecimal, { name: `numbers${POINT}`, plain: false, rank: 3 }),
  numbers(commaDecimal, { name: `numbers${COMMA}`, plain: false, rank: 3 }),
  percentages((text) => plainDecimal(text) ?? pointDecimal(text), ''),
  percentages(commaDecimal, COMMA),
  dates(clearDate, { name: 'dates', plain: false, rank: 3 }),
  dates(dayFirst, { name: 'dates written day/month/year', plain: false, rank: 4 }),
  dates(monthFirst, { name: 'dates written month/day/year', plain: false, rank: 4 }),
  amounts(pointDecimal, POINT, /^[+-]?[1-9]\d{0,2}\.\d{3}$/),
  amounts(commaDecimal, COMMA, /^[+-]?[1-9]\d{0,2},\d{3}$/),
  {
    kind: 'version',
    name: 'versions',
    plain: false,
    rank: 6,
    read: versionKey,
    span: (text) => {
      const key = versionKey(text);
      return key === undefined ? undefined : { from: key, to: key };
    },
    compare: byText,
  },
];

/** The order of UTF-16 code units, which is that of all texts in JavaScript. */
export const TEXT: Reading = {
  kind: 'text',
  name: 'text',
  plain: false,
  rank: 9,
  read: (text) => text,
  span: (text) => ({ from: text, to: text }),
  compare: byText,
};

/** Whether keys of a reading can be compared as floats. */
export function asFloats(reading: Reading, keys: readonly (string | undefined)[]): boolean {
  return reading.compare === compareDecimals && keys.every((key) => key === undefined || fitsFloat(key));
}
