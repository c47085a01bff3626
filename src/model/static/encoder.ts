import { yieldToEvents } from '../../io.ts';
import { openPool, type WorkerPool } from '../../threads/pool.ts';
import type { Encoder, EncoderKind } from '../encoder.ts';
import { dimsOf } from '../head.ts';
import type { Model, StaticEmbedding } from '../model.ts';
import { openReader, type ReaderModel, type Reading } from '../reading/reading.ts';
import { sharedTokenizer } from '../tokenizer/tokenizer-json.ts';
import { readStaticTable } from './table.ts';
import { encodeStatic, readingAt, type StaticResult } from './token-mean.ts';
import type { StaticSpec } from './worker.ts';

/** Up to these, over all calls, threads would take longer to start than the texts take. */
const MAX_TEXTS_HERE = 4096;
const MAX_CHARS_HERE = 500_000;

/** Texts per task: few enough that all threads end a window together. */
const TEXTS_PER_TASK = 512;

/** More than in a transformer's window: a commit would wait for the disk longer than so few rows take to encode. Twice as many take 15 MB more. */
const WINDOW_ROWS = 8192;

export const STATIC: EncoderKind<StaticEmbedding> = {
  open: openStaticEncoder,
  fixedPooling: 'it is static: the vector of a text is always the mean of its tokens',
  noProducts: 'it is static, so it has no matrix products',
  noReuse: 'it is static: to read a text takes it as long as to encode it',
};

/**
 * Text → vectors, for a static model. The first texts are encoded on this thread; a corpus is encoded on several, because tokenising is
 * most of the work. Either way the vector of a text is the same, to the last bit.
 */
function openStaticEncoder(
  { head, folder, maxTokens, tokenizer, build }: Model,
  { runs, threads, prompt }: { runs: StaticEmbedding; threads: number; prompt: string },
): Encoder {
  const dims = dimsOf(head);
  const table = readStaticTable(runs.path);
  const shared = { ...tokenizer, json: sharedTokenizer(tokenizer.json) };
  const model: ReaderModel = { folder, maxTokens, tokenizer: shared, build: build.scripts ? { scripts: build.scripts } : {} };
  const read = openReader(model, { prompt });
  const closing = new AbortController();
  const seen = { texts: 0, chars: 0 };
  let pool: WorkerPool<readonly string[], StaticResult> | undefined;

  const openThreads = (): WorkerPool<readonly string[], StaticResult> => {
    const spec: StaticSpec = { model, table, head, prompt };
    return openPool('model/static/worker', spec, { size: threads });
  };
  return {
    read,
    window: { rows: WINDOW_ROWS, size: Infinity, sizeOf: () => 0 },
    async encode(texts, onBatch) {
      seen.texts += texts.length;
      seen.chars += texts.reduce((sum, text) => sum + text.length, 0);
      if (seen.texts > MAX_TEXTS_HERE || seen.chars > MAX_CHARS_HERE) pool ??= openThreads();
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
      const tasks = Array.from({ length: Math.ceil(texts.length / TEXTS_PER_TASK) }, (_, task) => task * TEXTS_PER_TASK);
      const textsOf = (first: number): string[] => texts.slice(first, first + TEXTS_PER_TASK);
      const threadsAtWork = pool;
      if (threadsAtWork) await Promise.all(tasks.map(async (first) => take(first, await threadsAtWork.run(textsOf(first)))));
      else {
        for (const first of tasks) {
          take(first, encodeStatic(textsOf(first), { read, table, head }));
          await yieldToEvents(closing.signal);
        }
      }
      return { vectors: { data, rows: texts.length, cols: dims }, reads };
    },
    async close() {
      closing.abort();
      await pool?.close();
    },
  };
}
