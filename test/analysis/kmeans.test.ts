import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { coarseCentroids, encodeRows } from '../../src/analysis/clusters/coarse-kmeans.ts';
import {
  assignRows,
  engineKmeans,
  improve,
  largestFirst,
  openKmeansKernels,
  type KmeansOptions,
} from '../../src/analysis/clusters/kmeans.ts';
import { packageKmeans } from '../../src/analysis/clusters/ml-kmeans.ts';
import { centroidsOf, costOf } from '../../src/analysis/clusters/partition.ts';
import { meanSilhouette } from '../../src/analysis/clusters/quality.ts';
import { countDifferent, type ClusterMetric } from '../../src/analysis/clusters/rows.ts';
import { seedCentroids } from '../../src/analysis/clusters/seeding.ts';
import { uniforms } from '../../src/analysis/random.ts';
import { openCentroidKernel } from '../../src/engine/centroids.ts';
import { EmbedError } from '../../src/errors.ts';
import { cosine, euclideanDistance, rowOf, type Matrix } from '../../src/vectors/matrix.ts';
import { blobs, partitionOf, plainCost, plainRows, rowsOf, squaredDistance, sumsOf } from './cluster-data.ts';
import { shapes } from './duplicate-data.ts';

const METRICS: readonly ClusterMetric[] = ['cosine', 'euclidean'];

const options = (more: Partial<KmeansOptions> & { clusters: number }): KmeansOptions => ({
  seed: 0,
  restarts: 1,
  maxIterations: 100,
  tolerance: undefined,
  threads: 2,
  ...more,
});

