/** The part of a model that turns token vectors into the vector of a text: pooling, then the modules after it. */
export type Head = {
  /** Pooling modes. Their results are concatenated in this order. */
  pooling: readonly PoolingMode[];
  /** Dims of a token vector. */
  hidden: number;
  steps: readonly Step[];
};

export const POOLING_MODES = ['cls', 'lasttoken', 'max', 'mean', 'mean_sqrt_len_tokens', 'weightedmean'] as const;
export type PoolingMode = (typeof POOLING_MODES)[number];

/** The pooling of a model that only its graph knows. */
export const IN_GRAPH = 'graph';

/** Activations of a Dense module, as torch.nn names them, each with the settings it has there by default. */
export const ACTIVATIONS = [
  'Identity',
  'Tanh',
  'ReLU',
  'GELU',
  'Sigmoid',
  'SiLU',
  'ELU',
  'SELU',
  'LeakyReLU',
  'ReLU6',
  'Hardtanh',
  'Hardsigmoid',
  'Hardswish',
  'Softplus',
  'Softsign',
  'LogSigmoid',
  'Mish',
] as const;

export type Activation = (typeof ACTIVATIONS)[number];

/** A module after pooling; `weight` of a dense layer is [outputs, inputs], as torch stores it. */
export type Step =
  | {
      kind: 'dense';
      inputs: number;
      outputs: number;
      weight: Float32Array;
      bias: Float32Array | undefined;
      activation: Activation;
      /** Added to the result: the input itself, or this weight [outputs, inputs] times the input. */
      residual?: 'input' | Float32Array;
    }
  | { kind: 'layernorm'; weight: Float32Array; bias: Float32Array; epsilon: number }
  | { kind: 'normalize' }
  /** Keeps the first `dims` numbers of a vector, which is not normalised again. */
  | { kind: 'cut'; dims: number };

/** Dims of the vectors that a head gives. */
export function dimsOf({ pooling, hidden, steps }: Head): number {
  return steps.reduce(
    (dims, step) => (step.kind === 'dense' ? step.outputs : step.kind === 'cut' ? Math.min(dims, step.dims) : dims),
    pooling.length * hidden,
  );
}

/** The first module whose input does not have the dims that it takes; undefined if all fit. */
export function misfitOf({ pooling, hidden, steps }: Head): { kind: Step['kind']; takes: number; gets: number } | undefined {
  let gets = pooling.length * hidden;
  for (const step of steps) {
    const takes = step.kind === 'dense' ? step.inputs : step.kind === 'layernorm' ? step.weight.length : gets;
    if (takes !== gets) return { kind: step.kind, takes, gets };
    if (step.kind === 'dense') gets = step.outputs;
  }
  return undefined;
}

/** Whether vectors are of unit length. */
export function isNormalized({ steps }: Head): boolean {
  return steps.at(-1)?.kind === 'normalize';
}

/**
 * Token vectors [rows, tokens, hidden] to text vectors [rows, dims]. Sums are in float64.
 *
 * @param skip tokens at the beginning that do not count (`include_prompt: false`)
 */
export function applyHead(
  head: Head,
  tokenVectors: Float32Array,
  { rows, tokens, skip }: { rows: number; tokens: number; skip: number },
): Float32Array {
  const dims = dimsOf(head);
  const vectors = new Float32Array(rows * dims);
  const { hidden, pooling } = head;
  for (let row = 0; row < rows; row++) {
    const own = tokenVectors.subarray(row * tokens * hidden, (row + 1) * tokens * hidden);
    let vector: Float64Array = new Float64Array(pooling.length * hidden);
    for (const [at, mode] of pooling.entries()) POOL[mode](own, { tokens, hidden, skip }, vector.subarray(at * hidden, (at + 1) * hidden));
    for (const step of head.steps) vector = applyStep(step, vector);
    vectors.set(vector, row * dims);
  }
  return vectors;
}

type Pool = (from: Float32Array, shape: { tokens: number; hidden: number; skip: number }, into: Float64Array) => void;

/** A weighted sum of token vectors over a divisor; both depend on the positions of the tokens. */
const weighted =
  (weightOf: (token: number) => number, divisorOf: (weights: number, tokens: number) => number): Pool =>
  (from, { tokens, hidden, skip }, into) => {
    let weights = 0;
    for (let token = skip; token < tokens; token++) {
      const weight = weightOf(token);
      weights += weight;
      for (let d = 0; d < hidden; d++) into[d]! += weight * from[token * hidden + d]!;
    }
    // if no token counts, the sums are zeros, and the reference divides them by a small number
    const divisor = divisorOf(weights, Math.max(0, tokens - skip)) || 1;
    for (let d = 0; d < hidden; d++) into[d]! /= divisor;
  };

