import { hashOf } from './hashes.ts';

/** Flags of words, found by the hash of a word: words that share one share their flags, so a flag is a hint. */
export type WordTable = { keys: Int32Array; flags: Uint16Array };

export function wordTable(entries: ReadonlyMap<string, number>): WordTable {
  const size = 2 ** Math.ceil(Math.log2(entries.size * 4));
  const table = { keys: new Int32Array(size), flags: new Uint16Array(size) };
  for (const [word, flags] of entries) {
    const key = hashOf(word);
    let slot = key & (size - 1);
    while (table.keys[slot] !== 0 && table.keys[slot] !== key) slot = (slot + 1) & (size - 1);
    table.keys[slot] = key;
    table.flags[slot]! |= flags;
  }
  return table;
}

/** The flags of the words with this hash; 0 for none. */
export function flagsOf({ keys, flags }: WordTable, key: number): number {
  let slot = key & (keys.length - 1);
  for (; keys[slot] !== 0; slot = (slot + 1) & (keys.length - 1)) if (keys[slot] === key) return flags[slot]!;
  return 0;
}
