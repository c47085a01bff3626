import type { Clustering } from '../../analysis/clusters/kmeans.ts';
import { openLabeller } from '../../analysis/clusters/labels.ts';
import { clusterQuality, type Quality } from '../../analysis/clusters/quality.ts';
import type { ClusterRows } from '../../analysis/clusters/rows.ts';
import { openCentroidKernel } from '../../engine/centroids.ts';
import type { RowTexts } from '../../sets/row-texts.ts';

/** Clusters, and what there is to say of them. */
export type Themes = {
  rows: ClusterRows;
  /** Cluster of each row of the set, -1 where it is in none; and cosine or distance to its centroid. */
  clusters: Int32Array;
  values: Float64Array;
  sizes: Int32Array;
  quality: Quality;
  /** Most telling words of each cluster. */
  words: string[][];
  /** Whether there was any text to find words in. */
  named: boolean;
};

/** Examples that are kept of each cluster, and outliers, unless more are asked for. */
const EXAMPLES = 3;
const OUTLIERS = 10;

/**
 * Quality, labels, and what each row of the set has come to.
 *
 * @param total rows of the set
 * @param names words of the clusters, where they have names already
 * @param top examples that are asked for
 */
export async function describeClusters(
  rows: ClusterRows,
  clustering: Clustering,
  { total, texts, names, top, threads }: { total: number; texts: RowTexts; names: string[][] | undefined; top: number; threads: number },
): Promise<Themes> {
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
