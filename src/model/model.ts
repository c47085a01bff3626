import type { Head } from './head.ts';
import type { Adapter } from './transformer/adapter.ts';
import type { BertConfig } from './transformer/families.ts';

/** A sentence encoder as its folder describes it. Layout: sentence-transformers, "Creating Custom Models". */
export type Model = {
  name: string;
  folder: string;
  /** The published model that it is a copy of, with its commit if that is known. */
  revision: string | null;
  /** The kind of model that computes its vectors. */
  runs: Runs;
  /** Precision of its matrix products; null if an ONNX file does not say it. */
  precision: string | null;
  /** How near the vectors are to those in float32, if it was measured. */
  fidelity?: Fidelity;
  /** Hash of the model in float32 that it was made from. */
  base?: string;
  /** The family of its transformer, as config.json names it; "static" if it has none. */
  architecture: string;
  /** sha256 over every file that decides a vector. */
  hash: string;
  dims: number;
  /** Longest input in tokens, special tokens and prompt included; Infinity if nothing limits it. */
  maxTokens: number;
  /** The limit that its settings ask for, if it has fewer positions. */
  askedTokens?: number;
  head: Head;
  /** The head's modes of pooling, joined by "+". */
  pooling: string;
  normalized: boolean;
  /** What a user should know of how this model is run: lines that begin with "note: ". */
  notes?: readonly string[];
  /** Whether its files say that the first numbers of a vector hold most of it: it was trained for that (Matryoshka), or fitted by distill. */
  shortens?: true;
  /** Whether --pooling replaces the pooling of its folder. */
  repooled?: true;
  /** Whether the tokens of a prompt count when tokens become one vector. */
  includePrompt: boolean;
  tokenizer: TokenizerFiles;
  /** The content of build.json and facts.json, which models built by this project have. */
  build: Build & Facts;
} & Prompts;

/** Cosines between the vectors of a smaller precision and those in float32, over some texts. */
export type Fidelity = { texts: number; meanCosine: number; worstCosine: number };
export type Build = {
  made_by?: unknown;
  precision?: string;
  revision?: string;
  scripts?: readonly string[];
  /** How close its vectors are to those of the reference, on the golden texts. */
  fidelity?: { golden?: { int8?: Fidelity } };
  /** The minimum cosine of duplicates, and the rule and data that it was measured with. */
  duplicates?: { minCosine: number; rule: string; data: string };
};

/** The content of facts.json, which decides no vector: unlike build.json, it is no part of a model's hash. */
export type Facts = {
  /** The languages that it reads, as ISO 639-1 codes. */
  languages?: readonly string[];
  /** The cosine that the best hits of most unrelated queries stay below, by the rows of the corpus, rising. */
  search?: { floors: readonly { rows: number; cosine: number }[] };
};

/** The kinds of models. The table of `open-encoder.ts` has the encoder of each. */
export type Runs = Transformer | StaticEmbedding | Custom;

/** A transformer as its folder holds it: an ONNX file, or weights that a graph is built from; `why` is the reason for the choice. */
export type Transformer = { why: string } & (
  | ({ kind: 'onnx'; path: string } & OnnxTraits)
  | { kind: 'weights'; files: readonly string[]; config: BertConfig; adapter?: Adapter }
);

/** How an ONNX file must be run, and what is in it. */
export type OnnxTraits = {
  /** The reason why its texts run one by one, if they do. */
  alone?: string;
  /** Its graph pools, so that the modules after the transformer are not applied. */
  pooled?: true;
  /** Other ONNX files of the folder, which are not used. */
  unused?: readonly string[];
};

/**
 * A static model: a table with one vector per token. The vector of a text is the mean over its tokens. `reference` is the library
 * whose vectors it reproduces.
 */
export type StaticEmbedding = {
  kind: 'static';
  path: string;
  why: string;
  reference: 'sentence-transformers' | 'model2vec';
  table: TableShape;
};

/** An encoder that the caller of the library brings. */
export type CustomEncoder = {
  /** Names what computes the vectors, with its version: sets of equal names and dims can be compared. */
  name: string;
  dims: number;
  /** Values of the vectors, [texts, dims], row by row. It is given up to 4,096 texts, and no blank ones are left out. */
  encode(texts: readonly string[]): Promise<ArrayLike<number>> | ArrayLike<number>;
};

export type Custom = { kind: 'custom'; encoder: CustomEncoder; why: string };

/** The files of a tokenizer, and settings that override them. */
export type TokenizerFiles = {
  json: object;
  config: object;
  /** The class of transformers that it is read as, and what that class and the settings override, in words. */
  readAs?: { name: string; overrides: readonly string[] };
  /** Special tokens that are written out in a text are text. */
  splitsSpecial?: boolean;
  /** No special tokens are put around a text. */
  bare?: true;
  /** Unknown tokens are left out. */
  dropsUnknown?: boolean;
  /** Maximum characters that are read of a text, its prompt included. */
  maxChars?: number;
};

/** The named prompts of a model, and the names of those for documents and for queries. */
export type Prompts = {
  /** Words by name; empty prompts, which change nothing, are included. */
  prompts: Readonly<Record<string, string>>;
  documentPrompt: string | undefined;
  queryPrompt: string | undefined;
  /** The prompt that the reference uses if none is named. */
  defaultPrompt: string | undefined;
};

/** The shape of a static model's table, known before its values are read. */
export type TableShape = { rows: number; dims: number; precision: 'int8' | 'fp32' };
