import type { Metric } from '../vectors/matrix.ts';
import { cellsOf, cutToCells, oneLine, padCells, placeOf, type Look } from './cells.ts';
import type { Report } from './report.ts';

/** A row that a search found. Its value is stored under the name of the metric. */
export type Hit = {
  query_id: string;
  /** Position among the hits of the query, from 1. */
  rank: number;
  row: number;
  id?: string;
  cosine?: number;
  dot?: number;
  distance?: number;
  /** With --distinct: rows that the hit stands for, itself included. */
  copies?: number;
  text?: string;
  file?: string;
  line?: number;
  fields?: Record<string, unknown>;
  /** Text of the query, where it has one. */
  query?: string;
};

export type HitGroup = { query: { id: string; text: string | undefined }; hits: Hit[] };

export type SearchSummary = {
  input: string;
  model: string | null;
  metric: Metric;
  top: number;
  min_cosine?: number;
  /** With --distinct: the cosine from which rows are one hit. */
  distinct_min_cosine?: number;
  queries: number;
  queries_without_hit: number;
  rows: number;
  /** Rows that were compared: not blank, meeting every condition, and with cosine of a length above zero. */
  compared: number;
  blank: number;
  zero: number;
  hits: number;
};

export type HitReport = Report<HitGroup, Hit> & { summary: SearchSummary };

/** The name of a hit's value, by metric. */
export const VALUE_NAMES: Readonly<Record<Metric, 'cosine' | 'dot' | 'distance'>> = { cosine: 'cosine', dot: 'dot', euclidean: 'distance' };

/**
 * The text report: one line per hit, with its rank, value, place and text.
 *
 * @param named whether each query is shown above its hits
 */
export async function* hitLines(report: HitReport, look: Look, { named }: { named: boolean }): AsyncGenerator<string> {
  let first = true;
  for await (const groups of report.groups()) {
    let text = '';
    for (const group of groups) {
      if (named) text += `${first ? '' : '\n'}${queryLine(group, look)}\n`;
      first = false;
      text += group.hits.length > 0 ? table(group.hits, look) : named ? '  no hits\n' : '';
    }
    yield text;
  }
}

function queryLine({ query }: HitGroup, { width, bold }: Look): string {
  const line = oneLine(`query ${query.id}${query.text === undefined ? '' : `: ${query.text}`}`);
  return bold(width === undefined ? line : cutToCells(line, width));
}

function table(hits: readonly Hit[], { width, dim }: Look): string {
  const rows = hits.map((hit) => ({
    rank: String(hit.rank).padStart(2),
    value: hit.cosine === undefined ? String(Number((hit.dot ?? hit.distance ?? 0).toPrecision(4))) : hit.cosine.toFixed(3),
    copies: hit.copies === undefined || hit.copies === 1 ? '' : `×${hit.copies}`,
    place: placeOf(hit),
    id: ownId(hit),
    text: hit.text === undefined ? '' : oneLine(hit.text),
  }));
  const columns = (['rank', 'value', 'copies', 'place', 'id'] as const).map((name) => ({
    name,
    width: rows.reduce((widest, row) => Math.max(widest, cellsOf(row[name])), 0),
  }));
  return rows
    .map((row) => {
      const head = columns
        .filter((column) => column.width > 0)
        .map((column) =>
          column.name === 'rank' || column.name === 'value'
            ? row[column.name].padStart(column.width)
            : padCells(row[column.name], column.width),
        )
        .join('  ');
      const used = cellsOf(head) + 2;
      if (width === undefined) return `${dim(head)}  ${row.text}`.trimEnd();
      // beside a long place there is no room: the text goes to its own line
      return used > width * 0.6
        ? `${dim(cutToCells(head, width))}\n    ${cutToCells(row.text, width - 4)}`
        : `${dim(head)}  ${cutToCells(row.text, width - used)}`;
    })
    .map((line) => `${line}\n`)
    .join('');
}

/** The id, or '' where it only repeats the place; such ids hold paths relative to the folder of the set. */
function ownId({ id, file, line, row }: Hit): string {
  if (id === undefined || id === `row:${row}`) return '';
  const path = id.slice(0, id.lastIndexOf(':'));
  const fromPlace = id === `${path}:${line}` && file?.endsWith(path.replace(/^(\.\.\/)+/, '')) === true;
  return fromPlace ? '' : oneLine(id);
}
