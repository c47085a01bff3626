import { cosine } from '../../vectors/matrix.ts';
import { rowReader, type VectorReader } from '../../vectors/stored-rows.ts';
import { BLOCK_ROWS, chooseProjection, openRowScreen, ROUNDING, type RowScreen, type ScreenBlock } from './row-screen.ts';

/** Where a row that is kept, or compared with, comes from: source 0 is the corpus itself, 1 and on are `against`. */
export type Keeper = { source: number; row: number };

/** A row that is dropped, the most similar keeper before it, and their cosine. */
export type Duplicate = { row: number; keeper: Keeper; cosine: number };

/** Rows of another corpus; they are never dropped themselves. */
export type OtherRows = { reader: VectorReader; rows: Int32Array };

export type ComparisonOptions = {
  threads: number;
  against?: readonly OtherRows[];
  /** Whether rows are compared with each other. */
  within?: boolean;
  /** Whether two rows can be alike for reasons beside their vectors; every two where undefined. */
  mayMatch?: ((row: number, other: Keeper) => boolean) | undefined;
  /** What errors call the vectors. */
  name: string;
  signal?: AbortSignal;
  onRows?: (rows: number) => void;
  /** Whether rows are projected before they are screened; by their number and a trial where undefined. */
  projected?: boolean;
  /** Told each row of length zero. */
  onZero?: (row: number) => void;
};

/**
 * Near-duplicates without chains. Rows are taken in the order given; a row is kept unless an earlier kept row is at or above
 * the threshold, and then names the most similar of these (of equal ones the first). So no two kept rows are that similar,
 * and every dropped row names one it really resembles.
 *
 * Exact: kernels only propose pairs, by upper bounds (row-screen.ts); `cosine` decides. Memory is the codes of the kept
 * rows; vectors are read when they are compared. Rows of length zero have no cosine and are neither dropped nor keepers.
 *
 * @param order rows to judge, the most important first
 */
export async function findDuplicates(
  reader: VectorReader,
  order: Int32Array,
  { minCosine, ...options }: ComparisonOptions & { minCosine: number },
): Promise<Duplicate[]> {
  const { within = true, mayMatch = () => true } = options;
  const found: Duplicate[] = [];
  await compareBlocks(reader, order, { ...options, floor: minCosine }, async ({ block, screen, held }) => {
    const best = await nearestHeld({ block, screen, held }, { minCosine, mayMatch });
    const earlier: { partner: number; upper: number }[][] = Array.from({ length: block.count }, () => []);
    if (within) {
      await screen.ownPairs(block, minCosine, (column, partner, upper) => {
        // who repeats a keeper becomes none
        if (!best[partner]) earlier[column]!.push({ partner, upper });
      });
    }
    /** Number of the keeper that a row of this block has become. */
    const became = new Map<number, number>();
    for (let column = 0; column < block.count; column++) {
      let nearest = best[column];
      // the most promising first: what cannot be nearer than the best need not be compared
      for (const { partner, upper } of earlier[column]!.toSorted((a, b) => b.upper - a.upper || a.partner - b.partner)) {
        const number = became.get(partner);
        if (number !== undefined && mayMatch(block.rows[column]!, { source: 0, row: block.rows[partner]! }))
          nearest = nearerOf(nearest, { number, upper }, minCosine, () => cosine(block.vector(column), block.vector(partner)));
      }
      const row = block.rows[column]!;
      if (nearest) found.push({ row, keeper: held.keeperOf(nearest.number), cosine: nearest.cosine });
      else if (within) became.set(column, held.add(block, column));
    }
  });
  return found;
}

/** Pairs that are held at a time, about. */
const PAIRS_AT_ONCE = 200_000;

/** Rows of the first block of pairs, before it is known how many of them are pairs. */
const FIRST_BLOCK_ROWS = 256;

/** A pair of rows at or above a cosine; `other` comes before `row`, or from another corpus. */
export type Pair = { row: number; other: Keeper; cosine: number };

/**
 * All pairs at or above a cosine, a block of rows at a time.
 *
 * @param order rows to compare
 * @param minCosine asked for once a block, so that it may rise while pairs come in
 */
export async function findPairs(
  reader: VectorReader,
  order: Int32Array,
  { minCosine, onPairs, ...options }: ComparisonOptions & { minCosine: () => number; onPairs: (pairs: Pair[]) => Promise<void> | void },
): Promise<void> {
  const { within = true, mayMatch = () => true } = options;
  let blockRows = FIRST_BLOCK_ROWS;
  await compareBlocks(reader, order, { ...options, floor: minCosine(), blockRows: () => blockRows }, async ({ block, screen, held }) => {
    const floor = minCosine();
    // no pair is nearer than equal rows
    if (floor > 1) return;
    const pairs: Pair[] = [];
    const compare = (column: number, other: Keeper, vector: Float32Array): void => {
      const value = cosine(block.vector(column), vector);
      if (value >= floor && mayMatch(block.rows[column]!, other)) pairs.push({ row: block.rows[column]!, other, cosine: value });
    };
    await screen.heldPairs(block, floor, (column, number) => compare(column, held.keeperOf(number), held.vector(number)));
    if (within) {
      await screen.ownPairs(block, floor, (column, partner) =>
        compare(column, { source: 0, row: block.rows[partner]! }, block.vector(partner)),
      );
      for (let column = 0; column < block.count; column++) held.add(block, column);
    }
    // where nearly every pair is one, a block of many rows would not fit into memory
    blockRows = Math.min(BLOCK_ROWS, 2 * blockRows, Math.max(1, Math.floor((blockRows * PAIRS_AT_ONCE) / (pairs.length || 1))));
    await onPairs(pairs);
  });
}

