import { EmbedError } from '../../errors.ts';
import { sameFile } from '../../files/output-file.ts';
import type { FailOn } from '../../report/duplicates.ts';
import { TABLES_AND_TEXT, type ReportFormat } from '../../report/formats.ts';
import { assertExcel } from '../../report/report-target.ts';
import type { DedupSettings, Differing } from '../../sets/dedup/settings.ts';
import {
  assertCosine,
  assertNoPrompt,
  assertNoReading,
  assertTexts,
  DEFAULT_READING,
  modelOptionNames,
  type CorpusFlags,
  type ModelFlags,
  type PromptFlags,
} from '../../sets/flags.ts';
import type { Input } from '../../sets/input.ts';
import type { Run } from '../../sets/run.ts';

/** Refuses, before anything is opened, options that have no effect or contradict each other. */
export function assertFlags(paths: readonly string[], flags: DedupFlags): void {
  const { minCosine, against, within, pairs, top, output, dropped, maxDuplicates, fold, foldPunctuation } = flags;
  if (typeof minCosine === 'number') assertCosine(minCosine);
  if (within && !against) fail('use --within without --against', 'Leave it out: rows are compared with each other anyway');
  if (top !== undefined && !pairs) fail('use --top without --pairs', 'Add --pairs to list the closest pairs');
  if (pairs && flags.format !== undefined && !TABLES_AND_TEXT.includes(flags.format)) {
    fail(`list pairs as ${flags.format}`, `Choose ${TABLES_AND_TEXT.join(', ')}`);
  }
  if (pairs && top === undefined && flags.report !== undefined) {
    fail(
      'write all pairs to several places: they are written as they are found',
      'List only the closest with -n, or redirect --format csv to a file',
    );
  }
  assertExact(flags);
  const { labelColumn, failOn, acceptColumn, baseline, updateBaseline } = flags;
  if (failOn !== undefined && failOn !== 'any' && labelColumn === undefined) {
    fail(`use --fail-on ${failOn} without --label-column`, 'Name the column of the labels; without it, every repeat is a duplicate');
  }
  if (updateBaseline && baseline === undefined && !pairs) {
    fail(
      'use --update-baseline without --baseline',
      'Name the file to write, such as --baseline embed-baseline.jsonl, here and in later runs',
    );
  }
  const onlyRows = {
    '--baseline': baseline,
    '--update-baseline': updateBaseline,
    '--fail-on': failOn,
    '--accept-column': acceptColumn,
    '--label-column': labelColumn,
    '-o': output,
    '--dropped': dropped,
    '--max-duplicates': maxDuplicates,
  };
  const [idle] = Object.entries({ ...onlyRows, '--fold': fold, '--fold-punctuation': foldPunctuation })
    .filter(([, value]) => value !== undefined)
    .map(([name]) => name);
  if (pairs && idle !== undefined) {
    fail(
      `use ${idle} with --pairs, which only lists pairs`,
      idle === '-o' ? 'Write them to a file with --report' : 'Leave one of them out',
    );
  }
  assertExcel(flags.excel, { reports: flags.report, format: flags.format });
  if ([...paths, ...(against ?? [])].filter((path) => path === '-').length > 1) {
    fail('read standard input twice', 'Save one of them to a file');
  }
}

type ExactFlags = Partial<Pick<DedupFlags, 'exact' | 'minCosine' | 'differing' | 'pairs' | 'top' | 'seed'>> & ModelFlags & PromptFlags;

/** Refuses, with --exact, options about vectors and models: there are none. */
export function assertExact(flags: ExactFlags): void {
  if (!flags.exact) return;
  const { minCosine, differing, pairs, top, seed, threads, cache } = flags;
  const given: [string, unknown][] = [
    ['--min-cosine', minCosine],
    ['--differing', differing],
    ['--pairs', pairs],
    ['--top', top],
    ['--seed', seed],
    ['--threads', threads],
    ['--cache', cache],
  ];
  const [idle] = [...given.filter(([, value]) => value !== undefined).map(([name]) => name), ...modelOptionNames(flags)];
  if (idle !== undefined) {
    fail(
      `use ${idle} with --exact, which compares texts without a model`,
      `Leave ${idle} out, or leave --exact out to compare vectors as well`,
    );
  }
}

