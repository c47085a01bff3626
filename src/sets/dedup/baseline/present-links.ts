import type { Keeper } from '../../../analysis/duplicates/relation.ts';
import { isWithin } from '../compare.ts';
import type { TextSides } from '../sides.ts';
import { linkCopies } from './copy-links.ts';
import type { EntryKind } from './entries.ts';
import { openGroups } from './groups.ts';
import type { Ledger, Link } from './ledger.ts';
import type { LinkNear } from './near-links.ts';
import { countOccurrences } from './occurrences.ts';

/**
 * All that is to be known of the inputs as they are: links that lead from each text to all texts that it repeats or is in conflict with, and the
 * numbers of copies. Rows that are accepted stay and are compared, so pairs of all rows count, not only those of a walk that drops some. Links of
 * the ledger that still hold stay, so that little changes in a file.
 *
 * @param order rows of INPUT that are not blank, those that are accepted in place last
 * @param near finds near-duplicates; undefined where only texts are compared
 */
export async function presentLinks(
  sides: TextSides,
  order: Int32Array,
  { ledger, within, near }: { ledger: Ledger; within: boolean; near: LinkNear | undefined },
): Promise<Link[]> {
  const marks = sides.own.rows.marks!;
  const forest = openForest(ledger);
  /** Texts that repeat another text, or are in conflict with one. */
  const found = new Set<number>();
  linkCopies(sides, order, {
    within,
    take(kind, one, other, text) {
      forest.add(kind, one, other);
      found.add(text);
    },
  });
  const linkOf = (row: number, other: Keeper, kind: EntryKind): [number, number] => {
    const theirs = sides.at(other.source).rows.marks!;
    return kind === 'conflict' ? [marks.labelledOf(row), theirs.labelledOf(other.row)] : [marks.textOf(row), theirs.textOf(other.row)];
  };
  await near?.(firstOfEach(order, sides), {
    wants(row, other, relation) {
      const kind = kindOf(relation);
      return kind !== undefined && forest.wants(...linkOf(row, other, kind));
    },
    take(row, other, relation) {
      const kind = kindOf(relation)!;
      forest.add(kind, ...linkOf(row, other, kind));
      found.add(marks.textOf(row));
    },
  });
  const beside = isWithin(sides, { within });
  const { repeatsOf, isInInput, isInOther } = countOccurrences(sides, order, ledger, { within: beside });
  const links = forest.links();
  const counts = beside ? isInInput : (text: number): boolean => isInOther(text) || found.has(text);
  for (const text of new Set(Array.from(order, marks.textOf))) {
    if (repeatsOf(text) > 0 && counts(text)) links.push({ kind: 'duplicate', a: text, b: text, count: repeatsOf(text) });
  }
  return links;
}

function kindOf(relation: string | undefined): EntryKind | undefined {
  return relation === 'repeat' ? 'duplicate' : relation === 'conflict' ? 'conflict' : undefined;
}

/** The first row of each text, and of each label of it; none that is accepted in place. */
function firstOfEach(order: Int32Array, { own }: TextSides): Int32Array {
  const { textOf, labelledOf } = own.rows.marks!;
  const seen = new Set<number>();
  return order.filter((row) => {
    const number = labelledOf(row) || textOf(row);
    if (own.rows.isAccepted(row) || seen.has(number)) return false;
    seen.add(number);
    return true;
  });
}

/** Links without a way round, but for those of a ledger, which stay where they hold. */
type Forest = {
  /** Whether a link would lead to something new, or is one of the ledger of which it is not known whether it holds. */
  wants(a: number, b: number): boolean;
  add(kind: EntryKind, a: number, b: number): void;
  links(): Link[];
};

function openForest(ledger: Ledger): Forest {
  const old = new Set(ledger.links.map(({ a, b }) => keyOf(a, b)));
  const groups = openGroups();
  const held = new Map<number, Link>();
  const fresh: Link[] = [];
  const wants = (a: number, b: number): boolean => {
    if (a === b) return false;
    if (!groups.areJoined(a, b)) return true;
    const key = keyOf(a, b);
    return old.has(key) && !held.has(key);
  };
  return {
    wants,
    add(kind, a, b) {
      if (!wants(a, b)) return;
      groups.join(a, b);
      if (old.has(keyOf(a, b))) held.set(keyOf(a, b), { kind, a, b });
      else fresh.push({ kind, a, b });
    },
    links() {
      const joined = openGroups();
      for (const { a, b } of held.values()) joined.join(a, b);
      return [...held.values(), ...fresh.filter(({ a, b }) => joined.join(a, b))];
    },
  };
}

/** One number for two; a double holds two numbers below 2²⁶ exactly. */
function keyOf(a: number, b: number): number {
  return Math.min(a, b) * 2 ** 26 + Math.max(a, b);
}
