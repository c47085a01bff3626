import { EmbedError } from '../../errors.ts';
import { learnPieces, TooFewPieces, type ScoredPiece } from './em.ts';
import { countPreTokens, NORMALIZER, PRE_TOKENIZER, sampleTexts, WORD_MARK, type Pause } from './pre-token-counts.ts';
import { findSeeds } from './seed-pieces.ts';
import { toSegments } from './segments.ts';

export type TrainingOptions = {
  /** Pieces of the vocabulary, <unk> among them. */
  size: number;
  signal?: AbortSignal;
  /** Called now and then with the name of the current step and the finished share of all work. */
  onProgress?: (text: string, fraction: number) => void;
};

/**
 * Learns a Unigram vocabulary from texts; returns a tokenizer.json as the tokenizers library writes it. Texts are read in lower case
 * and NFKC, and split into words, punctuation and digits. Equal texts in equal order give equal vocabularies.
 *
 * Source: Kudo 2018, "Subword Regularization", with the pruning of SentencePiece.
 *
 * @throws EmbedError if the texts give fewer pieces than `size`; the reason of `signal` once it is aborted
 */
export async function trainUnigram(texts: Iterable<string>, { size, signal, onProgress }: TrainingOptions): Promise<object> {
  const stage = (text: string, from: number, to: number): Pause => {
    return async (done) => {
      onProgress?.(text, from + (to - from) * done);
      await new Promise((resolve) => setImmediate(resolve));
      signal?.throwIfAborted();
    };
  };
  signal?.throwIfAborted();
  // nested, because names would keep intermediate results in memory
  const segments = toSegments(
    await countPreTokens(await sampleTexts(texts, stage('reading texts', 0, 0.02)), stage('counting words', 0.02, 0.25)),
  );
  if (segments.alphabet.length === 0) {
    throw new EmbedError('Cannot learn a vocabulary: the texts are empty', { hint: 'Give texts with words' });
  }
  const seeds = await findSeeds(segments, stage('finding pieces', 0.25, 0.6));
  try {
    return tokenizerJson(await learnPieces(seeds, { size: size - 1, pause: stage('choosing pieces', 0.6, 1) }));
  } catch (cause) {
    if (!(cause instanceof TooFewPieces)) throw cause;
    const most = cause.available + 1;
    throw new EmbedError(`Cannot learn a vocabulary of ${size} pieces: the texts give ${most}`, {
      hint: `Use --vocab ${most} or less, or give more texts`,
      cause,
    });
  }
}

/** Few enough decimals that every parser reads the same number. */
const SCORE_DECIMALS = 8;

function tokenizerJson(pieces: readonly ScoredPiece[]): object {
  const vocab = pieces.map(({ text, score }) => [text, Number(score.toFixed(SCORE_DECIMALS))] as [string, number]);
  vocab.sort(([a, scoreOfA], [b, scoreOfB]) => scoreOfB - scoreOfA || (a < b ? -1 : 1));
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: [{ id: 0, content: UNKNOWN, single_word: false, lstrip: false, rstrip: false, normalized: false, special: true }],
    normalizer: NORMALIZER,
    pre_tokenizer: PRE_TOKENIZER,
    post_processor: null,
    decoder: { type: 'Metaspace', replacement: WORD_MARK, prepend_scheme: 'always', split: true },
    model: { type: 'Unigram', unk_id: 0, vocab: [[UNKNOWN, 0], ...vocab], byte_fallback: false },
  };
}

const UNKNOWN = '<unk>';
