import type { Matrix } from '../../vectors/matrix.ts';
import { matrixReader } from '../../vectors/stored-rows.ts';
import { drawRows } from '../random.ts';
import { improve, openKmeansKernels } from './kmeans.ts';
import { meanSilhouette } from './quality.ts';
import { countDifferent, openClusterRows, type ClusterRows } from './rows.ts';
import { seedCentroids } from './seeding.ts';

/** A number of clusters that was tried. */
export type Tried = {
  clusters: number;
  /** Mean silhouette over the draws. */
  silhouette: number;
  /** Standard deviation between the draws. */
  spread: number;
};

export type ClusterChoice = {
  clusters: number;
  /** False where no number of clusters is better than others: `clusters` is then a rule of thumb. */
  standsOut: boolean;
  tried: Tried[];
};

/** Rows per draw: so few that near-duplicates, which form small tight clusters, are rare among them. */
const DRAW_ROWS = 2048;
const DRAWS = 4;

/** How many numbers of clusters are tried at most, and the largest of them: more would leave fewer than ten rows per cluster of a draw. */
const TRIES = 12;
const MAX_CLUSTERS = 204;

/** How many numbers between the neighbours of the best are tried at most, and the sum of their clusters. */
const MAX_BETWEEN = 12;
const CLUSTERS_BETWEEN = 350;

/** Iterations per trial: the silhouette hardly changes afterwards. */
const ITERATIONS = 12;
const TOLERANCE = 1e-3;

/**
 * Gain of the silhouette that is required when the number of clusters doubles. The plain maximum would be among the largest
 * numbers wherever texts resemble each other in pairs; docs/adr/008 has the curves.
 */
const GAIN_OF_DOUBLING = 0.00625;

/** A curve that varies by less than this is flat: no number stands out. */
const FLAT = 0.01;

/** Below this silhouette two clusters mean nothing: any cloud of points splits into two halves. */
const TWO_HALVES = 0.15;

/** With fewer rows no number of clusters can be chosen. */
export const MIN_ROWS_TO_CHOOSE = 8;

/**
 * Chooses the number of clusters. It tries numbers in geometric steps, each on several draws of rows. The silhouette, minus the
 * gain that each doubling requires, gives the curve; the choice is the smallest number within one standard error of its
 * maximum. Then the numbers between the neighbours of the choice are tried too.
 */
export async function chooseClusters(
  rows: ClusterRows,
  { seed, threads, onTried }: { seed: number; threads: number; onTried?: (share: number) => void },
): Promise<ClusterChoice> {
  const largest = Math.min(largestFor(Math.min(rows.count, DRAW_ROWS)), await countDifferent(rows, MAX_CLUSTERS));
  const kernels = await openKmeansKernels({ width: rows.dims, clusters: largest, threads });
  try {
    const draws: { some: ClusterRows; seeds: Matrix }[] = [];
    for (let draw = 0; draw < DRAWS; draw++) {
      const some = await drawPart(rows, { size: DRAW_ROWS, seed: seed * DRAWS + draw });
      // the first k of these are seeds for k clusters
      draws.push({ some, seeds: await seedCentroids(some, { clusters: largest, seed, threads }) });
    }
    const tried: Tried[] = [];
    const grid = geometricSteps(largest);
    const attempt = async (numbers: readonly number[], total: number): Promise<void> => {
      for (const clusters of numbers) {
        const values: number[] = [];
        for (const { some, seeds } of draws) {
          const first = { data: seeds.data.slice(0, clusters * rows.dims), rows: clusters, cols: rows.dims };
          const found = await improve(some, { seeds: first, kernels, maxIterations: ITERATIONS, tolerance: TOLERANCE });
          values.push(await meanSilhouette(some, found, kernels.two));
        }
        tried.push({ clusters, ...meanAndSpread(values) });
        onTried?.(tried.length / total);
      }
      tried.sort((one, other) => one.clusters - other.clusters);
    };
    await attempt(grid, grid.length + MAX_BETWEEN);
    const near = bestOf(tried);
    if (near !== undefined) {
      const between = numbersAround(near, grid);
      await attempt(between, grid.length + between.length);
    }
    const clusters = bestOf(tried);
    if (clusters !== undefined) return { clusters, standsOut: true, tried };
    // √(n / 2), the rule of thumb of Mardia, Kent and Bibby 1979, section 13.1
    return { clusters: Math.max(2, Math.min(largest, 100, Math.round(Math.sqrt(rows.count / 2)))), standsOut: false, tried };
  } finally {
    await kernels.close();
  }
}

/** Numbers between the neighbours of a number in the grid: all of them for small numbers, some for large ones, which take longer. */
export function numbersAround(clusters: number, grid: readonly number[]): number[] {
  const at = grid.indexOf(clusters);
  const [below, above] = [grid[at - 1] ?? clusters, grid[at + 1] ?? clusters];
  const wanted = Math.max(2, Math.min(MAX_BETWEEN, Math.floor(CLUSTERS_BETWEEN / clusters)));
  const factor = (above / below) ** (1 / (wanted + 1));
  const steps = Array.from({ length: above - below > wanted + 2 ? wanted : above - below }, (_, step) =>
    above - below > wanted + 2 ? Math.round(below * factor ** (step + 1)) : below + step,
  );
  return [...new Set(steps)].filter((number) => !grid.includes(number));
}

/** Numbers of clusters from 2 to `largest`, each larger than the one before by the same factor. */
export function geometricSteps(largest: number): number[] {
  const factor = (largest / 2) ** (1 / (TRIES - 1));
  return [...new Set(Array.from({ length: TRIES }, (_, at) => Math.round(2 * factor ** at)))];
}

/** The number of clusters that the curve shows to be best; undefined where none stands out. */
export function bestOf(tried: readonly Tried[]): number | undefined {
  const heights = tried.map(({ silhouette }) => silhouette);
  const scores = tried.map(({ silhouette, clusters }) => silhouette - GAIN_OF_DOUBLING * Math.log2(clusters));
  // one spread for all numbers, because a single number has only a few draws
  const error = Math.sqrt(tried.reduce((sum, { spread }) => sum + spread ** 2, 0) / tried.length / DRAWS);
  const best = scores.findIndex((score) => score >= Math.max(...scores) - error);
  const chosen = tried[best]!;
  if (tried.length > 1 && Math.max(...heights) - Math.min(...heights) < FLAT) return undefined;
  return chosen.clusters > 2 || chosen.silhouette >= TWO_HALVES ? chosen.clusters : undefined;
}

function largestFor(rows: number): number {
  return Math.max(2, Math.min(MAX_CLUSTERS, Math.floor(Math.max(rows / 10, Math.min(rows / 4, 10)))));
}

async function drawPart(rows: ClusterRows, { size, seed }: { size: number; seed: number }): Promise<ClusterRows> {
  const places = drawRows(
    Int32Array.from({ length: rows.count }, (_, place) => place),
    size,
    seed,
  );
  const reader = matrixReader({ data: rows.pick(places), rows: places.length, cols: rows.dims });
  return openClusterRows({ reader, keep: undefined, metric: rows.metric, name: 'a draw', signal: rows.signal });
}

function meanAndSpread(values: readonly number[]): { silhouette: number; spread: number } {
  const silhouette = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - silhouette) ** 2, 0);
  return { silhouette, spread: Math.sqrt(squares / (values.length - 1)) };
}
