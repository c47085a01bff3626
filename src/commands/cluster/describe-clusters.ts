import type { Clustering } from '../../analysis/clusters/kmeans.ts';
import { openLabeller } from '../../analysis/clusters/labels.ts';
import { nameClusters } from '../../analysis/clusters/names.ts';
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
  /** The name of each cluster; null where no text is known, and for an empty cluster without words. */
  labels: (string | null)[];
  /** Whether the words are known: from a text, or from given centroids. */
  named: boolean;
};

/** Examples per cluster, and outliers, unless more are asked for. */
const EXAMPLES = 3;
const OUTLIERS = 10;

/** What clusters are called already; `label` is missing in files of earlier versions. */
export type KnownName = { words: string[]; label?: string };

export type Describing = {
  /** Rows of the set. */
  total: number;
  texts: RowTexts;
  /** What the clusters are called, if that is known already. */
  names: readonly KnownName[] | undefined;
  /** Words that are no labels. */
  stopWords: ReadonlySet<string>;
  /** Examples per cluster that are asked for. */
  top: number;
  threads: number;
};

/** Measures the quality of clusters, names them, and gives each row of the set its cluster. */
export async function describeClusters(
  rows: ClusterRows,
  clustering: Clustering,
  { total, texts, names, stopWords, top, threads }: Describing,
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
  const labeller = openLabeller(sizes, stopWords);
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
  const words = names?.map((known) => known.words) ?? labeller.finish();
  const known = names?.map((one) => one.label ?? (one.words.length > 0 ? one.words.join(', ') : undefined));
  const nearest = await nearestTexts(words, { rows, quality, texts });
  return {
    rows,
    clusters,
    values,
    sizes,
    quality,
    words,
    labels: nameClusters(words, { known, nearest }),
    named: names !== undefined || named,
  };
}

/** The texts nearest to the centroids of clusters without words. */
async function nearestTexts(
  words: readonly string[][],
  { rows, quality, texts }: Pick<DescribedClusters, 'rows' | 'quality'> & { texts: RowTexts },
): Promise<string[][]> {
  const places = quality.clusters.map(({ nearest }, cluster) =>
    words[cluster]!.length > 0 ? [] : nearest.map(({ place }) => rows.numbers[place]!),
  );
  const wanted = places.flat();
  const found = texts.known && wanted.length > 0 ? await texts.get(wanted) : undefined;
  return places.map((own) => own.flatMap((row) => found?.get(row)?.text ?? []));
}
