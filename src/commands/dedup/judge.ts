import { findDuplicates, type ComparisonOptions } from '../../analysis/duplicates/duplicates.ts';
import { textCopies } from '../../analysis/duplicates/text-copies.ts';
import { allowedThreads, type Io } from '../../io.ts';
import { openProgress } from '../../progress.ts';
import type { OpenedInput } from '../../sets/open-input.ts';
import type { RowTexts } from '../../sets/row-texts.ts';
import { cosine } from '../../vectors/matrix.ts';
import { rowReader } from '../../vectors/stored-rows.ts';
import type { DedupFlags } from './flags.ts';
import { REASONS, sameUnread, type JudgedRows } from './rows.ts';

/** INPUT, or an OTHER of --against. */
export type Side = { opened: OpenedInput; texts: RowTexts; name: string; rows: JudgedRows };

/** What became of each row: the row that it repeats (-1 where it is kept), whose it is, their cosine, and whether by text. */
export type Judgement = { sources: Uint16Array; keepers: Int32Array; cosines: Float64Array; exact: Uint8Array };

/** Those of some rows that are judged by their cosine. */
export function judgedOnly({ reasons }: JudgedRows, rows: Int32Array): Int32Array {
  return rows.filter((row) => REASONS[reasons[row]!] === 'judged');
}

/**
 * Finds exact copies by text, then near-duplicates among what is left, and tells of each dropped row which kept one it repeats.
 *
 * @param order rows of INPUT that are not blank, those to keep first
 */
export async function judge(
  sides: readonly Side[],
  order: Int32Array,
  { minCosine, flags, io }: { minCosine: number; flags: DedupFlags; io: Io },
): Promise<Judgement> {
  const [own] = sides as [Side, ...Side[]];
  const { total, reasons } = own.rows;
  const found: Judgement = {
    sources: new Uint16Array(total),
    keepers: new Int32Array(total).fill(-1),
    cosines: new Float64Array(total).fill(NaN),
    exact: new Uint8Array(total),
  };
  const copyOf = findCopies(sides, { within: isWithin(sides, flags) });
  for (const row of order) {
    const copy = copyOf(row);
    if (!copy) continue;
    found.exact[row] = 1;
    found.sources[row] = copy.source;
    found.keepers[row] = copy.row;
  }
  const candidates = judgedOnly(own.rows, order).filter((row) => found.exact[row] === 0);
  const { comparison, stop } = openComparison(sides, { flags, io, rows: candidates.length });
  try {
    const near = await findDuplicates(own.opened.set.vectors, candidates, {
      ...comparison,
      minCosine,
      onZero: (row) => (reasons[row] = REASONS.indexOf('zero')),
    });
    for (const { row, keeper, cosine: value } of near) {
      found.sources[row] = keeper.source;
      found.keepers[row] = keeper.row;
      found.cosines[row] = value;
    }
  } finally {
    stop();
  }
  followCopies(found, order);
  // what copies resemble is told as for all others
  const reads = sides.map(({ opened }) => rowReader(opened.set.vectors));
  for (const row of order) {
    if (found.keepers[row]! < 0 || !Number.isNaN(found.cosines[row])) continue;
    const vector = reads[0]!(row).slice();
    const value = cosine(vector, reads[found.sources[row]!]!(found.keepers[row]!));
    found.cosines[row] = value;
    // a copy whose own vector has no direction is no near-duplicate, but still a copy
    if (Number.isNaN(value)) found.exact[row] = 1;
  }
  return found;
}

/** Whether rows of INPUT are compared with each other. */
export function isWithin(sides: readonly Side[], { within }: DedupFlags): boolean {
  return sides.length === 1 || within === true;
}

/**
 * How rows of INPUT are compared with those of every side, with a bar for it.
 *
 * @param rows rows of INPUT that are compared
 */
export function openComparison(
  sides: readonly Side[],
  { flags, io, rows, quiet = flags.quiet === true }: { flags: DedupFlags; io: Io; rows: number; quiet?: boolean },
): { comparison: ComparisonOptions; stop: () => void } {
  const [own, ...others] = sides as [Side, ...Side[]];
  const progress = openProgress(io.stderr, { quiet });
  let done = 0;
  const comparison: ComparisonOptions = {
    within: isWithin(sides, flags),
    against: others.map((side) => ({ reader: side.opened.set.vectors, rows: judgedOnly(side.rows, allRows(side.rows.total)) })),
    mayMatch: (row, other) => sameUnread(own.rows.unread[row]!, sides[other.source]!.rows.unread[other.row]!),
    threads: flags.threads ?? allowedThreads(),
    name: own.name,
    signal: io.signal,
    // each row is compared with those before it
    onRows: (count) => progress.update((done += count), 0, (done / rows) ** 2),
  };
  return { comparison, stop: progress.stop };
}

export function allRows(total: number): Int32Array {
  return Int32Array.from({ length: total }, (_, row) => row);
}

/** Tells of each row which row has its text, of OTHER or among those it was asked for before; undefined where there is none. */
function findCopies(sides: readonly Side[], { within }: { within: boolean }): (row: number) => { source: number; row: number } | undefined {
  const [own, ...others] = sides as [Side, ...Side[]];
  if (!own.rows.key) return () => undefined;
  const bases: number[] = [];
  let base = own.rows.total;
  const copies = textCopies(sides.reduce((sum, { rows }) => sum + rows.total, 0));
  for (const { rows } of others) {
    bases.push(base);
    for (let row = 0; rows.key && row < rows.total; row++) {
      if (REASONS[rows.reasons[row]!] !== 'blank') copies.firstOf(rows.key(row), base + row);
    }
    base += rows.total;
  }
  const placeOf = (number: number): { source: number; row: number } => {
    const at = bases.findLastIndex((first) => number >= first);
    return at < 0 ? { source: 0, row: number } : { source: at + 1, row: number - bases[at]! };
  };
  return (row) => {
    const first = copies.firstOf(own.rows.key!(row), row);
    if (first === row) return undefined;
    const place = placeOf(first);
    return place.source === 0 && !within ? undefined : place;
  };
}

/** A copy of a row that was dropped itself repeats the row that this one repeats. */
function followCopies({ sources, keepers, exact }: Judgement, order: Int32Array): void {
  for (const row of order) {
    if (exact[row] === 0 || sources[row] !== 0) continue;
    const first = keepers[row]!;
    if (keepers[first]! < 0) continue;
    sources[row] = sources[first]!;
    keepers[row] = keepers[first]!;
    exact[row] = exact[first]!;
  }
}
