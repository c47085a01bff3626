import { EmbedError } from '../../errors.ts';
import { isReaderGone, type Terminal } from '../../io.ts';
import { looksOf } from '../../report/cells.ts';
import { duplicateLines } from '../../report/duplicate-lines.ts';
import { duplicateChunks, duplicateFormats, TABLES_AND_TEXT } from '../../report/formats.ts';
import { openReports, type ChunksOf, type ReportSinks } from '../../report/report-files.ts';
import type { Deduplicated } from '../../sets/dedup/deduplicate.ts';
import { parseKeep } from '../../sets/dedup/keep.ts';
import { duplicateReport } from '../../sets/dedup/report.ts';
import type { Threshold } from '../../sets/dedup/settings.ts';
import { filesOf, parseInput, parseInputs } from '../../sets/input.ts';
import type { OpenedRows } from '../../sets/opened-input.ts';
import type { Run } from '../../sets/run.ts';
import { reportStyle } from '../../sets/table-style.ts';
import { grouped, plural } from '../../text.ts';
import { openBaseline, type BaselineFile } from './baseline.ts';
import { exitCode, tellUnjudged } from './exit.ts';
import type { DedupTask } from './task.ts';
import { assertFlags, assertInputs, type Allowance, type DedupFlags } from './flags.ts';
import { assertCopyable } from './split/json.ts';
import { planSplit, type SplitPlan } from './split/plan.ts';
import { writeSplit } from './split/write.ts';

/** `embed dedup`: finds rows that repeat others, reports them, and copies the rest. Returns the exit code. */
export async function dedup(paths: readonly string[], flags: DedupFlags, run: Run): Promise<number> {
  assertFlags(paths, flags);
  const { priority } = parseKeep(flags.keep);
  // a missing file of --against is told now, not when INPUT is encoded
  const inputs = parseInputs(paths, flags);
  const others = (flags.against ?? []).map((path) => parseInput(path, flags));
  assertInputs(inputs, others, flags);
  const read = [...[...inputs, ...others].flatMap(filesOf), ...(flags.texts === undefined ? [] : [flags.texts])];
  const known = openBaseline(flags, { read });
  if (known) read.push(known.baseline.path);
  const plan = planSplit(inputs, flags, { read });
  if (plan) await assertCopyable(inputs, flags, run);
  // records and reports are not mixed on standard output
  const screen = plan?.targets.some(({ kept, dropped }) => kept === '-' || dropped === '-') === true ? run.stderr : run.stdout;
  const { format, report: files, overwrite } = flags;
  const sinks = openReports(
    { ...(format ? { format } : {}), ...(files ? { report: files } : {}), ...(overwrite ? { overwrite } : {}) },
    { inputs: read, formats: flags.pairs ? TABLES_AND_TEXT : duplicateFormats('file'), screen, io: run },
  );
  const opened: OpenedRows[] = [];
  const task: DedupTask = {
    flags,
    priority,
    baseline: known?.baseline,
    again: plan !== undefined || flags.excel === true,
    run,
    onOpen: (input) => {
      opened.push(input);
      sinks.assertNone(input.files);
      plan?.assertNone(input.files);
      known?.assertNone(input.files);
    },
  };
  try {
    if (flags.pairs) {
      const { findPairs } = await import('./by-cosine.ts');
      await findPairs(inputs, others, { ...task, paths, sinks });
      return 0;
    }
    const { findDuplicates } = await (flags.exact ? import('./by-text.ts') : import('./by-cosine.ts'));
    const found = await findDuplicates(inputs, others, task);
    return await report(found, { inputs: paths, flags, known, plan, sinks, screen, run });
  } finally {
    sinks.close();
    for (const { close } of opened) close();
  }
}

type Reporting = {
  inputs: readonly string[];
  flags: DedupFlags;
  known: BaselineFile | undefined;
  plan: SplitPlan | undefined;
  sinks: ReportSinks;
  screen: Terminal;
  run: Run;
};

/** Copies the records, writes the reports, and returns the exit code. */
async function report(found: Deduplicated, { inputs, flags, known, plan, sinks, screen, run }: Reporting): Promise<number> {
  const { note } = run;
  const { own } = found.sides;
  const isCheck = !plan || flags.failOn !== undefined || flags.updateBaseline === true;
  const allowed = flags.maxDuplicates === undefined ? (isCheck ? 0 : null) : allowedRows(flags.maxDuplicates, own.rows.total);
  const result = duplicateReport(found, { inputs, against: flags.against ?? [], keep: flags.keep, allowed, failOn: flags.failOn });
  const { kept, dropped, near } = result.summary;
  assertFew(near, own.rows.total, { threshold: found.threshold, plan, flags, note });
  const code = exitCode(result.summary, flags);
  if (found.known) known?.finish(found.known, { inconclusive: result.summary.inconclusive, note });
  const style = await reportStyle(own.opened, flags.excel, run);
  const looks = looksOf(screen);
  const chunks: ChunksOf = (form, where) =>
    form === 'text' ? duplicateLines(result, looks[where]) : duplicateChunks(result, form, style(form));
  let missing = plan !== undefined || flags.report !== undefined;
  try {
    const written = plan ? await writeSplit(plan, own, found.verdicts, { overwrite: flags.overwrite === true, io: run }) : [];
    const reports = await sinks.write(chunks, () => (missing = false));
    if (written.length > 0) note(`wrote ${written.join(', ')}: ${plural(kept, 'row')} kept, ${grouped(dropped)} dropped`);
    if (reports.length > 0) note(`wrote ${reports.join(', ')}`);
  } catch (error) {
    // the verdict holds although nobody reads the report to the end, but files that were asked for must be there
    if (isReaderGone(error, run.signal)) return missing ? 2 : code;
    throw error;
  }
  if (own.opened.advice !== undefined) note(`next time: ${own.opened.advice} first; this command then uses what it writes`);
  if (!own.rows.keyOf)
    note(`note: ${own.name} has no texts, so copies are found by their vectors alone, and facts that differ are not seen`);
  if (code === 1 && known && !flags.updateBaseline) note('to accept what is new: the same command with --update-baseline');
  tellUnjudged(result.summary, { code, format: flags.format ?? 'text', note });
  return code;
}

function allowedRows(allowance: Allowance, total: number): number {
  return 'rows' in allowance ? allowance.rows : Math.floor(allowance.share * total + 1e-9);
}

/** Warns if most rows are near-duplicates, and refuses to write files then. */
function assertFew(
  near: number,
  total: number,
  {
    threshold,
    plan,
    flags,
    note,
  }: { threshold: Threshold | undefined; plan: SplitPlan | undefined; flags: DedupFlags; note: (text: string) => void },
): void {
  if (!threshold || near <= total / 2) return;
  const what = `${grouped(near)} of ${plural(total, 'row')} are near-duplicates at a cosine of ${threshold.minCosine}`;
  if (!plan || flags.force) note(`warning: ${what}: the threshold may be too low`);
  else {
    throw new EmbedError(`Cannot write ${flags.output ?? flags.dropped}: ${what}, so most of the corpus would be dropped`, {
      hint: 'Raise --min-cosine; see which rows they are without -o and --dropped; or override this with --force',
    });
  }
}
