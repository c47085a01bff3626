import type { Clustering } from '../../analysis/clusters/kmeans.ts';
import { openLabeller } from '../../analysis/clusters/labels.ts';
import { clusterQuality, type Quality } from '../../analysis/clusters/quality.ts';
import type { ClusterRows } from '../../analysis/clusters/rows.ts';
import { openCentroidKernel } from '../../engine/centroids.ts';
import type { RowTexts } from '../../sets/row-texts.ts';

/** Clusters with their sizes, quality and words. */
export type DescribedClusters = {
  rows: ClusterRows;
  /** Per row of the set: its cluster, and its cosine or distance to the centroid; -1 and NaN if it is in no cluster. */
  clusters: Int32Array;
  values: Float64Array;
  sizes: Int32Array;
  quality: Quality;
  /** The most telling words of each cluster. */
  words: string[][];
  /** Whether the words are known: from a text, or from given centroids. */
  named: boolean;
};

/** Examples per cluster, and outliers, unless more are asked for. */
const EXAMPLES = 3;
const OUTLIERS = 10;

/**
 * Measures the quality of clusters, finds their words, and gives each row of the set its cluster.
 *
 * @param total rows of the set
 * @param names words of the clusters, if they are known already
 * @param top examples per cluster that are asked for
 */
export async function describeClusters(
  rows: ClusterRows,
  clustering: Clustering,
  { total, texts, names, top, threads }: { total: number; texts: RowTexts; names: string[][] | undefined; top: number; threads: number },
): Promise<DescribedClusters> {
  const { labels, sizes } = clustering;
  const kernel = await openCentroidKernel({ width: rows.dims, clusters: sizes.length, best: 2, threads });
  let quality: Quality;
  try {
    quality = await clusterQuality(rows, clustering, { kernel, examples: Math.max(EXAMPLES, top), outliers: Math.max(OUTLIERS, top) });
  } finally {
    await kernel.close();
  }
  const clusters = new Int32Array(total).fill(-1);
  const values = new Float64Array(total).fill(Number.NaN);
  for (const [place, row] of rows.numbers.entries()) {
    clusters[row] = labels[place]!;
    values[row] = quality.values[place]!;
  }
  const labeller = openLabeller(sizes);
  let row = 0;
  let named = false;
  for await (const batch of texts.known && !names ? texts.scan() : []) {
    for (const { text } of batch) {
      const cluster = clusters[row++]!;
      if (text === undefined) continue;
      named = true;
      labeller.add(cluster, text);
    }
  }
  return { rows, clusters, values, sizes, quality, words: names ?? labeller.finish(), named: names !== undefined || named };
}
