import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encoderGraph } from '../../scripts/encoder-graph.ts';
import { Graph } from '../../src/engine/graph.ts';
import { openDoubleProduct } from '../../src/engine/product.ts';
import { openSession } from '../../src/engine/runtime.ts';
import { roundByOutput } from '../../src/model/int8/gptq.ts';
import { INT8_RECIPE, toInt8 } from '../../src/model/int8/int8.ts';
import { readBert, type Bert } from '../../src/model/transformer/bert.ts';
import { randomBertWeights, TINY_CONFIG } from './tiny-bert.ts';

describe('integer weights', () => {
  it('cannot saturate the 16-bit sums of CPUs without VNNI', () => {
    const worstPair = (weight: number): number => 2 * 255 * weight;
    expect(worstPair(INT8_RECIPE.weightLimit)).toBeLessThanOrEqual(32_767);
    expect(-worstPair(INT8_RECIPE.weightLimit)).toBeGreaterThanOrEqual(-32_768);
    expect(worstPair(INT8_RECIPE.weightLimit + 1)).toBeGreaterThan(32_767);
  });

  it('give with vpmaddubsw arithmetic what exact arithmetic gives', () => {
    const byte = fc.integer({ min: 0, max: 255 });
    const weight = fc.integer({ min: -INT8_RECIPE.weightLimit, max: INT8_RECIPE.weightLimit });
    fc.assert(
      fc.property(fc.array(fc.tuple(byte, weight, byte, weight), { minLength: 1, maxLength: 64 }), (pairs) => {
        const saturating = pairs.reduce((sum, [x0, w0, x1, w1]) => sum + Math.max(-32_768, Math.min(32_767, x0 * w0 + x1 * w1)), 0);
        const exact = pairs.reduce((sum, [x0, w0, x1, w1]) => sum + x0 * w0 + x1 * w1, 0);
        expect(saturating).toBe(exact);
      }),
    );
  });

  it('of the packaged model stay within the limit', () => {
    expect(Math.max(...int8Magnitudes(readFileSync('models/minilm/model.onnx')))).toBeLessThanOrEqual(INT8_RECIPE.weightLimit);
  });

  it('at the limit multiply exactly on this CPU', async () => {
    const inputs = 1536;
    const graph = new Graph('probe');
    graph.input({ name: 'x', type: 'float32', shape: ['rows', inputs] });
    const scale = graph.constant('scale', { shape: [], data: new Float32Array([1]) });
    const zero = graph.constant('zero', { shape: [], data: new Uint8Array([0]) });
    const q = graph.constant('q', { shape: [inputs, 4], data: new Int8Array(inputs * 4).fill(INT8_RECIPE.weightLimit) });
    graph.op('Cast', [graph.op('MatMulInteger', [graph.op('QuantizeLinear', ['x', scale, zero]), q])], { to: 1 }, { as: 'y' });
    graph.output({ name: 'y', type: 'float32', shape: ['rows', 4] });
    const session = await openSession(graph.toBytes());
    const result = await session.run({ x: { data: new Float32Array(3 * inputs).fill(255), shape: [3, inputs] } });
    await session.close();
    expect([...result.get('y')!.data]).toEqual(Array.from({ length: 12 }, () => 255 * INT8_RECIPE.weightLimit * inputs));
  });
});

