import { calendarWords } from './calendar.ts';
import { FNV_OFFSET, FNV_PRIME, hashOf, mixed } from './hashes.ts';
import { negationWords } from './negation-words.ts';
import { numberWords } from './number-words.ts';
import {
  BREAK,
  JOINING_CHARS,
  joiningWords,
  JOINT,
  LOOSE_CHARS,
  looseWords,
  openingWords,
  orderHash,
  pairHash,
  PARTICLES,
} from './word-order.ts';

/** What a text may hold, so that most texts are read only once. */
export const NUMBER = 1;
export const NEGATION = 2;
export const QUOTE = 4;
/** How a word takes part in the order of words. */
const LOOSE = 8;
const JOINING = 16;
const OPENING = 32;

/**
 * `words` is the same for the same words in any order. `order` only in an order that says the same. `kinds` is what the text may hold.
 */
export type Glance = { words: number; order: number; kinds: number };

const OTHER = 0;
const LETTER = 1;
const DIGIT = 2;
const HAN = 3;
const KANA = 4;
const HANGUL = 5;
const APOSTROPHE = 6;
const QUOTATION = 7;
const UNKNOWN = 255;

const COMMA = 0x2c;
const COLON = 0x3a;

const classes = new Uint8Array(0x10000).fill(UNKNOWN);

function classOf(unit: number): number {
  const char = String.fromCharCode(unit);
  if (/\p{Script=Han}/u.test(char)) return HAN;
  if (/[\p{Script=Hiragana}\p{Script=Katakana}ー]/u.test(char)) return KANA;
  if (/\p{Script=Hangul}/u.test(char)) return HANGUL;
  if (/\p{N}/u.test(char)) return DIGIT;
  // halves of characters outside the first plane
  if (/[\p{L}\p{M}\ud800-\udfff]/u.test(char)) return LETTER;
  if (char === "'" || char === '’') return APOSTROPHE;
  return /[“”„"«»「」『』《》`‘]/.test(char) ? QUOTATION : OTHER;
}

/** Characters of Chinese, Japanese and Korean with a part to play. */
const CHARS: readonly (readonly [string, number])[] = [
  ['不没沒未无無别別勿なまずぬだダ駄않안못없아지불', NEGATION],
  ['一二两兩三四五六七八九十百千万萬亿億〇零半曜周週두세네다여일아열요', NUMBER],
  [LOOSE_CHARS, LOOSE],
  [JOINING_CHARS + PARTICLES, JOINING],
];

type Hints = { words: Map<number, number>; chars: Uint8Array };
let hints: Hints | undefined;

function openHints(): Hints {
  const words = new Map<number, number>();
  const chars = new Uint8Array(0x10000);
  const add = (word: string, kind: number): void => {
    const key = hashOf(word);
    words.set(key, (words.get(key) ?? 0) | kind);
  };
  for (const word of [...numberWords().keys(), ...calendarWords().keys()]) add(word, NUMBER);
  for (const numeral of 'i ii iii iv v vi vii viii ix x xi xii xiii xiv xv xvi xvii xviii xix xx xxi'.split(' ')) add(numeral, NUMBER);
  for (const word of negationWords().keys()) add(word, NEGATION);
  for (const word of looseWords) add(word, LOOSE);
  for (const word of joiningWords) add(word, JOINING);
  for (const word of openingWords) add(word, OPENING);
  for (const [list, kind] of CHARS) for (const char of list) chars[char.charCodeAt(0)]! |= kind;
  return { words, chars };
}

/** Goes once over a text in lower case. A word is a run of letters or digits, a Chinese or Japanese character, a Korean syllable. */
export function glance(text: string): Glance {
  const known = (hints ??= openHints());
  let [words, kinds, count] = [0, 0, 0];
  /** The word that is being read: its hash, and the class of its characters. */
  let [hash, inside] = [FNV_OFFSET, OTHER];
  const sequence: number[] = [];
  /** Words of Korean, and parts of Japanese up to their particle, change their places: only what is inside them has an order. */
  let [free, phrases, phrase] = [false, 0, 0];
  for (let at = 0; at <= text.length; at++) {
    const unit = at < text.length ? text.charCodeAt(at) : 0x20;
    let kind = classes[unit]!;
    if (kind === UNKNOWN) kind = classes[unit] = classOf(unit);
    if (inside !== OTHER && (kind !== inside || (kind >= HAN && kind <= HANGUL))) {
      const one = mixed(hash);
      let part = inside === LETTER ? (known.words.get(one) ?? 0) : 0;
      if (inside >= HAN && inside <= HANGUL) part = known.chars[text.charCodeAt(at - 1)]!;
      kinds |= part;
      words = (words + one) | 0;
      count++;
      if (phrase !== 0) phrases = (phrases + pairHash(phrase, one)) | 0;
      phrase = inside === KANA && (part & JOINING) !== 0 ? 0 : one;
      if (inside === KANA || inside === HANGUL) free = true;
      else if ((part & LOOSE) === 0) sequence.push((part & JOINING) !== 0 ? JOINT : (part & OPENING) !== 0 ? BREAK : one);
      hash = FNV_OFFSET;
      inside = OTHER;
    }
    if (kind === OTHER) phrase = 0;
    if (unit === COMMA || unit === COLON) sequence.push(BREAK);
    if (kind >= LETTER && kind <= HANGUL) {
      inside = kind;
      hash = Math.imul(hash ^ unit, FNV_PRIME);
      if (kind === DIGIT) kinds |= NUMBER;
    } else if (kind === QUOTATION) kinds |= QUOTE;
    else if (kind === APOSTROPHE) kinds |= roleOfApostrophe(text, at);
  }
  const order = free ? phrases : orderHash(sequence);
  return { words: count === 0 ? 0 : mixed(words) || 1, order: count === 0 ? 0 : mixed(order) || 1, kinds };
}

/** It may open a quote where no word is before it, and be one of "don't" or "do n ' t", or of French "n'est". */
function roleOfApostrophe(text: string, at: number): number {
  const before = text.charCodeAt(at - 1);
  const opens = at === 0 || classes[before]! === OTHER || classes[before]! >= APOSTROPHE ? QUOTE : 0;
  const letter = before === 0x20 ? text[at - 2] : text[at - 1];
  return opens | (letter === 'n' ? NEGATION : 0);
}
