import { findDuplicates } from '../../analysis/duplicates/duplicates.ts';
import { RELATIONS, type Keeper } from '../../analysis/duplicates/relation.ts';
import { cosine } from '../../vectors/matrix.ts';
import { rowReader } from '../../vectors/stored-rows.ts';
import { comparisonOf, judgedOnly } from './compare.ts';
import { followCopies, judgeCopies } from './copies.ts';
import { labelsDisagree } from './relate.ts';
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
  const candidates = judgedOnly(own, order).filter((row) => mayBeNear(sides, row, verdicts));
  const near = await findDuplicates(own.opened.set.vectors, candidates, {
    ...comparisonOf(sides, candidates.length, { within, ...how }),
    minCosine,
    onZero: (row, source) => (source === 0 ? verdicts.leave(row, 'zero') : sides.at(source).rows.reasons.set(row, 'zero')),
  });
  for (const { row, ...found } of near) {
    const known = verdicts.relationOf(row);
    // a copy in conflict stays one, although it is near a row that it may repeat
    if (known !== undefined && RELATIONS.indexOf(known) < RELATIONS.indexOf(found.relation)) continue;
    verdicts.find(row, { ...found, exact: hasTextOf(sides, row, found.keeper) });
  }
  followCopies(sides, verdicts, order);
  measureCopies(sides, order, verdicts);
  for (const row of order) if (own.rows.isAccepted(row)) verdicts.accept(row);
  return verdicts;
}

/** Whether a row may be near others. Of a copy with another label, even one that is known, a row with the same label may be near. */
function mayBeNear(sides: Sides, row: number, verdicts: Verdicts): boolean {
  const relation = verdicts.relationOf(row);
  if (relation === 'known') return labelsDisagree(sides, row, verdicts.keeperOf(row)!);
  return relation === undefined || relation === 'conflict';
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
