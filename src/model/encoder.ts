import type { Matrix } from '../vectors/matrix.ts';
import type { Model, Runs } from './model.ts';
import type { Reading } from './reading/reading.ts';

/** Texts → vectors, for one model. Tokens, batches and threads are inside it, as its kind needs them. */
export type Encoder = {
  /**
   * Vectors of texts, one row each, in their order, and what the model read of each. Events are let in while it works, so that the
   * batches of an earlier call go on. An encoder that is closed computes no more, and what was asked of it may never settle.
   */
  encode(texts: readonly string[], onBatch?: OnBatch): Promise<EncodedTexts>;
  /** What bounds the windows of a corpus; it depends on the model only. */
  window: WindowLimits;
  close(): Promise<void>;
};

/** Called after each batch, with its texts and tokens. */
export type OnBatch = (texts: number, tokens: number) => void;

export type EncodedTexts = { vectors: Matrix; reads: Reading[] };

/** A window ends with the row that reaches one of these. */
export type WindowLimits = {
  rows: number;
  /** UTF-8 bytes of texts, of which each counts at most `rowBytes`: what a model does not read takes no time. */
  bytes: number;
  rowBytes: number;
};

/** One kind of encoder: how it is opened, and why it cannot do what others can. `open-encoder.ts` has the table of them. */
export type EncoderKind<Of extends Runs> = {
  open(model: Model, options: { runs: Of; threads: number; prompt: string }): Encoder;
} & Abilities;

/** What a kind of encoder cannot do, in the words of an error. */
export type Abilities = {
  /** Why no other pooling can be asked for. */
  fixedPooling?: string;
  /** Why int8 changes neither its vectors nor its speed. */
  noProducts?: string;
};
