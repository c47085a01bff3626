import { noSums, openGram, type GramKernel, type Sums } from '../../engine/gram.ts';
import { openSession } from '../../engine/runtime.ts';
import { planBatches } from '../transformer/batches.ts';
import { embeddingGraph, layerGraph } from '../transformer/bert-graph.ts';
import { DENSE_LAYERS, type Bert, type BertLayer, type Dense, type DenseName } from '../transformer/bert.ts';

/** Statistics of the inputs of each dense layer, over all calibration texts. */
export type LayerStatistics = Record<DenseName, Sums>;

/** Hidden states between two layers: per batch, the numbers of its texts and their states [rows, tokens, hidden]. */
export type States = { rows: number[]; tokens: number; hidden: Float32Array }[];

type Work = { threads: number; pause: () => Promise<void> };

/** Tokens per batch: the inputs of its dense layers are in memory at once. */
const TOKENS_PER_BATCH = 1024;

/** Tokens per product XᵀX. A batch has few tokens, and the product of all channels takes as long for few tokens as for many. */
const TOKENS_PER_GRAM = 2048;

/** The hidden states of texts (as token ids) before the first layer. */
export async function embedded(bert: Bert, texts: readonly Int32Array[], { threads, pause }: Work): Promise<States> {
  const { bert: small, texts: renumbered } = withoutUnusedWords(bert, texts);
  const session = await openSession(embeddingGraph(small), { threads });
  try {
    const states: States = [];
    const lengths = texts.map((ids) => ids.length);
    for (const { tokens, rows } of planBatches(lengths, { maxTokens: TOKENS_PER_BATCH })) {
      await pause();
      const data = BigInt64Array.from(rows.flatMap((row) => Array.from(renumbered[row]!, BigInt)));
      const results = await session.run({ input_ids: { data, shape: [rows.length, tokens] } });
      states.push({ rows, tokens, hidden: results.get('hidden')!.data as Float32Array });
    }
    return states;
  } finally {
    await session.close();
  }
}

/** Runs one float32 layer on `states`, in place, and adds the inputs of its dense layers to `statistics`. */
export async function throughLayer(
  bert: Bert,
  index: number,
  { states, statistics, threads, pause }: Work & { states: States; statistics?: LayerStatistics },
): Promise<void> {
  const session = await openSession(layerGraph(bert, index, { taps: statistics !== undefined }), { threads });
  const collectors = statistics ? await openCollectors(statistics, threads) : [];
  try {
    for (const batch of states) {
      await pause();
      const shape = [batch.rows.length, batch.tokens, bert.shape.hidden];
      const results = await session.run({ before: { data: batch.hidden, shape } });
      batch.hidden = results.get('hidden')!.data as Float32Array;
      for (const { dense, add } of collectors) await add(results.get(dense)!.data as Float32Array);
    }
    for (const { flush } of collectors) await flush();
  } finally {
    for (const { close } of collectors) await close();
    await session.close();
  }
}

export function noStatistics(layer: BertLayer<Dense>): LayerStatistics {
  return {
    qkv: noSums(layer.qkv.inputs),
    out: noSums(layer.out.inputs),
    up: noSums(layer.up.inputs),
    down: noSums(layer.down.inputs),
  };
}

type Collector = Pick<GramKernel, 'close'> & {
  dense: DenseName;
  add(rows: Float32Array): Promise<void>;
  flush(): Promise<void>;
};

/** Opens collectors, which gather rows until there are enough for a product. */
function openCollectors(statistics: LayerStatistics, threads: number): Promise<Collector[]> {
  return Promise.all(
    DENSE_LAYERS.map(async (dense) => {
      const into = statistics[dense];
      const kernel = await openGram(into.min.length, { threads });
      const rows = new Float32Array(TOKENS_PER_GRAM * into.min.length);
      let filled = 0;
      const flush = async (): Promise<void> => {
        if (filled > 0) await kernel.add(into, rows.subarray(0, filled));
        filled = 0;
      };
      const add = async (more: Float32Array): Promise<void> => {
        for (let at = 0; at < more.length;) {
          const piece = more.subarray(at, at + rows.length - filled);
          rows.set(piece, filled);
          filled += piece.length;
          at += piece.length;
          if (filled === rows.length) await flush();
        }
      };
      return { dense, add, flush, close: kernel.close };
    }),
  );
}

/** The model with only the words that occur in `texts`: a few hundred sentences do not need a copy of 250,000 words. */
function withoutUnusedWords(bert: Bert, texts: readonly Int32Array[]): { bert: Bert; texts: Int32Array[] } {
  const { embedding, padding } = bert.shape;
  // positions may count from the padding token's id, so that id keeps its number
  const kept = Array.from({ length: (padding ?? -1) + 1 }, (_, id) => id);
  const used = [...new Set([...kept, ...texts.flatMap((ids) => [...ids])])];
  const numbers = new Map(used.map((id, at) => [id, at]));
  const words = new Float32Array(used.length * embedding);
  used.forEach((id, at) => words.set(bert.words.subarray(id * embedding, (id + 1) * embedding), at * embedding));
  const shape = { ...bert.shape, vocabulary: used.length };
  return { bert: { ...bert, words, shape }, texts: texts.map((ids) => ids.map((id) => numbers.get(id)!)) };
}
