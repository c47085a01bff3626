import { hexOf, keyOfHex, pairOf, type Entry, type EntryKind } from './entries.ts';
import { openGroups } from './groups.ts';
import { keyNumbers, type KeyNumbers } from './key-numbers.ts';

/** Two numbers of hashes that an entry is made of; the same number twice stands for copies, of which there may be `count`. */
export type Link = { kind: EntryKind; a: number; b: number; count?: number | undefined };

/**
 * Entries by the numbers of their hashes. Hashes of texts, and of texts with their labels, are never the same, so that one numbering, and one
 * grouping, serves both kinds.
 */
export type Ledger = {
  numbers: KeyNumbers;
  links: readonly Link[];
  /** Whether entries lead from one to the other. */
  areLinked(a: number, b: number): boolean;
  /** Whether an entry names it. */
  isNamed(number: number): boolean;
  /** How many copies of a text there may be, besides the first. */
  copiesOf(number: number): number;
};

export function openLedger(entries: readonly Entry[]): Ledger {
  const numbers = keyNumbers(2 * entries.length);
  const numberOf = (hex: string): number => numbers.add(keyOfHex(hex));
  return ledgerOf(
    entries.map(({ kind, texts: [a, b], count }) => ({ kind, a: numberOf(a), b: numberOf(b), count })),
    numbers,
  );
}

export function ledgerOf(links: readonly Link[], numbers: KeyNumbers): Ledger {
  const groups = openGroups();
  const named = new Uint8Array(numbers.size() + 1);
  const copies = new Map<number, number>();
  for (const { a, b, count } of links) {
    named[a] = 1;
    named[b] = 1;
    if (count === undefined) groups.join(a, b);
    else copies.set(a, count);
  }
  return {
    numbers,
    links,
    areLinked: (a, b) => a > 0 && b > 0 && groups.areJoined(a, b),
    isNamed: (number) => named[number] === 1,
    copiesOf: (number) => copies.get(number) ?? 0,
  };
}

/** A link as it is written. */
export function entryOfLink({ kind, a, b, count }: Link, numbers: KeyNumbers): Entry {
  const texts = pairOf(hexOf(numbers.keyOf(a)), hexOf(numbers.keyOf(b)));
  return { kind, texts, ...(count === undefined ? {} : { count }) };
}
