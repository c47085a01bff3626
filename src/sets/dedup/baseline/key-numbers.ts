import type { TextKey } from '../../../analysis/duplicates/text-copies.ts';

/** Numbers for hashes, from 1 up; 0 stands for a hash that has none. 24 to 36 bytes per hash. */
export type KeyNumbers = {
  /** The number of a hash; 0 for one that was not added. */
  numberOf(key: TextKey): number;
  /** The number of a hash, which gets one if it has none. */
  add(key: TextKey): number;
  keyOf(number: number): TextKey;
  /** How many hashes have a number. */
  size(): number;
};

const MIN_CAPACITY = 1024;

/** @param expected how many hashes will come; more may */
export function keyNumbers(expected = 0): KeyNumbers {
  let capacity = Math.max(MIN_CAPACITY, expected);
  let keys = new Int32Array((capacity + 1) * 4);
  let slots = new Int32Array(2 * capacity);
  let count = 0;
  const keyOf = (number: number): TextKey => [keys[number * 4]!, keys[number * 4 + 1]!, keys[number * 4 + 2]!, keys[number * 4 + 3]!];
  /** The slot that holds a hash, or the empty one where it belongs. */
  const slotOf = ([first, second, third, fourth]: TextKey): number => {
    for (let slot = (first >>> 0) % slots.length; ; slot = (slot + 1) % slots.length) {
      const at = slots[slot]! * 4;
      if (at === 0) return slot;
      if (keys[at] === first && keys[at + 1] === second && keys[at + 2] === third && keys[at + 3] === fourth) return slot;
    }
  };
  const grow = (): void => {
    capacity *= 2;
    const larger = new Int32Array((capacity + 1) * 4);
    larger.set(keys);
    keys = larger;
    slots = new Int32Array(2 * capacity);
    for (let number = 1; number <= count; number++) slots[slotOf(keyOf(number))] = number;
  };
  return {
    numberOf: (key) => slots[slotOf(key)]!,
    add(key) {
      const found = slots[slotOf(key)]!;
      if (found > 0) return found;
      if (count === capacity) grow();
      count++;
      keys.set(key, count * 4);
      slots[slotOf(key)] = count;
      return count;
    },
    keyOf,
    size: () => count,
  };
}
