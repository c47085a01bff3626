import { grouped, plural } from '../text.ts';
import { cellsOf, cutToCells, headedLine, oneLine, padCells, placeOf, shownPlace, type Look } from './cells.ts';
import type { AnyReport, Report } from './report.ts';

/** A row and its cluster. A blank row, or one of length zero, has none. */
export type ClusterRecord = {
  row: number;
  id?: string;
  /** Number of the cluster, from 0, the largest first. */
  cluster: number | null;
  /** Cosine to the centroid of its cluster; for the euclidean metric there is `distance` instead. */
  cosine?: number;
  distance?: number;
  label?: string;
  file?: string;
  line?: number;
  text?: string;
  fields?: Record<string, unknown>;
};

/** A row that is typical of its cluster, or an outlier. */
export type Example = Omit<ClusterRecord, 'fields' | 'label'>;

export type ClusterSummary = {
  cluster: number;
  size: number;
  /** The words, as a name; null where there are none. */
  label: string | null;
  /** The most characteristic words, in descending order. */
  words: string[];
  /** Mean cosine, or distance, to the centroid; null where the cluster is empty. */
  cohesion: number | null;
  silhouette: number | null;
  /** The rows nearest to the centroid. */
  representatives: Example[];
};

export type ClustersSummary = {
  input: string;
  model: string | null;
  metric: 'cosine' | 'euclidean';
  engine: string;
  k: number;
  /** How k was decided. */
  chosen: 'given' | 'auto' | 'assigned';
  /** With auto: whether this k is clearly better than others, and all numbers that were tried. */
  stands_out?: boolean;
  tried?: { k: number; silhouette: number; spread: number; agreement: number; error: number }[];
  seed?: number;
  restarts?: number;
  iterations?: number;
  ending?: 'converged' | 'tolerance' | 'iterations';
  /** Mean cosine to the centroid, or the inertia. */
  objective: number;
  silhouette: number | null;
  rows: number;
  /** Number of rows that are in a cluster. */
  grouped: number;
  blank: number;
  zero: number;
  /** The warning that the model could not read much of the texts; null where it could. */
  warning: string | null;
  clusters: ClusterSummary[];
  /** The rows farthest from the centroids of their clusters. */
  outliers: Example[];
};

/** A report with one record per row; everything else is in the summary. */
export type ClusterReport = Report<ClusterRecord, ClusterRecord> & { summary: ClustersSummary };

/** The clusters as a table: one record per cluster, with the row nearest to its centroid. */
export function clusterTable({ schema, summary }: ClusterReport): AnyReport {
  const records = summary.clusters.map(({ cluster, size, label, cohesion, silhouette, representatives: [nearest] }) => ({
    cluster,
    size,
    label,
    cohesion,
    silhouette,
    nearest_id: nearest?.id ?? null,
    nearest_text: nearest?.text ?? null,
  }));
  return {
    schema,
    summary: {},
    columns: ['cluster', 'size', 'label', 'cohesion', 'silhouette', 'nearest_id', 'nearest_text'],
    fields: [],
    recordsOf: (record) => [record as object],
    async *groups() {
      yield records;
    },
  };
}

/** Number of outliers in the text report. */
const OUTLIERS = 5;
const LABEL_CELLS = 30;
const PLACE_CELLS = 28;

/** Where a line has fewer cells left, the text goes to a line of its own. */
const MIN_TEXT_CELLS = 24;

/** The text report: an overview, one line per cluster, the largest first, outliers, and the numbers of clusters that were tried. */
export async function* clusterLines(report: ClusterReport, look: Look, { examples }: { examples: number }): AsyncGenerator<string> {
  const { summary } = report;
  yield `${overview(summary)}\n${look.dim(methodOf(summary))}\n\n`;
  yield table(summary, look, { examples });
  const outliers = summary.outliers.slice(0, OUTLIERS);
  if (outliers.length > 0 && summary.k > 1)
    yield `\nfarthest from their cluster:\n${outliers.map((one) => `${exampleLine(one, look)}\n`).join('')}`;
  if (summary.warning !== null) yield '\nthe model cannot read much of these texts: clusters of such vectors mean little\n';
  if (summary.tried) yield `\n${choiceLines(summary, look)}`;
}

function overview({ k, grouped: rows, silhouette }: ClustersSummary): string {
  return `${plural(k, 'cluster')} of ${plural(rows, 'row')}${silhouette === null ? '' : `, silhouette ${silhouette.toFixed(3)}`}`;
}

function methodOf({ chosen, engine, metric, ending, iterations }: ClustersSummary): string {
  if (chosen === 'assigned') return `nearest of the given centroids by ${metric === 'cosine' ? 'cosine' : 'distance'}`;
  const name = engine === 'ml-kmeans' ? 'ml-kmeans' : metric === 'cosine' ? 'spherical k-means' : 'k-means';
  return `${name}, ${ENDINGS[ending!]} ${plural(iterations!, 'iteration')}`;
}

