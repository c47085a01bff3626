import { APOSTROPHE, classOf, DIGIT, LETTER, OTHER } from './chars.ts';

/** A word of a text, and where it stands. */
export type Word = { text: string; start: number; end: number };

/** Words of French and Italian that lose a vowel: "d'avril", "l'onze". */
const ELIDED = /^(?:[dlnmtscj]|qu)$/;

/**
 * Words of a text in lower case: runs of letters, of digits, or of one script of East Asia. An apostrophe inside a word belongs to it, as it
 * does in Ukrainian and in "don't", but ends a word that has lost its vowel.
 */
export function wordsOf(text: string): Word[] {
  const words: Word[] = [];
  let [start, inside] = [0, OTHER];
  for (let at = 0; at <= text.length; at++) {
    const kind = at < text.length ? classOf(text.charCodeAt(at)) : OTHER;
    if (kind === inside) continue;
    if (inside !== OTHER) {
      if (kind === APOSTROPHE && inside === LETTER && classAt(text, at + 1) === LETTER) {
        if (!ELIDED.test(text.slice(start, Math.min(at, start + 3))) || classAt(text, at + 2) !== LETTER) continue;
        words.push({ text: text.slice(start, at + 1), start, end: at + 1 });
      } else words.push({ text: text.slice(start, at), start, end: at });
    }
    [start, inside] = [at, kind >= LETTER && kind < APOSTROPHE ? kind : OTHER];
  }
  return words;
}

function classAt(text: string, at: number): number {
  return at < text.length ? classOf(text.charCodeAt(at)) : OTHER;
}

export function isDigits(text: string): boolean {
  return classAt(text, 0) === DIGIT;
}
