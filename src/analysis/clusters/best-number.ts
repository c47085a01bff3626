import type { Tried } from './trials.ts';

/** How many numbers of clusters are tried at most, in steps. */
const TRIES = 12;

/** How many numbers between the neighbours of the best are tried at most, and the sum of their clusters. */
export const MAX_BETWEEN = 12;
const CLUSTERS_BETWEEN = 350;

/** Agreement that is worth less than this is none. */
const MIN_AGREEMENT = 0.05;

/** Numbers with this share of the best agreement are as good as the best. If the largest is so many times the smallest, none stands out. */
const AS_GOOD = 0.92;
const WIDE = 4.5;

/** Numbers of clusters from `smallest` to `largest`, each larger than the one before by the same factor. */
export function geometricSteps(largest: number, smallest: number = 2): number[] {
  const factor = (largest / smallest) ** (1 / (TRIES - 1));
  return [...new Set(Array.from({ length: TRIES }, (_, at) => Math.round(smallest * factor ** at)))];
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

/** What an agreement is worth: its error counts against it, because that of few clusters varies much from draw to draw. */
function worthOf({ agreement, error }: Rated): number {
  return agreement - error;
}

type Rated = Pick<Tried, 'clusters' | 'agreement' | 'error'>;

/** The smallest number that is within one standard error of the best; undefined where there is no agreement. */
export function bestOf(tried: readonly Rated[]): number | undefined {
  const most = Math.max(...tried.map(worthOf));
  const errors = tried.map(({ error }) => error).toSorted((a, b) => a - b);
  const error = errors[errors.length >> 1]!;
  return most < MIN_AGREEMENT ? undefined : tried.find((one) => worthOf(one) >= most - error)!.clusters;
}

/** The best number, unless much smaller or much larger ones are as good. */
export function standingOut(tried: readonly Rated[]): number | undefined {
  const best = bestOf(tried);
  if (best === undefined) return undefined;
  const { smallest, largest } = asGood(tried);
  return largest > WIDE * smallest ? undefined : best;
}

/** The smallest and the largest number that are as good as the best. */
export function asGood(tried: readonly Rated[]): { smallest: number; largest: number } {
  const most = Math.max(...tried.map(worthOf));
  const good = tried.filter((one) => worthOf(one) >= AS_GOOD * most).map(({ clusters }) => clusters);
  return { smallest: good[0] ?? 2, largest: good.at(-1) ?? 2 };
}
