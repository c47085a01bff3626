import { wordsOf } from './words.ts';

/** What is in quotes of any kind. A single quote opens where a word does, and closes where one ends. */
const QUOTED = new RegExp(
  [
    '“([^“”„"]{1,60})[”"]',
    '„([^„“”"]{1,60})[“”"]',
    '«([^«»]{1,60})»',
    '»([^«»]{1,60})«',
    '「([^「」]{1,60})」',
    '『([^『』]{1,60})』',
    '《([^《》]{1,60})》',
    "``([^`']{1,60})''",
    '``([^`]{1,60})``',
    '`([^`]{1,60})`',
    '"([^"“”]{1,60})"',
    String.raw`(?<![\p{L}\p{N}'])'(?!(?:s|t|re|ve|ll|d|m)\b)([^']{1,60})'(?![\p{L}\p{N}'])`,
    String.raw`(?<![\p{L}\p{N}])‘([^‘’]{1,60})’(?![\p{L}\p{N}])`,
  ].join('|'),
  'gu',
);

/** Longer quotes, and those with marks of a sentence, are speech and not names: they are shortened and put in other words freely. */
const MAX_WORDS = 4;
const MAX_IDEOGRAPHS = 10;
const SPEECH = /[.!?,;:…。、？！，](?:\s|$)|[。、？！，]/;
const IDEOGRAPHS = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/gu;

/** The short strings that a text, in lower case, has in quotes: their words, each string once. */
export function quotedOf(text: string): string[] {
  const found = new Set<string>();
  for (const match of text.matchAll(QUOTED)) {
    const inside = match.slice(1).find((part) => part !== undefined)!;
    const words = wordsOf(inside);
    const long = words.length > MAX_WORDS || (inside.match(IDEOGRAPHS)?.length ?? 0) > MAX_IDEOGRAPHS;
    if (words.length > 0 && !long && !SPEECH.test(inside)) found.add(words.map((word) => word.text).join(' '));
  }
  return [...found];
}