type ScreenStep = { block: ScreenBlock; screen: RowScreen; held: HeldRows };

/** Reads the rows of other corpora and holds them, then hands over the rows to compare, block by block. */
async function compareBlocks(
  reader: VectorReader,
  order: Int32Array,
  {
    threads,
    against = [],
    name,
    signal,
    onRows,
    onZero,
    floor,
    projected,
    blockRows,
  }: ComparisonOptions & { floor: number; blockRows?: () => number },
  step: (step: ScreenStep) => Promise<void>,
): Promise<void> {
  const projection =
    projected === false ? undefined : await chooseProjection(reader, order, { minCosine: floor, threads, name, always: projected });
  const screen = await openRowScreen({ dims: reader.cols, projection, threads, name });
  const held = heldRows(screen, [reader, ...against.map((other) => other.reader)], {
    capacity: against.reduce((sum, { rows }) => sum + rows.length, order.length),
  });
  try {
    for (const [at, other] of against.entries()) {
      for (const rows of inBlocks(other.rows)) {
        signal?.throwIfAborted();
        const block = await screen.block(other.reader, rows);
        for (let column = 0; column < (block?.count ?? 0); column++) held.add(block!, column, at + 1);
      }
    }
    for (const rows of inBlocks(order, blockRows)) {
      signal?.throwIfAborted();
      const block = await screen.block(reader, rows, onZero);
      if (block) await step({ block, screen, held });
      onRows?.(rows.length);
    }
  } finally {
    await screen.close();
    await projection?.close();
  }
}

function* inBlocks(rows: Int32Array, size: () => number = () => BLOCK_ROWS): Generator<Int32Array> {
  for (let first = 0, next = 0; first < rows.length; first = next) {
    next = Math.min(rows.length, first + size());
    yield rows.subarray(first, next);
  }
}

/** The rows that a screen holds: which they are, and their vectors, read anew for each comparison. */
type HeldRows = {
  /** Holds a row and returns its number. */
  add(block: ScreenBlock, column: number, source?: number): number;
  keeperOf(number: number): Keeper;
  /** Valid until the next call. */
  vector(number: number): Float32Array;
};

function heldRows(screen: RowScreen, readers: readonly VectorReader[], { capacity }: { capacity: number }): HeldRows {
  const rows = new Int32Array(capacity);
  const sources = new Uint16Array(readers.length > 1 ? capacity : 0);
  const reads = readers.map((reader) => rowReader(reader));
  let count = 0;
  const keeperOf = (number: number): Keeper => ({ source: sources[number] ?? 0, row: rows[number]! });
  return {
    add(block, column, source = 0) {
      screen.hold(block, column);
      rows[count] = block.rows[column]!;
      if (source > 0) sources[count] = source;
      return count++;
    },
    keeperOf,
    vector: (number) => reads[sources[number] ?? 0]!(rows[number]!),
  };
}

type NearestKeeper = { number: number; cosine: number };

/** For each column, the most similar row that is held, of those at or above the threshold. */
async function nearestHeld(
  { block, screen, held }: ScreenStep,
  { minCosine, mayMatch }: { minCosine: number; mayMatch: NonNullable<ComparisonOptions['mayMatch']> },
): Promise<(NearestKeeper | undefined)[]> {
  const best: (NearestKeeper | undefined)[] = Array.from({ length: block.count }, () => undefined);
  await screen.heldPairs(block, minCosine, (column, number, upper) => {
    if (!mayMatch(block.rows[column]!, held.keeperOf(number))) return;
    best[column] = nearerOf(best[column], { number, upper }, minCosine, () => cosine(block.vector(column), held.vector(number)));
  });
  return best;
}

/** The nearer of two, the earlier of equal ones; the cosine is only computed where it may matter. */
function nearerOf(
  best: NearestKeeper | undefined,
  { number, upper }: { number: number; upper: number },
  minCosine: number,
  cosineOf: () => number,
): NearestKeeper | undefined {
  if (best && upper + ROUNDING < best.cosine) return best;
  const value = cosineOf();
  if (value < minCosine) return best;
  return !best || value > best.cosine || (value === best.cosine && number < best.number) ? { number, cosine: value } : best;
}
