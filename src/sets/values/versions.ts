/** Marks in the key of a version, in the order in which they sort: 1.0-rc.1, 1.0, 1.0.post1, 1.0.1. */
const BEFORE = '\u0001';
const RELEASE = '\u0002';
const AFTER = '\u0003';
const PART = '\u0004';

const VERSION =
  /^(?<v>v)?(?<numbers>\d+(?:\.\d+)*)(?:[-_.]?(?<stage>(?:a|b|c|rc|alpha|beta|dev|pre|preview|snapshot|m|post)(?:[-_.]?\d+)?)|-(?<rest>[\da-z.-]+))?(?:\+[\da-z.-]+)?$/i;

/**
 * A key whose order as a text is that of versions (semver.org; Python's PEP 440 for stages without a dash): 1.9.0, 1.10.0-rc.1, 1.10.0.
 * Undefined for a text that is not a version.
 */
export function versionKey(text: string): string | undefined {
  const { v, numbers, stage, rest } = VERSION.exec(text)?.groups ?? {};
  if (numbers === undefined) return undefined;
  const suffix = stage ?? rest;
  // "12a" and "3-b" are numbers of houses
  if (suffix !== undefined && v === undefined && !numbers.includes('.')) return undefined;
  const parts = numbers.split('.');
  // 1.0 is 1.0.0
  while (parts.length > 1 && Number(parts.at(-1)) === 0) parts.pop();
  const key = parts.map((part) => PART + numberKey(part)).join('');
  if (suffix === undefined) return key + RELEASE;
  return key + (/^post/i.test(suffix) ? AFTER : BEFORE) + suffixKey(suffix.toLowerCase());
}

/** Numbers of more digits are greater. */
function numberKey(digits: string): string {
  const own = digits.replace(/^0+(?=\d)/, '');
  return String.fromCharCode(0x20 + own.length) + own;
}

/** Identifiers: numbers come before words, fewer before more. */
function suffixKey(suffix: string): string {
  const identifiers = suffix.match(/\d+|[a-z]+/g) ?? [];
  return identifiers.map((one) => (/\d/.test(one) ? `\u0001${numberKey(one)}` : `\u0002${one}\u0000`)).join('');
}
