import { factsOf } from '../src/analysis/duplicates/facts/facts.ts';

/** The kinds of facts, each of which can differ by itself. */
export const KINDS = ['numbers', 'units', 'negation', 'quoted', 'order'] as const;
export type Kind = (typeof KINDS)[number];

/** The kinds of facts in which two texts differ. */
export function differingKinds(first: string, second: string): Kind[] {
  const [a, b] = [factsOf(first), factsOf(second)];
  const unequal = (kind: 'numbers' | 'months' | 'weekdays' | 'quoted'): boolean => a[kind] !== b[kind] && a[kind] !== 0 && b[kind] !== 0;
  const differs: Readonly<Record<Kind, boolean>> = {
    numbers: unequal('numbers') || unequal('months') || unequal('weekdays'),
    units: (a.units & ~b.units) !== 0 && (b.units & ~a.units) !== 0,
    negation: a.negation !== b.negation,
    quoted: unequal('quoted'),
    order: a.words === b.words && a.order !== b.order,
  };
  return KINDS.filter((kind) => differs[kind]);
}
