import { assertAgainstColumn, assertExact, assertForce } from '../commands/dedup/flags.ts';
import { openTextSides } from '../commands/dedup/open-texts.ts';
import { openSides } from '../commands/dedup/open.ts';
import type { DuplicateRecord, DuplicateSummary } from '../report/duplicates.ts';
import { withoutUndefined } from '../report/report.ts';
import { readBaseline } from '../sets/dedup/baseline/file.ts';
import { deduplicateTexts } from '../sets/dedup/deduplicate-texts.ts';
import { deduplicate } from '../sets/dedup/deduplicate.ts';
import { parseKeep } from '../sets/dedup/keep.ts';
import { duplicateReport } from '../sets/dedup/report.ts';
import type { Differing } from '../sets/dedup/settings.ts';
import { parseInput, parseInputs } from '../sets/input.ts';
import type { OpenedRows } from '../sets/opened-input.ts';
import {
  assertOptions,
  boolean,
  CORPUS_CHECKS,
  corpusFlags,
  cosine,
  count,
  either,
  MODEL_CHECKS,
  oneOf,
  RUN_CHECKS,
  string,
  strings,
  type CorpusOptions,
  type ModelOptions,
  type RunOptions,
} from './options.ts';
import { allRecords } from './records.ts';
import { libraryRun, stoppable } from './run.ts';
import { pathsOf, type SetOrPath } from './set.ts';

export type DedupOptions = CorpusOptions &
  ModelOptions &
  RunOptions & {
    /** Minimum cosine of a near-duplicate; `auto` takes it from random pairs. Default: measured for the model. */
    minCosine?: number | 'auto';
    /** Which of several alike is kept: `first` (default), `last`, `longest`, `shortest`, `max:FIELD` or `min:FIELD`. */
    keep?: string;
    /** Only copies by text are found, without a model. */
    exact?: boolean;
    /** Copies may differ in case, white space, Unicode form and invisible characters. */
    fold?: boolean;
    /** Copies may differ in punctuation as well, as in `Great!` and `great`. */
    foldPunctuation?: boolean;
    /** Whether near-duplicates that differ in fact (numbers, negation, names) are kept, which is the default, or dropped. */
    differing?: Differing;
    /** The field with the label of a row: repeats with other labels are conflicts. */
    labelColumn?: string;
    /** The field that says whether a row may repeat others. */
    acceptColumn?: string;
    /** A file of known duplicates, which are accepted; `embed dedup --update-baseline` writes it. */
    baseline?: string;
    /** Only rows that repeat one of these inputs. */
    against?: SetOrPath | readonly SetOrPath[];
    /** Column of the text in the inputs of `against`, or several, where it is not `textColumn`. */
    againstTextColumn?: string | readonly string[];
    /** With `against`: rows that repeat each other as well. */
    within?: boolean;
    seed?: number;
    /** File with the texts of a bare `.npy`, by position. */
    texts?: string;
  };

export type DedupResult = {
  summary: DuplicateSummary;
  /** One record per row, in order: the verdict, and the row that it repeats or relates to. */
  results: DuplicateRecord[];
};

/**
 * Finds rows that repeat an earlier one: exact copies by text, then near-duplicates by cosine, all of them. Writes nothing.
 *
 * @param input a set or a corpus, or several paths that make one corpus
 * @throws EmbedError where no threshold is known for the model and none is given
 * @example
 * const { summary, results } = await dedup('tickets.npy', { keep: 'first' });
 * const clean = results.filter(({ verdict }) => verdict !== 'dropped');
 * console.log(summary.dropped, clean.length);
 */
export async function dedup(input: SetOrPath | readonly string[], options: DedupOptions = {}): Promise<DedupResult> {
  assertOptions('find duplicates', options, {
    ...CORPUS_CHECKS,
    ...MODEL_CHECKS,
    ...RUN_CHECKS,
    minCosine: either(oneOf('auto'), cosine),
    keep: string,
    exact: boolean,
    fold: boolean,
    foldPunctuation: boolean,
    differing: oneOf('keep', 'drop'),
    labelColumn: string,
    acceptColumn: string,
    baseline: string,
    against: (value) => (typeof value === 'string' || typeof value === 'object' ? undefined : 'a set, a path, or an array of them'),
    againstTextColumn: strings,
    within: boolean,
    seed: count,
    texts: string,
  });
  const paths = pathsOf('find duplicates', input);
  const others = pathsOf('find duplicates', options.against ?? []);
  const { labelColumn, acceptColumn, differing } = options;
  const { minCosine, keep = 'first', exact, fold, foldPunctuation, within, seed, force, model, texts } = options;
  const againstTextColumn = options.againstTextColumn === undefined ? undefined : ([options.againstTextColumn].flat() as string[]);
  const { priority } = parseKeep(keep);
  const run = libraryRun(options);
  const flags = corpusFlags(options);
  assertExact({ ...flags, ...withoutUndefined({ exact: exact || undefined, minCosine, differing, seed }) });
  const opened: OpenedRows[] = [];
  return stoppable(run, async () => {
    try {
      const inputs = parseInputs(paths, flags);
      const against = others.map((path) => parseInput(path, flags));
      assertForce([...inputs, ...against], options);
      assertAgainstColumn(against, { againstTextColumn });
      const baseline = options.baseline === undefined ? undefined : readBaseline(options.baseline, { update: false });
      const opening = {
        flags: { ...flags, ...withoutUndefined({ texts, againstTextColumn, labelColumn, acceptColumn }) },
        priority,
        again: false,
        run,
        onOpen: (one: OpenedRows) => void opened.push(one),
      };
      const settings = {
        minCosine,
        keep,
        fold,
        foldPunctuation,
        differing,
        labelColumn,
        acceptColumn,
        baseline,
        within,
        seed,
        force,
        model: typeof model === 'string' ? model : model?.name,
        threads: run.threads,
      };
      const onProgress = (rows: number, fraction: number | undefined): void => options.onProgress?.({ rows, fraction });
      const found = exact
        ? await deduplicateTexts(await openTextSides(inputs, against, { ...opening, onRead: onProgress }), settings, run)
        : await deduplicate(await openSides(inputs, against, opening), settings, { signal: run.signal, note: run.note, onProgress });
      const report = duplicateReport(found, { inputs: paths, against: others, keep, allowed: null });
      return { summary: report.summary, results: await allRecords<DuplicateRecord>(report) };
    } finally {
      for (const { close } of opened) close();
    }
  });
}
