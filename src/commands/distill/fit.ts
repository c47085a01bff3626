import { fitRidge, type Fitting } from '../../analysis/regression/ridge.ts';
import { shapeAxes } from '../../analysis/regression/shape-axes.ts';
import { countTokens, rarityWeights } from '../../analysis/regression/token-rows.ts';
import { CliError } from '../../errors.ts';
import { allowedThreads, yieldToEvents, type Io } from '../../io.ts';
import type { Model } from '../../model/model.ts';
import { openEncoder } from '../../model/open-encoder.ts';
import { inInt8 } from '../../model/static/write.ts';
import type { BareTokenizer } from '../../model/tokenizer/bare-tokenizer.ts';
import { promptOf } from '../../model/variant.ts';
import { openProgress, type Progress } from '../../progress.ts';
import { measureHeld, measurePairs, measureScored, type EvalFigures, type Student } from './figures.ts';
import type { DistillFlags } from './flags.ts';
import type { Outcome } from './outcome.ts';
import type { Survey } from './survey.ts';
import { openTaughtVectors } from './targets.ts';
import type { TaughtTexts } from './teacher.ts';
import type { ScoredPairs, TextPairs } from './text-pairs.ts';
import { readAsTokens, type DistillRows } from './token-rows.ts';

export type FitInputs = {
  pairs: TextPairs;
  scored: readonly ScoredPairs[];
  survey: Survey;
  tokenizer: BareTokenizer;
  teacher: Model;
  flags: DistillFlags;
  io: Io;
};

/** A share of unknown tokens from which on a file is not learnt from as it should be. */
const MAX_UNKNOWN = 0.05;

/** Reads all texts as tokens, fits a table to the teacher's vectors, and measures it on what was held out. */
export async function fitStudent(taught: readonly TaughtTexts[], inputs: FitInputs): Promise<{ student: Student; outcome: Outcome }> {
  const { pairs, survey, tokenizer, flags, io } = inputs;
  const threads = flags.threads ?? allowedThreads();
  const progress = openProgress(io.stderr, { quiet: flags.quiet === true });
  try {
    // those that begin pairs and are not among the texts are the last set, whose texts are read with the pairs
    const texts = taught.filter(({ ofPairs }) => !ofPairs);
    const total = texts.reduce((sum, { set }) => sum + set.vectors.rows, 0) + pairs.firsts.size + pairs.seconds.length;
    const rows = await readAsTokens(texts, { pairs, survey, tokenizer, io, onRows: (done) => progress.update(done, 0, done / total) });
    for (const line of unknownNotes(rows, { vocab: flags.vocab })) progress.say(line);
    if (rows.fitted.ids.length === 0) {
      throw new CliError('Cannot fit a model: the tokenizer knows no token of these texts', {
        hint: 'Learn a vocabulary from them with --vocab N',
      });
    }
    const vectors = await openTaughtVectors(
      taught.map(({ set }) => set),
      rows.places,
      { dims: flags.dims, threads, signal: io.signal },
    );
    try {
      const counts = countTokens(rows.fitted, tokenizer.vocabulary);
      const fitting: Fitting = { rows: rows.fitted, weights: rarityWeights(counts), targets: vectors.targets };
      const table = await fitRidge(fitting, {
        threads,
        signal: io.signal,
        onProgress: (fraction) => progress.show('fitting', fraction),
      });
      const shaped = await shapeAxes(table, { rows: rows.fitted, dims: flags.dims, threads });
      await yieldToEvents(io.signal);
      const student: Student = { ...shaped, dims: flags.dims };
      if (flags.precision === 'int8') student.table = asWritten(student);
      progress.show('measuring', 1);
      const outcome: Outcome = {
        rows: rows.fitted.rows,
        texts: survey.texts,
        pairs: pairs.seconds.length,
        tokens: tokenizer.vocabulary,
        seen_tokens: counts.filter((count) => count > 0).length,
        dims: flags.dims,
        held_out: await measureHeld(student, rows.held, { taught: vectors, threads }),
        bitext: await measurePairs(student, rows, { files: pairs.files, threads }),
        evals: await measureAll(student, inputs, { threads, progress }),
        files: rows.readings,
        scripts: rows.scripts,
      };
      return { student, outcome };
    } finally {
      await vectors.close();
    }
  } finally {
    progress.stop();
  }
}

/** A table as integers give it back. */
function asWritten({ table, dims }: Student): Float32Array {
  const [embeddings, weights] = inInt8(table, dims);
  return Float32Array.from(embeddings!.data, (value, at) => value * weights!.data[Math.floor(at / dims)]!);
}

async function measureAll(
  student: Student,
  { scored, tokenizer, teacher, io }: FitInputs,
  { threads, progress }: { threads: number; progress: Progress },
): Promise<EvalFigures[]> {
  if (scored.length === 0) return [];
  const encoder = openEncoder(teacher, { threads, prompt: promptOf(teacher, undefined, 'documentPrompt') ?? '' });
  const all = scored.reduce((sum, { scores }) => sum + 2 * scores.length, 0);
  let done = 0;
  const onTexts = (texts: number): void => progress.show('comparing with the teacher', (done += texts) / all);
  try {
    const figures: EvalFigures[] = [];
    for (const one of scored) figures.push(await measureScored(student, one, { tokenizer, encoder, signal: io.signal, onTexts }));
    return figures;
  } finally {
    await encoder.close();
  }
}

/** What to say of files whose words the vocabulary does not know. */
function unknownNotes({ readings }: DistillRows, { vocab }: { vocab: number | undefined }): string[] {
  return readings
    .filter(({ tokens, unknown }) => unknown > MAX_UNKNOWN * tokens)
    .map(
      ({ file, tokens, unknown }) =>
        `warning: ${file}: ${Math.round((100 * unknown) / tokens)} % of its tokens are unknown to the vocabulary. ` +
        (vocab === undefined
          ? 'Learn one from the texts with --vocab N, or give another with --tokenizer'
          : `Give more than --vocab ${vocab}`),
    );
}
