import { wordsOf } from './words.ts';

/** Before a numeral of one letter. */
const PARTS =
  /(?:war|part|chapter|volume|vol\.?|book|phase|type|class|section|act|grade|level|episode|season|teil|kapitel|band|partie|chapitre|tome|parte|capítulo|capitolo|volumen|deel|hoofdstuk|część|rozdział|tom|часть|глава|том|частина|розділ) $/u;
/** Numerals that are nothing else in lower case; "vi", "xi" and "mix" are. */
const PLAIN = /^(?:[xv]*iii?|x[xvi]*iv|xvi|x{1,3}ix)$/;
const CAPITALS = /(?<!\p{L})[IVX]+(?!\p{L})/gu;
const LAST = 39;

let numerals: Map<string, number> | undefined;

/** Roman numerals up to 39, in lower case. */
export function romanNumerals(): ReadonlyMap<string, number> {
  if (numerals) return numerals;
  const units = ['', 'i', 'ii', 'iii', 'iv', 'v', 'vi', 'vii', 'viii', 'ix'];
  numerals = new Map(Array.from({ length: LAST }, (_, at) => ['x'.repeat((at + 1) / 10) + units[(at + 1) % 10]!, at + 1]));
  return numerals;
}

/**
 * The Roman numerals of a text. Those that could be a word count only in capitals, and of these one letter only after a word such as
 * "part". In a text of capitals nothing stands out.
 *
 * @param original the text as it was written
 */
export function romansOf(text: string, original: string): number[] {
  const found: number[] = [];
  const capitals = new Set(/\p{Ll}/u.test(original) ? original.match(CAPITALS) : []);
  for (const { text: word, start, end } of wordsOf(text)) {
    const value = romanNumerals().get(word);
    if (value === undefined || /['.&-]/.test(text[start - 1] ?? '') || /['&-]/.test(text[end] ?? '')) continue;
    const named = PARTS.test(text.slice(Math.max(0, start - 12), start));
    const capital = capitals.has(word.toUpperCase());
    if (PLAIN.test(word) || (capital && (word.length > 1 || named))) found.push(value);
  }
  return found;
}
