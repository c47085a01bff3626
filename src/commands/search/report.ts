import { SHARE_BELOW_FLOOR } from '../../model/search-floor.ts';
import { VALUE_NAMES, type Hit, type HitGroup, type HitReport, type SearchSummary } from '../../report/hits.ts';
import { withoutUndefined } from '../../report/report.ts';
import type { RowTexts } from '../../sets/row-texts.ts';
import type { Metric } from '../../vectors/matrix.ts';
import type { DistinctHit } from './distinct.ts';
import type { Queries } from './query-vectors.ts';

/** Hits per batch. Batches are large, because looking one up may read all texts of a set. */
const HITS_PER_BATCH = 65_536;

/** A row that was found. With --distinct it has copies. */
export type FoundRow = Pick<DistinctHit, 'row' | 'value'> & Partial<Pick<DistinctHit, 'copies'>>;

/** The hits of each query, with the id, text and fields of their rows. */
export function hitReport({
  queries,
  found,
  texts,
  summary,
  settings,
}: {
  queries: Queries;
  found: readonly FoundRow[][];
  texts: RowTexts;
  summary: SearchSummary;
  settings: { metric: Metric; top: number; distinct?: boolean };
}): HitReport {
  const valueName = VALUE_NAMES[settings.metric];
  return {
    schema: 'embed.search/1',
    summary,
    columns: [
      'query_id',
      'rank',
      'row',
      'id',
      valueName,
      ...(settings.distinct === true ? ['copies'] : []),
      'text',
      'file',
      'line',
      'query',
    ],
    recordsOf: ({ hits }) => hits,
    async *groups() {
      const queriesPerBatch = Math.max(1, Math.floor(HITS_PER_BATCH / settings.top));
      for (let first = 0; first < found.length; first += queriesPerBatch) {
        const batch = found.slice(first, first + queriesPerBatch);
        const rows = await texts.get(batch.flat().map(({ row }) => row));
        yield batch.map((hits, at): HitGroup => {
          const id = queries.ids[first + at]!;
          const query = queries.texts[first + at];
          return {
            query: { id, text: query },
            hits: hits.map(({ row, value, copies }, rank): Hit => {
              const { id: rowId, text, file, line, fields } = rows.get(row) ?? { id: undefined };
              return {
                query_id: id,
                rank: rank + 1,
                row,
                id: rowId ?? `row:${row}`,
                [valueName]: value,
                ...withoutUndefined({ copies, text, file, line, fields, query }),
              };
            }),
          };
        });
      }
    },
  };
}

/** The message for a search without a hit. */
export async function noHit(
  found: readonly FoundRow[][],
  { texts, minCosine, compared }: { texts: RowTexts; minCosine: number | undefined; compared: number },
): Promise<string> {
  const best = found.flat().toSorted((a, b) => b.value - a.value)[0];
  if (!best) return compared === 0 ? 'no hit: every row has length zero' : 'no hit: no other row is left to compare';
  const row = (await texts.get([best.row])).get(best.row);
  const place = row?.file === undefined ? `row:${best.row}` : `${row.file}:${row.line}`;
  return `no hit at or above ${minCosine}: the best cosine is ${best.value.toFixed(6)}, ${place}`;
}

/** Queries that a note lists. */
const MAX_LISTED = 3;

/** A note on queries whose best hit is no nearer than that of unrelated queries. */
export function unansweredNote(
  found: readonly FoundRow[][],
  { queries, floor, name }: { queries: Queries; floor: number | undefined; name: string },
): string | undefined {
  if (floor === undefined) return undefined;
  const low = found.flatMap(([best], query) =>
    best && best.value < floor ? [{ id: queries.ids[query]!, value: best.value.toFixed(3) }] : [],
  );
  if (low.length === 0) return undefined;
  const share = `${SHARE_BELOW_FLOOR * 100} %`;
  if (found.length === 1) {
    return `note: perhaps nothing in ${name} answers the query: its best cosine is ${low[0]!.value}, and ${share} of unrelated queries stay below ${floor}`;
  }
  const listed = low.slice(0, MAX_LISTED).map(({ id, value }) => `${id} ${value}`);
  return (
    `note: perhaps nothing in ${name} answers ${low.length} of ${found.length} queries: their best cosine is below ${floor}, as that of ` +
    `${share} of unrelated queries (${listed.join(', ')}${low.length > MAX_LISTED ? ', …' : ''})`
  );
}
