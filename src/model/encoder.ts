import type { Matrix } from '../vectors/matrix.ts';
import type { Model, Runs } from './model.ts';
import type { Reading } from './reading/reading.ts';

/** Texts → vectors, for one model. Tokens, batches and threads are inside it, as its kind needs them. */
export type Encoder = {
  /**
   * Vectors [texts, dims] in order, and how much the model read of each text. Events are handled while it works, so that earlier calls
   * make progress. After `close` nothing more is computed, and a pending call may never settle.
   *
   * @param known vectors that need not be computed again; every text is read all the same
   */
  encode(texts: readonly string[], onBatch?: OnBatch, known?: KnownVectors): Promise<EncodedTexts>;
  /** How much the model reads of a text, where that is known without encoding it. */
  read?(text: string): Reading;
  /** Limits of the windows of a corpus. */
  window: WindowLimits;
  close(): Promise<void>;
};

/** Called after each batch, with its texts and tokens. */
export type OnBatch = (texts: number, tokens: number) => void;

/** Vectors of texts that were encoded before, by the same model under the same options. */
export type KnownVectors = {
  /** Fills `into` with the vector of a text. Returns false where it is not known; `into` then holds anything. */
  find(text: string, into: Float32Array): boolean;
  /** Takes a vector that was computed. */
  add(text: string, vector: Float32Array): void;
};

export type EncodedTexts = { vectors: Matrix; reads: Reading[] };

/**
 * Limits of a window, whose texts are encoded in one call. A window ends with the row that reaches one of them. They depend only on texts
 * and model: which texts share a window can decide the last bit of a vector (ADR 015).
 */
export type WindowLimits = {
  rows: number;
  size: number;
  /** The size of a text, in the encoder's own measure. The encoder may keep what it learned until the text is encoded. */
  sizeOf(text: string): number;
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
  /** Why known vectors are of no use. */
  noReuse?: string;
};
