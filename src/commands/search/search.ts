import { looksOf } from '../../report/cells.ts';
import { isTable, tableChunks, TABLES_AND_TEXT } from '../../report/formats.ts';
import { hitLines } from '../../report/hits.ts';
import { openReports } from '../../report/report-files.ts';
import { readFirstRecord } from '../../sets/first-record.ts';
import { parseInput } from '../../sets/input.ts';
import { openInput } from '../../sets/open-input.ts';
import type { OpenedInput } from '../../sets/opened-input.ts';
import { assertConditions } from '../../sets/row-filter.ts';
import { parseCondition } from '../../sets/conditions.ts';
import type { Run } from '../../sets/run.ts';
import { reportStyle } from '../../sets/table-style.ts';
import { plural } from '../../text.ts';
import { findRows } from './find.ts';
import { assertFlags, filesRead, type SearchFlags } from './flags.ts';
import { askedQueries, likeOfQueries, readTexts } from './queries.ts';

/** `embed search`: encodes what was asked, finds the nearest rows, and reports. Returns the exit code. */
export async function search(path: string, words: readonly string[], flags: SearchFlags, run: Run): Promise<number> {
  const { note } = run;
  const conditions = (flags.where ?? []).map(parseCondition);
  const asked = askedQueries(path, words, flags);
  const input = parseInput(path, flags);
  assertFlags(input, flags);
  const sinks = openReports(flags, { inputs: filesRead(input, flags), formats: TABLES_AND_TEXT, screen: run.stdout, io: run });
  let opened: OpenedInput | undefined;
  try {
    // first the queries: a file that cannot be read must not cost the encoding of a corpus
    const read = await readTexts(asked, { flags, io: run, note });
    const { fields } = (conditions.length > 0 ? await readFirstRecord(input, flags, run) : undefined) ?? {};
    if (fields) assertConditions(conditions, { name: input.name, names: fields });
    opened = await openInput([input], flags, run, { promptsForQueries: true, again: flags.excel === true, like: likeOfQueries(read) });
    sinks.assertNone(opened.files);
    const { report, queries, hits, without, unanswered, whyNone } = await findRows(opened, read, {
      settings: { ...flags, conditions },
      input,
      run,
    });
    const style = await reportStyle(opened, flags.excel, run);
    const looks = looksOf(run.stdout);
    const files = await sinks.write((format, where) =>
      isTable(format) ? tableChunks(report, format, style(format)) : hitLines(report, looks[where], { named: asked.kind !== 'words' }),
    );
    if (files.length > 0) note(`wrote ${files.join(', ')}: ${plural(hits, 'hit')} of ${plural(queries, 'query')}`);
    if (flags.metric === 'euclidean' && hits > 0) note('distances: smaller is nearer');
    if (opened.advice !== undefined) note(`next time: ${opened.advice}, and search what it writes`);
    if (unanswered !== undefined) note(unanswered);
    if (hits === 0) note(await whyNone());
    else if (without > 0) note(`${plural(without, 'query')} without a hit`);
    return hits > 0 ? 0 : 1;
  } finally {
    sinks.close();
    opened?.close();
  }
}
