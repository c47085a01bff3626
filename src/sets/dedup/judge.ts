import { findDuplicates, type Keeper } from '../../analysis/duplicates/duplicates.ts';
import { textCopies } from '../../analysis/duplicates/text-copies.ts';
import { cosine } from '../../vectors/matrix.ts';
import { rowReader } from '../../vectors/stored-rows.ts';
import { comparisonOf, isWithin, judgedOnly } from './compare.ts';
import type { Sides } from './inputs.ts';
import type { DedupRun } from './settings.ts';
import { openVerdicts, type Verdicts } from './verdicts.ts';

type Judging = { minCosine: number; within: boolean; threads: number } & Pick<DedupRun, 'signal' | 'onProgress'>;

/**
 * Finds exact copies by text, then near-duplicates among the other rows. Each dropped row names the kept row that it repeats.
 *
 * @param order rows of INPUT that are not blank, those to keep first
 */
export async function judge(sides: Sides, order: Int32Array, { minCosine, within, ...how }: Judging): Promise<Verdicts> {
  const { own } = sides;
  const verdicts = openVerdicts(own.rows.total, own.rows.reasons);
  const copyOf = findCopies(sides, { within: isWithin(sides, { within }) });
  for (const row of order) {
    const keeper = copyOf(row);
    if (keeper) verdicts.drop(row, { keeper, cosine: undefined, exact: true });
  }
  const candidates = judgedOnly(own, order).filter((row) => !verdicts.isDropped(row));
  const near = await findDuplicates(own.opened.set.vectors, candidates, {
    ...comparisonOf(sides, candidates.length, { within, ...how }),
    minCosine,
    onZero: (row, source) => (source === 0 ? verdicts.leave(row, 'zero') : sides.at(source).rows.reasons.set(row, 'zero')),
  });
  for (const { row, keeper, cosine: value } of near) verdicts.drop(row, { keeper, cosine: value, exact: false });
  followCopies(verdicts, order);
  measureCopies(sides, order, verdicts);
  return verdicts;
}

/** Tells of each row which row has its text, of OTHER or among those it was asked for before; undefined where there is none. */
function findCopies({ own, others, all }: Sides, { within }: { within: boolean }): (row: number) => Keeper | undefined {
  const { keyOf } = own.rows;
  if (!keyOf) return () => undefined;
  const bases: number[] = [];
  let base = own.rows.total;
  const copies = textCopies(all.reduce((sum, { rows }) => sum + rows.total, 0));
  for (const { rows } of others) {
    bases.push(base);
    for (let row = 0; rows.keyOf && row < rows.total; row++) {
      if (rows.reasons.of(row) !== 'blank') copies.firstOf(rows.keyOf(row), base + row);
    }
    base += rows.total;
  }
  const placeOf = (number: number): Keeper => {
    const at = bases.findLastIndex((first) => number >= first);
    return at < 0 ? { source: 0, row: number } : { source: at + 1, row: number - bases[at]! };
  };
  return (row) => {
    const first = copies.firstOf(keyOf(row), row);
    if (first === row) return undefined;
    const place = placeOf(first);
    return place.source === 0 && !within ? undefined : place;
  };
}

/** A copy of a row that is itself dropped repeats the row that this one repeats, and is a copy all the same. */
function followCopies(verdicts: Verdicts, order: Int32Array): void {
  for (const row of order) {
    const first = verdicts.isExact(row) ? verdicts.keeperOf(row) : undefined;
    if (first?.source !== 0) continue;
    const keeper = verdicts.keeperOf(first.row);
    if (keeper) verdicts.drop(row, { keeper, cosine: undefined, exact: true, copied: first.row });
  }
}

/** Gives copies the cosine of their keeper, as all dropped rows have one. */
function measureCopies({ own, all }: Sides, order: Int32Array, verdicts: Verdicts): void {
  const vectorOf = rowReader(own.opened.set.vectors);
  const reads = all.map(({ opened }) => rowReader(opened.set.vectors));
  for (const row of order) {
    const keeper = verdicts.keeperOf(row);
    if (!keeper || verdicts.cosineOf(row) !== undefined) continue;
    const value = cosine(vectorOf(row), reads[keeper.source]!(keeper.row));
    verdicts.drop(row, { keeper, cosine: value, exact: true, copied: verdicts.copiedBy(row) });
  }
}
