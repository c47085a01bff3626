import type { Duplicate } from '../src/analysis/duplicates/duplicates.ts';
import type { Pair } from '../src/analysis/duplicates/pairs.ts';
import { readNpy } from '../src/vectors/npy.ts';

/** Two rows, the later one first. */
export type RowPair = readonly [row: number, other: number];

/** Pairs that a peer wrote. */
export function readPairs(path: string): RowPair[] {
  const { data, rows } = readNpy(path);
  return Array.from({ length: rows }, (_, at) => [data[2 * at]!, data[2 * at + 1]!]);
}

/** One number for a pair, whichever row comes first. */
export function keyOf([a, b]: RowPair): number {
  return Math.max(a, b) * 2 ** 26 + Math.min(a, b);
}

/** How the pairs that a peer found differ from the true ones. */
export type Difference = {
  same: number;
  /** Pairs that only one has, with a cosine so close to the threshold that float32 may round it to either side. */
  atThreshold: number;
  onlyOurs: number;
  onlyTheirs: number;
};

/** What float32 may get wrong in a cosine. */
const FLOAT32_ERROR = 1e-6;

/** @param cosineOf the cosine of any two rows */
export function comparePairs(
  ours: readonly Pair[],
  theirs: readonly RowPair[],
  { minCosine, cosineOf }: { minCosine: number; cosineOf: (pair: RowPair) => number },
): Difference {
  const [ourKeys, theirKeys] = [new Set(ours.map(({ row, other }) => keyOf([row, other.row]))), new Set(theirs.map(keyOf))];
  const result = { same: 0, atThreshold: 0, onlyOurs: 0, onlyTheirs: 0 };
  const count = (pair: RowPair, kind: 'onlyOurs' | 'onlyTheirs'): void => {
    const near = Math.abs(cosineOf(pair) - minCosine) <= FLOAT32_ERROR + Number.EPSILON;
    result[near ? 'atThreshold' : kind]++;
  };
  for (const { row, other } of ours) {
    if (theirKeys.has(keyOf([row, other.row]))) result.same++;
    else count([row, other.row], 'onlyOurs');
  }
  for (const pair of theirs) if (!ourKeys.has(keyOf(pair))) count(pair, 'onlyTheirs');
  return result;
}

/** Share of the true pairs that a peer found; 1 where there are none. */
export function recallOf(truePairs: readonly Pair[], found: readonly RowPair[]): number {
  if (truePairs.length === 0) return 1;
  const keys = new Set(found.map(keyOf));
  return truePairs.filter(({ row, other }) => keys.has(keyOf([row, other.row]))).length / truePairs.length;
}

/** Near-duplicates without chains, from all pairs at once: what `findDuplicates` does, in the plainest way. */
export function chainFree(pairs: readonly Pair[], rows: number): Duplicate[] {
  const earlier: Pair[][] = Array.from({ length: rows }, () => []);
  for (const pair of pairs) earlier[pair.row]!.push(pair);
  const dropped = new Set<number>();
  const found: Duplicate[] = [];
  for (let row = 0; row < rows; row++) {
    const kept = earlier[row]!.filter(({ other }) => !dropped.has(other.row));
    const [nearest] = kept.toSorted((a, b) => b.cosine - a.cosine || a.other.row - b.other.row);
    if (!nearest) continue;
    dropped.add(row);
    found.push({ row, keeper: { source: 0, row: nearest.other.row }, cosine: nearest.cosine, relation: 'repeat' });
  }
  return found;
}

/** Whether two results drop the same rows, for the same keepers, with the same cosines. */
export function sameDuplicates(a: readonly Duplicate[], b: readonly Duplicate[]): boolean {
  const line = ({ row, keeper, cosine }: Duplicate): string => [row, keeper.source, keeper.row, cosine].join();
  return a.length === b.length && a.every((duplicate, at) => line(duplicate) === line(b[at]!));
}

/** What dropping some rows is worth, by the true pairs. */
export type Dropping = {
  name: string;
  dropped: number;
  /** Of the rows that we drop, those dropped here too. */
  shared: number;
  /** Of the rows dropped here, those that do repeat a row kept here. */
  right: number;
  /** Rows kept here although they repeat an earlier row kept here. */
  missed: number;
};

export function judgeDropping(
  name: string,
  dropped: ReadonlySet<number>,
  truth: { pairs: readonly Pair[]; duplicates: readonly Duplicate[] },
): Dropping {
  const right = new Set<number>();
  const missed = new Set<number>();
  for (const { row, other } of truth.pairs) {
    if (dropped.has(row) !== dropped.has(other.row)) right.add(dropped.has(row) ? row : other.row);
    else if (!dropped.has(row)) missed.add(row);
  }
  const shared = truth.duplicates.filter(({ row }) => dropped.has(row)).length;
  return { name, dropped: dropped.size, shared, right: right.size, missed: missed.size };
}
