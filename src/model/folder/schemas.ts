import {
  array,
  boolean,
  looseObject,
  nullish,
  numberBetween,
  optional,
  record,
  string,
  textThat,
  union,
  unknown,
  wholeBetween,
  type Schema,
} from '../../schema.ts';
import { ADDED, ID, TOKEN } from '../tokenizer/check.ts';
import { ROLES } from '../tokenizer/classes.ts';

/**
 * What the JSON files of a model may hold in the fields that embed uses; other fields are free. Bounds are far beyond any known model, and
 * within what fits into memory.
 */

/** Dims of a vector. */
const DIMS = wholeBetween(1, 1e6);

/** Tokens of a text. */
const LENGTH = wholeBetween(1, 1e9);
const LAYERS = wholeBetween(1, 1e4);

const MAX_PATH = 200;

/** modules.json */
export const MODULES: Schema = array(
  looseObject({ path: textThat((path) => path.length <= MAX_PATH, `a path of at most ${MAX_PATH} characters`), type: string() }),
);

/** config.json of a transformer */
export const CONFIG: Schema = looseObject({
  model_type: nullish(string()),
  tokenizer_class: nullish(string()),
  hidden_size: nullish(DIMS),
  dim: nullish(DIMS),
  d_model: nullish(DIMS),
  num_attention_heads: nullish(LAYERS),
  n_heads: nullish(LAYERS),
  num_hidden_layers: nullish(LAYERS),
  n_layers: nullish(LAYERS),
  layer_norm_eps: nullish(numberBetween(0, 1)),
  // decoders have -1 where there is none
  pad_token_id: nullish(wholeBetween(-1, 1e9)),
  max_position_embeddings: nullish(LENGTH),
  hidden_act: nullish(string()),
  activation: nullish(string()),
  position_embedding_type: nullish(string()),
  is_decoder: nullish(boolean()),
  num_hidden_groups: nullish(LAYERS),
  inner_group_num: nullish(LAYERS),
  use_task_id: nullish(boolean()),
});

const MODULE_NUMBERS = nullish(record(string(), numberBetween(-1e9, 1e9)));

/** adapter_config.json of PEFT */
export const ADAPTER: Schema = looseObject({
  peft_type: nullish(string()),
  base_model_name_or_path: nullish(string()),
  r: nullish(wholeBetween(1, 1e6)),
  lora_alpha: nullish(numberBetween(-1e9, 1e9)),
  use_rslora: nullish(boolean()),
  rank_pattern: MODULE_NUMBERS,
  alpha_pattern: MODULE_NUMBERS,
  target_modules: nullish(union([string(), array(string())])),
});

/** model.safetensors.index.json */
export const WEIGHTS_INDEX: Schema = looseObject({ weight_map: nullish(record(string(), string())) });

/** config_sentence_transformers.json */
export const USAGE: Schema = looseObject({
  prompts: nullish(record(string(), unknown())),
  default_prompt_name: nullish(string()),
  truncate_dim: nullish(DIMS),
});

/** sentence_bert_config.json, by all its names */
export const SETTINGS: Schema = looseObject({
  max_seq_length: nullish(LENGTH),
  do_lower_case: nullish(boolean()),
  modality_config: nullish(looseObject({ text: nullish(looseObject({ method_output_name: nullish(string()) })) })),
  module_output_name: nullish(string()),
});

const TOKENS = nullish(array(TOKEN));
const NAMED_TOKENS = {
  ...Object.fromEntries(ROLES.map((role) => [role, nullish(TOKEN)])),
  additional_special_tokens: TOKENS,
  extra_special_tokens: nullish(union([array(TOKEN), record(string(), TOKEN)])),
};

/** tokenizer_config.json; a tokenizer without a limit has 10³⁰ */
export const TOKENIZER_CONFIG: Schema = looseObject({
  model_max_length: nullish(numberBetween(1, 1e300)),
  truncation_side: nullish(string()),
  tokenizer_class: nullish(string()),
  ...NAMED_TOKENS,
  added_tokens_decoder: optional(record(string(), ADDED)),
  extra_ids: nullish(wholeBetween(0, 10_000)),
});

/** special_tokens_map.json */
export const SPECIAL_TOKENS_MAP: Schema = looseObject(NAMED_TOKENS);

/** added_tokens.json */
export const ADDED_TOKENS: Schema = record(string(), ID);

/** config.json of Pooling */
export const POOLING: Schema = looseObject({
  pooling_mode: nullish(union([string(), array(string())])),
  include_prompt: nullish(boolean()),
  embedding_dimension: nullish(DIMS),
  word_embedding_dimension: nullish(DIMS),
});

const PORTS = { module_input_name: optional(string()), module_output_name: nullish(string()) };

/** config.json of Normalize */
export const NORMALIZE: Schema = looseObject(PORTS);

/** config.json of Dense */
export const DENSE: Schema = looseObject({
  ...PORTS,
  in_features: DIMS,
  out_features: DIMS,
  bias: nullish(boolean()),
  activation_function: optional(string()),
  use_residual: nullish(boolean()),
});

/** config.json of LayerNorm */
export const LAYER_NORM: Schema = looseObject({ dimension: DIMS });

/** Rounding may lead beyond 1. */
const COSINE = numberBetween(-1.001, 1.001);
/** Figures of an int8 model: in build.json, and beside a graph in the cache */
export const FIDELITY: Schema = looseObject({ texts: wholeBetween(0, 1e9), meanCosine: COSINE, worstCosine: COSINE });

/** Such a name becomes part of a regular expression. */
const SCRIPT = textThat(isScript, 'a script of Unicode');

const LANGUAGE = textThat((name) => /^[a-z]{2,3}$/.test(name), 'a language code of ISO 639');

/** build.json, which models built by embed have */
export const BUILD: Schema = looseObject({
  precision: nullish(string()),
  revision: nullish(string()),
  scripts: nullish(array(SCRIPT)),
  fidelity: nullish(looseObject({ golden: nullish(looseObject({ int8: nullish(FIDELITY) })) })),
  duplicates: nullish(looseObject({ minCosine: COSINE, rule: string(), data: string() })),
});

/** facts.json, which packaged models have: what decides no vector is no part of a hash, as build.json is */
export const FACTS: Schema = looseObject({
  languages: nullish(array(LANGUAGE)),
  search: nullish(looseObject({ floors: array(looseObject({ rows: wholeBetween(1, 1e9), cosine: COSINE })) })),
});

function isScript(name: string): boolean {
  if (!/^\w{1,40}$/.test(name)) return false;
  try {
    return new RegExp(`\\p{Script=${name}}`, 'u') instanceof RegExp;
  } catch {
    return false;
  }
}
