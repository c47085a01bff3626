import type { QualityTable } from './cluster-quality.ts';
import type { VectorTable } from './cluster-vectors.ts';
import { list, table, whole } from './markdown.ts';
import { summarize } from './rounds.ts';

export type ProgramTable = {
  rows: number;
  clusters: number;
  iterations: number;
  seconds: number;
  megabytes: number;
  vectorMegabytes: number;
};

export type ClusterReport = {
  date: string;
  facts: Readonly<Record<string, string>>;
  rounds: number;
  vectors: readonly VectorTable[];
  program: readonly ProgramTable[];
  quality: readonly QualityTable[];
  notes: readonly string[];
};

/** The report as Markdown. */
export function clusterMarkdown({ date, facts, rounds, vectors, program, quality, notes }: ClusterReport): string {
  const blocks = [
    `# Clustering, ${date}`,
    list(Object.entries(facts).map(([name, value]) => `${name}: ${value}`)),
    ...(vectors.length > 0
      ? [
          '## The same vectors, the same k, the same iterations',
          `Vectors in memory; centroids and a label for each row; tolerance 0, one start. ${rounds} rounds after a warm-up, everybody in turn, ` +
            'each round with a seed of its own (ml-kmeans once). Objectives are recomputed from the partition in float64: mean cosine to the direction of the ' +
            'cluster (larger is better), or mean squared distance to its mean (smaller is better). Rates are medians to the median of FAISS.',
        ]
      : []),
    ...vectors.flatMap(vectorBlocks),
    ...(program.length > 0
      ? [
          '## The program, as the set grows',
          '`embed cluster SET -k K --max-iterations N --tolerance 0 -q --format json > FILE`, a new process each time, once each: start, reading, ' +
            'clusters, exact silhouettes, labels from the texts, a record for each row. Memory is the most that was resident.',
          table(
            ['rows', 'k', 'iterations', 's', 'MB', 'vectors, MB'],
            program.map(({ rows, clusters, iterations, seconds, megabytes, vectorMegabytes }) =>
              [rows, clusters, iterations].map(whole).concat([seconds.toFixed(1), whole(megabytes), whole(vectorMegabytes)]),
            ),
          ),
        ]
      : []),
    ...(quality.length > 0
      ? [
          '## Texts with labels',
          'V-measure with as many clusters as there are labels, up to 100 iterations, five seeds; and what `embed cluster` chooses without `-k`, seed by seed.',
          table(
            ['', 'rows', 'labels', 'contender', 'metric', 'V, mean', 'standard deviation'],
            quality.flatMap(({ name, rows, labels, runs }) =>
              runs.map(({ name: contender, metric, values }) => {
                const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
                const spread = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1));
                return [name, whole(rows), String(labels), contender, metric, mean.toFixed(4), spread.toFixed(4)];
              }),
            ),
          ),
          table(
            ['', 'labels', 'k chosen', 'whole program, s', 'with -k given, s', 'ratio'],
            quality.map(({ name, labels, chosen, auto }) => [
              name,
              String(labels),
              chosen.map(({ k, standsOut }) => `${k}${standsOut ? '' : ' (none stands out)'}`).join(', '),
              auto.seconds.toFixed(2),
              auto.fixedSeconds.toFixed(2),
              `${(auto.seconds / auto.fixedSeconds).toFixed(1)} ×`,
            ]),
          ),
        ]
      : []),
    ...(notes.length > 0 ? ['## Notes', list(notes)] : []),
  ];
  return `${blocks.join('\n\n')}\n`;
}

function vectorBlocks({ rows, clusters, iterations, runs }: VectorTable): string[] {
  return [
    `### ${whole(rows)} rows, k = ${clusters}, ${iterations} iterations`,
    table(
      ['', 'median, s', 'least, s', 'rate to FAISS', 'objective, mean', 'to the best'],
      runs.map(({ name, metric, seconds }) => {
        const { min, median } = summarize(seconds);
        const same = runs.filter((run) => run.metric === metric);
        const peer = same.find((run) => run.name === 'FAISS');
        const means = same.map((run) => run.objectives.reduce((sum, value) => sum + value, 0) / run.objectives.length);
        const own = means[same.findIndex((run) => run.name === name)]!;
        const best = metric === 'cosine' ? Math.max(...means) : Math.min(...means);
        const behind = metric === 'cosine' ? 1 - own / best : own / best - 1;
        return [
          `${name}, ${metric === 'cosine' ? 'spherical' : 'euclidean'}`,
          median.toFixed(2),
          min.toFixed(2),
          peer === undefined || name === 'FAISS' ? '' : `${(summarize(peer.seconds).median / median).toFixed(2)} ×`,
          own.toFixed(5),
          behind === 0 ? 'best' : `${(behind * 100).toFixed(2)} % behind`,
        ];
      }),
    ),
  ];
}
