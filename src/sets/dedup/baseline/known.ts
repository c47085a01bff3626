import { isWithin } from '../compare.ts';
import type { TextSides } from '../sides.ts';
import type { Ledger, Link } from './ledger.ts';
import type { Accepts } from './marks.ts';
import type { Occurrences } from './occurrences.ts';

/**
 * Looks pairs of rows up in a ledger. Two texts are known to repeat each other if entries lead from one to the other, whichever pair a walk
 * through the rows meets; a row that comes more often than is known is new, whatever it repeats.
 */
export function acceptsBy({ areLinked }: Ledger, { own, at }: TextSides, { isSurplus }: Pick<Occurrences, 'isSurplus'>): Accepts {
  const ours = own.rows.marks!;
  return (row, other, relation) => {
    if (isSurplus(row)) return false;
    const theirs = at(other.source).rows.marks!;
    if (relation === 'conflict') return areLinked(ours.labelledOf(row), theirs.labelledOf(other.row));
    const [text, otherText] = [ours.textOf(row), theirs.textOf(other.row)];
    return text === otherText ? text > 0 : areLinked(text, otherText);
  };
}

/** How many entries of a ledger no longer occur, or not as often: one of their texts is gone. */
export function countGone(
  { links }: Ledger,
  sides: TextSides,
  { isInInput, isInOther, repeatsOf }: Occurrences,
  how: { within: boolean },
): number {
  const within = isWithin(sides, how);
  const isBeside = (number: number): boolean => isInOther(number) || (within && isInInput(number));
  const occurs = ({ a, b, count }: Link): boolean =>
    count === undefined ? (isInInput(a) && isBeside(b)) || (isInInput(b) && isBeside(a)) : repeatsOf(a) >= count;
  return links.filter((link) => !occurs(link)).length;
}

/** Rows that a ledger names come first, but for those that are accepted in place, which come last: they stay, so that of a row that is new and a row that is known, the new one is found. */
export function knownFirst(order: Int32Array, { isNamed }: Ledger, { own }: TextSides): Int32Array {
  const { textOf, labelledOf } = own.rows.marks!;
  const isKnown = (row: number): boolean => !own.rows.isAccepted(row) && (isNamed(textOf(row)) || isNamed(labelledOf(row)));
  return Int32Array.from([...order.filter(isKnown), ...order.filter((row) => !isKnown(row))]);
}
