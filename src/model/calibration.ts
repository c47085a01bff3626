import { openSession, type Session } from '../engine/runtime.ts';
import { DENSE_LAYERS, type Bert, type BertLayer, type Dense, type DenseName } from './bert.ts';
import { embeddingGraph, gramStripes, layerGraph, statisticName } from './bert-graph.ts';
import { planBatches } from './plan.ts';

/** What flowed into a dense layer over all calibration texts: XᵀX [inputs, inputs] and each channel's extremes. */
export type Statistics = { gram: Float64Array; min: Float32Array; max: Float32Array };
export type LayerStatistics = Record<DenseName, Statistics>;

/** Texts on their way through the layers: of each batch, which texts it holds and their hidden states [rows, tokens, hidden]. */
export type States = { rows: number[]; tokens: number; hidden: Float32Array }[];

type Work = { threads: number; pause: () => Promise<void> };

/** Tokens of a batch: all its intermediate results stay in memory at once, and its XᵀX is added up in float32. */
const TOKENS_PER_BATCH = 1024;

/** Texts (as token ids) at the entrance of the first layer. */
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

/** Takes texts through one float32 layer, in place, and adds what flows into its dense layers to `statistics`. */
export async function throughLayer(
  bert: Bert,
  index: number,
  { states, statistics, threads, pause }: Work & { states: States; statistics?: LayerStatistics },
): Promise<void> {
  const session = await openSession(layerGraph(bert, index, { statistics: statistics !== undefined }), { threads });
  try {
    for (const batch of states) {
      await pause();
      const shape = [batch.rows.length, batch.tokens, bert.shape.hidden];
      const results = await session.run({ before: { data: batch.hidden, shape } });
      batch.hidden = results.get('hidden')!.data as Float32Array;
      if (statistics) addStatistics(statistics, results);
    }
    for (const { gram, min } of Object.values(statistics ?? {})) if (gramStripes(min.length).length > 1) mirror(gram, min.length);
  } finally {
    await session.close();
  }
}

export function noStatistics(layer: BertLayer<Dense>): LayerStatistics {
  const none = (dense: DenseName): Statistics => {
    const { inputs } = layer[dense];
    return {
      gram: new Float64Array(inputs * inputs),
      min: new Float32Array(inputs).fill(Infinity),
      max: new Float32Array(inputs).fill(-Infinity),
    };
  };
  return { qkv: none('qkv'), out: none('out'), up: none('up'), down: none('down') };
}

function addStatistics(into: LayerStatistics, results: Awaited<ReturnType<Session['run']>>): void {
  for (const dense of DENSE_LAYERS) {
    const { gram, min, max } = into[dense];
    const part = (kind: 'min' | 'max'): Float32Array => results.get(statisticName(dense, kind))!.data as Float32Array;
    const n = min.length;
    for (const [from, to] of gramStripes(n)) {
      const products = results.get(`${statisticName(dense, 'gram')}.${from}`)!.data as Float32Array;
      for (let row = from, at = 0; row < to; row++) {
        for (let column = from; column < n; column++) gram[row * n + column]! += products[at++]!;
      }
    }
    part('min').forEach((value, at) => (min[at] = Math.min(min[at]!, value)));
    part('max').forEach((value, at) => (max[at] = Math.max(max[at]!, value)));
  }
}

/** Copies what is right of the diagonal to the left of it. */
function mirror(gram: Float64Array, n: number): void {
  for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) gram[i * n + j] = gram[j * n + i]!;
}

/** The model with only the words that occur in `texts`: a table of 250,000 need not be copied for a few hundred sentences. */
function withoutUnusedWords(bert: Bert, texts: readonly Int32Array[]): { bert: Bert; texts: Int32Array[] } {
  const { embedding, padding } = bert.shape;
  // where positions count from the padding token's id on, that one keeps its number
  const kept = Array.from({ length: (padding ?? -1) + 1 }, (_, id) => id);
  const used = [...new Set([...kept, ...texts.flatMap((ids) => [...ids])])];
  const numbers = new Map(used.map((id, at) => [id, at]));
  const words = new Float32Array(used.length * embedding);
  used.forEach((id, at) => words.set(bert.words.subarray(id * embedding, (id + 1) * embedding), at * embedding));
  const shape = { ...bert.shape, vocabulary: used.length };
  return { bert: { ...bert, words, shape }, texts: texts.map((ids) => ids.map((id) => numbers.get(id)!)) };
}
