/** Architectures that a graph is built for, as Hugging Face's transformers write them: names of tensors, and what config.json says. */

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
  relative_attention_num_buckets?: number;
  num_hidden_groups?: number;
  inner_group_num?: number;
};

/** What the tensors of a layer are called. */
export type Names = {
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

const BERT: Names = {
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

/** An architecture: what its tensors are called, and where its positions begin. */
export type Family = {
  names: Names;
  /** Whether positions count the tokens that are no padding, from the one after its id. */
  counted: boolean;
};

const FAMILIES: Readonly<Record<string, Family>> = {
  bert: { names: BERT, counted: false },
  roberta: { names: BERT, counted: true },
  'xlm-roberta': { names: BERT, counted: true },
  mpnet: {
    names: {
      ...BERT,
      query: 'attention.attn.q',
      key: 'attention.attn.k',
      value: 'attention.attn.v',
      out: 'attention.attn.o',
      attentionNorm: 'attention.LayerNorm',
    },
    counted: true,
  },
  distilbert: {
    names: {
      layer: (index) => `transformer.layer.${index}`,
      query: 'attention.q_lin',
      key: 'attention.k_lin',
      value: 'attention.v_lin',
      out: 'attention.out_lin',
      attentionNorm: 'sa_layer_norm',
      up: 'ffn.lin1',
      down: 'ffn.lin2',
      outputNorm: 'output_layer_norm',
    },
    counted: false,
  },
  albert: {
    names: {
      // one layer, run as often as there are layers
      layer: () => 'encoder.albert_layer_groups.0.albert_layers.0',
      query: 'attention.query',
      key: 'attention.key',
      value: 'attention.value',
      out: 'attention.dense',
      attentionNorm: 'attention.LayerNorm',
      up: 'ffn',
      down: 'ffn_output',
      outputNorm: 'full_layer_layer_norm',
    },
    counted: false,
  },
};

export function familyOf({ model_type: type = 'bert' }: BertConfig): Family {
  return FAMILIES[type] ?? FAMILIES['bert']!;
}

/** Activations of the feed-forward layers: GELU, and its approximation by tanh. */
export type FeedForwardActivation = 'gelu' | 'gelu_new';

export function activationOf({ hidden_act: hiddenAct, activation }: BertConfig): FeedForwardActivation {
  return (hiddenAct ?? activation) === 'gelu_new' ? 'gelu_new' : 'gelu';
}

/** Why no graph can be built for a model; undefined where one can. */
export function whyNoGraph(config: BertConfig): string | undefined {
  const { model_type: type = 'not named', position_embedding_type: positions = 'absolute' } = config;
  if (!Object.hasOwn(FAMILIES, type)) return `its architecture is ${type}`;
  const act = config.hidden_act ?? config.activation ?? 'gelu';
  if (act !== 'gelu' && act !== 'gelu_new') return `its activation is ${act}`;
  if (positions !== 'absolute') return `its positions are ${positions}`;
  if ((config.num_hidden_groups ?? 1) !== 1 || (config.inner_group_num ?? 1) !== 1) return 'its layers are in several groups';
  return config.is_decoder ? 'it is a decoder' : undefined;
}

/** What a graph can be built for, in words. */
export const BUILT_FAMILIES = 'BERT, RoBERTa, XLM-RoBERTa, MPNet, DistilBERT and ALBERT';