describe('engineKmeans', () => {
  it.each(METRICS)('finds clusters that are clearly apart, as ml-kmeans does (%s)', async (metric) => {
    const { matrix, of } = blobs({ rows: 600, cols: 24, centres: 12, spread: 0.1, seed: 3 });
    const rows = await rowsOf(matrix, metric);
    const found = await engineKmeans(rows, options({ clusters: 12, restarts: 3 }));
    expect(partitionOf(found.labels)).toEqual(partitionOf(of));
    expect(found.ending).toBe('converged');
    if (metric === 'euclidean') {
      const other = await packageKmeans(rows, options({ clusters: 12, restarts: 3 }));
      expect(partitionOf(other.labels)).toEqual(partitionOf(of));
      expect(other.cost).toBeCloseTo(found.cost, 3);
      expect(other.centroids.data.length).toBe(found.centroids.data.length);
    }
  });

  it.each(METRICS)('ends near the best that ml-kmeans finds where clusters overlap (%s)', async (metric) => {
    const { matrix } = blobs({ rows: 1500, cols: 16, centres: 20, spread: 1, seed: 5 });
    const unit = await rowsOf(matrix, 'cosine');
    // unit rows, so that the euclidean package works on the same
    const same = { data: unit.pick(unit.numbers), rows: 1500, cols: 16 };
    const ours = await engineKmeans(await rowsOf(same, metric), options({ clusters: 20, restarts: 5, tolerance: 0 }));
    const theirs = await packageKmeans(await rowsOf(same, 'euclidean'), options({ clusters: 20, restarts: 5 }));
    const plain = plainRows(same, metric);
    expect(plainCost(plain, ours.labels, metric)).toBeLessThan(1.01 * plainCost(plain, theirs.labels, metric));
  });

  it('never lets the cost rise, and says it as a plain recomputation does', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...Object.keys(shapes)),
        fc.constantFrom(...METRICS),
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 0, max: 1000 }),
        async (shape, metric, clusters, seed) => {
          const matrix = shapes[shape]!(80, 6, seed);
          const rows = await rowsOf(matrix, metric);
          const costs: number[] = [];
          const found = await engineKmeans(rows, options({ clusters, seed, tolerance: 0, onIteration: ({ cost }) => costs.push(cost!) }));
          const scale = Math.max(1, costs[0]!);
          const enough = (await countDifferent(rows, clusters)) >= clusters;
          if (enough) {
            costs.forEach((cost, at) => at > 0 && expect(cost).toBeLessThanOrEqual(costs[at - 1]! + 1e-5 * scale));
          }
          expect(Math.abs(plainCost(plainRows(matrix, metric), found.labels, metric) - found.cost)).toBeLessThan(1e-4 * scale);
          if (enough) expect(Array.from(found.sizes).every((size) => size > 0)).toBe(true);
          expect(found.sizes.reduce((sum, size) => sum + size)).toBe(80);
        },
      ),
      { numRuns: 40 },
    );
  });

  it.each(METRICS)('gives the same bytes for held rows, rows read anew, and any number of threads (%s)', async (metric) => {
    const { matrix } = blobs({ rows: 9000, cols: 12, centres: 30, spread: 0.8, seed: 7 });
    const keep = new Uint8Array(9000).map((_, row) => (row % 11 === 0 ? 0 : 1));
    const runs = [{}, { heldBytes: 0 }].flatMap((more) => [1, 2].map((threads) => ({ ...more, threads })));
    const found = [];
    for (const { threads, ...more } of runs) {
      found.push(
        await engineKmeans(await rowsOf(matrix, metric, { keep, ...more }), options({ clusters: 25, threads, maxIterations: 15 })),
      );
    }
    for (const other of found.slice(1)) expect(other).toEqual(found[0]);
  });

  it('returns no empty cluster where many rows are copies', async () => {
    const few = blobs({ rows: 12, cols: 8, centres: 12, spread: 0, seed: 1 }).matrix;
    const data = Float32Array.from({ length: 3000 * 8 }, (_, at) => few.data[(Math.floor(at / 8) ** 2 % 12) * 8 + (at % 8)]!);
    // 0, 1, 4, 9 are the squares modulo 12: four different rows, and the others once
    data.set(few.data, 0);
    for (const metric of METRICS) {
      const found = await engineKmeans(await rowsOf({ data, rows: 3000, cols: 8 }, metric), options({ clusters: 12 }));
      expect(Array.from(found.sizes).every((size) => size > 0)).toBe(true);
      expect(found.cost).toBeLessThan(1e-4);
    }
  });

  it('keeps a cluster whose rows cancel out', async () => {
    const rows = await rowsOf({ data: Float32Array.of(1, 0, -1, 0, 0, 1, 0, -1), rows: 4, cols: 2 }, 'cosine');
    const found = await engineKmeans(rows, options({ clusters: 1 }));
    expect(found.labels).toEqual(Int32Array.of(0, 0, 0, 0));
    expect(Math.hypot(...found.centroids.data)).toBeCloseTo(1);
  });

  it('ends as it is told to', async () => {
    const { matrix } = blobs({ rows: 3000, cols: 16, centres: 40, spread: 1.5, seed: 2 });
    const rows = await rowsOf(matrix, 'cosine');
    const { iterations, ending } = await engineKmeans(rows, options({ clusters: 40, maxIterations: 4, tolerance: 0 }));
    expect({ iterations, ending }).toEqual({ iterations: 4, ending: 'iterations' });
    expect((await engineKmeans(rows, options({ clusters: 40, tolerance: 0.05 }))).ending).toBe('tolerance');
  });

  it('takes the best of several runs', async () => {
    const { matrix } = blobs({ rows: 400, cols: 8, centres: 15, spread: 0.4, seed: 4 });
    const rows = await rowsOf(matrix, 'cosine');
    const single = await Promise.all([0, 1, 2, 3].map((seed) => engineKmeans(rows, options({ clusters: 15, seed }))));
    const best = await engineKmeans(rows, options({ clusters: 15, restarts: 4 }));
    expect(best.cost).toBe(Math.min(...single.map(({ cost }) => cost)));
  });

  it.each(METRICS)('begins on codes where that pays, and ends as good as without (%s)', async (metric) => {
    const { matrix } = blobs({ rows: 20_000, cols: 16, centres: 90, spread: 0.9, seed: 6 });
    const rows = await rowsOf(matrix, metric);
    const costs: number[] = [];
    const coarse = await engineKmeans(rows, options({ clusters: 110, maxIterations: 25, onIteration: ({ cost }) => costs.push(cost!) }));
    expect(costs).toHaveLength(coarse.iterations);
    // three iterations are too few for codes
    const exact = await engineKmeans(rows, options({ clusters: 110, maxIterations: 3 }));
    expect(coarse.cost).toBeLessThan(exact.cost * 1.001);
    const kernel = await openCentroidKernel({ width: 16, clusters: 40, best: 2, threads: 1 });
    expect((await assignRows(rows, coarse.centroids, { kernel })).labels).toEqual(coarse.labels);
    await kernel.close();
  });
});

