import { EmbedError } from '../../errors.ts';
import { looksOf } from '../../report/cells.ts';
import { isTable, tableChunks } from '../../report/formats.ts';
import { LATER_PAIR_COLUMNS, PAIR_COLUMNS, pairLines, type PairReport } from '../../report/pairs.ts';
import type { ReportSinks } from '../../report/report-files.ts';
import { judgedRows } from '../../sets/dedup/compare.ts';
import { findPairs } from '../../sets/dedup/find-pairs.ts';
import type { OpenedSides } from '../../sets/dedup/sides.ts';
import type { DedupRun } from '../../sets/dedup/settings.ts';
import type { Run } from '../../sets/run.ts';
import { reportStyle } from '../../sets/table-style.ts';
import { grouped, plural } from '../../text.ts';
import { settingsOf, type DedupFlags } from './flags.ts';

type Listing = { inputs: readonly string[]; flags: DedupFlags; sinks: ReportSinks; hooks: DedupRun; run: Run };

/** `embed dedup --pairs`: the closest pairs, or all at or above the threshold, as they are found. */
export async function listPairs(opened: OpenedSides, { inputs, flags, sinks, hooks, run }: Listing): Promise<void> {
  const { top } = flags;
  const { sides, compared, minCosine, fieldNames, batches } = await findPairs(opened, { ...settingsOf(flags, run), top }, hooks);
  const { own } = sides;
  let listed = 0;
  const report: PairReport = {
    schema: 'embed.pairs/1',
    summary: {
      inputs: [...inputs],
      against: [...(flags.against ?? [])],
      model: own.opened.set.manifest?.model?.name ?? null,
      ...(top === undefined ? {} : { top }),
      ...(minCosine === undefined ? {} : { min_cosine: minCosine }),
      rows: own.rows.total,
      compared,
    },
    columns: PAIR_COLUMNS,
    laterColumns: LATER_PAIR_COLUMNS,
    fields: own.rows.fieldNames,
    twinFields: { of: 'other', names: fieldNames },
    recordsOf: (record) => [record],
    async *groups() {
      listed = 0;
      for await (const batch of batches()) {
        listed += batch.length;
        yield batch;
      }
    },
  };
  const style = await reportStyle(own.opened, flags.excel, run);
  const looks = looksOf(run.stdout);
  const written = await sinks.write((format, where) => {
    if (isTable(format)) return tableChunks(report, format, style(format));
    if (format === 'text') return pairLines(report, looks[where]);
    throw new EmbedError(`Cannot list pairs as ${format}`, { hint: 'Choose text, json, jsonl, csv or tsv' });
  });
  const unjudged = [own, ...sides.others].flatMap(({ rows, name }, at) => {
    const count = rows.total - (at === 0 ? compared : judgedRows({ rows }).length);
    return count > 0 ? [at === 0 ? plural(count, 'row') : `${grouped(count)} of ${plural(rows.total, 'row')} of ${name}`] : [];
  });
  if (written.length > 0) run.note(`wrote ${written.join(', ')}`);
  run.note(
    `${plural(listed, 'pair')}${minCosine === undefined ? '' : ` at a cosine of ${minCosine} or more`}${unjudged.length > 0 ? `; ${unjudged.join(' and ')} not judged and left out` : ''}`,
  );
}
