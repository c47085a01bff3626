import type { Quality } from '../analysis/cluster-quality.ts';
import type { ClusterRows } from '../analysis/cluster-rows.ts';
import type { ClusterReport, ClusterRecord, ClustersSummary, Example } from '../report/clusters.ts';
import { known } from '../report/report.ts';
import type { SetRow } from '../vectors/rows-file.ts';
import type { RowTexts } from './row-texts.ts';

/** Clusters in the order they are reported in, and what is known of them. */
export type Themes = {
  rows: ClusterRows;
  /** Cluster of each row of the set, -1 where it is in none; and cosine or distance to its centroid. */
  clusters: Int32Array;
  values: Float64Array;
  sizes: Int32Array;
  quality: Quality;
  /** Most telling words of each. */
  words: string[][];
};

/** How a cluster is called. */
export function labelOf(words: readonly string[]): string {
  return words.join(', ');
}

/** To six decimals, as cosines are. */
export function rounded(value: number): number {
  return Math.round(value * 1e6) / 1e6 + 0;
}

type Head = Omit<ClustersSummary, 'clusters' | 'outliers' | 'k' | 'silhouette' | 'grouped'>;

/** Rows whose texts are looked up at once, for a set that has none to scan. */
const ROWS_PER_BATCH = 8192;

export async function clusterReport(
  { rows, clusters, values, sizes, quality, words }: Themes,
  { texts, head }: { texts: RowTexts; head: Head },
): Promise<ClusterReport> {
  const valueName = head.metric === 'cosine' ? 'cosine' : 'distance';
  const shown = [...quality.clusters.flatMap(({ nearest }) => nearest), ...quality.outliers];
  const found = texts.known ? await texts.get(shown.map(({ place }) => rows.numbers[place]!)) : new Map<number, SetRow>();
  const exampleOf = ({ place }: { place: number }): Example => {
    const row = rows.numbers[place]!;
    const { label: _, fields: __, ...example } = recordOf(row, found.get(row));
    return example;
  };
  const recordOf = (row: number, of: SetRow | undefined): ClusterRecord => {
    const cluster = clusters[row]!;
    const { id = `row:${row}`, text, file, line, fields } = of ?? {};
    return {
      row,
      id,
      cluster: cluster < 0 ? null : cluster,
      ...known({
        [valueName]: cluster < 0 ? undefined : values[row],
        label: cluster < 0 || words[cluster]!.length === 0 ? undefined : labelOf(words[cluster]!),
        file,
        line,
        text,
        fields,
      }),
    };
  };
  return {
    schema: 'embed.cluster/1',
    summary: {
      ...head,
      k: sizes.length,
      silhouette: quality.silhouette === undefined ? null : rounded(quality.silhouette),
      grouped: rows.count,
      clusters: quality.clusters.map(({ cohesion, silhouette, nearest }, cluster) => ({
        cluster,
        size: sizes[cluster]!,
        label: labelOf(words[cluster]!),
        words: words[cluster]!,
        cohesion: sizes[cluster] === 0 ? null : rounded(cohesion),
        silhouette: sizes[cluster] === 0 || silhouette === undefined ? null : rounded(silhouette),
        representatives: nearest.map(exampleOf),
      })),
      outliers: quality.outliers.map(exampleOf),
    },
    columns: ['row', 'id', 'cluster', valueName, 'label', 'file', 'line', 'text'],
    recordsOf: (record) => [record],
    async *groups() {
      let row = 0;
      if (texts.known) for await (const batch of texts.scan()) yield batch.map((of) => recordOf(row++, of));
      for (; row < clusters.length; row += ROWS_PER_BATCH) {
        const first = row;
        yield Array.from({ length: Math.min(ROWS_PER_BATCH, clusters.length - first) }, (_, at) => recordOf(first + at, undefined));
      }
    },
  };
}
