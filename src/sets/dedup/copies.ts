import type { Keeper } from '../../analysis/duplicates/relation.ts';
import { textCopies, type TextKey } from '../../analysis/duplicates/text-copies.ts';
import { isWithin } from './compare.ts';
import { repeatIn } from './relate.ts';
import type { DedupInput, TextSides } from './sides.ts';
import type { Finding, Verdicts } from './verdicts.ts';

/**
 * Finds exact copies by text. No vector is read.
 *
 * @param order rows of INPUT that are not blank, those to keep first
 */
export function judgeCopies(sides: TextSides, order: Int32Array, { within, verdicts }: { within: boolean; verdicts: Verdicts }): void {
  const copyOf = findCopies(sides, { within: isWithin(sides, { within }) });
  for (const row of order) {
    const copy = copyOf(row);
    if (copy) verdicts.find(row, { ...copy, cosine: undefined, exact: true });
  }
}

type Copy = Pick<Finding, 'keeper' | 'relation'>;

/** Tells of each row which row has its text, of OTHER or among those it was asked for before; undefined where there is none. */
function findCopies(sides: TextSides, { within }: { within: boolean }): (row: number) => Copy | undefined {
  const { own, others, all } = sides;
  const { keyOf } = own.rows;
  if (!keyOf) return () => undefined;
  const bases: number[] = [];
  let base = own.rows.total;
  const total = all.reduce((sum, { rows }) => sum + rows.total, 0);
  const copies = textCopies(total);
  // rows by their text and label, where they have labels
  const labelled = all.some(({ rows }) => rows.hasLabels) ? textCopies(total) : undefined;
  /** The first row with this text, and the first that has the same label as well. */
  const firstOf = ({ rows }: Pick<DedupInput, 'rows'>, row: number, number: number): [text: number, label: number] => {
    const key = rows.keyOf!(row);
    const label = rows.labelOf(row);
    const first = copies.firstOf(key, number);
    return [first, labelled && label !== 0 ? labelled.firstOf(withLabel(key, label), number) : first];
  };
  for (const other of others) {
    bases.push(base);
    for (let row = 0; other.rows.keyOf && row < other.rows.total; row++) {
      if (other.rows.reasons.of(row) !== 'blank') firstOf(other, row, base + row);
    }
    base += other.rows.total;
  }
  const placeOf = (number: number): Keeper => {
    const at = bases.findLastIndex((first) => number >= first);
    return at < 0 ? { source: 0, row: number } : { source: at + 1, row: number - bases[at]! };
  };
  return (row) => {
    const [first, same] = firstOf(own, row, row);
    if (first === row) return undefined;
    for (const number of new Set([same, first])) {
      const keeper = placeOf(number);
      if (number === row || (keeper.source === 0 && !within)) continue;
      return { keeper, relation: repeatIn(sides, row, keeper) };
    }
    return undefined;
  };
}

function withLabel([first, second, ...rest]: TextKey, label: number): TextKey {
  return [first ^ Math.imul(label, 0x9e3779b1), second ^ label, ...rest];
}

/**
 * A copy of a row that is itself dropped repeats the row that this one repeats, and is a copy all the same. That it may repeat the first does not
 * mean that it may repeat the second.
 */
export function followCopies(sides: TextSides, verdicts: Verdicts, order: Int32Array): void {
  for (const row of order) {
    const first = verdicts.isExact(row) ? verdicts.keeperOf(row) : undefined;
    if (first?.source !== 0 || !verdicts.isDropped(first.row)) continue;
    const keeper = verdicts.keeperOf(first.row)!;
    const known = verdicts.relationOf(row)!;
    const relation = known === 'known' ? repeatIn(sides, row, keeper) : known;
    verdicts.find(row, { relation, keeper, cosine: undefined, exact: true, copied: first.row });
  }
}
