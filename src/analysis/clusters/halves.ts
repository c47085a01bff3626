import type { Matrix } from '../../vectors/matrix.ts';
import { matrixReader } from '../../vectors/stored-rows.ts';
import { uniforms } from '../random.ts';
import { adjustedMutualInformation } from './agreement.ts';
import { assignRows, improve, type Clustering, type KmeansKernels } from './kmeans.ts';
import { meanSilhouette } from './quality.ts';
import { openClusterRows, type ClusterRows } from './rows.ts';
import { seedCentroids } from './seeding.ts';

/** Two halves of the same rows, each with first centroids of its own. */
export type Halves = { rows: ClusterRows; seeds: Matrix }[];

/** Iterations per trial: clusters hardly change afterwards. */
const ITERATIONS = 6;
const TOLERANCE = 1e-3;

/**
 * Splits rows into random halves.
 *
 * @param clusters largest number of clusters that will be tried
 */
export async function openHalves(
  data: Float32Array,
  { dims, metric, clusters, seed, threads, signal }: Pick<ClusterRows, 'dims' | 'metric' | 'signal'> & HalvesOptions,
): Promise<Halves> {
  const count = data.length / dims;
  const uniform = uniforms(seed);
  const order = Array.from({ length: count }, (_, place) => place);
  for (let last = count - 1; last > 0; last--) {
    const at = Math.floor(uniform() * (last + 1));
    [order[last], order[at]] = [order[at]!, order[last]!];
  }
  const middle = count >> 1;
  const halves: Halves = [];
  for (const places of [order.slice(0, middle), order.slice(middle)]) {
    const half = new Float32Array(places.length * dims);
    places.forEach((place, at) => half.set(data.subarray(place * dims, (place + 1) * dims), at * dims));
    const reader = matrixReader({ data: half, rows: places.length, cols: dims });
    const rows = await openClusterRows({ reader, keep: undefined, metric, name: 'a draw', signal });
    halves.push({ rows, seeds: await seedCentroids(rows, { clusters, seed, threads }) });
  }
  return halves;
}

type HalvesOptions = { clusters: number; seed: number; threads: number };

/** Groups each half on its own. */
export async function groupHalves(
  halves: Halves,
  { clusters, kernels }: { clusters: number; kernels: KmeansKernels },
): Promise<Clustering[]> {
  const groups: Clustering[] = [];
  for (const { rows, seeds } of halves) {
    // the first k of these are seeds for k clusters
    const first = { data: seeds.data.slice(0, clusters * rows.dims), rows: clusters, cols: rows.dims };
    groups.push(await improve(rows, { seeds: first, kernels, maxIterations: ITERATIONS, tolerance: TOLERANCE }));
  }
  return groups;
}

/** How well the clusters of one half fit the other: its rows are put into the clusters of both, and the two partitions are compared. */
export async function agreementOf(halves: Halves, groups: readonly Clustering[], kernels: KmeansKernels): Promise<number> {
  let sum = 0;
  for (const [at, { rows }] of halves.entries()) {
    const { labels } = await assignRows(rows, groups[1 - at]!.centroids, { kernel: kernels.two });
    sum += adjustedMutualInformation(groups[at]!.labels, labels);
  }
  return sum / halves.length;
}

export async function silhouetteOf(halves: Halves, groups: readonly Clustering[], kernels: KmeansKernels): Promise<number> {
  let sum = 0;
  for (const [at, { rows }] of halves.entries()) sum += await meanSilhouette(rows, groups[at]!, kernels.two);
  return sum / halves.length;
}