/** Refuses --force with --exact where it would force nothing. */
export function assertForce(
  inputs: readonly Input[],
  { exact, force }: { exact?: boolean | undefined; force?: boolean | undefined },
): void {
  if (!exact || !force || inputs.some(({ kind }) => kind === 'set')) return;
  fail('use --force with --exact: no input is a vector set', 'Leave it out; it judges a set whose corpus has changed');
}

/** Refuses --against-text-column where no text of OTHER is read by it. */
export function assertAgainstColumn(
  others: readonly Input[],
  { againstTextColumn = [] }: { againstTextColumn?: readonly string[] | undefined },
): void {
  if (againstTextColumn.length === 0 || others.some(hasColumns)) return;
  const [other] = others;
  if (!other) fail('use --against-text-column without --against', 'Leave it out, or name the other corpus with --against');
  fail(
    `use --against-text-column: ${other.name} ${other.kind === 'set' ? 'holds vectors' : 'is read as lines of text'}, which have no columns`,
    other.kind === 'set'
      ? 'Leave it out, or give the corpus that the vectors were made from'
      : 'Leave it out; if it is a table, add --input-format csv, tsv or jsonl',
  );
}

/** Refuses options that have no effect on these inputs, and an input that is compared with itself. */
export function assertInputs(inputs: readonly Input[], others: readonly Input[], flags: DedupFlags): void {
  const set = inputs.find(({ kind }) => kind === 'set');
  assertForce([...inputs, ...others], flags);
  assertTexts(flags.texts, set ?? inputs[0]!);
  if (set && others.every(({ kind }) => kind === 'set')) {
    if (flags.texts === undefined) assertNoReading(flags, set.name);
    assertNoPrompt(flags, set.name);
  }
  assertAgainstColumn(others, flags);
  assertTextColumn(inputs, others, flags);
  const both = inputs.find((input) => others.some((other) => ![input, other].some(isPipe) && sameFile(input.path, other.path)));
  if (both) fail(`compare ${both.name} with itself: it is both INPUT and --against`, 'Leave one of them out');
}

/** Refuses --text-column where OTHER has its own, and INPUT has no columns. */
function assertTextColumn(inputs: readonly Input[], others: readonly Input[], { textColumn, againstTextColumn, texts }: DedupFlags): void {
  const [first] = inputs;
  if (!first || textColumn.length === 0 || inputs.some(hasColumns) || !others.some(hasColumns)) return;
  if (first.kind !== 'set') {
    fail(
      `choose the text column of ${first.name}: it is read as lines of text, which have no columns`,
      'Name the column of --against with --against-text-column; if INPUT is a table, add --input-format csv, tsv or jsonl',
    );
  }
  if (againstTextColumn && texts === undefined) assertNoReading({ ...DEFAULT_READING, textColumn }, first.name);
}

function hasColumns(input: Input): boolean {
  return input.kind !== 'set' && input.format !== 'lines';
}

function isPipe({ kind }: Input): boolean {
  return kind === 'pipe';
}

function fail(what: string, hint: string): never {
  throw new EmbedError(`Cannot ${what}`, { hint });
}

/** Options of `embed dedup` as commander hands them over. */
export type DedupFlags = CorpusFlags & {
  minCosine?: number | 'auto';
  keep: string;
  fold?: true;
  foldPunctuation?: true;
  /** Whether only texts are compared, without a model. */
  exact?: true;
  differing?: Differing;
  labelColumn?: string;
  acceptColumn?: string;
  baseline?: string;
  updateBaseline?: true;
  failOn?: FailOn;
  against?: string[];
  againstTextColumn?: string[];
  within?: true;
  pairs?: true;
  top?: number;
  texts?: string;
  seed?: number;
  output?: string;
  dropped?: string;
  maxDuplicates?: Allowance;
  exitZero?: true;
  format?: ReportFormat;
  report?: string[];
  excel?: true;
  overwrite?: true;
};

/** The flags that decide what a duplicate is, and which of several rows is kept. */
export function settingsOf(flags: DedupFlags, { threads }: Pick<Run, 'threads'>): DedupSettings {
  const { minCosine, keep, fold, foldPunctuation, differing, labelColumn, acceptColumn, within, seed, force, model } = flags;
  return { minCosine, keep, fold, foldPunctuation, differing, labelColumn, acceptColumn, within, seed, threads, force, model };
}

/** How many rows may be duplicates: a number, or a share of all rows. */
export type Allowance = { rows: number } | { share: number };
