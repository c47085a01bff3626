import { openCandidateKernel, type CandidateKernel } from '../engine/candidates.ts';
import { cosine, roundDown } from '../vectors/matrix.ts';
import { rowReader, type VectorReader } from '../vectors/stored-rows.ts';
import { codeBlock, codeWidth, queryCodes } from './codes.ts';
import { openKeeperCodes, type KeeperCodes } from './keeper-codes.ts';
import { normalizeRows, type CodeBlock } from './row-blocks.ts';

/** Where a row that is kept, or compared with, comes from: source 0 is the corpus itself, 1 and on are `against`. */
export type Keeper = { source: number; row: number };

/** A row that is dropped, the most similar keeper before it, and their cosine. */
export type Duplicate = { row: number; keeper: Keeper; cosine: number };

export type DuplicateOptions = {
  minCosine: number;
  threads: number;
  /** Rows of other corpora that a row may be a duplicate of; they are never dropped themselves. */
  against?: readonly { reader: VectorReader; rows: Int32Array }[];
  /** Whether rows are compared with each other. */
  within?: boolean;
  /** What errors call the vectors. */
  name: string;
  signal?: AbortSignal;
  onRows?: (rows: number) => void;
};

/** Rows that are screened at once. */
const BLOCK_ROWS = 1024;

/** Less than any two cosines that differ by a rounding to 6 decimals, and what float32 adds. */
const ROUNDING = 2e-6;

/**
 * Near-duplicates without chains. Rows are taken in the order given; a row is kept unless an earlier kept row is at or above
 * the threshold, and then names the most similar of these (of equal ones the first). So no two kept rows are that similar,
 * and every dropped row names one it really resembles.
 *
 * Exact: kernels only propose pairs, by upper bounds (codes.ts); `cosine` decides. Memory is the codes of the kept rows;
 * vectors are read when they are compared.
 *
 * @param order rows to judge, the most important first
 */
export async function findDuplicates(reader: VectorReader, order: Int32Array, options: DuplicateOptions): Promise<Duplicate[]> {
  const { minCosine, threads, against = [], within = true, name, signal, onRows } = options;
  const dims = reader.cols;
  const readers = [reader, ...against.map((other) => other.reader)];
  const keepers: Keeper[] = [];
  const reads = readers.map((source) => rowReader(source));
  const kernel = await openCandidateKernel({ kind: 'int8', width: codeWidth(dims), bias: false, seedTop: undefined }, { threads });
  const codes = openKeeperCodes(kernel, { dims, threads });
  const found: Duplicate[] = [];
  try {
    for (const [at, other] of against.entries()) {
      for (let first = 0; first < other.rows.length; first += BLOCK_ROWS) {
        const block = readBlock(other.reader, other.rows.subarray(first, first + BLOCK_ROWS), name);
        if (!block) continue;
        for (let column = 0; column < block.codes.count; column++) {
          codes.append(block.codes, column);
          keepers.push({ source: at + 1, row: block.codes.rows[column]! });
        }
      }
    }
    for (let first = 0; first < order.length; first += BLOCK_ROWS) {
      signal?.throwIfAborted();
      const rows = order.subarray(first, first + BLOCK_ROWS);
      const block = readBlock(reader, rows, name);
      if (block) {
        const screened = await screen(kernel, block, { codes, within, minCosine, dims });
        found.push(...judge(block, screened, { keepers, codes, reads, minCosine, within }));
      }
      onRows?.(rows.length);
    }
  } finally {
    await codes.close();
    await kernel.close();
  }
  return found;
}

/** Some rows: as they are stored, and, but for those of length zero, as unit vectors and codes. `places` leads back. */
type Block = { stored: Float32Array; places: Map<number, number>; unit: Float32Array; codes: CodeBlock; dims: number };

