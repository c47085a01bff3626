import { withoutMarkup } from './markup.ts';

/** Scripts that are written without spaces between words. */
const UNSPACED = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;

const SPACED_WORD = /[\p{L}\p{M}\p{N}]+(?:['’-][\p{L}\p{M}\p{N}]+)*/gu;

const LETTER = /\p{L}/u;

/** Japanese particles and endings, and numerals, which the segmenter returns as words. */
const NO_THEME = /^(?:[\p{Script=Hiragana}ー]+|[〇零一二三四五六七八九十百千万億]+)$/u;

/** Endings of Korean verbs: a word with one of them is a predicate, not a theme. */
const KOREAN_VERB = /(?:니다|니까|세요|어요|아요|해요|는데|지만|하는|있는|되는)$/;
const HANGUL = /^\p{Script=Hangul}+$/u;

// the segmenter chooses its dictionary by script; a fixed language makes it independent of the machine's
const segmenter = new Intl.Segmenter('en', { granularity: 'word' });

/**
 * The distinct words of a text that may tell what it is about, in lower case. A word has at least two characters and is not a
 * number. In scripts without spaces Intl.Segmenter finds the words. Elsewhere a pattern finds them, seven times as fast; it keeps
 * words with a hyphen whole.
 */
export function wordsOf(text: string): Set<string> {
  const words = new Set<string>();
  for (const piece of piecesOf(text, PIECE_CHARS)) addWords(piece, words);
  return words;
}

/** Length of text that is searched for words at once: a pattern of repeated groups takes memory per repetition. */
const PIECE_CHARS = 1_000_000;

/** Length that Intl.Segmenter is given at once: its time grows with the square of it. */
const SEGMENTED_CHARS = 4096;

/** No word goes across these. */
const BREAK = /[\s。、！？]/;

/** Pieces of at most so many characters, cut after a break between words if there is one. */
function* piecesOf(text: string, chars: number): Generator<string> {
  for (let from = 0; from < text.length;) {
    let to = Math.min(text.length, from + chars);
    while (to < text.length && to > from && !BREAK.test(text[to - 1]!)) to--;
    if (to === from) to += chars;
    yield text.slice(from, to);
    from = to;
  }
}

function addWords(text: string, words: Set<string>): void {
  const plain = foldLetters(withoutMarkup(text));
  const add = (word: string): void => {
    const own = coreOf(word);
    if (own.length >= 2 && LETTER.test(own)) words.add(own);
  };
  if (UNSPACED.test(plain)) {
    for (const piece of piecesOf(plain, SEGMENTED_CHARS)) {
      for (const { segment, isWordLike } of segmenter.segment(piece)) if (isWordLike && !NO_THEME.test(segment)) add(segment);
    }
  } else for (const [word] of plain.matchAll(SPACED_WORD)) add(word);
}

/** Letters in the form in which they are compared: lower case, compatibility form (NFKC), Russian е for ё. */
export function foldLetters(text: string): string {
  return text.normalize('NFKC').toLowerCase().replaceAll('ё', 'е');
}

/** The part of a word that carries its meaning: "card" of "card's", "eau" of "l'eau", nothing of "don't"; Korean nouns lose their particle. */
function coreOf(word: string): string {
  if (HANGUL.test(word)) return KOREAN_VERB.test(word) ? '' : word.length > 2 ? word.replace(/[은는을를]$/, '') : word;
  if (!/['’]/.test(word)) return word;
  if (/n['’]t$/.test(word)) return '';
  return word.split(/['’]/).reduce((longest, part) => (part.length > longest.length ? part : longest));
}

/** Whether two words look like forms of the same word: "card" and "cards", "карта" and "картой". */
export function sameStem(a: string, b: string): boolean {
  const [short, long] = a.length <= b.length ? [a, b] : [b, a];
  if (long.length - short.length > 3) return false;
  if (long.startsWith(short)) return true;
  let common = 0;
  while (common < short.length && short[common] === long[common]) common++;
  return common >= Math.max(4, short.length - 2);
}
