/**
 * `text`, which is in NFKC, without the punctuation that only sets words apart: its words in their order, separated by spaces.
 *
 * What stays: symbols and signs that stand for words (+ # $ % @ & / * _), whatever is inside a word or number (don't, no-one,
 * 1.5, 3/4, example.com), a dash before a number, brackets around a number, and emoticons.
 */
export function withoutPunctuation(text: string): string {
  if (PLAIN.test(text)) return wordsOf(text).join(' ');
  const words = wordsOf(withoutQuotes(unified(text)));
  return words
    .map((word, at) => bareWord(word, { before: words[at - 1], after: words[at + 1] }))
    .join(' ')
    .replace(/ +/g, ' ')
    .trim();
}

/** Texts that have no punctuation at all. */
const PLAIN = /^[\p{L}\p{M}\p{N}\s]*$/u;

function wordsOf(text: string): string[] {
  // oxlint-disable-next-line no-control-regex -- as in fold-text.ts
  return text.split(/[\s\u001c-\u001f\u0085]+/).filter((word) => word !== '');
}

const IDEOGRAPHS = '[\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Hangul}]';

/** Signs of many shapes as one, and those that separate words without a space as a space. */
const UNIFIED: readonly (readonly [RegExp, string])[] = [
  [/[“”„‟«»‹›「」『』《》〈〉〝〞〟״]/g, '"'],
  [/[‘’‚‛ʼ`׳]/g, "'"],
  [/[‐‑‒–−]/g, '-'],
  [/(?<=\d)[—―](?=\d)/g, '-'],
  [/[—―⸺⸻]|(?<=\p{L})--+(?=\p{L})/gu, ' - '],
  [/[、。【】〔〕〖〗]/g, ' '],
  [/(?<=\p{L})(?:[,;!?،؛؟।]+|\.{2,})(?=\p{L})/gu, ' '],
  [new RegExp(`(?<=${IDEOGRAPHS})[.:,;!?]+(?=[\\p{L}\\p{N}])`, 'gu'), ' '],
  // bullets of a list; a hyphen is one where no number follows
  [/^[^\S\n]*[*•‣◦▪▫●○■□·][^\S\n]+/gm, ''],
];

function unified(text: string): string {
  return UNIFIED.reduce((folded, [sign, one]) => folded.replace(sign, one), text);
}

/** Double quotes are taken away, except those that stand for inches: after a digit, where none is open. */
function withoutQuotes(text: string): string {
  let open = false;
  return text.replace(/"/g, (quote, at: number) => {
    if (!open && /\d/.test(text[at - 1] ?? '')) return quote;
    open = !open;
    return '';
  });
}

/** Signs that stand for words. */
const SPOKEN = '#%&@*/\\\\_§†‡‰‱′″‴⁗※·・';
const MARKS_ONLY = new RegExp(`^(?:(?:(?![${SPOKEN}])[\\p{Po}\\p{Pd}])+|[\\p{Ps}\\p{Pe}])$`, 'u');
const SIGNS_ONLY = /^\p{P}+$/u;
const DASHES = /^\p{Pd}+$/u;
const NUMBER_FIRST = /^\p{Sc}?[.,]?\d/u;

/** A word without the punctuation around it; "" for punctuation between words. */
function bareWord(word: string, { before = '', after = '' }: { before: string | undefined; after: string | undefined }): string {
  if (PLAIN.test(word)) return word;
  if (MARKS_ONLY.test(word)) {
    const inNumber = NUMBER_FIRST.test(after) && (DASHES.test(word) || /\d/.test(before.slice(-1)));
    return inNumber ? word : '';
  }
  return SIGNS_ONLY.test(word) || isBracketedNumber(word) ? withoutEnd(word, (mark) => '.,;!?'.includes(mark)) : unwrapped(word);
}

/** A minus of bookkeepers, a year, a footnote. The limit is there because a word may have millions of characters. */
function isBracketedNumber(word: string): boolean {
  return word.length <= MAX_SIGNS && /^[([{]\D?[\d.,]*\d%?[)\]}][.,;:!?]*$/.test(word);
}

const MAX_SIGNS = 32;
const LEADING = /^(?:['\p{Ps}\p{Pi}\p{Pf}¿¡]|\.{2,})+/u;
/** Signs at the end of a word. Apostrophes have a rule of their own, and a double quote that is left stands for inches. */
const TRAILING = new RegExp(`(?!["'${SPOKEN}])[\\p{Pe}\\p{Pf}\\p{Pi}\\p{Po}]`, 'u');
const EMOTICON = /[:;=]['-]?[()[\]/\\|*<>]+$/;

function unwrapped(word: string): string {
  const isQuoted = word.startsWith("'");
  const bare = word.replace(LEADING, '');
  const opened: Readonly<Record<string, boolean>> = { ')': bare.includes('('), ']': bare.includes('['), '}': bare.includes('{') };
  return withoutEnd(bare, (sign, end) => {
    if (sign === "'") return isQuoted || !/\d/.test(bare[end - 2] ?? '');
    return TRAILING.test(sign) && opened[sign] !== true && !EMOTICON.test(bare.slice(Math.max(0, end - MAX_SIGNS), end));
  });
}

/** `word` up to the last character that stays. */
function withoutEnd(word: string, goes: (sign: string, end: number) => boolean): string {
  let end = word.length;
  while (end > 0 && goes(word[end - 1]!, end)) end--;
  return word.slice(0, end);
}
