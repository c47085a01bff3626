import { findDuplicates } from '../../analysis/duplicates/duplicates.ts';
import type { Keeper } from '../../analysis/duplicates/relation.ts';
import { cosine } from '../../vectors/matrix.ts';
import { rowReader } from '../../vectors/stored-rows.ts';
import { comparisonOf, judgedOnly } from './compare.ts';
import { followCopies, judgeCopies } from './copies.ts';
import type { DedupRun } from './settings.ts';
import type { Sides } from './sides.ts';
import { openVerdicts, type Verdicts } from './verdicts.ts';

type Judging = { minCosine: number; within: boolean; threads: number } & Pick<DedupRun, 'signal' | 'onProgress'>;

/**
 * Finds exact copies by text, then near-duplicates among the other rows. Each row that relates to a kept row names it.
 *
 * @param order rows of INPUT that are not blank, those to keep first
 */
export async function judge(sides: Sides, order: Int32Array, { minCosine, within, ...how }: Judging): Promise<Verdicts> {
  const { own } = sides;
  const verdicts = openVerdicts(own.rows.total, own.rows.reasons);
  judgeCopies(sides, order, { within, verdicts });
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

function hasTextOf({ own, at }: Sides, row: number, { source, row: other }: Keeper): boolean {
  const [ours, theirs] = [own.rows.keyOf?.(row), at(source).rows.keyOf?.(other)];
  return ours !== undefined && theirs !== undefined && ours.every((word, place) => word === theirs[place]);
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