describe('improve', () => {
  it('ends when it is told to, whether anybody listens or not', async () => {
    const { matrix } = blobs({ rows: 2000, cols: 16, centres: 40, spread: 1.5, seed: 2 });
    const rows = await rowsOf(matrix, 'cosine');
    const kernels = await openKmeansKernels({ width: 16, clusters: 30, threads: 1 });
    const seeds = await seedCentroids(rows, { clusters: 30, seed: 0, threads: 1 });
    expect((await improve(rows, { seeds, kernels, maxIterations: 2, tolerance: 0 })).iterations).toBe(2);
    await kernels.close();
  });

  it('ends where there are fewer different rows than clusters, some of which stay empty', async () => {
    const data = Float32Array.from(
      { length: 400 * 4 },
      (_, at) => [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0][((Math.floor(at / 4) % 3) * 4 + (at % 4)) | 0]!,
    );
    // lengths that differ leave directions that differ in the last bit
    for (let row = 0; row < 400; row++) for (let i = 0; i < 4; i++) data[row * 4 + i]! *= 1 + row / 7;
    const rows = await rowsOf({ data, rows: 400, cols: 4 }, 'cosine');
    const found = await engineKmeans(rows, options({ clusters: 9, maxIterations: 1000, tolerance: 0 }));
    expect(found.iterations).toBeLessThan(5);
    expect(found.sizes.filter((size) => size > 0)).toHaveLength(3);
  });
});

describe('euclidean k-means', () => {
  it('does not mind where the rows lie', async () => {
    const { matrix, of } = blobs({ rows: 900, cols: 12, centres: 7, spread: 0.3, seed: 12 });
    const data = matrix.data.map((value, at) => value + (at % 12 === 3 ? 3e4 : 1e3));
    const rows = await rowsOf({ ...matrix, data }, 'euclidean');
    const found = await engineKmeans(rows, options({ clusters: 7, restarts: 3 }));
    expect(partitionOf(found.labels)).toEqual(partitionOf(of));
    const kernels = await openKmeansKernels({ width: 12, clusters: 7, threads: 1 });
    const here = await rowsOf(matrix, 'euclidean');
    const plain = await assignRows(here, centroidsOf(here, { ...found, sums: sumsOf(matrix, found.labels, 7) }, found.centroids), {
      kernel: kernels.two,
    });
    expect(await meanSilhouette(rows, found, kernels.two)).toBeCloseTo(await meanSilhouette(here, plain, kernels.two), 3);
    await kernels.close();
  });
});

