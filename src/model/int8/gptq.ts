import type { Product } from '../../engine/product.ts';

/**
 * Rounds a weight matrix to integers so that the layer's *output* moves least, not each weight by itself.
 * Source: Frantar et al. 2023, "GPTQ: Accurate Post-Training Quantization for Generative Pre-trained Transformers",
 * with the columns taken in order of falling curvature ("act order"). GPTQ spreads each error over the inputs that are still to
 * come, by the factor of H⁻¹. Here each input collects the errors of all earlier inputs, by the factor of H itself. That gives the
 * same numbers (Chen et al. 2025, "The Geometry of LLM Quantization: GPTQ as Babai's Nearest Plane Algorithm") without an inverse,
 * and in blocks that are matrix products.
 */

/** Integer weights `q` [inputs, outputs] and one scale per output: w ≈ q · scale. */
export type IntegerWeights = { q: Int8Array; scale: Float32Array };

/** Inputs per block. Within a block they are factored and rounded one by one; between blocks there are matrix products. */
const BLOCK = 128;

/**
 * Rounds the weights of a layer by the error of its output.
 *
 * @param w weights [inputs, outputs]
 * @param gram XᵀX [inputs, inputs] of the layer's inputs, the curvature of the squared output error
 * @param limit largest magnitude of an integer weight
 * @param damping share of the mean diagonal of `gram` that is added to it, so that it can be inverted
 * @param pause awaited between pieces of work
 */
export async function roundByOutput(
  w: Float32Array,
  gram: Float64Array,
  { inputs, outputs, limit, damping = 0.01 }: { inputs: number; outputs: number; limit: number; damping?: number },
  { product, pause = async () => {} }: { product: Product<Float64Array>; pause?: () => Promise<void> },
): Promise<IntegerWeights> {
  const order = Array.from({ length: inputs }, (_, i) => i).toSorted((a, b) => gram[b * inputs + b]! - gram[a * inputs + a]! || a - b);
  let mean = 0;
  for (let i = 0; i < inputs; i++) mean += gram[i * inputs + i]! / inputs;
  const h = new Float64Array(inputs * inputs);
  for (let i = 0; i < inputs; i++) {
    const row = gram.subarray(order[i]! * inputs, (order[i]! + 1) * inputs);
    for (let j = 0; j < inputs; j++) h[i * inputs + j] = row[order[j]!]!;
    h[i * inputs + i]! += damping * mean || 1;
  }
  const r = await factor(h, inputs, { product, pause });

  const scale = columnScales(w, { inputs, outputs, limit });
  const q = new Int8Array(inputs * outputs);
  // [outputs, inputs]: the errors of the weights rounded so far, in their order
  const off = new Float64Array(outputs * inputs);
  for (let from = 0; from < inputs; from += BLOCK) {
    const to = Math.min(inputs, from + BLOCK);
    await pause();
    const earlier =
      from === 0
        ? new Float64Array((to - from) * outputs)
        : await product.run(
            transposed(r, inputs, { rows: [0, from], columns: [from, to] }),
            part(off, inputs, { rows: [0, outputs], columns: [0, from] }),
            from,
          );
    const own = new Float64Array((to - from) * outputs);
    for (let i = from; i < to; i++) {
      const sums = earlier.subarray((i - from) * outputs, (i - from + 1) * outputs);
      for (let k = from; k < i; k++) {
        const share = r[k * inputs + i]!;
        const row = own.subarray((k - from) * outputs, (k - from + 1) * outputs);
        for (let o = 0; o < outputs; o++) sums[o]! += share * row[o]!;
      }
      const pivot = r[i * inputs + i]!;
      const at = order[i]! * outputs;
      for (let o = 0; o < outputs; o++) {
        // the value at which this weight would cancel the output error of those before it
        const wanted = w[at + o]! - sums[o]! / pivot;
        const value = Math.max(-limit, Math.min(limit, Math.round(wanted / scale[o]!)));
        q[at + o] = value;
        own[(i - from) * outputs + o] = value * scale[o]! - w[at + o]!;
      }
    }
    for (let o = 0; o < outputs; o++) for (let i = from; i < to; i++) off[o * inputs + i] = own[(i - from) * outputs + o]!;
  }
  return { q, scale };
}

function columnScales(w: Float32Array, { inputs, outputs, limit }: { inputs: number; outputs: number; limit: number }): Float32Array {
  const scale = new Float32Array(outputs);
  for (let i = 0; i < inputs; i++) for (let o = 0; o < outputs; o++) scale[o] = Math.max(scale[o]!, Math.abs(w[i * outputs + o]!));
  return scale.map((largest) => largest / limit || 1);
}

/** R upper triangular with H = RRᵀ: Cholesky from the last row up, block by block. Overwrites and returns `h`; below the diagonal it keeps H. */
async function factor(
  h: Float64Array,
  n: number,
  { product, pause }: { product: Product<Float64Array>; pause: () => Promise<void> },
): Promise<Float64Array> {
  const r = h;
  for (let to = n; to > 0; to -= BLOCK) {
    const from = Math.max(0, to - BLOCK);
    const width = to - from;
    await pause();
    if (to < n) {
      const later: [number, number] = [to, n];
      const done = await product.run(
        part(r, n, { rows: [0, to], columns: later }),
        part(r, n, { rows: [from, to], columns: later }),
        n - to,
      );
      for (let i = 0; i < to; i++) for (let j = 0; j < width; j++) r[i * n + from + j]! -= done[i * width + j]!;
    }
    for (let j = to - 1; j >= from; j--) {
      const pivotRow = r.subarray(j * n, (j + 1) * n);
      for (let i = j; i >= 0; i--) {
        const row = r.subarray(i * n, (i + 1) * n);
        let sum = row[j]!;
        for (let k = j + 1; k < to; k++) sum -= row[k]! * pivotRow[k]!;
        row[j] = i === j ? Math.sqrt(sum) : sum / pivotRow[j]!;
      }
    }
  }
  return r;
}

type Part = { rows: readonly [number, number]; columns: readonly [number, number] };

/** Some rows and columns of a matrix that is `width` wide. */
function part(from: Float64Array, width: number, { rows: [top, bottom], columns: [left, right] }: Part): Float64Array {
  const into = new Float64Array((bottom - top) * (right - left));
  for (let i = top; i < bottom; i++) into.set(from.subarray(i * width + left, i * width + right), (i - top) * (right - left));
  return into;
}

/** The same part, transposed. */
function transposed(from: Float64Array, width: number, { rows: [top, bottom], columns: [left, right] }: Part): Float64Array {
  const into = new Float64Array((right - left) * (bottom - top));
  for (let i = top; i < bottom; i++) for (let j = left; j < right; j++) into[(j - left) * (bottom - top) + i - top] = from[i * width + j]!;
  return into;
}
