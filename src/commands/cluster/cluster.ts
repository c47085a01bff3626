import { openClusterRows } from '../../analysis/clusters/rows.ts';
import { allowedThreads, printNote, type Io } from '../../io.ts';
import { looksOf } from '../../report/cells.ts';
import { clusterLines } from '../../report/clusters.ts';
import { readingWarning } from '../../report/encode-summary.ts';
import { openReports, tableChunks, writeChunks, type ReportSinks } from '../../report/report-files.ts';
import { isTable, TABLES_AND_TEXT } from '../../report/report.ts';
import { openInput, type OpenedInput } from '../../sets/open-input.ts';
import { assertComparable, originOfSet } from '../../sets/origin.ts';
import { filterRows } from '../../sets/row-filter.ts';
import { openRowTexts } from '../../sets/row-texts.ts';
import { plural } from '../../text.ts';
import type { VectorSet } from '../../vectors/set-reader.ts';
import { readCentroids } from './centroid-files.ts';
import { describeClusters } from './describe-clusters.ts';
import { openClusterFiles, writeFiles } from './files.ts';
import { findClusters } from './find-clusters.ts';
import { assertFlags, filesRead, planClusters, type ClusterFlags } from './flags.ts';
import { themedRecords } from './records.ts';
import { clusterReport } from './report.ts';

/** `embed cluster`: groups the rows, names the groups, and gives the records back with their cluster. */
export async function cluster(input: string, flags: ClusterFlags, io: Io): Promise<void> {
  assertFlags(input, flags);
  const read = filesRead(input, flags);
  const note = (text: string): void => void (flags.quiet || printNote(io.stderr, text));
  const files = openClusterFiles(flags, { read });
  // the records have standard output to themselves
  const screen = flags.output === '-' ? io.stderr : io.stdout;
  let sinks: ReportSinks | undefined;
  let opened: OpenedInput | undefined;
  try {
    const { output: _, ...reportFlags } = flags;
    sinks = openReports(reportFlags, { inputs: read, formats: TABLES_AND_TEXT, screen, io });
    const given = flags.assign === undefined ? undefined : readCentroids(flags.assign, { metric: flags.metric });
    const plan = planClusters(flags, given);
    opened = await openInput([input], flags, io, { again: files.records !== undefined });
    files.assertNone(opened.files);
    sinks.assertNone(opened.files);
    const name = input === '-' ? 'standard input' : input;
    const unread = unreadWarning(opened.set, name);
    // who encoded the corpus just now has been told
    if (unread !== undefined && opened.lasting) note(unread);
    const origin = originOfSet(opened.set);
    if (given?.known?.origin && origin) {
      const warning = assertComparable(given.known.origin, origin, { name: given.path, queries: name, force: flags.force === true });
      if (warning !== undefined) note(warning);
    }
    const texts = await openRowTexts(opened, { name, texts: flags.texts, flags, io });
    const { keep, blank } = await filterRows(opened, { texts, conditions: [], name, external: flags.texts !== undefined });
    const { vectors, manifest } = opened.set;
    const rows = await openClusterRows({ reader: vectors, keep, metric: plan.metric, name, signal: io.signal });
    const left = [blank > 0 ? plural(blank, 'blank row') : '', rows.zeros > 0 ? `${plural(rows.zeros, 'row')} of length zero` : ''].filter(
      (part) => part !== '',
    );
    if (left.length > 0) note(`${left.join(' and ')} in no cluster`);

    const threads = flags.threads ?? allowedThreads();
    const found = await findClusters(rows, { plan, given, threads, name, flags, io });
    const themes = await describeClusters(rows, found.clustering, {
      total: vectors.rows,
      texts,
      names: given?.known?.clusters.map(({ words }) => words),
      top: flags.top ?? 0,
      threads,
    });
    const report = await clusterReport(themes, { texts, input, model: manifest?.model?.name ?? null, plan, found, blank, unread });
    const records = files.records && (await themedRecords(opened, themes, { input, texts, plan, flags, io }));

    const written = await writeFiles(files, { themes, matrix: found.clustering.centroids, origin, report, records, io });
    const looks = looksOf(screen);
    const reports = await sinks.write((form, where) =>
      isTable(form) ? tableChunks(report, form) : clusterLines(report, looks[where], { examples: flags.top ?? 1 }),
    );
    if (records && flags.output === '-') await writeChunks(tableChunks(records, 'jsonl'), io.stdout, io);
    if (written.length + reports.length > 0) note(`wrote ${[...written, ...reports].join(', ')}`);
    if (!themes.named) note('note: labels need texts; give them with --texts, a file with one row for each vector');
    if (opened.advice !== undefined) note(`next time: ${opened.advice}, and cluster what it writes`);
  } finally {
    sinks?.close();
    files.close();
    opened?.close();
  }
}

/** What to say where the model could not read much of the texts. */
function unreadWarning({ manifest }: VectorSet, name: string): string | undefined {
  if (!manifest?.model) return undefined;
  return readingWarning(manifest.counts, { name: manifest.model.name, build: {} }, { what: name });
}
