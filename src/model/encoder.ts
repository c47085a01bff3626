import type { Matrix } from '../vectors/matrix.ts';
import type { Model, Runs } from './model.ts';
import type { Reading } from './reading/reading.ts';

/** Texts → vectors, for one model. Tokens, batches and threads are inside it, as its kind needs them. */
export type Encoder = {
  /**
   * Vectors [texts, dims] in order, and how much the model read of each text. Events are handled while it works, so that earlier calls
   * make progress. After `close` nothing more is computed, and a pending call may never settle.
   */
  encode(texts: readonly string[], onBatch?: OnBatch): Promise<EncodedTexts>;
  /** Limits of the windows of a corpus; they depend only on the model. */
  window: WindowLimits;
  close(): Promise<void>;
};

/** Called after each batch, with its texts and tokens. */
export type OnBatch = (texts: number, tokens: number) => void;

export type EncodedTexts = { vectors: Matrix; reads: Reading[] };

/** A window ends with the row that reaches one of these. */
export type WindowLimits = {
  rows: number;
  /** UTF-8 bytes of texts. Each text counts at most `rowBytes`, because the part that a model does not read takes no time. */
  bytes: number;
  rowBytes: number;
};

/** One kind of encoder: how it is opened, and what it cannot do. `open-encoder.ts` has the table of all kinds. */
export type EncoderKind<Of extends Runs> = {
  open(model: Model, options: { runs: Of; threads: number; prompt: string }): Encoder;
} & Abilities;

/** Limits of a kind of encoder, each as the reason that an error gives. */
export type Abilities = {
  /** Why no other pooling can be asked for. */
  fixedPooling?: string;
  /** Why int8 changes neither its vectors nor its speed. */
  noProducts?: string;
};
