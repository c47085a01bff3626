import { stopWordsFor } from './stop-words.ts';
import { sameStem, wordsOf } from './words.ts';

/** Rows per cluster whose words are counted. More rows change no label, and would take minutes for a million rows. */
const MAX_ROWS = 1000;

/** Words per label. */
const LABEL_WORDS = 3;

/** Collects the words of rows, one row at a time, and labels the clusters. */
export type Labeller = {
  /** @param cluster -1 for a row without a cluster */
  add(cluster: number, text: string): void;
  /** The most characteristic words of each cluster, in descending order; empty where its rows have no words. */
  finish(): string[][];
};

/**
 * Labels clusters by c-TF-IDF (Grootendorst 2022). The rows of a cluster form one document. The weight of a word is its share of
 * that document times log(1 + mean number of words per document / frequency of the word in all documents). A word counts once
 * per row, so that no single row can label a cluster. Of large clusters every n-th row is read, at most 1,000.
 *
 * @param sizes number of rows in each cluster
 */
export function openLabeller(sizes: ArrayLike<number>): Labeller {
  const steps = Array.from(sizes, (size) => Math.max(1, Math.ceil(size / MAX_ROWS)));
  const seen = new Int32Array(sizes.length);
  const counts = steps.map(() => new Map<string, number>());
  return {
    add(cluster, text) {
      if (cluster < 0 || seen[cluster]!++ % steps[cluster]! !== 0) return;
      const own = counts[cluster]!;
      for (const word of wordsOf(text)) own.set(word, (own.get(word) ?? 0) + 1);
    },
    finish: () => tellingWords(counts),
  };
}

function tellingWords(found: readonly ReadonlyMap<string, number>[]): string[][] {
  const all = summed(found);
  // "cards" is counted as "card" where both occur
  const singular = (word: string): string =>
    word.length > 3 && word.endsWith('s') && all.has(word.slice(0, -1)) ? word.slice(0, -1) : word;
  const counts = found.map((own) => summed([own], singular));
  const frequencies = summed(counts);
  const stopWords = stopWordsFor(frequencies);
  const totals = counts.map((own) => [...own].reduce((sum, [word, count]) => sum + (stopWords.has(word) ? 0 : count), 0));
  const mean = totals.reduce((sum, total) => sum + total, 0) / totals.length;
  return counts.map((own, cluster) => {
    const telling = [...own].filter(([word]) => !stopWords.has(word));
    // a word of only one row is not a theme, unless there are no others
    const fewest = telling.some(([, count]) => count > 1) ? 2 : 1;
    const words = telling
      .filter(([, count]) => count >= fewest)
      .map(([word, count]) => ({ word, weight: (count / totals[cluster]!) * Math.log(1 + mean / frequencies.get(word)!) }))
      .toSorted((a, b) => b.weight - a.weight || (a.word < b.word ? -1 : 1));
    const label: string[] = [];
    for (const { word } of words) {
      if (label.length === LABEL_WORDS) break;
      if (!label.some((other) => sameStem(word, other))) label.push(word);
    }
    return label;
  });
}

/** Sums the counts of words over all maps; words with the same `nameOf` are counted together. */
function summed(counts: readonly ReadonlyMap<string, number>[], nameOf: (word: string) => string = (word) => word): Map<string, number> {
  const sums = new Map<string, number>();
  for (const own of counts) {
    for (const [word, count] of own) {
      const name = nameOf(word);
      sums.set(name, (sums.get(name) ?? 0) + count);
    }
  }
  return sums;
}
