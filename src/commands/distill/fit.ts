import { fitRidge, type Fitting } from '../../analysis/regression/ridge.ts';
import { shapeAxes } from '../../analysis/regression/shape-axes.ts';
import { countTokens, rarityWeights } from '../../analysis/regression/token-rows.ts';
import { EmbedError } from '../../errors.ts';
import { yieldToEvents } from '../../io.ts';
import type { Model } from '../../model/model.ts';
import type { BareTokenizer } from '../../model/tokenizer/bare-tokenizer.ts';
import type { Progress } from '../../progress.ts';
import type { Run } from '../../sets/run.ts';
import { percent } from '../../text.ts';
import type { VectorSet } from '../../vectors/set-reader.ts';
import { measureHeldOut } from './figures.ts';
import type { DistillFlags } from './flags.ts';
import type { Outcome } from './outcome.ts';
import { measureScored } from './scores.ts';
import { withInt8Table, type Student } from './student.ts';
import type { Survey } from './survey.ts';
import { openTaughtVectors, type TaughtVectors } from './targets.ts';
import type { TaughtTexts } from './teacher.ts';
import type { ScoredPairs, TextPairs } from './text-pairs.ts';
import { readAsTokens, type FileTokens } from './token-rows.ts';

export type FitInputs = {
  /** All vectors of the teacher: the sets of `taught`, then that of the first texts that are not among them. */
  sets: readonly VectorSet[];
  pairs: TextPairs;
  scored: readonly ScoredPairs[];
  survey: Survey;
  tokenizer: BareTokenizer;
  teacher: Model;
  flags: DistillFlags;
  run: Run;
};

/** Above this share of unknown tokens, a file teaches the student too little. */
const MAX_UNKNOWN = 0.05;

/** Reads all texts as tokens, fits a table to the teacher's vectors, and measures it on what was held out. */
export async function fitStudent(taught: readonly TaughtTexts[], inputs: FitInputs): Promise<{ student: Student; outcome: Outcome }> {
  const { sets, pairs, scored, survey, tokenizer, teacher, flags, run } = inputs;
  const { threads, signal } = run;
  const progress = run.progress();
  let vectors: TaughtVectors | undefined;
  try {
    const total = taught.reduce((sum, { set }) => sum + set.vectors.rows, 0) + pairs.firsts.size + pairs.seconds.length;
    const rows = await readAsTokens(taught, { pairs, survey, tokenizer, signal, onRows: (done) => progress.update(done, 0, done / total) });
    for (const line of unknownNotes(rows.files, { vocab: flags.vocab })) progress.say(line);
    if (rows.fitted.ids.length === 0) {
      throw new EmbedError('Cannot fit a model: the tokenizer knows no token of these texts', {
        hint: 'Learn a vocabulary from them with --vocab N',
      });
    }
    vectors = await openTaughtVectors(sets, rows.places, { dims: flags.dims, threads, signal });
    const counts = countTokens(rows.fitted, tokenizer.vocabulary);
    const fitting: Fitting = { rows: rows.fitted, weights: rarityWeights(counts), targets: vectors.targets };
    const student = await fitTable(fitting, { flags, progress, run });
    progress.show('measuring', 1);
    const outcome: Outcome = {
      rows: rows.fitted.rows,
      texts: survey.texts,
      pairs: pairs.seconds.length,
      tokens: tokenizer.vocabulary,
      seen_tokens: counts.filter((count) => count > 0).length,
      dims: flags.dims,
      ...(await measureHeldOut(student, rows, { taught: vectors, files: pairs.files, threads })),
      evals: await measureScored(student, scored, { tokenizer, teacher, progress, run }),
      files: rows.files,
      scripts: rows.scripts,
    };
    return { student, outcome };
  } finally {
    await vectors?.close();
    progress.stop();
  }
}

/** The table as it will be read from the written folder. */
async function fitTable(
  fitting: Fitting,
  { flags, progress, run }: { flags: DistillFlags; progress: Progress; run: Run },
): Promise<Student> {
  const { dims, precision } = flags;
  const { threads, signal } = run;
  const onProgress = (fraction: number): void => progress.show('fitting', fraction);
  const table = await fitRidge(fitting, { threads, signal, onProgress });
  const shaped = await shapeAxes(table, { rows: fitting.rows, dims, threads });
  await yieldToEvents(signal);
  const student: Student = { ...shaped, dims };
  return precision === 'int8' ? withInt8Table(student) : student;
}

/** Warnings for files with many words outside the vocabulary. */
function unknownNotes(files: readonly FileTokens[], { vocab }: { vocab: number | undefined }): string[] {
  const advice =
    vocab === undefined ? 'Learn one from the texts with --vocab N, or give another with --tokenizer' : `Give more than --vocab ${vocab}`;
  return files
    .filter(({ tokens, unknown }) => unknown > MAX_UNKNOWN * tokens)
    .map(
      ({ file, tokens, unknown }) =>
        `warning: ${file}: ${percent(unknown / tokens)} of its tokens are unknown to the vocabulary. ${advice}`,
    );
}
