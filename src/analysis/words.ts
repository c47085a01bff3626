/** Words of texts, for labels. */

/** Scripts that write no spaces between words. */
const UNSPACED = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;

/** Addresses and tags of HTML: what is in them is no word of the text. */
const MARKUP = /https?:\/\/\S+|<\/?[a-z][^<>]*>/gi;

const SPACED_WORD = /[\p{L}\p{M}\p{N}]+(?:['’][\p{L}\p{M}]+)*/gu;

const LETTER = /\p{L}/u;

// the dictionary is chosen by script; a fixed language keeps the machine's own out of it
const segmenter = new Intl.Segmenter('en', { granularity: 'word' });

/**
 * The different words of a text, in lower case, that may tell what it is about: two characters at least, not numbers alone. Where words
 * are not set apart by spaces, Intl.Segmenter finds them; elsewhere a pattern finds the same words seven times as fast.
 */
export function wordsOf(text: string): Set<string> {
  const plain = text.replace(MARKUP, ' ').normalize('NFKC').toLowerCase();
  const words = new Set<string>();
  const add = (word: string): void => {
    const own = withoutApostrophe(word);
    if (own.length >= 2 && LETTER.test(own)) words.add(own);
  };
  if (UNSPACED.test(plain)) {
    for (const { segment, isWordLike } of segmenter.segment(plain)) if (isWordLike) add(segment);
  } else for (const [word] of plain.matchAll(SPACED_WORD)) add(word);
  return words;
}

/** "card's" is a card and "l'eau" water; "don't" says nothing. */
function withoutApostrophe(word: string): string {
  if (!/['’]/.test(word)) return word;
  if (/n['’]t$/.test(word)) return '';
  return word.split(/['’]/).reduce((longest, part) => (part.length > longest.length ? part : longest));
}

/** Whether two words are forms of one, as far as their letters tell: "card" and "cards", "карта" and "картой". */
export function sameStem(a: string, b: string): boolean {
  const [short, long] = a.length <= b.length ? [a, b] : [b, a];
  if (long.length - short.length > 3) return false;
  if (long.startsWith(short)) return true;
  let common = 0;
  while (common < short.length && short[common] === long[common]) common++;
  return common >= Math.max(4, short.length - 2);
}
