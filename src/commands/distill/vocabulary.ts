import { trainUnigram } from '../../model/unigram-training/train.ts';
import type { Run } from '../../sets/run.ts';
import type { DistillFlags } from './flags.ts';
import { drawOf, type Survey } from './survey.ts';
import type { TaughtTexts } from './teacher.ts';
import type { TextPairs } from './text-pairs.ts';

/** A vocabulary is learnt from all second texts of pairs, and from others up to this many in all. */
const MAX_TEXTS = 1_000_000;

/** Of the others, at least this many are taken. */
const MIN_TEXTS = 500_000;

/** Learns a vocabulary of `flags.vocab` tokens. Returns a tokenizer.json. */
export async function learnVocabulary(
  taught: readonly TaughtTexts[],
  { pairs, survey, flags, run }: { pairs: TextPairs; survey: Survey; flags: DistillFlags; run: Run },
): Promise<object> {
  const wanted = Math.max(MIN_TEXTS, MAX_TEXTS - pairs.seconds.length);
  const share = wanted / taught.reduce((sum, { set }) => sum + set.vectors.rows, 0);
  const sample: string[] = [];
  for (const { texts } of taught) {
    for await (const batch of texts.scan()) {
      for (const { text = '' } of batch) {
        if (survey.fateOf(text) !== 'fit') continue;
        // not the draw that holds texts out
        if (share >= 1 || drawOf(text, flags.seed + 1) < share) sample.push(text);
      }
    }
  }
  for (const text of pairs.seconds) if (!survey.heldSeconds.has(text)) sample.push(text);
  const progress = run.progress();
  try {
    return await trainUnigram(sample, {
      size: flags.vocab!,
      signal: run.signal,
      onProgress: (text, fraction) => progress.show(text, fraction),
    });
  } finally {
    progress.stop();
  }
}
