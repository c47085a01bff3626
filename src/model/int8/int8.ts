import type { Sums } from '../../engine/gram.ts';
import { openDoubleProduct, type Product } from '../../engine/product.ts';
import type { Bert, BertLayer, Dense, Int8Dense } from '../transformer/bert.ts';
import { embedded, noStatistics, throughLayer, type LayerStatistics } from './calibration.ts';
import { roundByOutput } from './gptq.ts';

/** The int8 recipe's parameters; docs/adr/003 tells how they were chosen. */
export type Int8Recipe = {
  /**
   * Largest magnitude of an integer weight. Kernels of x86 CPUs without VNNI add two products of uint8 × int8 in 16
   * bits: 2 · 255 · 64 = 32,640 fits, 2 · 255 · 65 does not.
   */
  weightLimit: number;
  /** SmoothQuant's α: the share of the per-channel range that moves from activations into weights. */
  smoothing: number;
  /** Feed-forward channels per layer that stay in float32: a few reach 25, the others stay below 6. */
  hotChannels: number;
};

export const INT8_RECIPE: Int8Recipe = { weightLimit: 64, smoothing: 0.6, hotChannels: 16 };

type Work = { recipe: Int8Recipe; product: Product<Float64Array>; pause: () => Promise<void> };

/**
 * Converts the dense layers of an encoder to int8. Calibration fixes the scales of activations, so that the vector of a text cannot
 * depend on its batch. Statistics are held for one layer at a time: they take 100 MB with hidden states of 768 channels.
 *
 * Sources: Xiao et al. 2023, "SmoothQuant"; Frantar et al. 2023, "GPTQ".
 *
 * @param texts as token ids
 * @param pause awaited between pieces of work
 * @param onLayer called with the index of each layer before its work begins
 */
export async function toInt8(
  bert: Bert,
  texts: readonly Int32Array[],
  {
    threads,
    recipe = INT8_RECIPE,
    pause = async () => {},
    onLayer = () => {},
  }: { threads: number; recipe?: Int8Recipe; pause?: () => Promise<void>; onLayer?: (index: number) => void },
): Promise<Bert<Int8Dense>> {
  const product = await openDoubleProduct({ threads });
  try {
    const states = await embedded(bert, texts, { threads, pause });
    const statistics = new Map<BertLayer<Dense>, LayerStatistics>();
    const done = new Map<BertLayer<Dense>, BertLayer<Int8Dense>>();
    for (const [index, layer] of bert.layers.entries()) {
      onLayer(index);
      const own = statistics.get(layer) ?? noStatistics(layer);
      statistics.set(layer, own);
      await throughLayer(bert, index, { states, statistics: own, threads, pause });
      // a layer that runs several times has one set of weights: its statistics cover all runs
      if (bert.layers.lastIndexOf(layer) > index) continue;
      done.set(layer, await layerToInt8(layer, own, { recipe, product, pause }));
      statistics.delete(layer);
    }
    return { ...bert, layers: bert.layers.map((layer) => done.get(layer)!) };
  } finally {
    await product.close();
  }
}

async function layerToInt8(layer: BertLayer<Dense>, statistics: LayerStatistics, work: Work): Promise<BertLayer<Int8Dense>> {
  const { smoothing, hotChannels } = work.recipe;
  // attention averages value channels, so a factor per channel passes through it: out is smoothed at no cost in the graph
  const outFactors = smoothingFactors(layer.out, statistics.out, smoothing);
  const qkv = scaleValues(layer.qkv, outFactors);
  const out = scaleInputs(layer.out, outFactors);

  // at most an eighth of the channels, a limit that only tiny models reach
  const { hot, cold } = hottest(statistics.down.max, Math.min(hotChannels, layer.down.inputs >> 3));
  const coldUp = pickOutputs(layer.up, cold);
  const coldDown = pickInputs(layer.down, cold);
  return {
    attentionNorm: layer.attentionNorm,
    outputNorm: layer.outputNorm,
    qkv: await smoothed(qkv, statistics.qkv, work),
    out: await rounded(out, scaleStatistics(statistics.out, outFactors), work),
    up: await smoothed(coldUp, statistics.up, work),
    down: await rounded(coldDown, pickStatistics(statistics.down, cold), work),
    ...(hot.length > 0 ? { hot: { up: pickOutputs(layer.up, hot), down: pickInputs(layer.down, hot) } } : {}),
  };
}

