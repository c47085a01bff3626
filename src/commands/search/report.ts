import type { Neighbour } from '../../analysis/search/neighbours.ts';
import { VALUE_NAMES, type Hit, type HitGroup, type HitReport, type SearchSummary } from '../../report/hits.ts';
import { withoutUndefined } from '../../report/report.ts';
import type { RowTexts } from '../../sets/row-texts.ts';
import type { Metric } from '../../vectors/matrix.ts';
import type { Queries } from './query-vectors.ts';
import { nthOnLine } from '../../text.ts';

/** Hits per batch. Batches are large, because looking one up may read all texts of a set. */
const HITS_PER_BATCH = 65_536;

/** The hits of each query, with the id, text and fields of their rows. */
export function hitReport({
  queries,
  found,
  texts,
  summary,
  settings,
}: {
  queries: Queries;
  found: readonly Neighbour[][];
  texts: RowTexts;
  summary: SearchSummary;
  settings: { metric: Metric; top: number };
}): HitReport {
  const valueName = VALUE_NAMES[settings.metric];
  return {
    schema: 'embed.search/1',
    summary,
    columns: ['query_id', 'rank', 'row', 'id', valueName, 'text', 'file', 'line', 'query'],
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
            hits: hits.map(({ row, value }, rank): Hit => {
              const { id: rowId, text, file, line, fields } = rows.get(row) ?? { id: undefined };
              return {
                query_id: id,
                rank: rank + 1,
                row,
                id: rowId ?? `row:${row}`,
                [valueName]: value,
                ...withoutUndefined({ text, file, line, fields, query }),
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
  found: readonly Neighbour[][],
  { texts, minCosine, compared }: { texts: RowTexts; minCosine: number | undefined; compared: number },
): Promise<string> {
  const best = found.flat().toSorted((a, b) => b.value - a.value)[0];
  if (!best) return compared === 0 ? 'no hit: every row has length zero' : 'no hit: no other row is left to compare';
  const row = (await texts.get([best.row])).get(best.row);
  const place = row?.file === undefined ? `row:${best.row}` : `${row.file}:${row.line}${nthOnLine(row.id, row.line)}`;
  return `no hit at or above ${minCosine}: the best cosine is ${best.value.toFixed(6)}, ${place}`;
}