describe('roundByOutput', () => {
  it('moves the outputs less than rounding each weight by itself', async () => {
    const [inputs, outputs, rows] = [24, 12, 400];
    const random = seeded(7);
    // correlated inputs: that is where there is something to gain
    const basis = Array.from({ length: 6 * inputs }, random);
    const x = Array.from({ length: rows }, () => {
      const mix = Array.from({ length: 6 }, random);
      return Array.from({ length: inputs }, (_, i) => mix.reduce((sum, m, k) => sum + m * basis[k * inputs + i]!, 0.1 * random()));
    });
    const w = Float32Array.from({ length: inputs * outputs }, random);
    const gram = new Float64Array(inputs * inputs);
    for (const row of x) for (let i = 0; i < inputs; i++) for (let j = 0; j < inputs; j++) gram[i * inputs + j]! += row[i]! * row[j]!;
    const product = await openDoubleProduct({ threads: 1 });
    const { q, scale } = await roundByOutput(w, gram, { inputs, outputs, limit: 15 }, { product });
    await product.close();
    const plain = w.map((value, at) => Math.round(value / scale[at % outputs]!) * scale[at % outputs]!);
    const clever = Float32Array.from(q, (value, at) => value * scale[at % outputs]!);
    const error = (rounded: Float32Array): number => {
      let sum = 0;
      for (const row of x)
        for (let o = 0; o < outputs; o++)
          sum += row.reduce((dot, value, i) => dot + value * (rounded[i * outputs + o]! - w[i * outputs + o]!), 0) ** 2;
      return sum;
    };
    expect(error(clever)).toBeLessThan(0.7 * error(plain));
    expect(Math.max(...q.map(Math.abs))).toBeLessThanOrEqual(15);
  });
});

describe('building a model', () => {
  it('gives the same bytes for the same weights and texts, close to float32', async () => {
    const first = await buildTiny();
    const second = await buildTiny();
    expect(Buffer.compare(first.int8, second.int8)).toBe(0);
    expect(Buffer.compare(first.fp32, second.fp32)).toBe(0);
    const ids = BigInt64Array.from([2, 5, 9, 30, 3], BigInt);
    const [a, b] = await Promise.all([first.fp32, first.int8].map((bytes) => runOnce(bytes, ids)));
    expect(a!.reduce((sum, value, i) => sum + value * b![i]!, 0)).toBeGreaterThan(0.99);
  });
});

async function buildTiny(): Promise<{ fp32: Uint8Array; int8: Uint8Array }> {
  const bert: Bert = readBert(randomBertWeights(3), TINY_CONFIG);
  const random = seeded(11);
  const texts = Array.from({ length: 20 }, (_, i) => Int32Array.from({ length: 4 + (i % 5) }, () => Math.floor((random() + 1) * 20)));
  const int8 = await toInt8(bert, texts, { threads: 1, recipe: { ...INT8_RECIPE, hotChannels: 2 } });
  return { fp32: encoderGraph(bert), int8: encoderGraph(int8) };
}

async function runOnce(graph: Uint8Array, ids: BigInt64Array): Promise<Float32Array> {
  const session = await openSession(graph);
  const result = await session.run({ input_ids: { data: ids, shape: [1, ids.length] } });
  await session.close();
  return result.get('sentence_embedding')!.data as Float32Array;
}

/** Largest magnitude of every int8 initializer of a dense layer (their names end in ".q"). */
function int8Magnitudes(file: Buffer): number[] {
  const magnitudes: number[] = [];
  for (let layer = 0; layer < 6; layer++) {
    for (const dense of ['qkv', 'out', 'up', 'down']) {
      // in a TensorProto the name (field 8) stands right before raw_data (field 9)
      const name = Buffer.concat([
        Buffer.from([0x42, `${layer}.${dense}.q`.length]),
        Buffer.from(`${layer}.${dense}.q`),
        Buffer.from([0x4a]),
      ]);
      let at = file.indexOf(name) + name.length;
      let length = 0;
      for (let shift = 0, more = true; more; shift += 7) {
        const byte = file[at++]!;
        length += (byte & 127) * 2 ** shift;
        more = byte > 127;
      }
      expect(length).toBeGreaterThan(100_000);
      magnitudes.push(
        new Int8Array(file.buffer, file.byteOffset + at, length).reduce((largest, value) => Math.max(largest, Math.abs(value)), 0),
      );
    }
  }
  return magnitudes;
}

/** Numbers of -1..1 from a seed (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return (((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * 2 - 1;
  };
}
