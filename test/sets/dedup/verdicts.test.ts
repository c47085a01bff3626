import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isLeftOut, RELATIONS } from '../../../src/analysis/duplicates/relation.ts';
import type { Reason, Reasons } from '../../../src/sets/dedup/reasons.ts';
import { openVerdicts, type Finding } from '../../../src/sets/dedup/verdicts.ts';

const plainReasons = (): Reasons => {
  const reasons = new Map<number, Reason>();
  return { of: (row) => reasons.get(row), set: (row, reason) => void reasons.set(row, reason) };
};

describe('verdicts', () => {
  it('keep every row until it is dropped', () => {
    const verdicts = openVerdicts(3, plainReasons());
    expect([...verdicts.rows('kept')]).toEqual([0, 1, 2]);
    expect(verdicts.keeperOf(0)).toBeUndefined();
    expect(verdicts.cosineOf(0)).toBeUndefined();
    expect(verdicts.reasonOf(0)).toBeUndefined();
  });

  it('say of each row what was last said to them', () => {
    const finding: fc.Arbitrary<Finding> = fc.record({
      relation: fc.constantFrom(...RELATIONS),
      keeper: fc.record({ source: fc.nat(65_535), row: fc.nat(2 ** 31 - 1) }),
      cosine: fc.option(fc.double({ min: -1, max: 1, noNaN: true }), { nil: undefined }),
      exact: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(9), finding)), (said) => {
        const verdicts = openVerdicts(10, plainReasons());
        const last = new Map<number, Finding>();
        for (const [row, what] of said) {
          verdicts.find(row, what);
          last.set(row, what);
        }
        for (let row = 0; row < 10; row++) {
          const what = last.get(row);
          expect(verdicts.relationOf(row)).toBe(what?.relation);
          expect(verdicts.isDropped(row)).toBe(what !== undefined && isLeftOut(what));
          expect(verdicts.keeperOf(row)).toEqual(what?.keeper);
          expect(verdicts.cosineOf(row)).toBe(what?.cosine);
          expect(verdicts.isExact(row)).toBe(what?.exact ?? false);
        }
        expect([...verdicts.rows('dropped')]).toEqual(
          [...last].flatMap(([row, what]) => (isLeftOut(what) ? [row] : [])).toSorted((a, b) => a - b),
        );
      }),
    );
  });

  it('leave rows unjudged, which may still be copies', () => {
    const verdicts = openVerdicts(2, plainReasons());
    verdicts.leave(1, 'zero');
    verdicts.find(1, { relation: 'repeat', keeper: { source: 0, row: 0 }, cosine: undefined, exact: true });
    expect(verdicts.reasonOf(1)).toBe('zero');
    expect(verdicts.isExact(1)).toBe(true);
  });
});
