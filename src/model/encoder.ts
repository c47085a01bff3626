import type { Matrix } from '../vectors/matrix.ts';
import type { Model } from './folder.ts';
import { onnxFile } from './graph-cache.ts';
import { letterCounter, type LetterCount } from './letters.ts';
import { planBatches } from './plan.ts';
import { openPool } from './pool.ts';
import { openTokenizer, type TokenizedText } from './tokenizer.ts';

/** Text → vectors, for one model. */
export type Encoder = {
  read(text: string): ReadText;
  /** Vectors of texts that were read, one row each, in their order. Equal token ids are computed once. */
  encode(texts: readonly ReadText[], onBatch?: (rows: number, tokens: number) => void): Promise<Matrix>;
  close(): Promise<void>;
};

/** A text as the model reads it, and its letters where the model declares its scripts. */
export type ReadText = TokenizedText & Partial<LetterCount>;

/** Rows × length of a batch. Measured on 2 cores: 512 to 2,048 are equal within noise, 256 loses 10 %. */
export const TOKENS_PER_BATCH = 1024;

export function openEncoder(model: Model, { threads, prompt = '' }: { threads: number; prompt?: string }): Encoder {
  const tokenize = openTokenizer(model, { prompt });
  const skip = model.includePrompt ? 0 : tokenize.promptTokens;
  const pool = openPool(
    { onnxPath: onnxFile(model), head: model.head, dims: model.dims, skip, repooled: model.repooled === true },
    { threads },
  );
  const countLetters = model.build.scripts ? letterCounter(model.build.scripts) : undefined;

  return {
    read: (text) => ({ ...tokenize(text), ...countLetters?.(text) }),
    async encode(texts, onBatch) {
      const { unique, indexOf } = distinct(texts);
      const vectors = new Float32Array(unique.length * model.dims);
      const batches = planBatches(
        unique.map((ids) => ids.length),
        { maxTokens: TOKENS_PER_BATCH },
      );
      await Promise.all(
        batches.map(async ({ tokens, rows }) => {
          const ids = new BigInt64Array(rows.length * tokens);
          rows.forEach((row, at) => unique[row]!.forEach((id, token) => (ids[at * tokens + token] = BigInt(id))));
          const part = await pool.run({ ids, rows: rows.length, tokens });
          rows.forEach((row, at) => vectors.set(part.subarray(at * model.dims, (at + 1) * model.dims), row * model.dims));
          onBatch?.(rows.length, rows.length * tokens);
        }),
      );
      if (unique.length === texts.length) return { data: vectors, rows: texts.length, cols: model.dims };
      const data = new Float32Array(texts.length * model.dims);
      indexOf.forEach((from, to) => data.set(vectors.subarray(from * model.dims, (from + 1) * model.dims), to * model.dims));
      return { data, rows: texts.length, cols: model.dims };
    },
    close: () => pool.close(),
  };
}

/** Different texts with the same ids (case, white space) are one text to the model. */
function distinct(texts: readonly ReadText[]): { unique: Int32Array[]; indexOf: number[] } {
  const seen = new Map<string, number>();
  const unique: Int32Array[] = [];
  const indexOf = texts.map(({ ids }) => {
    const key = Buffer.from(ids.buffer, ids.byteOffset, ids.byteLength).toString('latin1');
    let index = seen.get(key);
    if (index === undefined) {
      index = unique.push(ids) - 1;
      seen.set(key, index);
    }
    return index;
  });
  return { unique, indexOf };
}
