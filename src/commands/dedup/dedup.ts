import { CliError } from '../../errors.ts';
import { printNote } from '../../io.ts';
import { looksOf } from '../../report/cells.ts';
import { duplicateLines, type DuplicateReport } from '../../report/duplicates.ts';
import { githubChunks } from '../../report/github.ts';
import { htmlChunks } from '../../report/html.ts';
import { junitChunks } from '../../report/junit.ts';
import { openReports, tableChunks, type ChunksOf } from '../../report/report-files.ts';
import { isTable, TABLES_AND_TEXT, type ReportFormat, type TableFormat } from '../../report/report.ts';
import { sarifChunks } from '../../report/sarif.ts';
import type { OpenedInput } from '../../sets/open-input.ts';
import type { Run } from '../../sets/run.ts';
import { grouped, plural } from '../../text.ts';
import { version } from '../../version.ts';
import { assertFlags, FILE_FORMATS, filesRead, type Allowance, type DedupFlags } from './flags.ts';
import { judge, judgedOnly } from './judge.ts';
import { parseKeep, priorityOrder } from './keep.ts';
import { listPairs } from './pairs.ts';
import { duplicateReport } from './report.ts';
import { writtenRows } from './rows.ts';
import { openSides } from './sides.ts';
import { planSplit, type SplitPlan } from './split/plan.ts';
import { writeSplit } from './split/write.ts';
import { settleThreshold, type Threshold } from './threshold.ts';

/**
 * `embed dedup`: finds rows that repeat others, reports them, and copies the rest.
 *
 * @param exit takes the exit code before anything is printed, so that it holds whoever reads
 */
export async function dedup(inputs: readonly string[], flags: DedupFlags, io: Run, exit: (code: number) => void): Promise<void> {
  assertFlags(inputs, flags);
  const keep = parseKeep(flags.keep);
  const read = filesRead(inputs, flags);
  const plan = planSplit(inputs, flags, { read });
  // the rows have standard output to themselves
  const screen = plan?.targets.some(({ kept, dropped }) => kept === '-' || dropped === '-') === true ? io.stderr : io.stdout;
  const { format, report: files, overwrite } = flags;
  const sinks = openReports(
    { ...(format ? { format } : {}), ...(files ? { report: files } : {}), ...(overwrite ? { overwrite } : {}) },
    { inputs: read, formats: flags.pairs ? TABLES_AND_TEXT : FILE_FORMATS, screen, io },
  );
  const opened: OpenedInput[] = [];
  const note = (text: string): void => void (flags.quiet || printNote(io.stderr, text));
  try {
    const sides = await openSides(inputs, {
      flags,
      priority: keep.priority,
      again: plan !== undefined,
      note,
      io,
      onOpen: (input) => {
        opened.push(input);
        sinks.assertNone(input.files);
        plan?.assertNone(input.files);
      },
    });
    if (flags.pairs) return void (await listPairs(sides, { inputs, flags, sinks, note, io }));

    const [own] = sides;
    const order = priorityOrder(writtenRows(own.rows), own.rows, keep);
    const threshold = await settleThreshold(own.opened, judgedOnly(own.rows, order), { flags, name: own.name, io });
    const judgement = await judge(sides, order, { minCosine: threshold.minCosine, flags, io });
    const allowed = flags.maxDuplicates === undefined ? (plan ? null : 0) : allowedRows(flags.maxDuplicates, own.rows.total);
    const report = duplicateReport(sides, judgement, { inputs, flags, minCosine: threshold.minCosine, allowed });
    const { kept, dropped, near, passed } = report.summary;
    assertFew(near, own.rows.total, { threshold, plan, flags, note });
    const code = passed || flags.exitZero === true ? 0 : 1;
    // a reader of standard output who goes away must not pass for files that were written
    exit(plan || files ? 2 : code);
    const written = plan ? await writeSplit(plan, own, judgement, { flags, io }) : [];
    const looks = looksOf(screen);
    const chunks: ChunksOf = (form, where) =>
      form === 'text' ? duplicateLines(report, looks[where]) : isTable(form) ? tableChunks(report, form) : FORMS[form](report);
    const reports = await sinks.write(chunks, () => exit(code));
    if (written.length > 0) note(`wrote ${written.join(', ')}: ${plural(kept, 'row')} kept, ${grouped(dropped)} dropped`);
    if (reports.length > 0) note(`wrote ${reports.join(', ')}`);
    if (own.opened.advice !== undefined) note(`next time: ${own.opened.advice} first; this command then uses what it writes`);
    if (!own.rows.key) note(`note: ${own.name} has no texts, so copies are found by their vectors alone`);
  } finally {
    sinks.close();
    for (const { close } of opened) close();
  }
}

/** Forms of a report that only dedup has. */
const FORMS: Readonly<Record<Exclude<ReportFormat, 'text' | TableFormat>, (report: DuplicateReport) => AsyncIterable<string>>> = {
  github: githubChunks,
  html: htmlChunks,
  junit: junitChunks,
  sarif: (report) => sarifChunks(report, { version: version() }),
};

function allowedRows(allowance: Allowance, total: number): number {
  return 'rows' in allowance ? allowance.rows : Math.floor(allowance.share * total + 1e-9);
}

/** Says where most rows would go for their cosine, and refuses to write then. */
function assertFew(
  near: number,
  total: number,
  { threshold, plan, flags, note }: { threshold: Threshold; plan: SplitPlan | undefined; flags: DedupFlags; note: (text: string) => void },
): void {
  if (near <= total / 2) return;
  const what = `${grouped(near)} of ${plural(total, 'row')} are near-duplicates at a cosine of ${threshold.minCosine}`;
  if (!plan || flags.force) note(`warning: ${what}: the threshold may be too low`);
  else {
    throw new CliError(`Cannot write ${flags.output ?? flags.dropped}: ${what}, so most of the corpus would go`, {
      hint: 'Raise --min-cosine; see what goes by leaving -o and --dropped out; or insist with --force',
    });
  }
}
