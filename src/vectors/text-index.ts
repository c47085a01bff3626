import { createHash } from 'node:crypto';

/** The key of a text: the first 128 bits of its sha256. Two texts with one key do not occur. */
export type TextKey = Uint32Array;

export function keyOf(text: string): TextKey {
  const bytes = createHash('sha256').update(text).digest();
  return new Uint32Array([bytes.readUInt32LE(0), bytes.readUInt32LE(4), bytes.readUInt32LE(8), bytes.readUInt32LE(12)]);
}

/** Words of 32 bits in a key. */
export const KEY_WORDS = 4;

/** From texts to numbers of rows: a hash table with open addressing, 20 bytes per slot, so that a million texts take 42 MB. */
export type TextIndex = {
  /** Notes the row of a key, unless the key has one. */
  add(key: TextKey, row: number): void;
  /** The row of a key, -1 where it has none. */
  find(key: TextKey): number;
  size(): number;
};

/** @param expected number of keys; more are taken, at the cost of copying the table */
export function textIndex(expected: number): TextIndex {
  let capacity = 1024;
  while (capacity < expected * 1.5) capacity *= 2;
  let keys = new Uint32Array(capacity * KEY_WORDS);
  let rows = new Int32Array(capacity).fill(-1);
  let size = 0;

  const slotOf = (key: TextKey): number => {
    for (let slot = key[0]! & (capacity - 1); ; slot = (slot + 1) & (capacity - 1)) {
      if (rows[slot] === -1 || isAt(slot, key)) return slot;
    }
  };
  const isAt = (slot: number, key: TextKey): boolean => {
    for (let word = 0; word < KEY_WORDS; word++) if (keys[slot * KEY_WORDS + word] !== key[word]) return false;
    return true;
  };
  const grow = (): void => {
    const old = { keys, rows };
    capacity *= 2;
    keys = new Uint32Array(capacity * KEY_WORDS);
    rows = new Int32Array(capacity).fill(-1);
    size = 0;
    old.rows.forEach((row, slot) => {
      if (row >= 0) add(old.keys.subarray(slot * KEY_WORDS, (slot + 1) * KEY_WORDS), row);
    });
  };
  const add = (key: TextKey, row: number): void => {
    if (size * 4 > capacity * 3) grow();
    const slot = slotOf(key);
    if (rows[slot] !== -1) return;
    keys.set(key, slot * KEY_WORDS);
    rows[slot] = row;
    size++;
  };
  return { add, find: (key) => rows[slotOf(key)]!, size: () => size };
}
