import { describe, expect, it } from 'vitest';
import { assignRows, engineKmeans } from '../../src/analysis/clusters/kmeans.ts';
import { clusterQuality, meanSilhouette } from '../../src/analysis/clusters/quality.ts';
import type { ClusterMetric } from '../../src/analysis/clusters/rows.ts';
import { openCentroidKernel } from '../../src/engine/centroids.ts';
import { cosine, rowOf } from '../../src/vectors/matrix.ts';
import { blobs, dot, plainRows, rowsOf, squaredDistance } from './cluster-data.ts';

/** Silhouettes as Rousseeuw (1987) defines them, pair by pair. */
function plainSilhouettes(rows: readonly (readonly number[])[], labels: ArrayLike<number>, metric: ClusterMetric): number[] {
  const distance = (a: readonly number[], b: readonly number[]): number => (metric === 'cosine' ? 1 - dot(a, b) : squaredDistance(a, b));
  return rows.map((row, at) => {
    const sums = new Map<number, { sum: number; count: number }>();
    rows.forEach((other, i) => {
      if (i === at) return;
      const own = sums.get(labels[i]!) ?? { sum: 0, count: 0 };
      sums.set(labels[i]!, { sum: own.sum + distance(row, other), count: own.count + 1 });
    });
    const mean = (label: number): number => sums.get(label)!.sum / sums.get(label)!.count;
    const own = labels[at]!;
    if (!sums.has(own)) return 0;
    const b = Math.min(...[...sums.keys()].filter((label) => label !== own).map(mean));
    return (b - mean(own)) / Math.max(mean(own), b);
  });
}

describe('clusterQuality', () => {
  it.each(['cosine', 'euclidean'] as const)(
    'has the silhouettes of a plain computation, and the rows next to and far from centroids (%s)',
    async (metric) => {
      const { matrix } = blobs({ rows: 160, cols: 8, centres: 6, spread: 0.8, seed: 1 });
      const rows = await rowsOf(matrix, metric);
      // more clusters than there are, so that some rows are alone
      const found = await engineKmeans(rows, { clusters: 40, seed: 1, restarts: 1, maxIterations: 20, tolerance: 0, threads: 1 });
      expect(Array.from(found.sizes)).toContain(1);
      const kernel = await openCentroidKernel({ width: 8, clusters: 40, best: 2, threads: 1 });
      const quality = await clusterQuality(rows, found, { kernel, examples: 2, outliers: 4 });
      const plain = plainSilhouettes(plainRows(matrix, metric), found.labels, metric);
      const mean = plain.reduce((sum, value) => sum + value, 0) / plain.length;
      expect(quality.silhouette).toBeCloseTo(mean, 5);
      expect(await meanSilhouette(rows, found, kernel)).toBeCloseTo(mean, 5);
      await kernel.close();
      for (const [cluster, { silhouette, cohesion, nearest }] of quality.clusters.entries()) {
        const members = Array.from({ length: 160 }, (_, place) => place).filter((place) => found.labels[place] === cluster);
        expect(silhouette).toBeCloseTo(members.reduce((sum, place) => sum + plain[place]!, 0) / members.length, 4);
        expect(cohesion).toBeCloseTo(members.reduce((sum, place) => sum + quality.values[place]!, 0) / members.length, 9);
        const sign = metric === 'cosine' ? -1 : 1;
        const sorted = members.toSorted((a, b) => sign * (quality.values[a]! - quality.values[b]!));
        expect(nearest.map(({ place }) => place)).toEqual(sorted.slice(0, 2));
      }
      const value = quality.outliers.map((one) => one.value);
      expect(value).toEqual(
        Array.from(quality.values)
          .toSorted((a, b) => (metric === 'cosine' ? a - b : b - a))
          .slice(0, 4),
      );
      if (metric === 'cosine') expect(quality.values[7]).toBe(cosine(rows.pick([7]), rowOf(found.centroids, found.labels[7]!)));
    },
  );

  it('has no silhouette for a single cluster, and shows copies once', async () => {
    const rows = await rowsOf({ data: Float32Array.of(1, 0, 1, 0, 0, 1, 1, 1), rows: 4, cols: 2 }, 'cosine');
    const kernel = await openCentroidKernel({ width: 2, clusters: 1, best: 2, threads: 1 });
    const centroids = { data: Float32Array.of(1, 0), rows: 1, cols: 2 };
    const found = { ...(await assignRows(rows, centroids, { kernel })), centroids };
    const quality = await clusterQuality(rows, found, { kernel, examples: 3, outliers: 1 });
    await kernel.close();
    expect(quality.silhouette).toBeUndefined();
    expect(quality.clusters[0]).toMatchObject({ nearest: [{ place: 0 }, { place: 3 }, { place: 2 }], silhouette: undefined });
    expect(quality.outliers).toEqual([{ place: 2, value: 0 }]);
  });

  it('tells nothing apart that only rounding parts', async () => {
    const data = Float32Array.from({ length: 200 * 3 }, (_, at) => 1e4 + ((at * 7919) % 13) * 1e-3);
    const rows = await rowsOf({ data, rows: 200, cols: 3 }, 'cosine');
    const found = await engineKmeans(rows, { clusters: 2, seed: 0, restarts: 1, maxIterations: 5, tolerance: 0, threads: 1 });
    const kernel = await openCentroidKernel({ width: 3, clusters: 40, best: 2, threads: 1 });
    const { silhouette = 0 } = await clusterQuality(rows, found, { kernel, examples: 1, outliers: 1 });
    await kernel.close();
    expect(Math.abs(silhouette)).toBeLessThanOrEqual(1);
  });

  it('passes over empty clusters of given centroids', async () => {
    const rows = await rowsOf({ data: Float32Array.of(1, 0, 0.9, 0.1, 0, 1, 0.1, 0.9), rows: 4, cols: 2 }, 'cosine');
    const kernel = await openCentroidKernel({ width: 2, clusters: 40, best: 2, threads: 1 });
    const centroids = { data: Float32Array.of(1, 0, -1, 0, 0, 1), rows: 3, cols: 2 };
    const found = { ...(await assignRows(rows, centroids, { kernel })), centroids };
    const { silhouette, clusters } = await clusterQuality(rows, found, { kernel, examples: 1, outliers: 1 });
    await kernel.close();
    expect([...found.sizes]).toEqual([2, 0, 2]);
    expect(clusters[1]!.nearest).toEqual([]);
    const plain = plainSilhouettes(plainRows({ data: rows.pick(rows.numbers), rows: 4, cols: 2 }, 'cosine'), found.labels, 'cosine');
    expect(silhouette).toBeCloseTo(plain.reduce((sum, value) => sum + value, 0) / 4, 5);
  });
});
