import { openPool, type WorkerPool } from '../../threads/pool.ts';
import type { Matrix } from '../../vectors/matrix.ts';
import type { EncodedTexts } from '../encoder.ts';
import { dimsOf } from '../head.ts';
import type { Model, StaticEmbedding } from '../model.ts';
import { openReader, type ReaderModel, type Reading, type ReadText } from '../reading/reading.ts';
import { sharedTokenizer } from '../tokenizer/tokenizer-json.ts';
import { readTable } from './table.ts';
import { encodeStatic, openTokenMean, readingAt, type StaticResult } from './token-mean.ts';
import type { StaticSpec } from './worker.ts';

/** Where there are no more, threads would take longer to start than the texts take. */
const TEXTS_HERE = 4096;
const CHARS_HERE = 500_000;

type OnBatch = (rows: number, tokens: number) => void;

/** An Encoder that always has `encodeTexts`. */
export type StaticEncoder = {
  read: (text: string) => ReadText;
  encode: (texts: readonly ReadText[], onBatch?: OnBatch) => Promise<Matrix>;
  encodeTexts: (texts: readonly string[], onBatch?: OnBatch) => Promise<EncodedTexts>;
  close: () => Promise<void>;
};

/** Texts that a thread reads at once: small enough that all threads end a window together. */
const TEXTS_PER_TASK = 512;

/**
 * Text → vectors, for a static model. Some texts are encoded where they are; those of a corpus in threads, for reading them is most of
 * the work. Either way a text's vector is the same to the last bit.
 */
export function openStaticEncoder(
  { head, folder, maxTokens, tokenizer, build }: Model,
  { transformer, threads, prompt }: { transformer: StaticEmbedding; threads: number; prompt: string },
): StaticEncoder {
  const dims = dimsOf(head);
  const table = readTable(transformer.path);
  const shared = { ...tokenizer, json: sharedTokenizer(tokenizer.json) };
  const model: ReaderModel = { folder, maxTokens, transformer, tokenizer: shared, build: build.scripts ? { scripts: build.scripts } : {} };
  const read = openReader(model, { prompt });
  const mean = openTokenMean(table, head);
  let pool: WorkerPool<readonly string[], StaticResult> | undefined;
  let calls = 0;

  const openThreads = (): WorkerPool<readonly string[], StaticResult> => {
    const spec: StaticSpec = { model, table, head, prompt };
    return openPool('model/static/worker', spec, { size: threads });
  };
  return {
    read,
    encode(texts, onBatch) {
      const data = new Float32Array(texts.length * dims);
      texts.forEach(({ ids }, row) => mean(ids, data, row * dims));
      onBatch?.(texts.length, tokensOf(texts));
      return Promise.resolve({ data, rows: texts.length, cols: dims });
    },
    async encodeTexts(texts, onBatch) {
      const chars = texts.reduce((sum, text) => sum + text.length, 0);
      if (++calls > 1 || texts.length > TEXTS_HERE || chars > CHARS_HERE) pool ??= openThreads();
      const data = new Float32Array(texts.length * dims);
      const reads: Reading[] = Array.from({ length: texts.length });
      const take = (first: number, { vectors, figures }: StaticResult): void => {
        data.set(vectors, first * dims);
        const count = vectors.length / dims;
        let tokens = 0;
        for (let row = 0; row < count; row++) {
          const reading = readingAt(figures, row);
          reads[first + row] = reading;
          tokens += reading.bodyTokens;
        }
        onBatch?.(count, tokens);
      };
      if (pool === undefined) take(0, encodeStatic(texts, { read, table, head }));
      else {
        const threadsAtWork = pool;
        await Promise.all(
          Array.from({ length: Math.ceil(texts.length / TEXTS_PER_TASK) }, async (_, task) => {
            const first = task * TEXTS_PER_TASK;
            take(first, await threadsAtWork.run(texts.slice(first, first + TEXTS_PER_TASK)));
          }),
        );
      }
      return { reads, vectors: { data, rows: texts.length, cols: dims } };
    },
    close: async () => pool?.close(),
  };
}

function tokensOf(texts: readonly ReadText[]): number {
  return texts.reduce((sum, { ids }) => sum + ids.length, 0);
}
