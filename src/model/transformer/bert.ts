import { EmbedError } from '../../errors.ts';
import type { Tensor, Weights } from '../../vectors/safetensors.ts';
import { activationOf, familyOf, type BertConfig, type FeedForwardActivation } from './families.ts';

/** A dense layer, y = x·w + bias; `w` is [inputs, outputs] in C order. */
export type Dense = { w: Float32Array; inputs: number; outputs: number; bias: Float32Array };

/**
 * A dense layer on integers: x is multiplied by `smoothing` per channel, rounded to uint8 with one fixed scale, and
 * multiplied by `q`; `scale` is one factor per output.
 */
export type Int8Dense = {
  q: Int8Array;
  scale: Float32Array;
  inputs: number;
  outputs: number;
  bias: Float32Array;
  input: { scale: number; zeroPoint: number };
  smoothing?: Float32Array | undefined;
};

/** Layer normalisation over the hidden channels. */
export type Norm = { weight: Float32Array; bias: Float32Array };

export type BertLayer<Layer> = {
  /** Query, key and value side by side. */
  qkv: Layer;
  out: Layer;
  attentionNorm: Norm;
  up: Layer;
  down: Layer;
  /** Feed-forward channels that stay in float32 beside the integer ones. */
  hot?: { up: Dense; down: Dense };
  outputNorm: Norm;
};

/** A BERT encoder taken apart. Positions and the one token type in use are summed into `places`. */
export type Bert<Layer extends Dense | Int8Dense = Dense> = {
  shape: BertShape;
  words: Float32Array;
  places: Float32Array;
  embeddingNorm: Norm;
  activation: FeedForwardActivation;
  /** The dense layer from embeddings to hidden states, if their dims differ (ALBERT, ELECTRA). */
  mapping?: Dense;
  /** [heads, 2 · positions − 1]: the bias of attention by the distance between two tokens (MPNet). */
  relative?: Float32Array;
  layers: BertLayer<Layer>[];
};

export type BertShape = {
  hidden: number;
  /** Dims of an embedding. */
  embedding: number;
  heads: number;
  layers: number;
  vocabulary: number;
  positions: number;
  epsilon: number;
  /** The id of the padding token, if positions only count other tokens and begin after that id (RoBERTa). */
  padding?: number;
};

/** The names of the dense layers of one encoder layer. */
export const DENSE_LAYERS = ['qkv', 'out', 'up', 'down'] as const;
export type DenseName = (typeof DENSE_LAYERS)[number];

const WORDS = 'embeddings.word_embeddings.weight';
const RELATIVE = 'encoder.relative_attention_bias.weight';

/** The number of tokens that have an embedding; undefined if no tensor has the known name. */
export function embeddingRows(weights: Weights): number | undefined {
  return weights.get(prefixOf(weights) + WORDS)?.shape[0];
}

/** The prefix of the encoder's tensor names: empty, or the encoder's own name in a model with other parts. */
export function prefixOf(weights: Weights): string {
  const prefixes = [...weights.keys()].filter((name) => name.endsWith(WORDS)).map((name) => name.slice(0, -WORDS.length));
  return prefixes.toSorted((a, b) => a.length - b.length)[0] ?? '';
}

/**
 * Reads an encoder of one of the families from tensors that are named as in Hugging Face's transformers. Throws an EmbedError if a tensor
 * is missing, or has another shape than config.json says.
 */
