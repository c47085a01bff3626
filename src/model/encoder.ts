import type { Matrix } from '../vectors/matrix.ts';
import type { Reading, ReadText } from './reading/reading.ts';

/** Text → vectors, for one model. */
export type Encoder = {
  read(text: string): ReadText;
  /** Vectors of texts that were read, one row each, in their order. Equal token ids are computed once. */
  encode(texts: readonly ReadText[], onBatch?: (rows: number, tokens: number) => void): Promise<Matrix>;
  /** Reads and encodes texts in threads, where reading them is most of the work; undefined where it is not. */
  encodeTexts?: (texts: readonly string[], onBatch?: (rows: number, tokens: number) => void) => Promise<EncodedTexts>;
  close(): Promise<void>;
};

/** Vectors of texts, one row each, and what was read of them. */
export type EncodedTexts = { reads: Reading[]; vectors: Matrix };