describe('coarseCentroids', () => {
  it.each(METRICS)('comes to the cost that exact iterations from the same seeds come to (%s)', async (metric) => {
    const { matrix } = blobs({ rows: 4000, cols: 24, centres: 30, spread: 0.8, seed: 13 });
    // what all rows have in common must tell no centroids apart
    const data = matrix.data.map((value, at) => value + (at % 24 < 3 ? 4 : 0));
    const rows = await rowsOf({ ...matrix, data }, metric);
    const kernels = await openKmeansKernels({ width: 24, clusters: 30, threads: 1 });
    for (const seed of [0, 1]) {
      const seeds = await seedCentroids(rows, { clusters: 30, seed, threads: 1 });
      const exact = await improve(rows, { seeds, kernels, maxIterations: 12, tolerance: 0 });
      const costs: number[] = [];
      const { centroids, iterations } = await coarseCentroids(rows, await encodeRows(rows), {
        seeds,
        threads: 1,
        maxIterations: 12,
        tolerance: 0,
        onIteration: ({ cost }) => costs.push(cost!),
      });
      expect(costs).toHaveLength(iterations);
      const cost = costOf(rows, await assignRows(rows, centroids, { kernel: kernels.two }));
      expect(Math.abs(cost / exact.cost - 1)).toBeLessThan(0.05);
      // what it says of itself is right, too
      expect(Math.abs(costs.at(-1)! / cost - 1)).toBeLessThan(0.01);
    }
    await kernels.close();
  });

  it('ends where no row moves', async () => {
    const { matrix } = blobs({ rows: 600, cols: 8, centres: 6, spread: 0, seed: 1 });
    const rows = await rowsOf(matrix, 'euclidean');
    const seeds = await seedCentroids(rows, { clusters: 6, seed: 0, threads: 1 });
    const { iterations } = await coarseCentroids(rows, await encodeRows(rows), { seeds, threads: 1, maxIterations: 50, tolerance: 0 });
    expect(iterations).toBeLessThan(4);
  });
});

describe('packageKmeans', () => {
  it('refuses what would not fit into memory', async () => {
    const rows = { ...(await rowsOf({ data: new Float32Array(4).fill(1), rows: 2, cols: 2 }, 'euclidean')), count: 1e9 };
    await expect(packageKmeans(rows, options({ clusters: 2 }))).rejects.toThrow(EmbedError);
  });
});

describe('assignRows', () => {
  it.each(METRICS)('finds the nearest centroid of every row, the first of equal ones (%s)', async (metric) => {
    for (const [shape, make] of Object.entries(shapes)) {
      const matrix = make(200, 5, 8);
      const rows = await rowsOf(matrix, metric);
      const own = { data: rows.pick(Int32Array.from({ length: 30 }, (_, at) => at * 3)), rows: 30, cols: 5 };
      // every centroid twice: all are ties
      const centroids: Matrix = { data: Float32Array.from([...own.data, ...own.data]), rows: 60, cols: 5 };
      const kernel = await openCentroidKernel({ width: 5, clusters: 40, best: 2, threads: 1 });
      const { labels, sizes } = await assignRows(rows, centroids, { kernel });
      await kernel.close();
      const expected = Array.from({ length: 200 }, (_, place) => {
        const row = rows.pick([place]);
        const distances = Array.from({ length: 60 }, (_, at) => {
          const centroid = rowOf(centroids, at);
          return metric === 'cosine' ? 1 - cosine(row, centroid) : euclideanDistance(row, centroid);
        });
        return distances.indexOf(Math.min(...distances));
      });
      expect(Array.from(labels), shape).toEqual(expected);
      expect(sizes.reduce((sum, size) => sum + size)).toBe(200);
    }
  });
});

describe('largestFirst', () => {
  it('numbers clusters by their size, equal ones by their first row, and loses nothing', async () => {
    const { matrix } = blobs({ rows: 90, cols: 6, centres: 5, spread: 0.6, seed: 9 });
    const rows = await rowsOf(matrix, 'cosine');
    const found = await engineKmeans(rows, options({ clusters: 6 }));
    const ordered = largestFirst(found);
    expect(Array.from(ordered.sizes)).toEqual(Array.from(found.sizes).toSorted((a, b) => b - a));
    expect(partitionOf(ordered.labels)).toEqual(partitionOf(found.labels));
    ordered.labels.forEach((label, place) => expect(rowOf(ordered.centroids, label)).toEqual(rowOf(found.centroids, found.labels[place]!)));
    expect(largestFirst(ordered)).toEqual(ordered);
  });
});

