import { createRequire } from 'node:module';
import { eng } from 'stopword';
import { foldLetters } from './words.ts';

// a package that is one JSON file
const lists = createRequire(import.meta.url)('stopwords-iso') as Readonly<Record<string, readonly string[]>>;

/** What stopword's short list of English leaves out. That of stopwords-iso takes home, order, problem and page for stop words. */
const MORE_ENGLISH =
  'a again against ain am and any aren below cannot can couldn didn do does doesn doing don down during few further hadn hasn haven having hers herself himself i isn itself just ll me more most mustn my myself needn no nor not off once our ours ourselves own re same shan she shouldn so t than theirs themselves then until ve very wasn we were weren what when which whom why will won wouldn yes yet you your yours yourself yourselves please ok okay hi hello hey thanks thank us one two get got getting let may might must shall upon via per etc'.split(
    ' ',
  );

/** English words are in texts of every language. */
const ENGLISH: readonly string[] = [...eng, ...MORE_ENGLISH];

/** Languages that share their letters with English, in the codes of ISO 639-1. */
const LATIN: readonly string[] = 'de fr es it pt nl pl cs sk hr sl ro hu fi sv da no tr id ms vi ca gl eu et lt lv af ga eo'.split(' ');

/** Languages by script. */
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

/** Languages of one script count as written where they cover so much of what the best of them covers. */
const SHARE_OF_BEST = 0.5;

/**
 * Stop words of the languages that a corpus is written in: of each script, those whose lists cover most of its words; and English.
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
    // words that English shares with a language are no sign of it
    if (best === 0 || (languages === LATIN && best < hitsOf(ENGLISH, frequencies) / 2)) continue;
    for (const { words, hits } of covered) if (hits >= SHARE_OF_BEST * best) for (const word of words) chosen.add(word);
  }
  return chosen;
}

function hitsOf(words: readonly string[], frequencies: ReadonlyMap<string, number>): number {
  return words.reduce((sum, word) => sum + (frequencies.get(word) ?? 0), 0);
}
