import { cosine } from '../../vectors/matrix.ts';
import { rowReader, type VectorReader } from '../../vectors/stored-rows.ts';
import { isLeftOut, RELATIONS, type Keeper, type Relate, type Relation } from './relations.ts';
import { BLOCK_ROWS, chooseProjection, openRowScreen, ROUNDING, type RowScreen, type ScreenBlock } from './row-screen.ts';

/** A row, the most similar kept row before it, their cosine, and how they relate. */
export type Duplicate = { row: number; keeper: Keeper; cosine: number; relation: Relation };

/** Rows of another corpus, which are never dropped. */
export type OtherRows = { reader: VectorReader; rows: Int32Array };

const REPEATS: Relate = () => 'repeat';

export type ComparisonOptions = {
  threads: number;
  against?: readonly OtherRows[];
  /** Whether rows are compared with each other. */
  within?: boolean;
  /** How a pair relates if its cosine is at or above the threshold, undefined where a cosine says nothing; by default each is a repeat. */
  relate?: Relate | undefined;
  /** The name of the vectors in errors. */
  name: string;
  signal?: AbortSignal;
  onRows?: (rows: number) => void;
  /** Whether rows are projected before they are screened; where undefined, their number and a trial decide. */
  projected?: boolean;
  /** Called with each row that is all zeros, and where it is from: 0 for the rows that are compared, then those of `against`. */
  onZero?: (row: number, source: number) => void;
};

/**
 * Finds near-duplicates without chains. Rows are judged in the given order. A row is dropped if it repeats an earlier kept row: their
 * cosine is at or above the threshold, and nothing else stands against it (`relate`). It then names the most similar of those rows, of
 * equal ones the first. So no two kept rows repeat each other, and every dropped row names a row that it really resembles. A row that
 * repeats none, but relates to a kept row otherwise, is kept, and names that row: its nearest of the first such relation.
 *
 * The result is exact: kernels only propose pairs, by upper bounds (row-screen.ts), and `cosine` decides. Memory holds the
 * codes of the kept rows; vectors are read when they are compared. Rows of zeros have no cosine: they are neither dropped
 * nor do others repeat them.
 *
 * @param order rows to judge, the most important first
 */
export async function findDuplicates(
  reader: VectorReader,
  order: Int32Array,
  { minCosine, ...options }: ComparisonOptions & { minCosine: number },
): Promise<Duplicate[]> {
  const { within = true, relate = REPEATS } = options;
  const found: Duplicate[] = [];
  await compareBlocks(reader, order, { ...options, floor: minCosine }, async ({ block, screen, held }) => {
    const best = await nearestHeld({ block, screen, held }, { minCosine, relate });
    const earlier: { partner: number; upper: number }[][] = Array.from({ length: block.count }, () => []);
    if (within) {
      await screen.ownPairs(block, minCosine, (column, partner, upper) => {
        // a row that repeats a kept row is not kept itself
        if (!best[partner]?.repeat) earlier[column]!.push({ partner, upper });
      });
    }
    /** Column of each kept row of this block → its number among the held rows. */
    const became = new Map<number, number>();
    for (let column = 0; column < block.count; column++) {
      const row = block.rows[column]!;
      const nearest = (best[column] ??= {});
      // the most promising first, because rows that cannot be nearer than the best are not compared
      for (const { partner, upper } of earlier[column]!.toSorted((a, b) => b.upper - a.upper || a.partner - b.partner)) {
        const number = became.get(partner);
        const relation = number === undefined ? undefined : relate(row, { source: 0, row: block.rows[partner]! });
        if (number === undefined || relation === undefined) continue;
        nearest[relation] = nearerOf(nearest[relation], { number, upper }, minCosine, () =>
          cosine(block.vector(column), block.vector(partner)),
        );
      }
      const relation = RELATIONS.find((one) => nearest[one] !== undefined);
      const one = relation && { row, keeper: held.keeperOf(nearest[relation]!.number), cosine: nearest[relation]!.cosine, relation };
      if (one) found.push(one);
      if (within && !(one && isLeftOut(one))) became.set(column, held.add(block, column));
    }
  });
  return found;
}