describe('seedCentroids', () => {
  it('draws rows, different ones, the same for the same seed', async () => {
    const { matrix } = blobs({ rows: 500, cols: 6, centres: 8, spread: 0.01, seed: 11 });
    const rows = await rowsOf(matrix, 'cosine');
    const seeds = await seedCentroids(rows, { clusters: 8, seed: 1, threads: 2 });
    expect(await seedCentroids(rows, { clusters: 8, seed: 1, threads: 1 })).toEqual(seeds);
    const places = Array.from({ length: 8 }, (_, at) =>
      Array.from({ length: 500 }, (_, place) => place).find((place) =>
        rows.pick([place]).every((value, i) => value === seeds.data[at * 6 + i]),
      ),
    );
    // eight centres far apart: one seed each
    expect(new Set(places.map((place) => (place! * 7 + Math.floor(place! / 8)) % 8)).size).toBe(8);
    expect(await seedCentroids(rows, { clusters: 8, seed: 2, threads: 1 })).not.toEqual(seeds);
  });
});

describe('seedCentroids, of several candidates,', () => {
  it('takes the better ones: its seeds cost less than those of plain k-means++', async () => {
    const { matrix } = blobs({ rows: 800, cols: 8, centres: 25, spread: 0.3, seed: 14 });
    const rows = await rowsOf(matrix, 'euclidean');
    const points = plainRows({ ...matrix, data: rows.pick(rows.numbers) }, 'euclidean');
    const potential = (seeds: readonly (readonly number[])[]): number =>
      points.reduce((sum, point) => sum + Math.min(...seeds.map((seed) => squaredDistance(point, seed))), 0);
    let greedy = 0;
    let plain = 0;
    for (let seed = 0; seed < 8; seed++) {
      const { data } = await seedCentroids(rows, { clusters: 25, seed, threads: 1 });
      greedy += potential(Array.from({ length: 25 }, (_, at) => Array.from(data.subarray(at * 8, at * 8 + 8))));
      const uniform = uniforms(seed);
      const chosen = [points[Math.floor(uniform() * 800)]!];
      while (chosen.length < 25) {
        const distances = points.map((point) => Math.min(...chosen.map((other) => squaredDistance(point, other))));
        let left = uniform() * distances.reduce((sum, value) => sum + value, 0);
        chosen.push(points[distances.findIndex((value) => (left -= value) < 0)]!);
      }
      plain += potential(chosen);
    }
    expect(greedy).toBeLessThan(0.85 * plain);
  });
});

describe('countDifferent', () => {
  it('counts rows that differ, as far as it is asked to', async () => {
    const rows = await rowsOf({ data: Float32Array.of(1, 0, -0, 1, 0, 1, 2, 0, 1, 1e-7), rows: 5, cols: 2 }, 'cosine');
    expect(await countDifferent(rows, 100)).toBe(3);
    expect(await countDifferent(rows, 2)).toBe(2);
  });
});

describe('openClusterRows', () => {
  it('leaves rows without direction out, and says how many', async () => {
    const matrix = { data: Float32Array.of(0, 0, 3, 4, 0, 0, 1, 0), rows: 4, cols: 2 };
    const rows = await rowsOf(matrix, 'cosine');
    expect({ count: rows.count, zeros: rows.zeros, numbers: [...rows.numbers] }).toEqual({ count: 2, zeros: 2, numbers: [1, 3] });
    expect([...(await rowsOf(matrix, 'euclidean')).numbers]).toEqual([0, 1, 2, 3]);
  });

  it.each(METRICS)('names the first row with NaN (%s)', async (metric) => {
    await expect(rowsOf({ data: Float32Array.of(1, 0, NaN, 1), rows: 2, cols: 2 }, metric)).rejects.toThrow(
      'row 1 contains NaN or infinity',
    );
  });
});