export function readBert(weights: Weights, config: BertConfig): Bert {
  const prefix = prefixOf(weights);
  // the first releases had other names for the weight and bias of a norm
  const find = (name: string): Tensor | undefined =>
    weights.get(prefix + name) ??
    weights.get(prefix + name.replace(/LayerNorm\.weight$/, 'LayerNorm.gamma').replace(/LayerNorm\.bias$/, 'LayerNorm.beta'));
  const tensor = (name: string, ...shape: (number | undefined)[]): Float32Array => {
    const found = find(name);
    if (!found) throw broken(`its weights have no tensor "${prefix}${name}"`);
    if (shape.length !== found.shape.length || shape.some((count, at) => (count ?? found.shape[at]) !== found.shape[at])) {
      throw broken(
        `its tensor "${prefix}${name}" has ${found.shape.join(' × ')} numbers, but config.json asks for ${shape.map((count) => count ?? 'any').join(' × ')}`,
      );
    }
    return found.data;
  };
  const { names, counted, mapping, epsilon } = familyOf(config);
  const norm = (name: string, size: number): Norm => ({ weight: tensor(`${name}.weight`, size), bias: tensor(`${name}.bias`, size) });
  const dense = (inputs: number, outputs: number | undefined, ...prefixes: string[]): Dense => {
    const parts = prefixes.map((name) => ({ w: tensor(`${name}.weight`, outputs, inputs), bias: tensor(`${name}.bias`, outputs) }));
    const bias = Float32Array.from(parts.flatMap((part) => [...part.bias]));
    const w = new Float32Array(inputs * bias.length);
    let column = 0;
    for (const part of parts) {
      transposeInto(w, part.w, { inputs, column, outputs: bias.length });
      column += part.bias.length;
    }
    return { w, inputs, outputs: bias.length, bias };
  };

  const hidden = count('hidden_size', config.hidden_size ?? config.dim);
  const layers = count('num_hidden_layers', config.num_hidden_layers ?? config.n_layers);
  const heads = count('num_attention_heads', config.num_attention_heads ?? config.n_heads);
  if (hidden % heads !== 0) throw broken(`config.json divides ${hidden} dims among ${heads} heads (num_attention_heads)`);
  const words = tensor(WORDS, undefined, undefined);
  const embedding = find(WORDS)!.shape[1]!;
  const table = (name: string): Float32Array => tensor(name, undefined, embedding);
  const places = table('embeddings.position_embeddings.weight').slice();
  const positions = places.length / embedding;
  // only the first of the token types is in use; DistilBERT and MPNet have none
  const kinds = ['embeddings.token_type_embeddings.weight', ...(config.use_task_id ? ['embeddings.task_type_embeddings.weight'] : [])];
  for (const kind of kinds.filter(find)) {
    const first = table(kind);
    for (let at = 0; at < places.length; at++) places[at]! += first[at % embedding]!;
  }
  return {
    shape: {
      hidden,
      heads,
      layers,
      embedding,
      vocabulary: words.length / embedding,
      positions,
      epsilon: epsilon ?? config.layer_norm_eps ?? 1e-12,
      ...(counted ? { padding: config.pad_token_id ?? 1 } : {}),
    },
    words,
    places,
    embeddingNorm: norm('embeddings.LayerNorm', embedding),
    activation: activationOf(config),
    ...(mapping !== undefined && find(`${mapping}.weight`) ? { mapping: dense(embedding, hidden, mapping) } : {}),
    ...(find(RELATIVE) ? { relative: relativeBias(tensor(RELATIVE, undefined, heads), { heads, positions }) } : {}),
    layers: shared(layers, names.layer, (own) => {
      const at = (name: string): string => `${own}.${name}`;
      const up = dense(hidden, undefined, at(names.up));
      return {
        qkv: dense(hidden, hidden, at(names.query), at(names.key), at(names.value)),
        out: dense(hidden, hidden, at(names.out)),
        attentionNorm: norm(at(names.attentionNorm), hidden),
        up,
        down: dense(up.outputs, hidden, at(names.down)),
        outputNorm: norm(at(names.outputNorm), hidden),
      };
    }),
  };
}

function broken(what: string): EmbedError {
  return new EmbedError(`Cannot build the graph of the model: ${what}`, { hint: 'Copy the whole folder again' });
}

/** A number of config.json that must be there. */
function count(name: string, value: number | undefined): number {
  if (Number.isSafeInteger(value) && value! > 0) return value!;
  throw broken(`config.json has ${value === undefined ? 'no' : JSON.stringify(value)} ${name}`);
}

/** Side of the squares that are transposed at a time, so that source and target stay in cache. */
const SQUARE = 32;

/** Copies weights [rows, inputs], as torch.nn.Linear stores them, to the columns of `into` [inputs, outputs] from `column`. */
function transposeInto(
  into: Float32Array,
  from: Float32Array,
  { inputs, column, outputs }: { inputs: number; column: number; outputs: number },
): void {
  const rows = from.length / inputs;
  for (let top = 0; top < rows; top += SQUARE) {
    const bottom = Math.min(rows, top + SQUARE);
    for (let left = 0; left < inputs; left += SQUARE) {
      const right = Math.min(inputs, left + SQUARE);
      for (let i = left; i < right; i++) {
        for (let o = top; o < bottom; o++) into[i * outputs + column + o] = from[o * inputs + i]!;
      }
    }
  }
}

/** One layer per index; layers of one name are the same object. */
function shared<Layer>(count: number, nameOf: (index: number) => string, read: (name: string) => Layer): Layer[] {
  const known = new Map<string, Layer>();
  return Array.from({ length: count }, (_, index) => {
    const name = nameOf(index);
    if (!known.has(name)) known.set(name, read(name));
    return known.get(name)!;
  });
}

/** Distances beyond this share a bucket. */
const MAX_DISTANCE = 128;

/** Fixed in the code of MPNet, whatever config.json says. */
const BUCKETS = 32;

/**
 * The bias of attention for every distance (key − query) from −(positions − 1): [heads, 2 · positions − 1]. Distances share buckets:
 * one bucket per small distance, then wider and wider ones (Raffel et al. 2020, as MPNet uses it).
 *
 * @param biases [buckets, heads]
 */
function relativeBias(biases: Float32Array, { heads, positions }: { heads: number; positions: number }): Float32Array {
  if (biases.length < BUCKETS * heads) throw broken(`its tensor "${RELATIVE}" has ${biases.length / heads} rows, fewer than ${BUCKETS}`);
  const half = BUCKETS / 2;
  const exact = half / 2;
  const bucketOf = (distance: number): number => {
    const length = Math.abs(distance);
    const wide = exact + Math.trunc((Math.log(length / exact) / Math.log(MAX_DISTANCE / exact)) * (half - exact));
    return (distance > 0 ? half : 0) + (length < exact ? length : Math.min(half - 1, wide));
  };
  const width = 2 * positions - 1;
  const table = new Float32Array(heads * width);
  for (let at = 0; at < width; at++) {
    const bucket = bucketOf(at - (positions - 1));
    for (let head = 0; head < heads; head++) table[head * width + at] = biases[bucket * heads + head]!;
  }
  return table;
}
