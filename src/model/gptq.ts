/**
 * Rounds a weight matrix to integers so that the layer's *output* moves least, not each weight by itself.
 * Source: Frantar et al. 2023, "GPTQ: Accurate Post-Training Quantization for Generative Pre-trained Transformers",
 * with the columns taken in order of falling curvature ("act order").
 */

/** Integer weights `q` [inputs, outputs] and one scale an output: w ≈ q · scale. */
export type IntegerWeights = { q: Int8Array; scale: Float32Array };

/**
 * @param w weights [inputs, outputs]
 * @param gram XᵀX [inputs, inputs] of the layer's inputs, the curvature of the squared output error
 * @param limit largest magnitude of an integer weight
 * @param damping share of the mean diagonal of `gram` that is added to it, so that it can be inverted
 */
export function roundByOutput(
  w: Float32Array,
  gram: Float64Array,
  { inputs, outputs, limit, damping = 0.01 }: { inputs: number; outputs: number; limit: number; damping?: number },
): IntegerWeights {
  const order = Array.from({ length: inputs }, (_, i) => i).toSorted((a, b) => gram[b * inputs + b]! - gram[a * inputs + a]! || a - b);
  let mean = 0;
  for (let i = 0; i < inputs; i++) mean += gram[i * inputs + i]! / inputs;
  const h = new Float64Array(inputs * inputs);
  for (let i = 0; i < inputs; i++) {
    for (let j = 0; j < inputs; j++) h[i * inputs + j] = gram[order[i]! * inputs + order[j]!]!;
    h[i * inputs + i]! += damping * mean || 1;
  }
  const u = upperFactorOfInverse(h, inputs);

  const scale = columnScales(w, { inputs, outputs, limit });
  const rest = Float64Array.from({ length: inputs * outputs }, (_, at) => w[order[Math.floor(at / outputs)]! * outputs + (at % outputs)]!);
  const q = new Int8Array(inputs * outputs);
  const error = new Float64Array(outputs);
  for (let i = 0; i < inputs; i++) {
    const pivot = u[i * inputs + i]!;
    const row = rest.subarray(i * outputs, (i + 1) * outputs);
    for (let o = 0; o < outputs; o++) {
      const value = Math.max(-limit, Math.min(limit, Math.round(row[o]! / scale[o]!)));
      q[order[i]! * outputs + o] = value;
      error[o] = (row[o]! - value * scale[o]!) / pivot;
    }
    // what rounding this input lost is spread over the inputs still to come, in the ratio their curvature asks for
    for (let j = i + 1; j < inputs; j++) {
      const share = u[i * inputs + j]!;
      const later = rest.subarray(j * outputs, (j + 1) * outputs);
      for (let o = 0; o < outputs; o++) later[o]! -= share * error[o]!;
    }
  }
  return { q, scale };
}

function columnScales(w: Float32Array, { inputs, outputs, limit }: { inputs: number; outputs: number; limit: number }): Float32Array {
  const scale = new Float32Array(outputs);
  for (let i = 0; i < inputs; i++) for (let o = 0; o < outputs; o++) scale[o] = Math.max(scale[o]!, Math.abs(w[i * outputs + o]!));
  return scale.map((largest) => largest / limit || 1);
}

/**
 * U upper triangular with H⁻¹ = UᵀU: factor H = RRᵀ with R upper triangular (Cholesky from the last row up), then
 * H⁻¹ = R⁻ᵀR⁻¹, so U = R⁻¹.
 */
function upperFactorOfInverse(h: Float64Array, n: number): Float64Array {
  const r = new Float64Array(n * n);
  for (let j = n - 1; j >= 0; j--) {
    for (let i = j; i >= 0; i--) {
      let sum = h[i * n + j]!;
      for (let k = j + 1; k < n; k++) sum -= r[i * n + k]! * r[j * n + k]!;
      r[i * n + j] = i === j ? Math.sqrt(sum) : sum / r[j * n + j]!;
    }
  }
  const u = new Float64Array(n * n);
  for (let i = n - 1; i >= 0; i--) {
    const pivot = r[i * n + i]!;
    const row = u.subarray(i * n, (i + 1) * n);
    row[i] = 1;
    for (let k = i + 1; k < n; k++) {
      const factor = r[i * n + k]!;
      const below = u.subarray(k * n, (k + 1) * n);
      for (let j = k; j < n; j++) row[j]! -= factor * below[j]!;
    }
    for (let j = i; j < n; j++) row[j]! /= pivot;
  }
  return u;
}