/** Pairs that are collected before they are handed over, roughly. */
const PAIRS_AT_ONCE = 200_000;

/** Rows of the first block, while the share of similar pairs is unknown. */
const FIRST_BLOCK_ROWS = 256;

/** A pair of rows at or above a cosine. `other` comes before `row`, or is from another corpus. */
export type Pair = { row: number; other: Keeper; cosine: number; relation: Relation };

/**
 * Finds all pairs at or above a cosine, one block of rows at a time.
 *
 * @param order rows to compare
 * @param minCosine called once per block, so that the threshold may rise while pairs come in
 */
export async function findPairs(
  reader: VectorReader,
  order: Int32Array,
  { minCosine, onPairs, ...options }: ComparisonOptions & { minCosine: () => number; onPairs: (pairs: Pair[]) => Promise<void> | void },
): Promise<void> {
  const { within = true, relate = REPEATS } = options;
  let blockRows = FIRST_BLOCK_ROWS;
  await compareBlocks(reader, order, { ...options, floor: minCosine(), blockRows: () => blockRows }, async ({ block, screen, held }) => {
    const floor = minCosine();
    // no cosine is above 1
    if (floor > 1) return;
    const pairs: Pair[] = [];
    const compare = (column: number, other: Keeper, vector: Float32Array): void => {
      const row = block.rows[column]!;
      const value = cosine(block.vector(column), vector);
      const relation = value >= floor ? relate(row, other) : undefined;
      if (relation !== undefined) pairs.push({ row, other, cosine: value, relation });
    };
    await screen.heldPairs(block, floor, (column, number) => compare(column, held.keeperOf(number), held.vector(number)));
    if (within) {
      await screen.ownPairs(block, floor, (column, partner) =>
        compare(column, { source: 0, row: block.rows[partner]! }, block.vector(partner)),
      );
      for (let column = 0; column < block.count; column++) held.add(block, column);
    }
    // if nearly all pairs are similar, those of a large block would not fit into memory
    blockRows = Math.min(BLOCK_ROWS, 2 * blockRows, Math.max(1, Math.floor((blockRows * PAIRS_AT_ONCE) / (pairs.length || 1))));
    await onPairs(pairs);
  });
}

type ScreenStep = { block: ScreenBlock; screen: RowScreen; held: HeldRows };

/** Reads and holds the rows of other corpora, then calls `step` with the rows to compare, block by block. */
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
        const block = await screen.block(other.reader, rows, (row) => onZero?.(row, at + 1));
        for (let column = 0; column < (block?.count ?? 0); column++) held.add(block!, column, at + 1);
      }
    }
    for (const rows of inBlocks(order, blockRows)) {
      signal?.throwIfAborted();
      const block = await screen.block(reader, rows, (row) => onZero?.(row, 0));
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

/** The rows that a screen holds. Their vectors are read again for each comparison. */
type HeldRows = {
  /** Holds a row and returns its number. */
  add(block: ScreenBlock, column: number, source?: number): number;
  keeperOf(number: number): Keeper;
  /** The vector of a row; valid until the next call. */
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

/** The nearest held row of each relation. */
type Nearest = { [relation in Relation]?: NearestKeeper | undefined };

/** For each column, the most similar held rows at or above the threshold. */
async function nearestHeld(
  { block, screen, held }: ScreenStep,
  { minCosine, relate }: { minCosine: number; relate: Relate },
): Promise<(Nearest | undefined)[]> {
  const best: (Nearest | undefined)[] = Array.from({ length: block.count }, () => undefined);
  await screen.heldPairs(block, minCosine, (column, number, upper) => {
    const relation = relate(block.rows[column]!, held.keeperOf(number));
    if (relation === undefined) return;
    const nearest = (best[column] ??= {});
    nearest[relation] = nearerOf(nearest[relation], { number, upper }, minCosine, () => cosine(block.vector(column), held.vector(number)));
  });
  return best;
}

/** The nearer of two held rows, the earlier of equal ones. The cosine is computed only where it may matter. */
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
