import { openLabeller } from '../analysis/cluster-labels.ts';
import { clusterQuality, type Quality } from '../analysis/cluster-quality.ts';
import { openClusterRows, type ClusterRows } from '../analysis/cluster-rows.ts';
import type { Clustering } from '../analysis/kmeans.ts';
import { openCentroidKernel } from '../engine/centroids.ts';
import { allowedThreads, breathe, plural, say, write, type Io } from '../io.ts';
import { looksOf } from '../report/cells.ts';
import { clusterLines } from '../report/clusters.ts';
import { readingWarning } from '../report/encode-summary.ts';
import { isTable, known, TABLES_AND_TEXT } from '../report/report.ts';
import { openClusterFiles, writeCentroids, writeLabels } from './cluster-files.ts';
import { filesRead, planClusters } from './cluster-flags.ts';
import { themedRecords } from './cluster-records.ts';
import { clusterReport, labelOf, rounded, type Themes } from './cluster-report.ts';
import type { ClusterFlags } from './cluster.ts';
import { findClusters, readCentroids } from './find-clusters.ts';
import { openInput, type OpenedInput } from './open-input.ts';
import { openReports, tableChunks } from './report-files.ts';
import { filterRows } from './row-filter.ts';
import { openRowTexts, type RowTexts } from './row-texts.ts';

/** `embed cluster`: groups the rows, names the groups, and gives the records back with their cluster. */
export async function cluster(input: string, flags: ClusterFlags, io: Io): Promise<void> {
  const plan = planClusters(input, flags);
  const read = filesRead(input, flags);
  const note = (text: string): void => void (flags.quiet || say(io.stderr, text));
  const files = openClusterFiles(flags, { read });
  // the records have standard output to themselves
  const screen = flags.output === '-' ? io.stderr : io.stdout;
  let sinks: ReturnType<typeof openReports> | undefined;
  let opened: OpenedInput | undefined;
  try {
    const { format, report: reports, overwrite } = flags;
    sinks = openReports(
      { ...(format ? { format } : {}), ...(reports ? { report: reports } : {}), ...(overwrite ? { overwrite } : {}) },
      { inputs: read, formats: TABLES_AND_TEXT, screen, io },
    );
    const given = flags.assign === undefined ? undefined : readCentroids(flags.assign, plan);
    opened = await openInput([input], flags, io, { again: files.records !== undefined });
    files.assertNone(opened.files);
    sinks.assertNone(opened.files);
    const name = input === '-' ? 'standard input' : input;
    sayWhatWasNotRead(opened, { name, note });
    const texts = await openRowTexts(opened, { name, texts: flags.texts, flags, io });
    const filter = await filterRows(opened, { texts, conditions: [], name, external: flags.texts !== undefined });
    const { vectors } = opened.set;
    const rows = await openClusterRows({ reader: vectors, keep: filter.keep, metric: plan.metric, name, signal: io.signal });
    if (filter.blank > 0) note(`${plural(filter.blank, 'blank row')} left out`);
    if (rows.zeros > 0) note(`${plural(rows.zeros, 'row')} of length zero left out`);

    const found = await findClusters(rows, { plan, given, name, flags, io });
    const themes = await describe(rows, found.clustering, { total: vectors.rows, texts, flags });
    const report = await clusterReport(themes, {
      texts,
      head: {
        input,
        model: opened.set.manifest?.model?.name ?? null,
        metric: plan.metric,
        engine: plan.engine,
        chosen: given ? 'assigned' : found.choice ? 'auto' : 'given',
        ...(found.choice
          ? {
              stands_out: found.choice.standsOut,
              tried: found.choice.tried.map(({ clusters: k, silhouette, spread }) => ({
                k,
                silhouette: rounded(silhouette),
                spread: rounded(spread),
              })),
            }
          : {}),
        ...(given
          ? {}
          : known({ seed: plan.seed, restarts: found.restarts, iterations: found.clustering.iterations, ending: found.clustering.ending })),
        objective: plan.metric === 'cosine' ? rounded(1 - found.clustering.cost / rows.count) : found.clustering.cost,
        rows: vectors.rows,
        blank: filter.blank,
        zero: rows.zeros,
      },
    });

    const written: string[] = [];
    if (files.labels) {
      writeLabels(files.labels, themes.clusters);
      written.push(files.labels.path);
    }
    if (files.centroids) {
      writeCentroids(files.centroids, found.clustering.centroids);
      written.push(files.centroids.path);
    }
    const records =
      files.records &&
      (await themedRecords(opened, {
        input,
        texts,
        valueName: plan.metric === 'cosine' ? 'cosine' : 'distance',
        of: (row) => {
          const at = themes.clusters[row]!;
          return at < 0
            ? { cluster: null, label: null, value: null }
            : { cluster: at, label: labelOf(themes.words[at]!) || null, value: themes.values[row]! };
        },
        flags,
        io,
      }));
    if (records && files.records?.file) {
      const { file, format: form } = files.records;
      for await (const chunk of tableChunks(records, form)) {
        file.write(Buffer.from(chunk));
        await breathe(io.signal);
      }
      file.finish();
      written.push(file.path);
    }
    const looks = looksOf(screen);
    const more = await sinks.write((form, where) =>
      isTable(form) ? tableChunks(report, form) : clusterLines(report, looks[where], { examples: flags.top ?? 1 }),
    );
    if (records && !files.records?.file) for await (const chunk of tableChunks(records, 'jsonl')) await write(io.stdout, chunk);
    written.push(...more);
    if (written.length > 0) note(`wrote ${written.join(', ')}`);
    if (!texts.known) note('note: labels need texts; give them with --texts, a file with one row for each vector');
    if (opened.advice !== undefined) note(`next time: ${opened.advice}, and cluster what it writes`);
  } finally {
    sinks?.close();
    files.close();
    opened?.close();
  }
}

/** Says what the model of an existing set could not read; a corpus that is encoded now has been told of. */
function sayWhatWasNotRead(
  { lasting, set: { manifest } }: OpenedInput,
  { name, note }: { name: string; note: (text: string) => void },
): void {
  if (!lasting || !manifest?.model) return;
  const warning = readingWarning(manifest.counts, { name: manifest.model.name, dims: manifest.dims, maxTokens: 0, build: {} }, name);
  if (warning !== undefined) note(warning);
}

/** Examples that are kept of each cluster, and outliers, unless more are asked for. */
const EXAMPLES = 3;
const OUTLIERS = 10;

/** Quality, labels, and what each row of the set has come to. */
async function describe(
  rows: ClusterRows,
  clustering: Clustering,
  { total, texts, flags }: { total: number; texts: RowTexts; flags: ClusterFlags },
): Promise<Themes> {
  const threads = flags.threads ?? allowedThreads();
  const { labels, sizes } = clustering;
  const kernel = await openCentroidKernel({ width: rows.dims, clusters: sizes.length, best: 2, threads });
  let quality: Quality;
  try {
    quality = await clusterQuality(rows, clustering, {
      kernel,
      examples: Math.max(EXAMPLES, flags.top ?? 0),
      outliers: Math.max(OUTLIERS, flags.top ?? 0),
    });
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
  if (texts.known) {
    for await (const batch of texts.scan()) for (const { text } of batch) labeller.add(clusters[row++]!, text ?? '');
  }
  return { rows, clusters, values, sizes, quality, words: labeller.finish() };
}
