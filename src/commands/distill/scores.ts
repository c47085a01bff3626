import { rankCorrelation } from '../../analysis/regression/rank-correlation.ts';
import { orStopped, yieldToEvents } from '../../io.ts';
import type { Encoder } from '../../model/encoder.ts';
import type { Model } from '../../model/model.ts';
import { openEncoder } from '../../model/open-encoder.ts';
import type { BareTokenizer } from '../../model/tokenizer/bare-tokenizer.ts';
import { promptOf } from '../../model/variant.ts';
import type { Progress } from '../../progress.ts';
import type { Run } from '../../sets/run.ts';
import { rounded } from '../../text.ts';
import { rowOf } from '../../vectors/matrix.ts';
import { FIGURE } from './figures.ts';
import { cosineOrZero, encodeTokens, type Student } from './student.ts';
import type { ScoredPairs } from './text-pairs.ts';

/** Spearman's correlation of cosines with scores: of the teacher (before) and of the student (after). */
export type EvalFigures = { file: string; pairs: number; before: number; after: number };

const PAIRS_PER_BATCH = 512;

type Scoring = { tokenizer: BareTokenizer; teacher: Model; progress: Progress; run: Run };

/** Compares the student with its teacher on pairs that people have scored. */
export async function measureScored(
  student: Student,
  scored: readonly ScoredPairs[],
  { tokenizer, teacher, progress, run }: Scoring,
): Promise<EvalFigures[]> {
  if (scored.length === 0) return [];
  const encoder = openEncoder(teacher, { threads: run.threads, prompt: promptOf(teacher, undefined, 'documentPrompt') ?? '' });
  const total = scored.reduce((sum, { scores }) => sum + scores.length, 0);
  let done = 0;
  const onPairs = (pairs: number): void => progress.show('comparing with the teacher', (done += pairs) / total);
  try {
    const figures: EvalFigures[] = [];
    for (const pairs of scored) figures.push(await measureFile(student, pairs, { tokenizer, encoder, signal: run.signal, onPairs }));
    return figures;
  } finally {
    await encoder.close();
  }
}

async function measureFile(
  student: Student,
  { file, one, other, scores }: ScoredPairs,
  {
    tokenizer,
    encoder,
    signal,
    onPairs,
  }: { tokenizer: BareTokenizer; encoder: Encoder; signal: AbortSignal; onPairs: (pairs: number) => void },
): Promise<EvalFigures> {
  const before: number[] = [];
  const after: number[] = [];
  for (let first = 0; first < scores.length; first += PAIRS_PER_BATCH) {
    const texts = [one, other].flatMap((side) => side.slice(first, first + PAIRS_PER_BATCH));
    const count = texts.length / 2;
    const { vectors: theirs } = await orStopped(encoder.encode(texts), signal);
    const tokens = texts.map((text) => tokenizer.read(text));
    const ours = { data: encodeTokens(student, tokens), rows: texts.length, cols: student.dims };
    for (let at = 0; at < count; at++) {
      before.push(cosineOrZero(rowOf(theirs, at), rowOf(theirs, count + at)));
      after.push(cosineOrZero(rowOf(ours, at), rowOf(ours, count + at)));
    }
    onPairs(count);
    await yieldToEvents(signal);
  }
  const [teacher, own] = [before, after].map((cosines) => rounded(rankCorrelation(cosines, scores), FIGURE));
  return { file, pairs: scores.length, before: teacher!, after: own! };
}
