import { CliError } from '../errors.ts';
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

export type BertShape = {
  hidden: number;
  heads: number;
  layers: number;
  vocabulary: number;
  positions: number;
  epsilon: number;
  /** The padding token's id where positions count the tokens that are none, and begin after it (RoBERTa). */
  padding?: number;
};

/** The names of the dense layers of one encoder layer. */
export const DENSE_LAYERS = ['qkv', 'out', 'up', 'down'] as const;
export type DenseName = (typeof DENSE_LAYERS)[number];

/** What the tensors of a layer and of the embeddings are called. */
type Names = {
  layer: (index: number) => string;
  query: string;
  key: string;
  value: string;
  out: string;
  attentionNorm: string;
  up: string;
  down: string;
  outputNorm: string;
};

const BERT_NAMES: Names = {
  layer: (index) => `encoder.layer.${index}`,
  query: 'attention.self.query',
  key: 'attention.self.key',
  value: 'attention.self.value',
  out: 'attention.output.dense',
  attentionNorm: 'attention.output.LayerNorm',
  up: 'intermediate.dense',
  down: 'output.dense',
  outputNorm: 'output.LayerNorm',
};

const DISTILBERT_NAMES: Names = {
  layer: (index) => `transformer.layer.${index}`,
  query: 'attention.q_lin',
  key: 'attention.k_lin',
  value: 'attention.v_lin',
  out: 'attention.out_lin',
  attentionNorm: 'sa_layer_norm',
  up: 'ffn.lin1',
  down: 'ffn.lin2',
  outputNorm: 'output_layer_norm',
};

const WORDS = 'embeddings.word_embeddings.weight';

/**
 * Takes a BERT, RoBERTa, XLM-RoBERTa or DistilBERT in the names of Hugging Face's transformers apart; before the names of a model with a
 * head stands that of the encoder. Throws where a tensor is missing.
 */
export function readBert(weights: Weights, config: BertConfig): Bert {
  const prefix = [...weights.keys()].find((name) => name.endsWith(WORDS))?.slice(0, -WORDS.length) ?? '';
  const tensor = (name: string): Float32Array => {
    const found = weights.get(prefix + name);
    if (!found)
      throw new CliError(`Cannot build the graph of the model: its weights have no tensor "${prefix}${name}"`, {
        hint: 'Copy the whole folder again',
      });
    return found.data;
  };
  const names = config.model_type === 'distilbert' ? DISTILBERT_NAMES : BERT_NAMES;
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

  const hidden = config.hidden_size ?? config.dim ?? 0;
  const words = tensor(WORDS);
  const positions = tensor('embeddings.position_embeddings.weight');
  // DistilBERT has no token types
  const type = weights.has(`${prefix}embeddings.token_type_embeddings.weight`)
    ? tensor('embeddings.token_type_embeddings.weight')
    : undefined;
  const layers = config.num_hidden_layers ?? config.n_layers ?? 0;
  const counted = config.model_type === 'roberta' || config.model_type === 'xlm-roberta';
  return {
    shape: {
      hidden,
      heads: config.num_attention_heads ?? config.n_heads ?? 0,
      layers,
      vocabulary: words.length / hidden,
      positions: positions.length / hidden,
      // DistilBERT's is fixed in its code
      epsilon: config.layer_norm_eps ?? 1e-12,
      ...(counted ? { padding: config.pad_token_id ?? 1 } : {}),
    },
    words,
    places: type ? positions.map((value, at) => value + type[at % hidden]!) : positions,
    embeddingNorm: norm('embeddings.LayerNorm'),
    layers: Array.from({ length: layers }, (_, index) => {
      const at = (name: string): string => `${names.layer(index)}.${name}`;
      return {
        qkv: dense(at(names.query), at(names.key), at(names.value)),
        out: dense(at(names.out)),
        attentionNorm: norm(at(names.attentionNorm)),
        up: dense(at(names.up)),
        down: dense(at(names.down)),
        outputNorm: norm(at(names.outputNorm)),
      };
    }),
  };
}

/** The fields of config.json that shape the graph; DistilBERT has names of its own. */
export type BertConfig = {
  model_type?: string;
  hidden_size?: number;
  dim?: number;
  num_attention_heads?: number;
  n_heads?: number;
  num_hidden_layers?: number;
  n_layers?: number;
  layer_norm_eps?: number;
  pad_token_id?: number | null;
  hidden_act?: string;
  activation?: string;
  position_embedding_type?: string;
  is_decoder?: boolean;
};

/** Why no graph can be built for a model; undefined where one can. */
export function whyNoGraph({
  model_type: type,
  hidden_act: hiddenAct,
  activation,
  position_embedding_type: positions,
  is_decoder: decoder,
}: BertConfig): string | undefined {
  if (!['bert', 'roberta', 'xlm-roberta', 'distilbert'].includes(type ?? '')) return `its architecture is ${type ?? 'not named'}`;
  const act = hiddenAct ?? activation ?? 'gelu';
  if (act !== 'gelu') return `its activation is ${act}`;
  if (positions !== undefined && positions !== 'absolute') return `its positions are ${positions}`;
  return decoder ? 'it is a decoder' : undefined;
}
