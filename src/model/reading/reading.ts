import { isBlank } from '../../text.ts';
import type { Counts } from '../../vectors/manifest.ts';
import type { Build } from '../model.ts';
import { openTokenizer, type TokenizedText, type TokenizerModel } from '../tokenizer/tokenizer.ts';
import { letterCounter, type LetterCount } from './letters.ts';

/** A text as the model reads it, and its letters if the model declares its scripts. */
export type ReadText<Ids = Int32Array> = TokenizedText<Ids> & Partial<LetterCount>;

/** Figures of how much was read of a text. */
export type Reading = Omit<ReadText, 'ids'>;

/** The parts of a model that decide how it reads a text. */
export type ReaderModel = TokenizerModel & { build: Pick<Build, 'scripts'> };

/** Text → token ids and figures. `unpacked` and `promptTokens` are those of the tokenizer. */
export type Reader = {
  (text: string): ReadText;
  unpacked(text: string): ReadText<readonly number[]>;
  promptTokens: number;
};

export function openReader(model: ReaderModel, { prompt = '' }: { prompt?: string } = {}): Reader {
  const tokenize = openTokenizer(model, { prompt });
  const countLetters = model.build.scripts ? letterCounter(model.build.scripts) : undefined;
  const { unpacked, promptTokens } = tokenize;
  if (!countLetters) return tokenize;
  return Object.assign((text: string): ReadText => ({ ...tokenize(text), ...countLetters(text) }), {
    unpacked: (text: string): ReadText<readonly number[]> => ({ ...unpacked(text), ...countLetters(text) }),
    promptTokens,
  });
}

/** The totals after one more text. */
export function addRead(counts: Counts, { text, read }: { text: string; read: Reading }): Counts {
  return {
    rows: counts.rows + 1,
    blank: counts.blank + (isBlank(text) ? 1 : 0),
    cut: counts.cut + (read.lost > 0 ? 1 : 0),
    tokens: counts.tokens + read.bodyTokens,
    lostTokens: counts.lostTokens + read.lost,
    lostExact: counts.lostExact && read.lostExact,
    unknownTokens: counts.unknownTokens + Math.round(read.unknown * read.bodyTokens),
    letters: counts.letters + (read.letters ?? 0),
    foreignLetters: counts.foreignLetters + (read.foreign ?? 0),
  };
}
