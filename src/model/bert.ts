import type { Weights } from './safetensors.ts';

/** A dense layer, y = x·w + bias; `w` is [inputs, outputs] in C order. */
export type Dense = { w: Float32Array; inputs: number; outputs: number; bias: Float32Array };

/**
 * A dense layer on integers: x is multiplied by `smoothing` a channel, rounded to uint8 with one fixed scale, and
 * multiplied by `q`; `scale` is one factor an output.
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
  layers: BertLayer<Layer>[];
};

export type BertShape = { hidden: number; heads: number; layers: number; vocabulary: number; positions: number; epsilon: number };

/** The names of the dense layers of one encoder layer. */
export const DENSE_LAYERS = ['qkv', 'out', 'up', 'down'] as const;
export type DenseName = (typeof DENSE_LAYERS)[number];

/** Takes a BERT in the names of Hugging Face's BertModel apart. Throws where a tensor is missing. */
export function readBert(weights: Weights, config: BertConfig): Bert {
  const tensor = (name: string): Float32Array => {
    const found = weights.get(name);
    if (!found) throw new Error(`Cannot build the BERT graph: the weights have no tensor "${name}"`);
    return found.data;
  };
  const norm = (prefix: string): Norm => ({ weight: tensor(`${prefix}.weight`), bias: tensor(`${prefix}.bias`) });
  const dense = (...prefixes: string[]): Dense => {
    const parts = prefixes.map((prefix) => ({ w: tensor(`${prefix}.weight`), bias: tensor(`${prefix}.bias`) }));
    const inputs = parts[0]!.w.length / parts[0]!.bias.length;
    const bias = Float32Array.from(parts.flatMap((part) => [...part.bias]));
    const w = new Float32Array(inputs * bias.length);
    let column = 0;
    // stored [outputs, inputs], as torch.nn.Linear does
    for (const part of parts) {
      for (let o = 0; o < part.bias.length; o++, column++) {
        for (let i = 0; i < inputs; i++) w[i * bias.length + column] = part.w[o * inputs + i]!;
      }
    }
    return { w, inputs, outputs: bias.length, bias };
  };

  const hidden = config.hidden_size;
  const words = tensor('embeddings.word_embeddings.weight');
  const positions = tensor('embeddings.position_embeddings.weight');
  const type = tensor('embeddings.token_type_embeddings.weight');
  return {
    shape: {
      hidden,
      heads: config.num_attention_heads,
      layers: config.num_hidden_layers,
      vocabulary: words.length / hidden,
      positions: positions.length / hidden,
      epsilon: config.layer_norm_eps,
    },
    words,
    places: positions.map((value, at) => value + type[at % hidden]!),
    embeddingNorm: norm('embeddings.LayerNorm'),
    layers: Array.from({ length: config.num_hidden_layers }, (_, index) => {
      const prefix = `encoder.layer.${index}`;
      const self = `${prefix}.attention.self`;
      return {
        qkv: dense(`${self}.query`, `${self}.key`, `${self}.value`),
        out: dense(`${prefix}.attention.output.dense`),
        attentionNorm: norm(`${prefix}.attention.output.LayerNorm`),
        up: dense(`${prefix}.intermediate.dense`),
        down: dense(`${prefix}.output.dense`),
        outputNorm: norm(`${prefix}.output.LayerNorm`),
      };
    }),
  };
}

/** The fields of config.json that shape the graph. */
export type BertConfig = {
  hidden_size: number;
  num_attention_heads: number;
  num_hidden_layers: number;
  layer_norm_eps: number;
};
