import { version } from '../../version.ts';
import type { HeldFigures, PairFigures } from './figures.ts';
import type { EvalFigures } from './scores.ts';
import type { FileTokens } from './token-rows.ts';

/** How our products are told from other folders. */
export const MADE_BY = 'embed distill';

/** What came of a fit. */
export type Outcome = {
  /** Rows that were fitted: texts, first and second texts of pairs. */
  rows: number;
  texts: number;
  pairs: number;
  /** Rows of the table, and those of tokens that occur in the texts. */
  tokens: number;
  seen_tokens: number;
  dims: number;
  held_out: HeldFigures;
  bitext: PairFigures[];
  evals: EvalFigures[];
  files: FileTokens[];
  scripts: string[];
};

/** A run of `embed distill`. */
export type Distilled = Outcome & {
  teacher: { name: string; revision: string | null; hash: string; precision: string | null };
  output: string;
  inputs: string[];
  precision: 'fp32' | 'int8';
  seed: number;
  seconds: number;
};

/** build.json: what `embed` knows of a model beyond what its folder's form has a place for. */
export function buildOf(done: Distilled): object {
  const { precision, scripts, teacher, seed, rows, texts, pairs, held_out, bitext, evals, files } = done;
  return {
    made_by: MADE_BY,
    tool: `embed ${version()}`,
    precision,
    scripts,
    teacher,
    seed,
    rows,
    texts,
    pairs,
    files,
    figures: { held_out, bitext, evals },
  };
}
