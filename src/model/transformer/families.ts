import { shortened } from '../../text.ts';

/** Architectures that a graph is built for: their tensor names and fields of config.json, as Hugging Face's transformers write them. */

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
  num_hidden_groups?: number;
  inner_group_num?: number;
  use_task_id?: boolean;
};

/** Names of the tensors of a layer. */
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

/** An architecture: the names of its tensors, where its positions begin, and the settings that its code fixes. */
export type Family = {
  names: Names;
  /** Whether positions count the tokens other than padding, from the id after it. */
  counted: boolean;
  /** The dense layer from embeddings to hidden states, if their dims may differ. */
  mapping?: string;
  /** The epsilon of the norms, if the code fixes it. */
  epsilon?: number;
  /** The activation if config.json names none. */
  activation?: FeedForwardActivation;
};

const ROBERTA: Family = { names: BERT, counted: true };

const FAMILIES: Readonly<Record<string, Family>> = {
  bert: { names: BERT, counted: false },
  ernie: { names: BERT, counted: false },
  electra: { names: BERT, counted: false, mapping: 'embeddings_project' },
  rembert: { names: BERT, counted: false, mapping: 'encoder.embedding_hidden_mapping_in' },
  roberta: ROBERTA,
  'xlm-roberta': ROBERTA,
  camembert: ROBERTA,
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
    epsilon: 1e-12,
  },
  albert: {
    names: {
      // one layer, which runs num_hidden_layers times
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
    mapping: 'encoder.embedding_hidden_mapping_in',
    activation: 'gelu_new',
  },
};

/** Whether a model is of one of these architectures. Their positions are a table; those of others may have no end. */
export function isBuilt({ model_type: type }: BertConfig): boolean {
  return type !== undefined && Object.hasOwn(FAMILIES, type);
}

export function familyOf({ model_type: type = 'bert' }: BertConfig): Family {
  return (Object.hasOwn(FAMILIES, type) ? FAMILIES[type] : undefined) ?? FAMILIES['bert']!;
}

/** Activations of the feed-forward layers; `gelu_new` approximates GELU by tanh, `quick_gelu` by a sigmoid. */
export type FeedForwardActivation = 'gelu' | 'gelu_new' | 'quick_gelu' | 'relu' | 'silu' | 'tanh';

/** Activations by their names in config.json. */
const ACTIVATIONS: Readonly<Record<string, FeedForwardActivation>> = {
  gelu: 'gelu',
  gelu_python: 'gelu',
  gelu_new: 'gelu_new',
  gelu_fast: 'gelu_new',
  gelu_accurate: 'gelu_new',
  gelu_pytorch_tanh: 'gelu_new',
  gelu_python_tanh: 'gelu_new',
  quick_gelu: 'quick_gelu',
  relu: 'relu',
  silu: 'silu',
  swish: 'silu',
  tanh: 'tanh',
};

export function activationOf(config: BertConfig): FeedForwardActivation {
  const named = config.hidden_act ?? config.activation;
  return (named === undefined ? familyOf(config).activation : ACTIVATIONS[named]) ?? 'gelu';
}

/** The reason why no graph can be built for a model; undefined if one can. */
export function whyNoGraph(config: BertConfig): string | undefined {
  const { model_type: type = 'not named', position_embedding_type: positions = 'absolute' } = config;
  if (!isBuilt(config)) return `its architecture is ${shortened(type)}`;
  const act = config.hidden_act ?? config.activation ?? 'gelu';
  if (!Object.hasOwn(ACTIVATIONS, act)) return `its activation is ${shortened(act)}`;
  if (positions !== 'absolute') return `its positions are ${shortened(positions)}`;
  if ((config.num_hidden_groups ?? 1) !== 1 || (config.inner_group_num ?? 1) !== 1) return 'its layers are in several groups';
  return config.is_decoder ? 'it is a decoder' : undefined;
}

/** The families that a graph can be built for, in words. */
export const BUILT_FAMILIES = 'BERT, RoBERTa, XLM-RoBERTa, CamemBERT, MPNet, DistilBERT, ALBERT, ELECTRA, ERNIE and RemBERT';
