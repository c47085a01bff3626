/**
 * Numbers as texts: how they are written, and their order. A number becomes a decimal, "-1234.5", which holds all of its digits: ids and
 * times may have more of them than a float.
 */

/** How a number may be written; undefined for a text that is not. */
export type NumberStyle = (text: string) => string | undefined;

/** As programs write it: digits, a decimal point, an exponent. */
export function plainDecimal(text: string): string | undefined {
  if (/^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d{1,9})?$/i.test(text)) return text.replace('+', '').toLowerCase();
  return /^0x[\da-f]+$/i.test(text) ? BigInt(text).toString() : undefined;
}

/** With a decimal point: 1,234.5 · 1 234.5 · 1'234.5 · 12,34,567.8. A group never begins with zero. */
export function pointDecimal(text: string): string | undefined {
  const groups = /^[+-]?(?:\d+|[1-9]\d{0,2}(?:[ '’]\d{3})+|[1-9]\d{0,2}(?:,\d{3})+|[1-9]\d?(?:,\d{2})+,\d{3})(?:\.\d+)?$/;
  return groups.test(text) ? text.replace(/[+,' ’]/g, '') : undefined;
}

/** With a decimal comma: 1.234,5 · 1 234,5 · 1'234,5. */
export function commaDecimal(text: string): string | undefined {
  const groups = /^[+-]?(?:\d+|[1-9]\d{0,2}(?:[ '’]\d{3})+|[1-9]\d{0,2}(?:\.\d{3})+)(?:,\d+)?$/;
  return groups.test(text) ? text.replace(/[+.' ’]/g, '').replace(',', '.') : undefined;
}

/** More digits than these do not fit into a float. */
const FLOAT_DIGITS = 15;

/** Whether equal floats are equal decimals. */
export function fitsFloat(decimal: string): boolean {
  return decimal.length <= FLOAT_DIGITS || (!/e/.test(decimal) && decimal.replace(/[-.]/g, '').length <= FLOAT_DIGITS);
}

/** Below zero where decimal `a` is less than `b`. */
export function compareDecimals(a: string, b: string): number {
  const [x, y] = [Number(a), Number(b)];
  // rounding keeps the order of decimals, but makes neighbours equal
  if (x !== y) return x < y ? -1 : 1;
  return fitsFloat(a) && fitsFloat(b) ? 0 : compareParts(partsOf(a), partsOf(b));
}

/** Digits from the first that is not zero, and the place of the decimal point among them. */
type Parts = { negative: boolean; digits: string; point: number };

function partsOf(decimal: string): Parts {
  const [, sign, whole = '', fraction = '', exponent = '0'] = /^(-?)(\d*)\.?(\d*)(?:e(.+))?$/.exec(decimal)!;
  const all = whole + fraction;
  const zeros = /^0*/.exec(all)![0].length;
  const digits = all.slice(zeros).replace(/0+$/, '');
  return { negative: sign === '-' && digits !== '', digits, point: digits === '' ? 0 : whole.length - zeros + Number(exponent) };
}

function compareParts(a: Parts, b: Parts): number {
  if (a.negative !== b.negative) return a.negative ? -1 : 1;
  const larger = a.digits === '' || b.digits === '' ? a.digits.length - b.digits.length : a.point - b.point || order(a.digits, b.digits);
  return a.negative ? -larger : larger;
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
