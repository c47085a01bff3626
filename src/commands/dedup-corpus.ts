import { statSync } from 'node:fs';
import { CliError } from '../errors.ts';
import { grouped, plural, say, type Io } from '../io.ts';
import { lookOf } from '../report/cells.ts';
import { duplicateLines } from '../report/duplicates.ts';
import { githubChunks } from '../report/github.ts';
import { htmlChunks } from '../report/html.ts';
import { junitChunks } from '../report/junit.ts';
import { isTable, TABLES_AND_TEXT } from '../report/report.ts';
import { sarifChunks } from '../report/sarif.ts';
import { setPaths } from '../vectors/manifest.ts';
import { version } from '../version.ts';
import { listPairs } from './dedup-pairs.ts';
import { duplicateReport } from './dedup-report.ts';
import { FILE_FORMATS, type DedupFlags } from './dedup.ts';
import { measuredFor, settleThreshold, type Threshold } from './duplicate-threshold.ts';
import { judge, judgedOnly, type Side } from './judgement.ts';
import { judgeRows, parseKeep, priorityOrder } from './judged-rows.ts';
import { openInput, type OpenedInput } from './open-input.ts';
import { assertNoReading, type Allowance } from './options.ts';
import { assertComparable, type Origin } from './query-model.ts';
import { sameFile } from './output-files.ts';
import { openReports, tableChunks } from './report-files.ts';
import { openRowTexts } from './row-texts.ts';
import { writeSplit } from './split-input.ts';
import { planSplit, type SplitPlan } from './split-plan.ts';

/**
 * `embed dedup`: finds rows that repeat others, reports them, and copies the rest.
 *
 * @param exit takes the exit code before anything is printed, so that it holds whoever reads
 */
export async function dedup(inputs: readonly string[], flags: DedupFlags, io: Io, exit: (code: number) => void): Promise<void> {
  assertFlags(inputs, flags);
  const keep = parseKeep(flags.keep);
  const others = flags.against ?? [];
  const both = inputs.find((input) => others.some((other) => sameFile(input, other)));
  if (both !== undefined) fail(`compare ${both} with itself: it is INPUT and --against`, 'Leave it out on one side');
  const plan = planSplit(inputs, flags);
  const read = [...inputs, ...others, ...(flags.texts === undefined ? [] : [flags.texts])].flatMap(filesOfPath);
  plan?.assertNone(read);
  // the rows have standard output to themselves
  const screen = plan?.targets.some(({ kept, dropped }) => kept === '-' || dropped === '-') === true ? io.stderr : io.stdout;
  const { format, report: files, overwrite } = flags;
  const sinks = openReports(
    { ...(format ? { format } : {}), ...(files ? { report: files } : {}), ...(overwrite ? { overwrite } : {}) },
    { inputs: read, formats: flags.pairs ? TABLES_AND_TEXT : FILE_FORMATS, screen, io },
  );
  const opened: OpenedInput[] = [];
  const note = (text: string): void => void (flags.quiet || say(io.stderr, text));
  try {
    const corpus = await openInput(inputs, flags, io, { again: plan !== undefined });
    opened.push(corpus);
    for (const other of others) {
      const set = await openInput([other], readingOf(flags, other), io);
      opened.push(set);
      const warning = assertSameModel(corpus, set, { name: inputs[0]!, other, force: flags.force === true });
      if (warning !== undefined) note(warning);
    }
    for (const { files: own } of opened) {
      sinks.assertNone(own);
      plan?.assertNone(own);
    }
    const scripts = measuredFor(corpus, flags)?.scripts;
    const sides: Side[] = [];
    for (const [at, set] of opened.entries()) {
      const name =
        at > 0 ? others[at - 1]! : inputs.length > 1 ? `the ${inputs.length} inputs` : inputs[0] === '-' ? 'standard input' : inputs[0]!;
      const texts = await openRowTexts(set, { name, texts: at === 0 ? flags.texts : undefined, flags, io });
      const priority = at === 0 ? keep.priority : ({ by: 'row' } as const);
      sides.push({
        opened: set,
        texts,
        name,
        rows: await judgeRows(set, { texts, name, fold: flags.fold === true, priority, scripts, note }),
      });
    }
    if (flags.fold && !sides[0]!.rows.key) {
      throw new CliError(`Cannot fold the texts of ${sides[0]!.name}: it has none`, {
        hint: 'Leave --fold out, or give the texts with --texts',
      });
    }
    if (flags.pairs) return void (await listPairs(sides, { inputs, flags, sinks, note, io }));

    const [own] = sides as [Side, ...Side[]];
    const order = priorityOrder(own.rows, keep);
    const threshold = await settleThreshold(own.opened, judgedOnly(own.rows, order), { flags, name: own.name, io });
    const judgement = await judge(sides, order, { minCosine: threshold.minCosine, flags, io });
    const dropped = judgement.keepers.reduce((sum, keeper) => sum + Number(keeper >= 0), 0);
    const allowed = flags.maxDuplicates === undefined ? (plan ? null : 0) : allowedRows(flags.maxDuplicates, own.rows.total);
    const passed = allowed === null || dropped <= allowed;
    const report = duplicateReport(sides, judgement, { inputs, flags, keep: flags.keep, minCosine: threshold.minCosine, allowed, passed });
    assertFew(report.summary.near, own.rows.total, { threshold, plan, flags, note });
    const code = passed || flags.exitZero === true ? 0 : 1;
    // a reader of standard output who goes away must not pass for files that were written
    exit(plan || files ? 2 : code);
    const written = plan ? await writeSplit(plan, own, judgement, { flags, io }) : [];
    const looks = { screen: lookOf(screen, process.env), file: lookOf({}, { NO_COLOR: '1' }) };
    const reports = await sinks.write(
      (form, where) => {
        if (isTable(form)) return tableChunks(report, form);
        if (form === 'github') return githubChunks(report);
        if (form === 'html') return htmlChunks(report);
        if (form === 'sarif') return sarifChunks(report, { version: version() });
        return form === 'junit' ? junitChunks(report) : duplicateLines(report, looks[where]);
      },
      () => exit(code),
    );
    const { kept } = report.summary;
    if (written.length > 0) note(`wrote ${written.join(', ')}: ${plural(kept, 'row')} kept, ${grouped(dropped)} dropped`);
    if (reports.length > 0) note(`wrote ${reports.join(', ')}`);
    if (corpus.advice !== undefined) note(`next time: ${corpus.advice} first; this command then uses what it writes`);
    if (!own.rows.key) note(`note: ${own.name} has no texts, so copies are found by their vectors alone`);
  } finally {
    sinks.close();
    for (const { close } of opened) close();
  }
}

