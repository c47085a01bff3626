import { calendarWords } from './calendar.ts';
import { APOSTROPHE, classOf, DIGIT, HAN, HANGUL, KANA, LETTER, OTHER, QUOTATION } from './chars.ts';
import { FNV_OFFSET, FNV_PRIME, mixed } from './hashes.ts';
import { negationWords } from './negation-words.ts';
import { numberWords } from './number-words.ts';
import { romanNumerals } from './roman.ts';
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
import { flagsOf, wordTable, type WordTable } from './word-table.ts';

/** What a text may hold, so that most texts are read only once. */
export const HAS = { digits: 1, numberWords: 2, calendar: 4, roman: 8, numerals: 16, negation: 32, quotes: 64 } as const;
export const HAS_NUMBERS: number = HAS.digits | HAS.numberWords | HAS.calendar | HAS.roman | HAS.numerals;
/** How a word takes part in the order of words. */
const LOOSE = 128;
const JOINING = 256;
const OPENING = 512;

/**
 * `words` is the same for the same words in any order, `order` only in an order that says the same. `has` is what the text may hold.
 */
export type Glance = { words: number; order: number; has: number };

/** Characters of Chinese, Japanese and Korean with a part to play. */
const CHARS: readonly (readonly [string, number])[] = [
  ['不没沒未无無别別勿なまずぬだダ駄않안못없아지불', HAS.negation],
  ['一二两兩三四五六七八九十百千万萬亿億〇零半두세네다여일아열', HAS.numerals],
  ['曜周週星礼禮요', HAS.calendar],
  [LOOSE_CHARS, LOOSE],
  [JOINING_CHARS + PARTICLES, JOINING],
];
const CYRILLIC = 0x400;
const CYRILLIC_END = 0x530;
const IN_NUMBERS = " -–—./:,'⁄";
const COMMA = 0x2c;
const COLON = 0x3a;

type Hints = { words: WordTable; chars: Uint16Array };
let hints: Hints | undefined;

function openHints(): Hints {
  const words = new Map<string, number>();
  const add = (list: Iterable<string>, flag: number): void => {
    // an apostrophe separates words here: a part of п'ять gives it away
    for (const word of list)
      for (const part of word.split("'")) if (part.length > 1 || part === word) words.set(part, (words.get(part) ?? 0) | flag);
  };
  add(numberWords().keys(), HAS.numberWords);
  add(calendarWords().keys(), HAS.calendar);
  add(romanNumerals().keys(), HAS.roman);
  add(negationWords().keys(), HAS.negation);
  add(looseWords, LOOSE);
  add(joiningWords, JOINING);
  add(openingWords, OPENING);
  const chars = new Uint16Array(0x10000);
  for (const [list, flag] of CHARS) for (const char of list) chars[char.charCodeAt(0)]! |= flag;
  return { words: wordTable(words), chars };
}

/** Hashes of the words that have a place in their order, and marks. */
let sequence = new Int32Array(1024);

/**
 * Goes once over a text in lower case. A word is a run of letters or digits, a Chinese or Japanese character, a Korean syllable;
 * of a word in Cyrillic letters, the stem.
 */
export function glance(text: string): Glance {
  const known = (hints ??= openHints());
  let [words, has, count, length] = [0, 0, 0, 0];
  /** The word that is being read: its hash, and the class of its characters. */
  let [hash, inside] = [FNV_OFFSET, OTHER];
  /** Its hash without the last two letters, and without the last one. */
  let [stem, shorter, letters] = [0, 0, 0];
  /** Where the word began, where the last number ended, and the sum of the parts of one number or date. */
  let [start, ended, group] = [0, 0, 0];
  /** Words of Korean, and parts of Japanese up to their particle, change their places: only what is inside them has an order. */
  let [free, phrases, phrase] = [false, 0, 0];
  for (let at = 0; at <= text.length; at++) {
    const unit = at < text.length ? text.charCodeAt(at) : 0x20;
    const kind = classOf(unit);
    if (inside !== OTHER && (kind !== inside || (kind >= HAN && kind <= HANGUL))) {
      const one = mixed(hash);
      const part = inside === LETTER ? flagsOf(known.words, one) : inside === DIGIT ? 0 : known.chars[text.charCodeAt(at - 1)]!;
      has |= part;
      const last = text.charCodeAt(at - 1);
      // endings tell who did it to whom, and change with the names
      const inflected = inside === LETTER && letters > 3 && last >= CYRILLIC && last < CYRILLIC_END;
      const word = inflected ? mixed(letters > 4 ? stem : shorter) : one;
      words = (words + word) | 0;
      count++;
      if (phrase !== 0) phrases = (phrases + pairHash(phrase, word)) | 0;
      phrase = inside === KANA && (part & JOINING) !== 0 ? 0 : word;
      if (inside === KANA || inside === HANGUL) free = true;
      else if ((part & LOOSE) === 0) {
        if (length + 2 > sequence.length) sequence = enlarged(sequence);
        // the parts of a number or a date have no order: 31.01.2024, January 31, 2024
        const numeric = inside === DIGIT || (inside === LETTER && (part & HAS.calendar) !== 0);
        const joined = numeric && ended > 0 && length > 0 && isInNumbers(text, ended, start);
        group = joined ? (group + word) | 0 : word;
        if (numeric) ended = at;
        if (joined && sequence[length - 1] === BREAK) length--;
        if (joined) sequence[length - 1] = mixed(group);
        else sequence[length++] = (part & JOINING) !== 0 ? JOINT : (part & OPENING) !== 0 ? BREAK : numeric ? mixed(word) : word;
      }
      hash = FNV_OFFSET;
      letters = 0;
      inside = OTHER;
    }
    if (kind === OTHER) {
      phrase = 0;
      if ((unit === COMMA || unit === COLON) && length > 0 && sequence[length - 1] !== BREAK) sequence[length++] = BREAK;
    } else if (kind <= HANGUL) {
      if (inside === OTHER) start = at;
      inside = kind;
      [stem, shorter] = [shorter, hash];
      letters++;
      hash = Math.imul(hash ^ unit, FNV_PRIME);
      // outside the first plane there are digits too
      if (kind === DIGIT || (unit & 0xfc00) === 0xd800) has |= HAS.digits;
    } else has |= kind === QUOTATION ? HAS.quotes : roleOfApostrophe(text, at);
  }
  const order = free ? phrases : orderHash(sequence.subarray(0, length));
  return { words: count === 0 ? 0 : mixed(words) || 1, order: count === 0 ? 0 : mixed(order) || 1, has };
}

/** Whether what stands between two numbers only separates their digits. */
function isInNumbers(text: string, from: number, to: number): boolean {
  if (to - from > 2) return false;
  for (let at = from; at < to; at++) if (!IN_NUMBERS.includes(text[at]!)) return false;
  return true;
}

function enlarged(array: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(array.length * 2);
  larger.set(array);
  return larger;
}

/** It may open a quote where no word is before it, and be one of "don't" or "do n ' t", or of French "n'est". */
function roleOfApostrophe(text: string, at: number): number {
  const before = at === 0 ? OTHER : classOf(text.charCodeAt(at - 1));
  const letter = text[at - 1] === ' ' ? text[at - 2] : text[at - 1];
  return (before === OTHER || before >= APOSTROPHE ? HAS.quotes : 0) | (letter === 'n' ? HAS.negation : 0);
}
