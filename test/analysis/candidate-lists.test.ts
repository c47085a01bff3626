import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { candidateLists, kthLargest, listCapacity } from '../../src/analysis/search/candidate-lists.ts';

describe('kthLargest', () => {
  it('is what sorting finds', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -5, max: 5 }), { minLength: 1, maxLength: 200 }), fc.nat(), (values, seed) => {
        const k = (seed % values.length) + 1;
        const sorted = values.toSorted((a, b) => b - a);
        expect(kthLargest(Float64Array.from(values), { count: values.length, k })).toBe(sorted[k - 1]);
      }),
    );
  });
});

describe('candidateLists', () => {
  it('keeps the best whatever the order and however poor the bounds', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }),
        fc.array(fc.integer({ min: 0, max: 30 }), { minLength: 1, maxLength: 600 }),
        fc.constantFrom(0, 3, 100),
        (top, truth, slack) => {
          const lists = candidateLists(1, {
            top,
            judge: { measure: (_, row) => truth[row]!, nearer: (a, b) => a > b, floor: (_, value) => value },
          });
          truth.forEach((value, row) => {
            lists.add(0, row, { upper: value + ((row * 7) % (slack + 1)), lower: value - ((row * 5) % (slack + 1)) });
            lists.tighten(0);
          });
          const expected = truth.map((value, row) => ({ row, value })).toSorted((a, b) => b.value - a.value || a.row - b.row);
          expect(lists.finish(0)).toEqual(expected.slice(0, top));
          expect(lists.finish(0)).toEqual([]);
        },
      ),
    );
  });

  it('measures no more than it must', () => {
    let measured = 0;
    const lists = candidateLists(1, {
      top: 3,
      judge: { measure: (_, row) => (measured++, row), nearer: (a, b) => a > b, floor: (_, value) => value },
    });
    for (let row = 0; row < 10 * listCapacity(3); row++) lists.add(0, row, { upper: row, lower: row });
    expect(lists.finish(0).map(({ row }) => row)).toEqual([10 * listCapacity(3) - 1, 10 * listCapacity(3) - 2, 10 * listCapacity(3) - 3]);
    expect(measured).toBe(3);
  });
});
