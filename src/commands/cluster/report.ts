import type { ClusterRecord, ClusterReport, ClustersSummary, Example } from '../../report/clusters.ts';
import { withoutUndefined } from '../../report/report.ts';
import { ROWS_PER_BATCH, type RowTexts } from '../../sets/row-texts.ts';
import { rounded } from '../../text.ts';
import type { SetRow } from '../../vectors/rows-file.ts';
import type { DescribedClusters } from './describe-clusters.ts';
import type { Found } from './find-clusters.ts';
import type { ClusterPlan } from './flags.ts';

export type ClusterReportOptions = {
  texts: RowTexts;
  input: string;
  model: string | null;
  plan: ClusterPlan;
  found: Found;
  blank: number;
  /** The warning if the model could not read much of the texts. */
  unread: string | undefined;
};

export async function clusterReport(described: DescribedClusters, { texts, ...options }: ClusterReportOptions): Promise<ClusterReport> {
  const { rows, clusters, values, quality, labels } = described;
  const valueName = valueNameOf(options.plan);
  const shown = [...quality.clusters.flatMap(({ nearest }) => nearest), ...quality.outliers];
  const looked = texts.known ? await texts.get(shown.map(({ place }) => rows.numbers[place]!)) : new Map<number, SetRow>();
  const recordOf = (row: number, of: SetRow | undefined): ClusterRecord => {
    const cluster = clusters[row]!;
    const { id = `row:${row}`, text, file, line, fields } = of ?? {};
    return {
      row,
      id,
      cluster: cluster < 0 ? null : cluster,
      ...withoutUndefined({
        [valueName]: cluster < 0 ? undefined : values[row],
        label: cluster < 0 ? undefined : (labels[cluster] ?? undefined),
        file,
        line,
        text,
        fields,
      }),
    };
  };
  const exampleOf = ({ place }: { place: number }): Example => {
    const row = rows.numbers[place]!;
    const { label: _, fields: __, ...example } = recordOf(row, looked.get(row));
    return example;
  };
  return {
    schema: 'embed.cluster/1',
    summary: summaryOf(described, { ...options, exampleOf }),
    columns: ['row', 'id', 'cluster', valueName, 'label', 'file', 'line', 'text'],
    recordsOf: (record) => [record],
    async *groups() {
      let row = 0;
      for await (const batch of texts.known ? texts.scan() : []) yield batch.map((of) => recordOf(row++, of));
      for (; row < clusters.length; row += ROWS_PER_BATCH) {
        const first = row;
        yield Array.from({ length: Math.min(ROWS_PER_BATCH, clusters.length - first) }, (_, at) => recordOf(first + at, undefined));
      }
    },
  };
}

/** The name of a row's value. */
export function valueNameOf({ metric }: ClusterPlan): 'cosine' | 'distance' {
  return metric === 'cosine' ? 'cosine' : 'distance';
}

function summaryOf(
  { rows, clusters, sizes, quality, words, labels }: DescribedClusters,
  {
    input,
    model,
    plan: { metric, engine, seed },
    found: { clustering, choice, restarts, assigned },
    blank,
    unread,
    exampleOf,
  }: Omit<ClusterReportOptions, 'texts'> & { exampleOf: (placed: { place: number }) => Example },
): ClustersSummary {
  const { iterations, ending } = clustering;
  const ofMetric = (value: number): number => (metric === 'cosine' ? rounded(value) : Number(value.toPrecision(7)));
  return {
    input,
    model,
    metric,
    engine,
    k: sizes.length,
    chosen: assigned ? 'assigned' : choice ? 'auto' : 'given',
    ...(choice && {
      stands_out: choice.standsOut,
      tried: choice.tried.map(({ clusters: k, silhouette, spread, agreement, error }) => ({
        k,
        silhouette: rounded(silhouette),
        spread: rounded(spread),
        agreement: rounded(agreement),
        error: rounded(error),
      })),
    }),
    ...(assigned ? {} : { seed, restarts, iterations, ending }),
    objective: objectiveOf(quality.values, metric),
    silhouette: roundedOrNull(quality.silhouette),
    rows: clusters.length,
    grouped: rows.count,
    blank,
    zero: rows.zeros,
    warning: unread?.replace(/^warning: /, '') ?? null,
    clusters: quality.clusters.map(({ cohesion, silhouette, nearest }, cluster) => ({
      cluster,
      size: sizes[cluster]!,
      label: labels[cluster] ?? null,
      words: words[cluster]!,
      cohesion: sizes[cluster] === 0 ? null : ofMetric(cohesion),
      silhouette: roundedOrNull(sizes[cluster] === 0 ? undefined : silhouette),
      representatives: nearest.map(exampleOf),
    })),
    outliers: quality.outliers.map(exampleOf),
  };
}

/** Mean cosine of the rows to their centroid, or the inertia: the sum of squared distances. */
function objectiveOf(values: Float64Array, metric: ClusterPlan['metric']): number {
  if (metric === 'cosine') return rounded(values.reduce((sum, value) => sum + value, 0) / values.length);
  return values.reduce((sum, value) => sum + value ** 2, 0);
}

function roundedOrNull(value: number | undefined): number | null {
  return value === undefined ? null : rounded(value);
}
