/** A word of a text, and where it stands. */
export type Word = { text: string; start: number; end: number };

/** French and Italian words that lose a vowel are words of their own: "d'avril", "l'onze". In Ukrainian an apostrophe is a letter. */
const WORDS = /(?<![\p{L}\p{M}'])(?:[dlnmtscj]|qu)'(?=\p{L}{2})|[\p{L}\p{M}]+(?:'[\p{L}\p{M}]+)*|\p{N}+/gu;

/** Words of a text in lower case, digits and letters apart. */
export function wordsOf(text: string): Word[] {
  return Array.from(text.matchAll(WORDS), ({ 0: word, index }) => ({ text: word, start: index, end: index + word.length }));
}
