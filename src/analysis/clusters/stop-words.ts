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

/** So many words of a list, which together are this share of all words, prove that texts are written in its language. */
const SEVERAL = 5;
const SHARE_OF_WORDS = 0.1;

/** A language counts as used if its list covers at least this share of what the best list of its script covers. */
const SHARE_OF_BEST = 0.5;

/** A cluster's strongest word is kept, whatever list it is on, if so many of the rows have it, so many times as often as other rows. */
const STRONG_SHARE = 0.5;
const STRONG_LIFT = 3;

type Counts = ReadonlyMap<string, number>;

/** A word of a cluster: its weight, the share of the rows that have it, and the mean share of the rows of other clusters. */
export type Telling = { word: string; weight: number; share: number; elsewhere: number };

/**
 * Tells which words of which cluster are stop words: those of English, and those of languages that the whole corpus or the cluster
 * is written in. The word that most sets a cluster apart is none, unless the cluster has several other words of the list:
 * "dog" is a Danish stop word, but a cluster of English titles about dogs is not Danish.
 *
 * @param counts how often each word occurs in each cluster
 * @param ranked the words of each cluster that set it apart, the strongest first
 */
export function stopWordsOf(
  counts: readonly Counts[],
  ranked: readonly (readonly Telling[])[],
): (word: string, cluster: number) => boolean {
  const all = new Map<string, number>();
  for (const own of counts) for (const [word, count] of own) all.set(word, (all.get(word) ?? 0) + count);
  const everywhere = languagesOf(all);
  const stopWords = counts.map((own) => new Set([ENGLISH_WORDS, ...everywhere, ...(counts.length > 1 ? languagesOf(own) : [])]));
  const kept = ranked.map(([strongest], cluster) => {
    if (!strongest || counts.length < 2 || strongest.share < STRONG_SHARE || strongest.share < STRONG_LIFT * strongest.elsewhere)
      return undefined;
    const { word } = strongest;
    const proven = [...stopWords[cluster]!].some((words) => words.has(word) && othersOf(words, counts[cluster]!, word) >= SEVERAL);
    return proven ? undefined : word;
  });
  return (word, cluster) => word !== kept[cluster] && [...stopWords[cluster]!].some((words) => words.has(word));
}

/** The lists of the languages that words prove, English aside. In each script these are the lists that cover most of the words. */
export function languagesOf(counts: Counts): ReadonlySet<string>[] {
  let total = 0;
  for (const count of counts.values()) total += count;
  return listsByScript().flatMap((languages) => {
    const covered = languages.map((words) => {
      let hits = 0;
      let different = 0;
      for (const word of words) {
        const count = counts.get(word);
        // words that a language shares with English are no evidence of it
        if (count === undefined || ENGLISH_WORDS.has(word)) continue;
        hits += count;
        different++;
      }
      return { words, hits, different };
    });
    const best = Math.max(...covered.map(({ hits }) => hits));
    return covered
      .filter(({ hits, different }) => different >= SEVERAL && hits >= SHARE_OF_WORDS * total && hits >= SHARE_OF_BEST * best)
      .map(({ words }) => words);
  });
}

function othersOf(words: ReadonlySet<string>, counts: Counts, word: string): number {
  let others = 0;
  for (const other of counts.keys()) if (other !== word && words.has(other)) others++;
  return others;
}

const ENGLISH_WORDS: ReadonlySet<string> = new Set(ENGLISH);

let folded: ReadonlySet<string>[][] | undefined;

/** The lists of each script, with letters as words are compared. */
function listsByScript(): ReadonlySet<string>[][] {
  folded ??= LANGUAGES.map((languages) => languages.map((language) => new Set(lists[language]!.map(foldLetters))));
  return folded;
}
