import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_WORD_UNITS, openWordCache, UNKNOWN, type WordCache } from '../../src/model/tokenizer/word-cache.ts';

const findWord = (cache: WordCache, word: string): number => cache.find(word, 0, word.length);
const addWord = (cache: WordCache, word: string, ids: readonly number[] | null): number => cache.add(word, 0, word.length, ids);
const idsAt = (cache: WordCache, place: number): number[] | null => {
  const ids: number[] = [];
  return cache.append(place, ids) ? ids : null;
};

/** A word's ids in these tests: they differ wherever words do. */
const idsOf = (word: string): number[] => Array.from({ length: word.length }, (_, at) => word.charCodeAt(at));

describe('the cache of words', () => {
  it('never gives a word the ids of another', () => {
    const word = fc.string({ unit: 'binary', maxLength: MAX_WORD_UNITS }).map((text) => text.slice(0, MAX_WORD_UNITS));
    fc.assert(
      fc.property(fc.array(word, { maxLength: 200 }), fc.integer({ min: 1, max: 50 }), (words, maxWords) => {
        const cache = openWordCache({ maxWords });
        for (const one of words) {
          let place = findWord(cache, one);
          if (place === UNKNOWN) place = addWord(cache, one, idsOf(one));
          expect(idsAt(cache, place)).toEqual(idsOf(one));
        }
      }),
    );
  });

  it('finds a word within a text, and tells a word that cannot be read by itself from an unknown one', () => {
    const cache = openWordCache();
    addWord(cache, 'rice', [7, 8]);
    addWord(cache, '[UNK]', null);
    addWord(cache, '', []);
    expect(idsAt(cache, cache.find('cook rice now', 5, 9))).toEqual([7, 8]);
    expect(idsAt(cache, cache.find('a [UNK] b', 2, 7))).toBeNull();
    expect(idsAt(cache, cache.find('a  b', 2, 2))).toEqual([]);
    expect(cache.find('cook rice now', 5, 8)).toBe(UNKNOWN);
  });

  it('keeps almost all words up to its limit, then starts again', () => {
    const cache = openWordCache({ maxWords: 20_000 });
    const words = Array.from({ length: 20_000 }, (_, at) => `word${at}`);
    for (const word of words) addWord(cache, word, idsOf(word));
    const kept = words.filter((word) => findWord(cache, word) !== UNKNOWN);
    expect(kept.length).toBeGreaterThan(19_990);
    addWord(cache, 'another', [1]);
    expect(findWord(cache, 'word1')).toBe(UNKNOWN);
    expect(idsAt(cache, findWord(cache, 'another'))).toEqual([1]);
  });
});