function readBlock(reader: VectorReader, rows: Int32Array, name: string): Block | undefined {
  const dims = reader.cols;
  const stored = new Float32Array(rows.length * dims);
  rows.forEach((row, at) => reader.read(row, stored.subarray(at * dims, (at + 1) * dims)));
  const unit = normalizeRows({ data: stored.slice(), rows: rows.slice() }, { dims, name, tally: { zeros: 0 } });
  if (unit.rows.length === 0) return undefined;
  const places = new Map(Array.from(rows, (row, at) => [row, at]));
  return { stored, places, unit: unit.data, codes: codeBlock(unit, { dims }), dims };
}

/** Pairs that may reach the threshold: of each row of a block, keepers by number, and earlier rows of the same block. */
type Screened = { keepers: Proposal[][]; earlier: Proposal[][] };

/** A partner and the most that the cosine with it can be. */
type Proposal = { partner: number; upper: number };

async function screen(
  kernel: CandidateKernel,
  { unit, codes: own }: Block,
  { codes, within, minCosine, dims }: { codes: KeeperCodes; within: boolean; minCosine: number; dims: number },
): Promise<Screened> {
  const { operand, scale, above } = queryCodes(unit, { dims, count: own.count });
  const least = Float32Array.from(scale, (step, at) => roundDown((minCosine - ROUNDING - above[at]!) / step));
  const floors = { least };
  const screened: Screened = {
    keepers: Array.from({ length: own.count }, () => []),
    earlier: Array.from({ length: own.count }, () => []),
  };
  await codes.screen(operand, least, (query, partner, score) => {
    screened.keepers[query]!.push({ partner, upper: score * scale[query]! + above[query]! });
  });
  if (within) {
    const rows = { data: own.data, count: own.columns, perRow: own.perRow };
    await kernel.run({ queries: operand, rows, floors }, (query, column, score) => {
      if (column < query) screened.earlier[query]!.push({ partner: column, upper: score * scale[query]! + above[query]! });
    });
  }
  return screened;
}

/** Walks a block in order: drops rows that resemble a keeper, and makes keepers of the others. */
function judge(
  { stored, places, codes: own, dims }: Block,
  screened: Screened,
  {
    keepers,
    codes,
    reads,
    minCosine,
    within,
  }: { keepers: Keeper[]; codes: KeeperCodes; reads: readonly ((row: number) => Float32Array)[]; minCosine: number; within: boolean },
): Duplicate[] {
  const dropped: Duplicate[] = [];
  const vectorOf = (column: number): Float32Array => {
    const place = places.get(own.rows[column]!)!;
    return stored.subarray(place * dims, (place + 1) * dims);
  };
  /** Number of the keeper that a row of this block has become. */
  const became = new Map<number, number>();
  for (let column = 0; column < own.count; column++) {
    const vector = vectorOf(column);
    let best: { keeper: number; cosine: number } | undefined;
    const compare = (
      proposals: Proposal[],
      numberOf: (partner: number) => number | undefined,
      other: (partner: number) => Float32Array,
    ): void => {
      // the most promising first: what cannot be nearer than the best need not be read
      for (const { partner, upper } of proposals.toSorted((a, b) => b.upper - a.upper || a.partner - b.partner)) {
        const keeper = numberOf(partner);
        if (keeper === undefined || (best && upper + ROUNDING < best.cosine)) continue;
        const value = cosine(vector, other(partner));
        if (value < minCosine) continue;
        if (!best || value > best.cosine || (value === best.cosine && keeper < best.keeper)) best = { keeper, cosine: value };
      }
    };
    compare(
      screened.keepers[column]!,
      (partner) => partner,
      (partner) => reads[keepers[partner]!.source]!(keepers[partner]!.row),
    );
    compare(screened.earlier[column]!, (partner) => became.get(partner), vectorOf);
    if (best) dropped.push({ row: own.rows[column]!, keeper: keepers[best.keeper]!, cosine: best.cosine });
    else if (within) {
      became.set(column, keepers.length);
      keepers.push({ source: 0, row: own.rows[column]! });
      codes.append(own, column);
    }
  }
  return dropped;
}
