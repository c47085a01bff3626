import { join } from 'node:path';
import { EmbedError } from '../../errors.ts';
import { shellWord, shortened } from '../../text.ts';
import { mergeAdapter } from '../python.ts';
import type { Adapter } from '../transformer/adapter.ts';
import { isSet } from './arguments.ts';
import { withoutNulls, type OpenFolder } from './open-folder.ts';
import { ADAPTER } from './schemas.ts';

/** The files of an adapter of PEFT, in the folder of the transformer. */
export const ADAPTER_CONFIG = 'adapter_config.json';
export const ADAPTER_WEIGHTS = 'adapter_model.safetensors';

/** The fields of adapter_config.json that decide a vector. */
export type AdapterConfig = {
  peft_type?: string;
  base_model_name_or_path?: string;
  r?: number;
  lora_alpha?: number;
  use_rslora?: boolean;
  rank_pattern?: Record<string, number>;
  alpha_pattern?: Record<string, number>;
  target_modules?: string | string[];
  init_lora_weights?: unknown;
} & Record<string, unknown>;

/** The defaults of PEFT. */
const RANK = 8;
const ALPHA = 8;

/**
 * Fields that change no vector, or whose effect is in the weights. `fan_in_fan_out` is one: PEFT sets it back for the layers of all models
 * that a graph is built for.
 */
const WITHOUT_EFFECT = [
  'auto_mapping',
  'base_model_name_or_path',
  'bias',
  'corda_config',
  'ensure_weight_tying',
  'eva_config',
  'exclude_modules',
  'fan_in_fan_out',
  'inference_mode',
  'init_lora_weights',
  'layers_pattern',
  'layers_to_transform',
  'loftq_config',
  'lora_dropout',
  'lora_ga_config',
  'megatron_core',
  'modules_to_save',
  'peft_version',
  'qalora_group_size',
  'revision',
  'runtime_config',
  'task_type',
];

/** Fields that are read here. */
const READ = ['peft_type', 'r', 'lora_alpha', 'use_rslora', 'rank_pattern', 'alpha_pattern', 'target_modules'];

/** Other ways to begin change the weights of the model itself. */
const PLAIN_BEGINNINGS: readonly unknown[] = [undefined, true, false, 'gaussian', 'eva', 'orthogonal'];

/** A pattern that only names the end of a module's name, as nearly all do. */
const NAME = /^\^?[\w.-]+$/;

/**
 * Reads the adapter of a transformer, and notes its files.
 *
 * @param root the folder of the transformer within that of the model
 * @throws EmbedError for an adapter of another kind, or with settings that are not supported
 */
export function readAdapter({ folder, has, json, note }: OpenFolder, root: string): Adapter {
  const file = join(root, ADAPTER_CONFIG);
  const config = withoutNulls(json<AdapterConfig>(file, ADAPTER));
  const base = config.base_model_name_or_path ?? 'BASE_MODEL';
  const merge = `Merge it in Python: ${mergeAdapter(folder, base)}`;
  const refuse = (what: string): never => {
    throw new EmbedError(`Cannot fold the adapter of the model in ${folder}: ${what}, which embed does not support`, { hint: merge });
  };
  const { peft_type: type = 'LORA', init_lora_weights: beginning, target_modules: targets } = config;
  if (type !== 'LORA') refuse(`${file} is of the type ${shortened(type)}`);
  if (!PLAIN_BEGINNINGS.includes(beginning)) refuse(`${file} has init_lora_weights ${shortened(JSON.stringify(beginning))}`);
  const unknown = Object.keys(config).find((key) => ![...WITHOUT_EFFECT, ...READ].includes(key) && isSet(config[key]));
  if (unknown !== undefined) refuse(`${file} has ${shortened(unknown)}`);
  const { rank_pattern: ranks = {}, alpha_pattern: alphas = {} } = config;
  const pattern = [...Object.keys(ranks), ...Object.keys(alphas)].find((one) => !NAME.test(one));
  if (pattern !== undefined) refuse(`${file} has the pattern ${shortened(JSON.stringify(pattern))}`);
  const weights = join(root, ADAPTER_WEIGHTS);
  if (!has(weights)) {
    const old = has(join(root, 'adapter_model.bin'));
    throw new EmbedError(`Cannot load the model in ${folder}: ${weights} is missing${old ? ', there is only adapter_model.bin' : ''}`, {
      hint: old ? merge : `Copy it beside ${ADAPTER_CONFIG}`,
    });
  }
  note(weights);
  return {
    file: join(folder, weights),
    rank: config.r ?? RANK,
    alpha: config.lora_alpha ?? ALPHA,
    rootScaled: config.use_rslora === true,
    ranks,
    alphas,
    // a text is a regular expression, or "all-linear": PEFT has written weights for what it matches
    targets: Array.isArray(targets) ? targets : undefined,
  };
}

/** The error for an adapter whose base model is not with it. */
export function adapterAlone(model: string, { base, local }: { base: string | undefined; local: boolean }): EmbedError {
  const name = base ?? 'a model that it does not name';
  const merge = mergeAdapter(model, base ?? 'BASE_MODEL');
  return new EmbedError(
    `Cannot load the model ${local ? `in ${model}` : model}: it is only an adapter (${ADAPTER_CONFIG}) of ${shortened(name)}`,
    {
      hint:
        local && base !== undefined && /^[\w.-]+\/[\w.-]+$/.test(base)
          ? `Fetch that model: embed models get ${shellWord(base)}; then copy config.json and model.safetensors from the folder that it names into ${shellWord(model)}; or merge both in Python: ${merge}`
          : `Merge both in Python: ${merge}`,
    },
  );
}

/** The error for an adapter beside an ONNX file that is run. */
export function adapterOnGraph({ folder, json }: OpenFolder, root: string, { file, why }: { file: string; why: string }): EmbedError {
  const { base_model_name_or_path: base } = json<AdapterConfig>(join(root, ADAPTER_CONFIG), ADAPTER);
  return new EmbedError(`Cannot load the model in ${folder}: ${ADAPTER_CONFIG} changes weights, but ${file} is run, as ${why}`, {
    hint: `If ${file} was exported with the adapter, remove ${ADAPTER_CONFIG}; else merge it in Python: ${mergeAdapter(folder, base ?? 'BASE_MODEL')}`,
  });
}