const ENDINGS = {
  converged: 'converged after',
  tolerance: 'within tolerance after',
  iterations: 'stopped by --max-iterations after',
} as const;

function table({ clusters, metric }: ClustersSummary, look: Look, { examples }: { examples: number }): string {
  const { width, bold, dim } = look;
  const labelled = clusters.some(({ label }) => label !== null);
  const head = {
    cluster: '#',
    size: 'size',
    cohesion: metric === 'cosine' ? 'cosine' : 'distance',
    label: 'label',
    nearest: examples > 1 ? 'nearest rows' : 'nearest row',
  };
  const rows = clusters.map(({ cluster, size, cohesion, label, representatives: [first] }) => ({
    cluster: String(cluster),
    size: grouped(size),
    cohesion: cohesion === null ? '–' : shortNumber(cohesion),
    label: width === undefined ? oneLine(label ?? '') : cutToCells(oneLine(label ?? ''), LABEL_CELLS),
    nearest: first === undefined || examples > 1 ? '' : first.text === undefined ? placeOf(first) : oneLine(first.text),
  }));
  const widths = (['cluster', 'size', 'cohesion', 'label'] as const).map((name) => ({
    name,
    cells: [head, ...rows].reduce((widest, row) => Math.max(widest, cellsOf(row[name])), 0),
  }));
  const lineOf = (row: typeof head): { start: string; label: string; end: string } => {
    const cell = (name: (typeof widths)[number]['name']): string => {
      const { cells } = widths.find((one) => one.name === name)!;
      return name === 'label' ? padCells(row.label, cells) : ' '.repeat(cells - cellsOf(row[name])) + row[name];
    };
    const start = `${cell('cluster')}  ${cell('size')}  ${cell('cohesion')}  `;
    const label = labelled ? `${cell('label')}  ` : '';
    if (width === undefined) return { start, label, end: row.nearest };
    const left = width - cellsOf(start) - cellsOf(label);
    return left >= MIN_TEXT_CELLS
      ? { start, label, end: cutToCells(row.nearest, left) }
      : { start, label: `${label.trimEnd()}\n`, end: `    ${cutToCells(row.nearest, width - 4)}` };
  };
  const show = ({ start, label, end }: ReturnType<typeof lineOf>, style: (text: string) => string): string =>
    `${dim(start)}${style(label)}${end}`.trimEnd();
  const first = lineOf(head);
  const lines = [dim(`${first.start}${first.label}${first.end}`)];
  for (const [at, row] of rows.entries()) {
    lines.push(show(lineOf(row), bold));
    for (const example of clusters[at]!.representatives.slice(0, examples > 1 ? examples : 0)) lines.push(exampleLine(example, look));
  }
  return lines.map((line) => `${line}\n`).join('');
}

function exampleLine(example: Example, { width, dim }: Look): string {
  const place = width === undefined ? placeOf(example) : shownPlace(placeOf(example), PLACE_CELLS);
  const head = `    ${shortNumber(example.cosine ?? example.distance!)}  ${place}`;
  return headedLine(head, example.text, { width, style: dim });
}

/** The curve that k was chosen from, and other numbers to try. */
function choiceLines({ k, tried = [], stands_out: standsOut, rows }: ClustersSummary, { width }: Look): string {
  if (tried.length === 0) return `-k ${k}: nearly all rows are near copies of ${k} texts\n`;
  const at = tried.findIndex((one) => one.k === k);
  const around = [tried[at - 1], tried[at + 1]].flatMap((one) => (at >= 0 && one ? [`-k ${one.k}`] : []));
  const words = standsOut
    ? `-k ${k} was chosen: two halves of the rows agree on its clusters${around.length > 0 ? `; try ${around.join(' or ')} as well` : ''}`
    : `no number of clusters stands out: -k ${k} is a rule of\nthumb for ${plural(rows, 'row')}; try half and twice as many`;
  return (
    `${words}\n` +
    curve(
      tried.map((one) => [String(one.k), ...[one.agreement, one.silhouette].map(shareOf)]),
      width ?? 80,
    )
  );
}

function shareOf(value: number): string {
  return value.toFixed(3).replace(/^(-?)0\./, '$1.');
}

const CURVE = ['k', 'agreement', 'silhouette'] as const;

/** The numbers, their agreement and their silhouettes in groups of lines, as many groups as the width requires. */
function curve(points: readonly (readonly string[])[], width: number): string {
  const cells = Math.max(...points.flat().map((value) => value.length)) + 1;
  const name = Math.max(...CURVE.map(({ length }) => length));
  const fit = Math.max(1, Math.floor((width - name) / cells));
  let lines = '';
  for (let first = 0; first < points.length; first += fit) {
    const part = points.slice(first, first + fit);
    for (const [at, title] of CURVE.entries())
      lines += `${title.padStart(name)}${part.map((point) => point[at]!.padStart(cells)).join('')}\n`;
  }
  return lines;
}

function shortNumber(value: number): string {
  return Math.abs(value) < 10 ? value.toFixed(3) : String(Number(value.toPrecision(4)));
}
