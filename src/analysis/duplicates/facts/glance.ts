import { calendarWords } from './calendar.ts';
import { FNV_OFFSET, FNV_PRIME, mixed } from './hashes.ts';
import { negationWords } from './negation-words.ts';
import { numberWords } from './number-words.ts';

/** What a text may hold, so that most texts are not read twice. */
export const NUMBER = 1;
export const NEGATION = 2;
export const QUOTE = 4;

/** `words` is the same for the same words in any order, `order` only in this one; `kinds` is what the text may hold. */
export type Glance = { words: number; order: number; kinds: number };

const OTHER = 0;
const LETTER = 1;
const DIGIT = 2;
const IDEOGRAPH = 3;
const APOSTROPHE = 4;
const QUOTATION = 5;
const UNKNOWN = 255;

const classes = new Uint8Array(0x10000).fill(UNKNOWN);

function classOf(unit: number): number {
  const char = String.fromCharCode(unit);
  if (/[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}ー]/u.test(char)) return IDEOGRAPH;
  if (/\p{N}/u.test(char)) return DIGIT;
  // halves of characters outside the first plane
  if (/[\p{L}\p{M}\ud800-\udfff]/u.test(char)) return LETTER;
  if (char === "'" || char === '’') return APOSTROPHE;
  return /[“”„"«»「」『』《》`‘]/.test(char) ? QUOTATION : OTHER;
}

/** Characters of Chinese, Japanese and Korean that may negate or count. */
const HINTS: readonly (readonly [string, number])[] = [
  ['不没沒未无無别別勿なまずぬ않안못없아지', NEGATION],
  ['一二两兩三四五六七八九十百千万萬亿億〇零半曜周週두세네다여일아열요', NUMBER],
];

let hintsOfWords: Map<number, number> | undefined;
const hintsOfChars = new Uint8Array(0x10000);

function hints(): Map<number, number> {
  if (hintsOfWords) return hintsOfWords;
  hintsOfWords = new Map();
  const add = (word: string, kind: number): void => {
    const key = wordHash(word);
    hintsOfWords!.set(key, (hintsOfWords!.get(key) ?? 0) | kind);
  };
  for (const word of numberWords().keys()) add(word, NUMBER);
  for (const word of calendarWords().keys()) add(word, NUMBER);
  for (const word of negationWords().keys()) add(word, NEGATION);
  for (const word of ['t', 'nt']) add(word, NEGATION);
  for (const numeral of 'i ii iii iv v vi vii viii ix x xi xii xiii xiv xv xvi xvii xviii xix xx xxi'.split(' ')) add(numeral, NUMBER);
  for (const [chars, kind] of HINTS) for (const char of chars) hintsOfChars[char.charCodeAt(0)]! |= kind;
  return hintsOfWords;
}

function wordHash(word: string): number {
  let hash = FNV_OFFSET;
  for (let at = 0; at < word.length; at++) hash = Math.imul(hash ^ word.charCodeAt(at), FNV_PRIME);
  return hash;
}

/** Goes once over a text in lower case. A word is a run of letters or digits, or one Chinese or Japanese character. */
export function glance(text: string): Glance {
  const known = hints();
  let [words, order, kinds] = [0, FNV_OFFSET, 0];
  let [hash, inside] = [FNV_OFFSET, 0];
  let count = 0;
  for (let at = 0; at <= text.length; at++) {
    const unit = at < text.length ? text.charCodeAt(at) : 0x20;
    let kind = classes[unit]!;
    if (kind === UNKNOWN) kind = classes[unit] = classOf(unit);
    if (inside !== OTHER && (kind !== inside || kind === IDEOGRAPH)) {
      if (inside === LETTER) kinds |= known.get(hash) ?? 0;
      const one = mixed(hash);
      words = (words + one) | 0;
      order = Math.imul(order ^ one, FNV_PRIME);
      count++;
      hash = FNV_OFFSET;
      inside = OTHER;
    }
    if (kind === LETTER || kind === DIGIT || kind === IDEOGRAPH) {
      inside = kind;
      hash = Math.imul(hash ^ unit, FNV_PRIME);
      if (unit > 0x2e80) kinds |= hintsOfChars[unit]!;
      if (kind === DIGIT) kinds |= NUMBER;
    } else if (kind === QUOTATION) kinds |= QUOTE;
    else if (kind === APOSTROPHE) kinds |= QUOTE | NEGATION;
  }
  return { words: count === 0 ? 0 : mixed(words) || 1, order: count === 0 ? 0 : mixed(order) || 1, kinds };
}
