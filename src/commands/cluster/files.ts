import { shifted, type ClusterRows } from '../../analysis/clusters/rows.ts';
import { EmbedError } from '../../errors.ts';
import { assertDistinct, assertNotRead, openOutputFile, type OutputFile } from '../../files/output-file.ts';
import type { Io } from '../../io.ts';
import { clusterTable, type ClusterReport } from '../../report/clusters.ts';
import { reportFormatOf, suffixesOf, tableChunks, type TableFormat } from '../../report/formats.ts';
import { fillFile } from '../../report/report-files.ts';
import { reportPaths } from '../../report/report-target.ts';
import type { AnyReport } from '../../report/report.ts';
import type { TableStyle } from '../../report/table-style.ts';
import type { Origin } from '../../sets/origin.ts';
import type { Matrix } from '../../vectors/matrix.ts';
import { isNpyPath, npyHeader } from '../../vectors/npy.ts';
import { factsPath, writeCentroids } from './centroid-files.ts';
import type { DescribedClusters } from './describe-clusters.ts';

/** The files of -o, --summary and --centroids, opened before the work starts. */
export type ClusterFiles = {
  /** Where the records go: nowhere if undefined, to standard output if `file` is. */
  records: { format: TableFormat; file: OutputFile | undefined } | undefined;
  labels: OutputFile | undefined;
  summary: { format: TableFormat; file: OutputFile } | undefined;
  centroids: { vectors: OutputFile; beside: OutputFile } | undefined;
  /** Throws an EmbedError if an output would replace one of these files, which became known later. */
  assertNone(read: readonly string[]): void;
  /** Removes outputs that are not finished. Call it at the end, whatever happened. */
  close(): void;
};

type FileFlags = { output?: string; summary?: string; centroids?: string; report?: string[]; overwrite?: true };

const RECORD_FORMATS: readonly TableFormat[] = ['jsonl', 'csv', 'tsv'];

/** @param read files that the command line names as inputs */
export function openClusterFiles(
  { output, summary, centroids, report = [], overwrite }: FileFlags,
  { read }: { read: readonly string[] },
): ClusterFiles {
  const format = output === undefined || output === '-' ? undefined : formOf(output);
  if (centroids !== undefined && !isNpyPath(centroids)) {
    throw new EmbedError(`Cannot write ${centroids}: centroids are vectors`, { hint: 'Name a .npy file with --centroids' });
  }
  const paths = [
    output === '-' ? undefined : output,
    summary,
    ...(centroids === undefined ? [] : [centroids, factsPath(centroids)]),
  ].filter((path) => path !== undefined);
  assertNotRead(paths, read);
  assertDistinct([...paths, ...reportPaths(report)], '-o, --summary, --centroids and --report');
  const opened: OutputFile[] = [];
  const close = (): void => opened.forEach((file) => file.abandon());
  const open = (path: string): OutputFile => {
    const file = openOutputFile(path, { overwrite: overwrite === true });
    opened.push(file);
    return file;
  };
  try {
    const file = output === undefined || output === '-' ? undefined : open(output);
    return {
      records:
        output === '-' ? { format: 'jsonl', file: undefined } : format === undefined || format === 'npy' ? undefined : { format, file },
      labels: format === 'npy' ? file : undefined,
      summary: summary === undefined ? undefined : { format: tableFormOf(summary), file: open(summary) },
      centroids: centroids === undefined ? undefined : { vectors: open(centroids), beside: open(factsPath(centroids)) },
      assertNone: (more) => assertNotRead(paths, more),
      close,
    };
  } catch (error) {
    close();
    throw error;
  }
}

function formOf(path: string): TableFormat | 'npy' {
  return isNpyPath(path) ? 'npy' : tableFormOf(path, ' or .npy');
}

/** @param others further suffixes that the hint names */
function tableFormOf(path: string, others = ''): TableFormat {
  const format = reportFormatOf(path, RECORD_FORMATS);
  if (format) return format as TableFormat;
  throw new EmbedError(`Cannot write ${path}: its suffix does not name a known format`, {
    hint: `Name a file that ends in ${suffixesOf(RECORD_FORMATS).join(', ')}${others}; --report writes other formats`,
  });
}

/** Writes all files that were asked for; records for standard output are left out. Returns the paths. */
export async function writeFiles(
  { records: asked, labels, summary, centroids: vectors }: ClusterFiles,
  {
    described,
    matrix,
    origin,
    report,
    records,
    style,
    like,
    io,
  }: {
    described: DescribedClusters;
    matrix: Matrix;
    origin: Origin | undefined;
    report: ClusterReport;
    records: AnyReport | undefined;
    style: (format: TableFormat) => TableStyle;
    /** The style of the records: that of INPUT. */
    like: TableStyle | undefined;
    io: Io;
  },
): Promise<string[]> {
  if (labels) writeLabels(labels, described.clusters);
  if (vectors) {
    const clusters = described.words.map((words, cluster) => {
      const label = described.labels[cluster];
      return { size: described.sizes[cluster]!, words, ...(typeof label === 'string' ? { label } : {}) };
    });
    writeCentroids(vectors.vectors, vectors.beside, {
      matrix: inPlace(matrix, described.rows),
      known: { metric: described.rows.metric, origin: origin ?? null, clusters },
    });
  }
  if (summary) await fillFile(tableChunks(clusterTable(report), summary.format, style(summary.format)), summary.file, io);
  if (records && asked?.file) await fillFile(tableChunks(records, asked.format, like), asked.file, io);
  const files = [labels, summary?.file, vectors?.vectors, vectors?.beside, asked?.file].filter((file) => file !== undefined);
  // files get their names last, so a run that fails leaves none behind
  for (const file of files) file.finish();
  return files.map(({ path }) => path);
}

/** Writes cluster numbers as scikit-learn gives them: int32, one per row, -1 for a row in no cluster. */
function writeLabels(file: OutputFile, clusters: Int32Array): void {
  file.write(npyHeader({ rows: clusters.length, type: '<i4' }));
  file.write(new Uint8Array(clusters.buffer, clusters.byteOffset, clusters.byteLength));
}

/** Centroids in the coordinates of the set: the centre that was subtracted from the rows is added again. */
function inPlace(matrix: Matrix, { centre }: ClusterRows): Matrix {
  return centre ? { ...matrix, data: shifted(matrix.data.slice(), centre, 1) } : matrix;
}
