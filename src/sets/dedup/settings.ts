import type { Background } from '../../analysis/duplicates/background.ts';
import type { Fold } from '../../analysis/duplicates/fold-text.ts';
import { allowedThreads } from '../../io.ts';
import type { Baseline } from './baseline/file.ts';

export type Differing = 'keep' | 'drop';

/** How duplicates are found; what is left out takes the default. */
export type DedupSettings = {
  /** Minimum cosine of a near-duplicate; "auto" takes it from random pairs. Default: measured for the model. */
  minCosine?: number | 'auto' | undefined;
  /** Which row is kept: first, last, longest, shortest, max:FIELD or min:FIELD. */
  keep?: string | undefined;
  /** Whether copies may differ in case, white space, Unicode form and invisible characters. */
  fold?: boolean | undefined;
  /** Whether they may differ in punctuation as well. */
  foldPunctuation?: boolean | undefined;
  /** Whether near-duplicates that differ in fact are kept, or dropped like others. */
  differing?: Differing | undefined;
  /** The field that holds the label of a row: repeats with other labels are conflicts. */
  labelColumn?: string | undefined;
  /** The field that says whether a row may repeat others. */
  acceptColumn?: string | undefined;
  /** Duplicates that are known, and whether all that there are now are to be known from now on. */
  baseline?: (Baseline & { update?: boolean }) | undefined;
  /** Whether rows are compared with each other although there are other inputs. */
  within?: boolean | undefined;
  /** Seed of the rows that are drawn to see how similar random rows are. */
  seed?: number | undefined;
  /** Default: all that this process may use. */
  threads?: number | undefined;
  /** Whether vectors of different models are compared. */
  force?: boolean | undefined;
  /** The model that the caller says the vectors are of. */
  model?: string | undefined;
};

export const DEDUP_DEFAULTS = { keep: 'first', fold: 'none', differing: 'keep', within: false, seed: 1, force: false } as const;

/** Settings with their defaults. */
export type Settled = {
  minCosine: number | 'auto' | undefined;
  keep: string;
  fold: Fold;
  differing: Differing;
  labelColumn: string | undefined;
  acceptColumn: string | undefined;
  baseline: DedupSettings['baseline'];
  within: boolean;
  seed: number;
  threads: number;
  force: boolean;
  model: string | undefined;
};

export function settle(settings: DedupSettings): Settled {
  const { minCosine, keep, fold, foldPunctuation, differing, labelColumn, acceptColumn, baseline, within, seed, threads, force, model } =
    settings;
  return {
    minCosine,
    keep: keep ?? DEDUP_DEFAULTS.keep,
    fold: foldPunctuation ? 'punctuation' : fold ? 'form' : DEDUP_DEFAULTS.fold,
    differing: differing ?? DEDUP_DEFAULTS.differing,
    labelColumn,
    acceptColumn,
    baseline,
    within: within ?? DEDUP_DEFAULTS.within,
    seed: seed ?? DEDUP_DEFAULTS.seed,
    threads: threads ?? allowedThreads(),
    force: force ?? DEDUP_DEFAULTS.force,
    model,
  };
}

/** The minimum cosine of a near-duplicate, and where it comes from. */
export type Threshold = { minCosine: number; from: 'given' | 'model' | 'auto' };

/** The signal that stops a search for duplicates, and callbacks for its progress. */
export type DedupRun = {
  signal: AbortSignal;
  /** Told what a user should know, a line at a time. */
  note: (text: string) => void;
  /** Told how similar random rows are, where the threshold depends on it. */
  onBackground?: ((background: Background) => void) | undefined;
  /** Told the threshold before rows are compared. */
  onThreshold?: ((threshold: Threshold) => void) | undefined;
  /** Told the rows compared so far and their share of the work; 0 rows when the comparison begins. */
  onProgress?: ((rows: number, fraction: number) => void) | undefined;
};
