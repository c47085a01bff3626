import { stopWordsOf, type Telling } from './stop-words.ts';
import { sameStem, wordsOf } from './words.ts';

/** Rows per cluster whose words are counted. More rows change no label, and would take minutes for a million rows. */
const MAX_ROWS = 1000;

/** Words per label, and where two labels would be equal. */
const LABEL_WORDS = 3;
const MAX_LABEL_WORDS = 6;

/** A word tells a cluster apart if its rows have it so many times as often as those of the other clusters. */
const MIN_LIFT = 1.5;

/** Added to both shares: a word that is rare everywhere is not telling. */
const SMOOTHING = 0.02;

/** Collects the words of rows, one row at a time, and labels the clusters. */
export type Labeller = {
  /** @param cluster -1 for a row without a cluster */
  add(cluster: number, text: string): void;
  /** The most telling words of each cluster, in descending order; empty where no word sets its rows apart. No two are the same words. */
  finish(): string[][];
};

/**
 * Labels clusters by the words that set them apart: p · log(p / q) · log(1 + m / f), where p is the share of the cluster's rows that
 * have the word, q the mean share in the other clusters, f the rows that have it in all clusters, and m the mean number of telling
 * words per cluster. The last factor is that of c-TF-IDF (Grootendorst 2022). A word that all clusters share, such as a greeting,
 * is no label. A word counts once per row, so that no single row can label a cluster. Of large clusters every n-th row is read,
 * at most 1,000.
 *
 * @param sizes number of rows in each cluster
 * @param stopWords further words that are no labels
 */
export function openLabeller(sizes: ArrayLike<number>, stopWords: ReadonlySet<string> = new Set()): Labeller {
  const steps = Array.from(sizes, (size) => Math.max(1, Math.ceil(size / MAX_ROWS)));
  const seen = new Int32Array(sizes.length);
  const read = new Int32Array(sizes.length);
  const counts = steps.map(() => new Map<string, number>());
  return {
    add(cluster, text) {
      if (cluster < 0 || seen[cluster]!++ % steps[cluster]! !== 0) return;
      read[cluster]!++;
      const own = counts[cluster]!;
      for (const word of wordsOf(text)) own.set(word, (own.get(word) ?? 0) + 1);
    },
    finish: () => distinct(tellingWords(counts, { read, stopWords })),
  };
}

/** The telling words of each cluster, in descending order, no two of one stem. */
function tellingWords(
  found: readonly ReadonlyMap<string, number>[],
  { read, stopWords }: { read: Int32Array; stopWords: ReadonlySet<string> },
): string[][] {
  const all = summed(found);
  // "cards" is counted as "card" where both occur
  const singular = (word: string): string =>
    word.length > 3 && word.endsWith('s') && all.has(word.slice(0, -1)) ? word.slice(0, -1) : word;
  const counts = found.map((own) => summed([own], singular));
  const shares = new Map<string, number>();
  for (const [cluster, own] of counts.entries()) {
    for (const [word, count] of own) shares.set(word, (shares.get(word) ?? 0) + count / read[cluster]!);
  }
  const others = read.reduce((sum, rows) => sum + Math.min(1, rows), 0) - 1;
  const candidates = counts.map((own, cluster) => {
    const words: Omit<Telling, 'weight'>[] = [];
    for (const [word, count] of own) {
      if (stopWords.has(word) || stopWords.has(`${word}s`)) continue;
      const share = count / read[cluster]!;
      const elsewhere = others > 0 ? (shares.get(word)! - share) / others : 0;
      if (share >= MIN_LIFT * elsewhere) words.push({ word, share, elsewhere });
    }
    return words;
  });
  const frequencies = summed(counts);
  const mean =
    candidates.reduce((sum, words, at) => sum + words.reduce((all, { word }) => all + counts[at]!.get(word)!, 0), 0) / counts.length;
  const ranked = candidates.map((words) =>
    words
      .map((one) => {
        const ratio = Math.log((one.share + SMOOTHING) / (one.elsewhere + SMOOTHING));
        return { ...one, weight: one.share * ratio * Math.log(1 + mean / frequencies.get(one.word)!) };
      })
      .toSorted((a, b) => b.weight - a.weight || (a.word < b.word ? -1 : 1)),
  );
  const isStopWord = stopWordsOf(counts, ranked);
  return ranked.map((words, cluster) => {
    const telling = words.filter(({ word }) => !isStopWord(word, cluster));
    const own = counts[cluster]!;
    // a word of only one row is not a theme, unless there are no others
    const fewest = telling.some(({ word }) => own.get(word)! > 1) ? 2 : 1;
    const label: string[] = [];
    for (const { word } of telling) {
      if (label.length === MAX_LABEL_WORDS) break;
      if (own.get(word)! >= fewest && !label.some((other) => sameStem(word, other))) label.push(word);
    }
    return label;
  });
}

/** Cuts each label to a few words, and to some more where clusters would otherwise have the same words. */
function distinct(words: readonly string[][]): string[][] {
  const lengths = words.map((own) => Math.min(own.length, LABEL_WORDS));
  for (let length = LABEL_WORDS; length < MAX_LABEL_WORDS; length++) {
    const keys = words.map((own, cluster) => own.slice(0, lengths[cluster]).toSorted().join('\t'));
    for (const [cluster, key] of keys.entries()) {
      if (keys.some((other, at) => at !== cluster && other === key)) lengths[cluster] = Math.min(words[cluster]!.length, length + 1);
    }
  }
  return words.map((own, cluster) => own.slice(0, lengths[cluster]));
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