async function smoothed(dense: Dense, statistics: Sums, work: Work): Promise<Int8Dense> {
  const factors = smoothingFactors(dense, statistics, work.recipe.smoothing);
  return {
    ...(await rounded(scaleInputs(dense, factors), scaleStatistics(statistics, factors), work)),
    smoothing: factors.map((factor) => 1 / factor),
  };
}

async function rounded({ w, inputs, outputs, bias }: Dense, { gram, min, max }: Sums, { recipe, ...work }: Work): Promise<Int8Dense> {
  const low = min.reduce((a, b) => Math.min(a, b), 0);
  const high = max.reduce((a, b) => Math.max(a, b), 0);
  const scale = Math.fround((high - low) / 255) || 1;
  const zeroPoint = Math.min(255, Math.max(0, Math.round(-low / scale)));
  const weights = await roundByOutput(w, gram, { inputs, outputs, limit: recipe.weightLimit }, work);
  return { ...weights, inputs, outputs, bias, input: { scale, zeroPoint } };
}

/** SmoothQuant's factor per channel: max|x|^α / max|w|^(1 − α), divided by the mean over channels. */
function smoothingFactors({ w, inputs, outputs }: Dense, { min, max }: Sums, alpha: number): Float32Array {
  const factors = new Float32Array(inputs);
  let mean = 0;
  for (let i = 0; i < inputs; i++) {
    const activation = Math.max(Math.abs(min[i]!), Math.abs(max[i]!));
    let weight = 0;
    for (let o = 0; o < outputs; o++) weight = Math.max(weight, Math.abs(w[i * outputs + o]!));
    const factor = weight > 0 ? activation ** alpha / weight ** (1 - alpha) : 0;
    factors[i] = factor;
    mean += factor / inputs;
  }
  return factors.map((factor) => Math.max(factor / (mean || 1), 1e-3));
}

function scaleInputs(dense: Dense, factors: Float32Array): Dense {
  return { ...dense, w: dense.w.map((value, at) => value * factors[Math.floor(at / dense.outputs)]!) };
}

/** Divides the value channels, the last third of query, key and value, by `factors`. */
function scaleValues(qkv: Dense, factors: Float32Array): Dense {
  const values = 2 * factors.length;
  const divide = (value: number, at: number): number => {
    const column = at % qkv.outputs;
    return column < values ? value : value / factors[column - values]!;
  };
  return { ...qkv, w: qkv.w.map(divide), bias: qkv.bias.map(divide) };
}

function scaleStatistics({ gram, min, max }: Sums, factors: Float32Array): Sums {
  const n = factors.length;
  return {
    gram: gram.map((value, at) => value / (factors[Math.floor(at / n)]! * factors[at % n]!)),
    min: min.map((value, i) => value / factors[i]!),
    max: max.map((value, i) => value / factors[i]!),
  };
}

const ascending = (channels: readonly number[]): number[] => channels.toSorted((a, b) => a - b);

/** The channels with the largest activations, and all others. */
function hottest(max: Float32Array, count: number): { hot: number[]; cold: number[] } {
  const order = Array.from(max.keys()).toSorted((a, b) => max[b]! - max[a]! || a - b);
  return { hot: ascending(order.slice(0, count)), cold: ascending(order.slice(count)) };
}

function pickOutputs({ w, inputs, outputs, bias }: Dense, channels: readonly number[]): Dense {
  const picked = new Float32Array(inputs * channels.length);
  for (let i = 0; i < inputs; i++) channels.forEach((channel, at) => (picked[i * channels.length + at] = w[i * outputs + channel]!));
  return { w: picked, inputs, outputs: channels.length, bias: Float32Array.from(channels, (channel) => bias[channel]!) };
}

function pickInputs({ w, outputs, bias }: Dense, channels: readonly number[]): Dense {
  const picked = new Float32Array(channels.length * outputs);
  channels.forEach((channel, at) => picked.set(w.subarray(channel * outputs, (channel + 1) * outputs), at * outputs));
  return { w: picked, inputs: channels.length, outputs, bias };
}

function pickStatistics({ gram, min, max }: Sums, channels: readonly number[]): Sums {
  const size = min.length;
  const pick = (values: Float32Array): Float32Array => Float32Array.from(channels, (channel) => values[channel]!);
  const picked = new Float64Array(channels.length ** 2);
  channels.forEach((row, r) => channels.forEach((column, c) => (picked[r * channels.length + c] = gram[row * size + column]!)));
  return { gram: picked, min: pick(min), max: pick(max) };
}
