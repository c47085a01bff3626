import { version } from '../../version.ts';
import type { HeldFigures, PairFigures } from './figures.ts';
import type { EvalFigures } from './scores.ts';
import type { FileTokens } from './token-rows.ts';

/** Tells the models of distill from other folders. */
export const MADE_BY = 'embed distill';

/** The counts and figures of a fit. */
export type Outcome = {
  /** Fitted rows: texts, and first and second texts of pairs. */
  rows: number;
  texts: number;
  pairs: number;
  /** Rows of the table, and how many belong to tokens of the texts. */
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

/** build.json: facts about a model that the files of other libraries have no place for. */
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
