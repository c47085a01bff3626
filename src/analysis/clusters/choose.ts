import { drawRows } from '../random.ts';
import { bestOf, geometricSteps, MAX_BETWEEN, numbersAround, standingOut } from './best-number.ts';
import { openKmeansKernels } from './kmeans.ts';
import { originalsOf } from './near-copies.ts';
import type { ClusterRows } from './rows.ts';
import { openDraw, tryNumber, type Draw, type Tried } from './trials.ts';

export type ClusterChoice = {
  clusters: number;
  /** False where no number of clusters is better than others: `clusters` is then a rule of thumb. */
  standsOut: boolean;
  /** Empty where the texts are few, each with copies: each is then a cluster. */
  tried: Tried[];
};

/** The numbers to choose from, both ends included. */
export type ClusterRange = { min: number; max: number };

export type ChooseOptions = {
  seed: number;
  threads: number;
  /** Only these numbers; undefined: any number that the rows allow. */
  range?: ClusterRange | undefined;
  onTried?: (share: number) => void;
};

/** Rows per draw. For larger numbers of clusters than usual, so many rows per cluster. */
const DRAW_ROWS = 2048;
const ROWS_PER_CLUSTER = 10;

/** Draws. Small ones vary more, and cost less: there are more of them, until they have so many rows together. */
const MIN_DRAWS = 3;
const MAX_DRAWS = 12;
const ROWS_OF_DRAWS = 1500;

/** The first draws that get shapeless rows as well: all where there are few rows. */
const SHAPELESS_DRAWS = 2;
const FEW_ROWS = 1024;

/** The largest number of clusters that is tried unless a range is given: more would leave fewer than ten rows per cluster of a draw. */
const MAX_CLUSTERS = 204;

/** The least rows per cluster that a range is tried with: halves have half as many. */
const MIN_ROWS_PER_CLUSTER = 3;

/** With fewer rows no number of clusters can be chosen. */
export const MIN_ROWS_TO_CHOOSE = 8;

/**
 * Chooses the number of clusters for which two halves of the rows agree best on the clusters (Lange et al. 2004). Near copies count
 * as one row. From the agreement, that of shapeless rows with the same mean and covariance is subtracted: few clusters are
 * found again in any cloud of points that is longer than wide (docs/adr/026 has the curves). Numbers are tried in geometric
 * steps, then those between the neighbours of the best.
 */
export async function chooseClusters(rows: ClusterRows, { seed, threads, range, onTried }: ChooseOptions): Promise<ClusterChoice> {
  const size = Math.max(DRAW_ROWS, ROWS_PER_CLUSTER * (range?.max ?? 0));
  const first = await drawOriginals(rows, { size, seed: seed * MAX_DRAWS, threads });
  const few = fewTexts(first.sizes);
  if (few !== undefined) return { clusters: within(few, range?.min ?? 2, range?.max ?? few), standsOut: true, tried: [] };
  const count = first.sizes.length;
  // a range is the user's own judgement: within it, the rows may be few for each cluster
  const [smallest, largest] = range
    ? [range.min, Math.max(range.min, Math.min(range.max, Math.floor(count / MIN_ROWS_PER_CLUSTER)))]
    : [2, largestFor(count)];
  const kernels = await openKmeansKernels({ width: rows.dims, clusters: largest, threads });
  try {
    const draws: Draw[] = [];
    const total = drawsFor(count);
    for (let draw = 0; draw < total; draw++) {
      const own = seed * MAX_DRAWS + draw;
      const { data } = draw === 0 || rows.count <= size ? first : await drawOriginals(rows, { size, seed: own, threads });
      const withShapeless = draw < SHAPELESS_DRAWS || count <= FEW_ROWS;
      draws.push(await openDraw(rows, data, { clusters: largest, seed: own, withShapeless, threads }));
    }
    const tried: Tried[] = [];
    const attempt = async (numbers: readonly number[], steps: number): Promise<void> => {
      const known = tried.slice();
      for (const clusters of numbers) {
        tried.push(await tryNumber(draws, { clusters, kernels, known }));
        onTried?.(tried.length / steps);
      }
      tried.sort((one, other) => one.clusters - other.clusters);
    };
    const grid = geometricSteps(largest, smallest);
    await attempt(grid, grid.length + MAX_BETWEEN);
    const near = bestOf(tried);
    const between = near === undefined ? [] : numbersAround(near, grid);
    await attempt(between, grid.length + between.length);
    const clusters = standingOut(tried);
    if (clusters !== undefined) return { clusters, standsOut: true, tried };
    // √(n / 2), the rule of thumb of Mardia, Kent and Bibby 1979, section 13.1
    const rule = Math.min(100, Math.round(Math.sqrt(rows.count / 2)));
    return { clusters: within(rule, smallest, largest), standsOut: false, tried };
  } finally {
    await kernels.close();
  }
}

/** The number of texts of a sample where they are few and nearly all rows are copies of each other; otherwise undefined. */
function fewTexts(sizes: Int32Array): number | undefined {
  const rows = sizes.reduce((sum, size) => sum + size, 0);
  const repeated = sizes.filter((size) => size > 1);
  if (repeated.length <= Math.sqrt(rows) && repeated.reduce((sum, size) => sum + size, 0) >= 0.9 * rows)
    return Math.max(2, repeated.length);
  return sizes.length < MIN_ROWS_TO_CHOOSE ? Math.max(2, sizes.length) : undefined;
}

function largestFor(rows: number): number {
  return Math.max(2, Math.min(MAX_CLUSTERS, Math.floor(Math.max(rows / 10, Math.min(rows / 4, 10)))));
}

function drawsFor(rows: number): number {
  return Math.max(MIN_DRAWS, Math.min(MAX_DRAWS, Math.ceil(ROWS_OF_DRAWS / rows)));
}

function within(value: number, low: number, high: number): number {
  return Math.max(low, Math.min(high, value));
}

/** The rows of a draw, without near copies. */
async function drawOriginals(
  rows: ClusterRows,
  { size, seed, threads }: { size: number; seed: number; threads: number },
): Promise<{ data: Float32Array; sizes: Int32Array }> {
  const { dims, signal } = rows;
  const all = Int32Array.from({ length: rows.count }, (_, place) => place);
  const data = rows.pick(drawRows(all, size, seed));
  const originals = await originalsOf(data, { dims, threads, signal });
  const left = new Float32Array(originals.places.length * dims);
  originals.places.forEach((place, at) => left.set(data.subarray(place * dims, (place + 1) * dims), at * dims));
  return { data: left, sizes: originals.sizes };
}
