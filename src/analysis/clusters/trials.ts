import { agreementOf, groupHalves, openHalves, silhouetteOf, type Halves } from './halves.ts';
import type { KmeansKernels } from './kmeans.ts';
import type { ClusterRows } from './rows.ts';
import { shapelessRows } from './shapeless.ts';

/** A number of clusters that was tried. */
export type Tried = {
  clusters: number;
  /** Mean silhouette over the draws, and its standard deviation between them. */
  silhouette: number;
  spread: number;
  /** How well two halves of the rows agree on the clusters, beyond what halves of shapeless rows do: at most 1. */
  agreement: number;
  /** Standard error of the agreement. */
  error: number;
  /** The agreement of shapeless rows, and its standard error. */
  chance: readonly [mean: number, error: number];
};

/** Two halves of the rows of a draw; for some draws, also two halves of shapeless rows like them. */
export type Draw = { real: Halves; shapeless: Halves | undefined };

/** @param clusters largest number of clusters that will be tried */
export async function openDraw(
  { dims, metric, signal }: ClusterRows,
  data: Float32Array,
  { withShapeless, ...options }: { clusters: number; seed: number; threads: number; withShapeless: boolean },
): Promise<Draw> {
  const all = { dims, metric, signal, ...options };
  const shapeless = withShapeless ? await openHalves(shapelessRows(data, { dims, seed: options.seed }), all) : undefined;
  return { real: await openHalves(data, all), shapeless };
}

/**
 * Tries a number of clusters on all draws.
 *
 * @param known numbers that were tried before: between them, the agreement of shapeless rows is interpolated
 */
export async function tryNumber(
  draws: readonly Draw[],
  { clusters, kernels, known }: { clusters: number; kernels: KmeansKernels; known: readonly Tried[] },
): Promise<Tried> {
  const silhouettes: number[] = [];
  const agreements: number[] = [];
  const chances: number[] = [];
  for (const { real, shapeless } of draws) {
    const groups = await groupHalves(real, { clusters, kernels });
    agreements.push(await agreementOf(real, groups, kernels));
    silhouettes.push(await silhouetteOf(real, groups, kernels));
    if (!shapeless || known.length > 0) continue;
    chances.push(await agreementOf(shapeless, await groupHalves(shapeless, { clusters, kernels }), kernels));
  }
  const [silhouette, spread] = meanAndSpread(silhouettes);
  const [agreement, deviation] = meanAndSpread(agreements);
  const [own, doubt] = meanAndSpread(chances);
  const chance = known.length > 0 ? chanceAt(clusters, known) : ([own, doubt / Math.sqrt(chances.length)] as const);
  const error = Math.hypot(deviation / Math.sqrt(agreements.length), chance[1]);
  return { clusters, silhouette, spread, agreement: agreement - chance[0], error, chance };
}

/** The agreement of shapeless rows, between those of the numbers below and above. */
function chanceAt(clusters: number, known: readonly Tried[]): Tried['chance'] {
  const above = Math.max(
    1,
    known.findIndex((one) => one.clusters > clusters),
  );
  const [low, high] = [known[above - 1]!, known[above] ?? known.at(-1)!];
  const share = low === high ? 0 : Math.log(clusters / low.clusters) / Math.log(high.clusters / low.clusters);
  const at = (which: 0 | 1): number => low.chance[which] + share * (high.chance[which] - low.chance[which]);
  return [at(0), at(1)];
}

function meanAndSpread(values: readonly number[]): [mean: number, spread: number] {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return [mean, Math.sqrt(squares / Math.max(1, values.length - 1))];
}
