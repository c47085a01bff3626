import type { Head } from './head.ts';
import type { BertConfig } from './transformer/families.ts';

/** A sentence encoder as its folder describes it. Layout: sentence-transformers, "Creating Custom Models". */
export type Model = {
  name: string;
  folder: string;
  /** What it is a copy of: a published model, with its commit where that is known. */
  revision: string | null;
  /** What computes its vectors. */
  runs: Runs;
  /** Of the numbers that are multiplied; null where an ONNX file does not say. */
  precision: string | null;
  /** How near the vectors are to those in float32, where it was measured. */
  fidelity?: Fidelity;
  /** Hash of the model in float32 that it was made of. */
  base?: string;
  /** The family of its transformer, as config.json names it; "static" where there is none. */
  architecture: string;
  /** sha256 over every file that decides a vector. */
  hash: string;
  dims: number;
  /** Longest input in tokens, special tokens and prompt included; Infinity where nothing limits it. */
  maxTokens: number;
  head: Head;
  /** The head's modes of pooling, joined by "+". */
  pooling: string;
  normalized: boolean;
  /** Whether it is pooled otherwise than its folder says. */
  repooled?: true;
  /** Whether the tokens of a prompt count when tokens become one vector. */
  includePrompt: boolean;
  tokenizer: TokenizerFiles;
  /** What build.json adds for the models we built ourselves. */
  build: Build;
} & Prompts;

/** Cosines between the vectors of a smaller precision and those in float32, over some texts. */
export type Fidelity = { texts: number; meanCosine: number; worstCosine: number };
export type Build = {
  precision?: string;
  revision?: string;
  scripts?: readonly string[];
  /** How close its vectors are to those of the reference, on the golden texts. */
  fidelity?: { golden?: { int8?: Fidelity } };
  /** From which cosine on two texts are duplicates, and what says so. */
  duplicates?: { minCosine: number; rule: string; data: string };
};

/** What computes the vectors of a model, by kind. Each has a line in the table of `open-encoder.ts`, which says what it can do. */
export type Runs = Transformer | StaticEmbedding;

/** A transformer as its folder holds it: an ONNX file, or weights that a graph is built from; `why` says why this one was taken. */
export type Transformer = { why: string } & (
  | { kind: 'onnx'; path: string }
  | { kind: 'weights'; files: readonly string[]; config: BertConfig }
);

/**
 * A static model: a table with one vector a token, of which a text's vector is the mean. `reference` is the library whose vectors it
 * gives.
 */
export type StaticEmbedding = {
  kind: 'static';
  path: string;
  why: string;
  reference: 'sentence-transformers' | 'model2vec';
  table: TableShape;
};

/** The files of a tokenizer, and where it is used otherwise than they say. */
export type TokenizerFiles = {
  json: object;
  config: object;
  /** No special tokens are put around a text. */
  bare?: true;
  /** Unknown tokens are left out. */
  dropsUnknown?: boolean;
  /** Characters of a text, its prompt included, that are looked at. */
  maxChars?: number;
};

/** The named prompts of a model, and which of them stand before what. */
export type Prompts = {
  /** Those without words, which change nothing, included. */
  prompts: Readonly<Record<string, string>>;
  documentPrompt: string | undefined;
  queryPrompt: string | undefined;
  /** What the reference puts before a text of which nothing is said. */
  defaultPrompt: string | undefined;
};

/** What is known of a table before its values are read. */
export type TableShape = { rows: number; dims: number; precision: 'int8' | 'fp32' };
