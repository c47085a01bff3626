/** What a UTF-16 unit is: part of a word of some kind, an apostrophe, a quote, or something else. */
export const OTHER = 0;
export const LETTER = 1;
export const DIGIT = 2;
export const HAN = 3;
export const KANA = 4;
export const HANGUL = 5;
export const APOSTROPHE = 6;
export const QUOTATION = 7;
const UNKNOWN = 255;

const classes = new Uint8Array(0x10000).fill(UNKNOWN);

/** The class of a unit. Units are looked at when they are first seen. */
export function classOf(unit: number): number {
  const known = classes[unit]!;
  return known === UNKNOWN ? (classes[unit] = classOfChar(String.fromCharCode(unit))) : known;
}

function classOfChar(char: string): number {
  if (/\p{Script=Han}/u.test(char)) return HAN;
  if (/[\p{Script=Hiragana}\p{Script=Katakana}ー]/u.test(char)) return KANA;
  if (/\p{Script=Hangul}/u.test(char)) return HANGUL;
  if (/\p{N}/u.test(char)) return DIGIT;
  // halves of characters outside the first plane
  if (/[\p{L}\p{M}\ud800-\udfff]/u.test(char)) return LETTER;
  if (char === "'" || char === '’') return APOSTROPHE;
  return /[“”„"«»「」『』《》`‘]/.test(char) ? QUOTATION : OTHER;
}
