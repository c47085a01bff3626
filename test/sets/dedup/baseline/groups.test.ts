import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { textKey } from '../../../../src/analysis/duplicates/text-copies.ts';
import { hexOf, keyOfHex } from '../../../../src/sets/dedup/baseline/entries.ts';
import { openGroups } from '../../../../src/sets/dedup/baseline/groups.ts';
import { keyNumbers } from '../../../../src/sets/dedup/baseline/key-numbers.ts';

/** Groups by walking along pairs: slow and plain. */
const reaches = (pairs: readonly (readonly [number, number])[], from: number, to: number): boolean => {
  const seen = new Set([from]);
  for (const at of seen) for (const [a, b] of pairs) if (a === at || b === at) seen.add(a === at ? b : a);
  return seen.has(to);
};

describe('openGroups', () => {
  it('joins what pairs lead to, whatever their order', () => {
    const number = fc.integer({ min: 1, max: 12 });
    fc.assert(
      fc.property(fc.array(fc.tuple(number, number)), (pairs) => {
        const groups = openGroups();
        for (const [at, [a, b]] of pairs.entries()) expect(groups.join(a, b)).toBe(!reaches(pairs.slice(0, at), a, b));
        for (let a = 1; a <= 12; a++) for (let b = 1; b <= 12; b++) expect(groups.areJoined(a, b)).toBe(reaches(pairs, a, b));
      }),
    );
  });

  it('takes numbers far apart, and long chains', () => {
    const groups = openGroups();
    for (let at = 100_000; at > 1; at--) groups.join(at, at - 1);
    groups.join(5_000_000, 3);
    expect(groups.areJoined(5_000_000, 100_000)).toBe(true);
    expect(groups.areJoined(5_000_000, 4_999_999)).toBe(false);
  });
});

describe('keyNumbers', () => {
  it('numbers hashes as they come, and finds them again', () => {
    const numbers = keyNumbers();
    const keys = Array.from({ length: 5000 }, (_, at) => textKey(`text ${at}`, { fold: 'none' }));
    for (const [at, key] of keys.entries()) {
      expect(numbers.numberOf(key)).toBe(0);
      expect(numbers.add(key)).toBe(at + 1);
    }
    expect(keys.map(numbers.add)).toEqual(keys.map((_, at) => at + 1));
    expect(keys.every((key, at) => hexOf(numbers.keyOf(at + 1)) === hexOf(key))).toBe(true);
    expect(numbers.size()).toBe(5000);
  });

  it('writes a hash as hex and reads it back', () => {
    const key = textKey('a text', { fold: 'none' });
    expect(keyOfHex(hexOf(key))).toEqual(key);
  });
});