function fail(what: string, hint: string): never {
  throw new CliError(`Cannot ${what}`, { hint });
}

function assertFlags(inputs: readonly string[], flags: DedupFlags): void {
  const { minCosine, against, within, pairs, top, output, dropped, maxDuplicates, texts } = flags;
  if (typeof minCosine === 'number' && Math.abs(minCosine) > 1) {
    fail(`use --min-cosine ${minCosine}: cosines are between -1 and 1`, 'For a share in per cent, divide by 100');
  }
  if (within && !against) fail('use --within without --against', 'Leave it out: rows are compared with each other anyway');
  if (top !== undefined && !pairs) fail('use --top without --pairs', 'Add --pairs to list the closest pairs');
  if (pairs && flags.format !== undefined && !TABLES_AND_TEXT.includes(flags.format)) {
    fail(`list pairs as ${flags.format}`, `Choose ${TABLES_AND_TEXT.join(', ')}`);
  }
  if (pairs && top === undefined && flags.report !== undefined) {
    fail(
      'list all pairs in several places: they go out as they are found',
      'Ask for the closest ones with -n, or send --format csv to a file',
    );
  }
  const [idle] = Object.entries({ '-o': output, '--dropped': dropped, '--max-duplicates': maxDuplicates })
    .filter(([, value]) => value !== undefined)
    .map(([name]) => name);
  if (pairs && idle !== undefined) {
    fail(
      `use ${idle} with --pairs, which only lists pairs`,
      idle === '-o' ? 'Write them to a file with --report' : 'Leave one of them out',
    );
  }
  const set = inputs.find((input) => /\.npy$/i.test(input));
  if (texts !== undefined && set === undefined) {
    fail(`take texts from ${texts}: ${inputs[0]} is a corpus, which has its own`, 'Leave --texts out; it is for a .npy');
  }
  if (texts !== undefined && (texts === '-' || !statSync(texts, { throwIfNoEntry: false })?.isFile())) {
    fail(`take texts from ${texts === '-' ? 'standard input' : texts}: it is no regular file`, 'Give a file: it is read more than once');
  }
  if (set !== undefined && texts === undefined && (against ?? []).every((other) => /\.npy$/i.test(other))) assertNoReading(flags, set);
  if ([...inputs, ...(against ?? [])].filter((path) => path === '-').length > 1) {
    fail('read standard input twice', 'Put one of them into a file');
  }
}

/** How OTHER is read: as INPUT, but for what only says how vectors came about. */
function readingOf(flags: DedupFlags, other: string): DedupFlags {
  if (!/\.npy$/i.test(other)) return flags;
  const { inputFormat: _, ...rest } = flags;
  return rest;
}

/** Files that an input consists of, as far as the command line tells. */
function filesOfPath(path: string): string[] {
  return /\.npy$/i.test(path) ? Object.values(setPaths(path)) : [path];
}

function assertSameModel(
  corpus: OpenedInput,
  against: OpenedInput,
  { name, other, force }: { name: string; other: string; force: boolean },
): string | undefined {
  const [ours, theirs] = [corpus, against].map(({ set }) => set);
  if (ours!.vectors.cols !== theirs!.vectors.cols) {
    throw new CliError(`Cannot compare ${name} with ${other}: vectors of ${ours!.vectors.cols} and ${theirs!.vectors.cols} numbers`, {
      hint: 'Both must be encoded with one model',
    });
  }
  const [a, b] = [originOfSet(corpus), originOfSet(against)];
  // bare vectors do not say what made them
  return a && b ? assertComparable(a, b, { name, queries: other, force }) : undefined;
}

function originOfSet({ set: { manifest } }: OpenedInput): Origin | undefined {
  return manifest?.model ? { ...manifest.model, dims: manifest.dims } : undefined;
}

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