const POOL: Readonly<Record<PoolingMode, Pool>> = {
  cls(from, { tokens, hidden, skip }, into) {
    // the first token that counts, or the very first where none does
    const token = skip < tokens ? skip : 0;
    into.set(from.subarray(token * hidden, (token + 1) * hidden));
  },
  lasttoken(from, { tokens, hidden, skip }, into) {
    if (skip < tokens) into.set(from.subarray((tokens - 1) * hidden, tokens * hidden));
  },
  mean: weighted(
    () => 1,
    (weights) => weights,
  ),
  mean_sqrt_len_tokens: weighted(
    () => 1,
    (_, tokens) => Math.sqrt(tokens),
  ),
  // later tokens have seen more of the text (Muennighoff 2022)
  weightedmean: weighted(
    (token) => token + 1,
    (weights) => weights,
  ),
  max(from, { tokens, hidden, skip }, into) {
    // the value that the reference gives tokens that do not count
    into.fill(-1e9);
    for (let token = skip; token < tokens; token++) {
      for (let d = 0; d < hidden; d++) into[d] = Math.max(into[d]!, from[token * hidden + d]!);
    }
  },
};

/** Applies one module after pooling. It may overwrite `vector`. */
export function applyStep(step: Step, vector: Float64Array): Float64Array {
  if (step.kind === 'cut') return vector.subarray(0, step.dims);
  if (step.kind === 'normalize') {
    let squares = 0;
    for (let d = 0; d < vector.length; d++) squares += vector[d]! * vector[d]!;
    const length = Math.sqrt(squares) || 1;
    for (let d = 0; d < vector.length; d++) vector[d]! /= length;
    return vector;
  }
  if (step.kind === 'layernorm') {
    const mean = vector.reduce((sum, value) => sum + value, 0) / vector.length;
    const variance = vector.reduce((sum, value) => sum + (value - mean) ** 2, 0) / vector.length;
    return vector.map((value, d) => ((value - mean) / Math.sqrt(variance + step.epsilon)) * step.weight[d]! + step.bias[d]!);
  }
  const { outputs, weight, bias, activation, residual } = step;
  const activate = ACTIVATE[activation];
  const result = product(weight, vector, outputs).map((sum, o) => activate(sum + (bias?.[o] ?? 0)));
  if (residual === undefined) return result;
  const added = residual === 'input' ? vector : product(residual, vector, outputs);
  return result.map((value, o) => value + added[o]!);
}

/** Weights [outputs, inputs] times a vector. */
function product(weight: Float32Array, vector: Float64Array, outputs: number): Float64Array {
  const result = new Float64Array(outputs);
  for (let o = 0; o < outputs; o++) {
    let sum = 0;
    for (let i = 0; i < vector.length; i++) sum += weight[o * vector.length + i]! * vector[i]!;
    result[o] = sum;
  }
  return result;
}

const softplus = (x: number): number => Math.max(0, x) + Math.log1p(Math.exp(-Math.abs(x)));
const clip = (x: number, least: number, most: number): number => Math.min(most, Math.max(least, x));

const ACTIVATE: Readonly<Record<Activation, (x: number) => number>> = {
  Identity: (x) => x,
  Tanh: Math.tanh,
  ReLU: (x) => Math.max(0, x),
  GELU: (x) => (x / 2) * (1 + erf(x / Math.SQRT2)),
  Sigmoid: (x) => 1 / (1 + Math.exp(-x)),
  SiLU: (x) => x / (1 + Math.exp(-x)),
  ELU: (x) => (x > 0 ? x : Math.expm1(x)),
  // the two constants keep mean and variance (Klambauer et al. 2017)
  SELU: (x) => 1.0507009873554805 * (x > 0 ? x : 1.6732632423543772 * Math.expm1(x)),
  LeakyReLU: (x) => (x > 0 ? x : 0.01 * x),
  ReLU6: (x) => clip(x, 0, 6),
  Hardtanh: (x) => clip(x, -1, 1),
  Hardsigmoid: (x) => clip(x / 6 + 1 / 2, 0, 1),
  Hardswish: (x) => x * clip(x / 6 + 1 / 2, 0, 1),
  Softplus: softplus,
  Softsign: (x) => x / (1 + Math.abs(x)),
  LogSigmoid: (x) => -softplus(-x),
  Mish: (x) => x * Math.tanh(softplus(x)),
};

/** The error function, to 1.2e-7 (Press et al., Numerical Recipes, section 6.2). */
function erf(x: number): number {
  const t = 1 / (1 + Math.abs(x) / 2);
  const polynomial = [
    -1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398, 1.48851587, -0.82215223, 0.17087277,
  ].reduceRight((sum, coefficient) => sum * t + coefficient, 0);
  const tail = t * Math.exp(-x * x + polynomial);
  return x >= 0 ? 1 - tail : tail - 1;
}
