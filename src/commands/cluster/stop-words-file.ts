import { existsSync, readFileSync, statSync } from 'node:fs';
import { foldLetters, wordsOf } from '../../analysis/clusters/words.ts';
import { EmbedError } from '../../errors.ts';
import { plural } from '../../text.ts';
import type { Centroids } from './centroid-files.ts';

/** A larger file is not a list of words. */
const MAX_BYTES = 10_000_000;

/**
 * Reads a list of stop words: one per line, in UTF-8. Empty lines and lines that begin with "#" are skipped.
 *
 * @throws EmbedError if there is no such file, it is not text, or it has no words
 */
export function readStopWords(path: string): { words: Set<string>; note: string } {
  const fail = (why: string, hint = 'Give a text file in UTF-8 with one word per line'): never => {
    throw new EmbedError(`Cannot use the stop words of ${path}: ${why}`, { hint });
  };
  if (!existsSync(path)) fail('no such file');
  if (!statSync(path).isFile()) fail('it is not a file');
  if (statSync(path).size > MAX_BYTES) fail('it is larger than 10 MB');
  const text = readFileSync(path, 'utf8');
  if (/[\0\uFFFD]/.test(text)) fail('it is not UTF-8 text');
  const lines = text
    .replace(/^\uFEFF/, '')
    .split(/\r\n?|\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
  const words = stopWordSet(lines);
  if (words.size === 0) fail('it has no words');
  return { words, note: `${plural(new Set(lines.map(foldLetters)).size, 'stop word')} of ${path}` };
}

/** The stop words of --stop-words: the path of a list, or words. Where the clusters have names already, they would change nothing. */
export function stopWordsFor(
  asked: string | readonly string[] | undefined,
  given: Centroids | undefined,
  note: (text: string) => void,
): { stopWords?: ReadonlySet<string> } {
  if (asked === undefined) return {};
  if (given?.known) {
    throw new EmbedError(`Cannot use stop words with the clusters of ${given.path}: they have names already`, {
      hint: 'Leave one of them out',
    });
  }
  if (typeof asked !== 'string') return { stopWords: stopWordSet(asked) };
  const { words, note: text } = readStopWords(asked);
  note(text);
  return { stopWords: words };
}

/** Words in the form in which the words of texts are compared: "l'eau" stands for "eau" too. */
export function stopWordSet(words: readonly string[]): Set<string> {
  return new Set(words.flatMap((word) => [...foldLetters(word).split(/\s+/), ...wordsOf(word)]).filter((word) => word !== ''));
}
