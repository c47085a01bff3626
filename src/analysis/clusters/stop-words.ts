import { createRequire } from 'node:module';
import { eng } from 'stopword';
import { foldLetters } from './words.ts';

// the package is a single JSON file
const lists = createRequire(import.meta.url)('stopwords-iso') as Readonly<Record<string, readonly string[]>>;

/**
 * English stop words that are missing from the short list of the package stopword. The list of stopwords-iso is too long: it
 * contains home, order, problem and page.
 */
const MORE_ENGLISH =
  'a again against ain am and any aren below cannot can couldn didn do does doesn doing don down during few further hadn hasn haven having hers herself himself i isn itself just ll me more most mustn my myself needn no nor not off once our ours ourselves own re same shan she shouldn so t than theirs themselves then until ve very wasn we were weren what when which whom why will won wouldn yes yet you your yours yourself yourselves please ok okay hi hello hey thanks thank us one two get got getting let may might must shall upon via per etc'.split(
    ' ',
  );

/** English words occur in texts of every language. */
const ENGLISH: readonly string[] = [...eng, ...MORE_ENGLISH];

/** Languages in Latin script, as ISO 639-1 codes. */
const LATIN: readonly string[] = 'de fr es it pt nl pl cs sk hr sl ro hu fi sv da no tr id ms vi ca gl eu et lt lv af ga eo'.split(' ');

/** Languages, grouped by script. */
const LANGUAGES: readonly (readonly string[])[] = [
  LATIN,
  'ru uk bg'.split(' '),
  'zh ja'.split(' '),
  ['ko'],
  'ar fa ur ku'.split(' '),
  ['he'],
  ['el'],
  'hi mr'.split(' '),
  ['bn'],
  ['gu'],
  ['th'],
  ['hy'],
];

/** A language counts as used if its list covers at least this share of what the best list of its script covers. */
const SHARE_OF_BEST = 0.5;

/**
 * The stop words of the languages that a corpus is written in, and of English. In each script these are the languages whose lists
 * cover most of the words.
 *
 * @param frequencies how often each word occurs
 */
export function stopWordsFor(frequencies: ReadonlyMap<string, number>): Set<string> {
  const chosen = new Set(ENGLISH);
  for (const languages of LANGUAGES) {
    const covered = languages.map((language) => {
      const words = lists[language]!.map(foldLetters);
      return { words, hits: hitsOf(words, frequencies) };
    });
    const best = Math.max(...covered.map(({ hits }) => hits));
    // words that a language shares with English are no evidence of it
    if (best === 0 || (languages === LATIN && best < hitsOf(ENGLISH, frequencies) / 2)) continue;
    for (const { words, hits } of covered) if (hits >= SHARE_OF_BEST * best) for (const word of words) chosen.add(word);
  }
  return chosen;
}

function hitsOf(words: readonly string[], frequencies: ReadonlyMap<string, number>): number {
  return words.reduce((sum, word) => sum + (frequencies.get(word) ?? 0), 0);
}
