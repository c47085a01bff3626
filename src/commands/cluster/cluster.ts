import { looksOf } from '../../report/cells.ts';
import { clusterLines } from '../../report/clusters.ts';
import { isTable, tableChunks, TABLES_AND_TEXT } from '../../report/formats.ts';
import { openReports, writeChunks, type ReportSinks } from '../../report/report-files.ts';
import { parseInput } from '../../sets/input.ts';
import { openInput } from '../../sets/open-input.ts';
import type { OpenedInput } from '../../sets/opened-input.ts';
import type { Run } from '../../sets/run.ts';
import { recordsStyle, reportStyle } from '../../sets/table-style.ts';
import { likeOfCentroids, readCentroids } from './centroid-files.ts';
import { openClusterFiles, writeFiles } from './files.ts';
import { assertFlags, filesRead, planClusters, type ClusterFlags } from './flags.ts';
import { groupRows } from './group.ts';
import { clusteredRecords } from './records.ts';
import { stopWordsFor } from './stop-words-file.ts';

/** `embed cluster`: groups the rows, names the groups, and gives the records back with their cluster. Returns the exit code. */
export async function cluster(path: string, flags: ClusterFlags, run: Run): Promise<number> {
  const input = parseInput(path, flags);
  assertFlags(input, flags);
  const read = filesRead(input, flags);
  const files = openClusterFiles(flags, { read });
  // records on standard output must not be mixed with the report
  const screen = flags.output === '-' ? run.stderr : run.stdout;
  let sinks: ReportSinks | undefined;
  let opened: OpenedInput | undefined;
  try {
    const { output: _, ...reportFlags } = flags;
    sinks = openReports(reportFlags, { inputs: read, formats: TABLES_AND_TEXT, screen, io: run });
    const given = flags.assign === undefined ? undefined : readCentroids(flags.assign, { metric: flags.metric });
    const plan = planClusters(flags, given);
    const { stopWords: list, ...others } = flags;
    const settings = { ...others, ...stopWordsFor(list, given, run.note) };
    opened = await openInput([input], flags, run, {
      again: files.records !== undefined || flags.excel === true,
      like: likeOfCentroids(given),
    });
    files.assertNone(opened.files);
    sinks.assertNone(opened.files);
    const { report, described, centroids, origin, texts } = await groupRows(opened, { input, plan, given, settings, run });
    const records = files.records && (await clusteredRecords(opened, described, { input, texts, plan, flags, io: run }));

    const style = await reportStyle(opened, flags.excel, run);
    const { file, format } = files.records ?? {};
    const like = file && (await recordsStyle(opened, { format: format!, path: file.path, excel: flags.excel }, run));
    const written = await writeFiles(files, { described, matrix: centroids, origin, report, records, style, like, io: run });
    const looks = looksOf(screen);
    const reports = await sinks.write((form, where) =>
      isTable(form) ? tableChunks(report, form, style(form)) : clusterLines(report, looks[where], { examples: flags.top ?? 1 }),
    );
    if (records && flags.output === '-') await writeChunks(tableChunks(records, 'jsonl'), run.stdout, run);
    if (written.length + reports.length > 0) run.note(`wrote ${[...written, ...reports].join(', ')}`);
    if (!described.named) run.note('note: labels need texts; give them with --texts, a file with one row per vector');
    if (opened.advice !== undefined) run.note(`next time: ${opened.advice}, and cluster what it writes`);
    return 0;
  } finally {
    sinks?.close();
    files.close();
    opened?.close();
  }
}
