import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Sides } from '../../../../src/sets/dedup/sides.ts';
import { countOccurrences, type Occurrences } from '../../../../src/sets/dedup/baseline/occurrences.ts';

/** A row by the numbers of its text and label; a text with a label has the number 10 · text + label. */
type Row = { text: number; label: number };

const side = (rows: readonly Row[]): Sides['own'] =>
  ({
    rows: {
      total: rows.length,
      hasLabels: true,
      reasons: { of: () => undefined },
      labelOf: (row: number) => rows[row]!.label,
      isAccepted: () => false,
      marks: {
        textOf: (row: number) => rows[row]!.text,
        labelledOf: (row: number) => (rows[row]!.label === 0 ? 0 : 10 * rows[row]!.text + rows[row]!.label),
      },
    },
  }) as unknown as Sides['own'];

const count = (
  own: readonly Row[],
  {
    others = [],
    copies = 0,
    linked = false,
    within = true,
  }: { others?: readonly Row[]; copies?: number; linked?: boolean; within?: boolean } = {},
): Occurrences =>
  countOccurrences(
    { own: side(own), others: others.length > 0 ? [side(others)] : [] } as unknown as Sides,
    Int32Array.from(own.keys()),
    { numbers: { size: () => 99 } as never, copiesOf: () => copies, areLinked: () => linked },
    { within },
  );

const surplus = (own: readonly Row[], how: Parameters<typeof count>[1] = {}): number[] => {
  const { isSurplus } = count(own, how);
  return [...own.keys()].filter(isSurplus);
};

const plain = (times: number): Row[] => Array.from({ length: times }, () => ({ text: 1, label: 0 }));

describe('countOccurrences', () => {
  it('finds copies above the number that is known', () => {
    expect(count(plain(4)).repeatsOf(1)).toBe(3);
    expect(surplus(plain(4), { copies: 2 })).toEqual([3]);
    expect(surplus(plain(4), { copies: 3 })).toEqual([]);
    // a text that is in OTHER is repeated by its first row
    expect(surplus(plain(2), { copies: 1, others: plain(3), within: false })).toEqual([1]);
  });

  it('takes the first row with a label that disagrees for a conflict', () => {
    const rows = [1, 2, 1, 0, 2].map((label) => ({ text: 1, label }));
    expect(count(rows).repeatsOf(1)).toBe(3);
    expect(surplus(rows, { copies: 3 })).toEqual([1]);
    expect(surplus(rows, { copies: 3, linked: true })).toEqual([]);
    expect(surplus(rows, { copies: 2, linked: true })).toEqual([4]);
  });

  it('counts the same in every order', () => {
    const row = fc.record({ text: fc.integer({ min: 1, max: 2 }), label: fc.integer({ min: 0, max: 3 }) });
    const rows = fc.array(row, { minLength: 1, maxLength: 9 });
    fc.assert(
      fc.property(rows, fc.array(row, { maxLength: 4 }), fc.boolean(), fc.func(fc.integer()), (own, others, within, rank) => {
        const shuffled = own.map((value, at) => ({ value, at: rank(at) })).toSorted((a, b) => a.at - b.at);
        const [one, other] = [own, shuffled.map(({ value }) => value)].map((order) => count(order, { others, within }));
        for (const text of [1, 2]) expect(one!.repeatsOf(text)).toBe(other!.repeatsOf(text));
      }),
    );
  });
});
