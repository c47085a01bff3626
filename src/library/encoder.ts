import { EmbedError } from '../errors.ts';
import { openEncoder as openModelEncoder } from '../model/open-encoder.ts';
import { promptOf } from '../model/variant.ts';
import { openModel } from '../sets/open-model.ts';
import type { Matrix } from '../vectors/matrix.ts';
import {
  assertArgument,
  assertOptions,
  corpusFlags,
  MODEL_CHECKS,
  oneOf,
  RUN_CHECKS,
  string,
  strings,
  type ModelOptions,
  type RunOptions,
} from './options.ts';
import { libraryRun, stoppable } from './run.ts';

/** How much of a text a model read, in tokens without special ones. */
export type TextReading = {
  /** Tokens that were read. */
  tokens: number;
  /** Tokens beyond the model's limit, which were cut off. */
  lost: number;
  /** Share of tokens that the model does not know, 0 to 1. */
  unknown: number;
};

/** Texts → vectors. Close it when it is no longer needed: it holds threads. */
export type TextEncoder = AsyncDisposable & {
  readonly model: string;
  /** Numbers per vector. */
  readonly dims: number;
  /** Longest text in tokens, special tokens included; Infinity where nothing limits it. */
  readonly maxTokens: number;
  /** Whether vectors have length 1. */
  readonly normalized: boolean;
  /** Vectors of texts, [texts, dims], in their order, and what was read of each text. */
  encode(texts: readonly string[]): Promise<{ vectors: Matrix; reads: TextReading[] }>;
  close(): Promise<void>;
};

export type EncoderOptions = Omit<ModelOptions, 'model'> &
  RunOptions & {
    /** Which of the model's prompts stands before each text. Default: `document`. */
    purpose?: 'document' | 'query';
  };

/**
 * Opens a model that encodes texts.
 *
 * @param model `minilm` (default), `multilingual`, a folder, or a name on the Hugging Face Hub
 * @throws EmbedError for a model that is not there or not supported
 * @example
 * const encoder = await openEncoder('minilm'); // or `await using`, where your runtime or compiler knows it
 * const { vectors, reads } = await encoder.encode(['how do I cook rice']);
 * console.log(vectors.rows, vectors.cols, reads[0].tokens);
 * await encoder.close();
 */
export async function openEncoder(model?: string, options: EncoderOptions = {}): Promise<TextEncoder> {
  if (model !== undefined) assertArgument('open an encoder', 'the model', { value: model, check: string });
  const { model: _, ...variant } = MODEL_CHECKS;
  assertOptions('open an encoder', options, { ...variant, ...RUN_CHECKS, purpose: oneOf('document', 'query') });
  const run = libraryRun(options);
  return stoppable(run, async () => {
    const { purpose = 'document', ...rest } = options;
    const flags = corpusFlags({ ...rest, ...(model === undefined ? {} : { model }) });
    const opened = await openModel(flags, run);
    const prompt = flags.promptText ?? promptOf(opened, flags.prompt, purpose === 'query' ? 'queryPrompt' : 'documentPrompt');
    const encoder = openModelEncoder(opened, { threads: run.threads, prompt: prompt ?? '' });
    let closed: Promise<void> | undefined;
    const close = (): Promise<void> => (closed ??= encoder.close());
    return {
      model: opened.name,
      dims: opened.dims,
      maxTokens: opened.maxTokens,
      normalized: opened.normalized,
      async encode(texts) {
        if (closed) throw new EmbedError('Cannot encode texts: the encoder is closed', { hint: 'Open another one with openEncoder' });
        assertArgument('encode texts', 'the list', { value: texts, check: (value) => (Array.isArray(value) ? strings(value) : LIST) });
        const { vectors, reads } = await encoder.encode(texts);
        return { vectors, reads: reads.map(({ bodyTokens, lost, unknown }) => ({ tokens: bodyTokens, lost, unknown })) };
      },
      close,
      [Symbol.asyncDispose]: close,
    };
  });
}

const LIST = 'an array of strings';
