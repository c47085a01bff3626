import { findDuplicates } from '../../analysis/duplicates/duplicates.ts';
import type { Keeper } from '../../analysis/duplicates/relation.ts';
import { textCopies, type TextKey } from '../../analysis/duplicates/text-copies.ts';
import { cosine } from '../../vectors/matrix.ts';
import { rowReader } from '../../vectors/stored-rows.ts';
import { comparisonOf, isWithin, judgedOnly } from './compare.ts';
import type { DedupInput, Sides } from './inputs.ts';
import { repeatIn } from './relate.ts';
import type { DedupRun } from './settings.ts';
import { openVerdicts, type Finding, type Verdicts } from './verdicts.ts';

type Judging = { minCosine: number; within: boolean; threads: number } & Pick<DedupRun, 'signal' | 'onProgress'>;

/**
 * Finds exact copies by text, then near-duplicates among the other rows. Each row that relates to a kept row names it.
 *
 * @param order rows of INPUT that are not blank, those to keep first
 */
export async function judge(sides: Sides, order: Int32Array, { minCosine, within, ...how }: Judging): Promise<Verdicts> {
  const { own } = sides;
  const verdicts = openVerdicts(own.rows.total, own.rows.reasons);
  const copyOf = findCopies(sides, { within: isWithin(sides, { within }) });
  for (const row of order) {
    const copy = copyOf(row);
    if (copy) verdicts.find(row, { ...copy, cosine: undefined, exact: true });
  }
  // of a copy with another label, a row with the same label may be near
  const candidates = judgedOnly(own, order).filter((row) => [undefined, 'conflict'].includes(verdicts.relationOf(row)));
  const near = await findDuplicates(own.opened.set.vectors, candidates, {
    ...comparisonOf(sides, candidates.length, { within, ...how }),
    minCosine,
    onZero: (row, source) => (source === 0 ? verdicts.leave(row, 'zero') : sides.at(source).rows.reasons.set(row, 'zero')),
  });
  for (const { row, ...found } of near) verdicts.find(row, { ...found, exact: hasTextOf(sides, row, found.keeper) });
  followCopies(verdicts, order);
  measureCopies(sides, order, verdicts);
  for (const row of order) if (own.rows.isAccepted(row)) verdicts.accept(row);
  return verdicts;
}

type Copy = Pick<Finding, 'keeper' | 'relation'>;

/** Tells of each row which row has its text, of OTHER or among those it was asked for before; undefined where there is none. */
function findCopies(sides: Sides, { within }: { within: boolean }): (row: number) => Copy | undefined {
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
  const firstOf = ({ rows }: DedupInput, row: number, number: number): [text: number, label: number] => {
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

function hasTextOf({ own, at }: Sides, row: number, { source, row: other }: Keeper): boolean {
  const [ours, theirs] = [own.rows.keyOf?.(row), at(source).rows.keyOf?.(other)];
  return ours !== undefined && theirs !== undefined && ours.every((word, place) => word === theirs[place]);
}

/** A copy of a row that is itself dropped repeats the row that this one repeats, and is a copy all the same. */
function followCopies(verdicts: Verdicts, order: Int32Array): void {
  for (const row of order) {
    const first = verdicts.isExact(row) ? verdicts.keeperOf(row) : undefined;
    if (first?.source !== 0 || !verdicts.isDropped(first.row)) continue;
    const keeper = verdicts.keeperOf(first.row)!;
    verdicts.find(row, { relation: verdicts.relationOf(row)!, keeper, cosine: undefined, exact: true, copied: first.row });
  }
}

/** Gives copies the cosine of their keeper, as all related rows have one. */
function measureCopies({ own, all }: Sides, order: Int32Array, verdicts: Verdicts): void {
  const vectorOf = rowReader(own.opened.set.vectors);
  const reads = all.map(({ opened }) => rowReader(opened.set.vectors));
  for (const row of order) {
    const keeper = verdicts.keeperOf(row);
    if (!keeper || verdicts.cosineOf(row) !== undefined) continue;
    const value = cosine(vectorOf(row), reads[keeper.source]!(keeper.row));
    verdicts.find(row, { relation: verdicts.relationOf(row)!, keeper, cosine: value, exact: true, copied: verdicts.copiedBy(row) });
  }
}
