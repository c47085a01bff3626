import { hashWord, textHash } from '../../files/text-hash.ts';
import { foldText, type Fold } from './fold-text.ts';

/**
 * Finds copies of texts by 128 bits of their hash. Memory is 24 bytes per text, however long it is. Among a billion texts,
 * two different ones share these bits in one of 10²⁰ corpora.
 */
export type TextCopies = {
  /** Returns the number under which this text first came, or `number` if the text is new. */
  firstOf(text: TextKey, number: number): number;
};

/** The first four 32-bit words of a text's SHA-256. */
export type TextKey = readonly [number, number, number, number];

/** @param fold in what texts with one key may differ */
export function textKey(text: string, { fold }: { fold: Fold }): TextKey {
  const digest = textHash(foldText(text, fold));
  return [hashWord(digest, 0), hashWord(digest, 4), hashWord(digest, 8), hashWord(digest, 12)];
}

/** @param capacity largest number of texts */
export function textCopies(capacity: number): TextCopies {
  const size = 2 ** Math.ceil(Math.log2(Math.max(2, capacity * 2)));
  const slots = new Int32Array(size).fill(-1);
  const keys = new Int32Array(capacity * 4);
  const numbers = new Int32Array(capacity);
  let count = 0;
  return {
    firstOf(key, number) {
      for (let slot = (key[0] >>> 0) % size; ; slot = (slot + 1) % size) {
        const entry = slots[slot]!;
        if (entry < 0) {
          slots[slot] = count;
          keys.set(key, count * 4);
          numbers[count++] = number;
          return number;
        }
        const at = entry * 4;
        if (keys[at] === key[0] && keys[at + 1] === key[1] && keys[at + 2] === key[2] && keys[at + 3] === key[3]) return numbers[entry]!;
      }
    },
  };
}
