import { openSession } from '../engine/runtime.ts';
import type { Bert, DenseName } from './bert.ts';
import { statisticName, statisticNames, statisticsGraph } from './bert-graph.ts';
import { planBatches } from './plan.ts';

/** What flowed into a dense layer over all calibration texts: XᵀX [inputs, inputs] and each channel's extremes. */
export type Statistics = { gram: Float64Array; min: Float32Array; max: Float32Array };

/** Runs texts (as token ids) through the float32 model and adds up the statistics of every dense layer's input. */
export async function collectStatistics(
  bert: Bert,
  texts: readonly Int32Array[],
  { threads }: { threads: number },
): Promise<Map<string, Statistics>> {
  const session = await openSession(statisticsGraph(bert), { threads });
  const sums = new Map<string, Statistics>();
  for (const { layer, dense } of statisticNames(bert.shape.layers)) {
    const { inputs } = bert.layers[layer]![dense];
    sums.set(key(layer, dense), {
      gram: new Float64Array(inputs * inputs),
      min: new Float32Array(inputs).fill(Infinity),
      max: new Float32Array(inputs).fill(-Infinity),
    });
  }
  for (const { tokens, rows } of planBatches(
    texts.map((ids) => ids.length),
    { maxTokens: 1024 },
  )) {
    const data = BigInt64Array.from(rows.flatMap((row) => Array.from(texts[row]!, BigInt)));
    const results = await session.run({ input_ids: { data, shape: [rows.length, tokens] } });
    for (const { layer, dense } of statisticNames(bert.shape.layers)) {
      const sum = sums.get(key(layer, dense))!;
      const part = (kind: 'gram' | 'min' | 'max'): Float32Array => results.get(statisticName(layer, dense, kind))!.data as Float32Array;
      part('gram').forEach((value, at) => (sum.gram[at]! += value));
      part('min').forEach((value, at) => (sum.min[at] = Math.min(sum.min[at]!, value)));
      part('max').forEach((value, at) => (sum.max[at] = Math.max(sum.max[at]!, value)));
    }
  }
  await session.close();
  return sums;
}

/** Key of a dense layer in the map of statistics. */
export function key(layer: number, dense: DenseName): string {
  return `${layer}.${dense}`;
}
