import { shortened } from '../../text.ts';

/** Arguments that sentence_bert_config.json hands to Python's classes: those that would change a vector are not honoured, so they are refused. */

/** Where files are found, and how Python loads and runs them; the type in which it computes is that of docs/models.md. */
const HARMLESS = [
  'add_pooling_layer',
  'attn_implementation',
  'cache_dir',
  'code_revision',
  'device_map',
  'dtype',
  'local_files_only',
  'low_cpu_mem_usage',
  'provider',
  'revision',
  'token',
  'torch_dtype',
  'trust_remote_code',
  'unpad_inputs',
  'use_auth_token',
  'use_cache',
  'use_fast',
  'use_memory_efficient_attention',
  'use_safetensors',
];

/** Groups of arguments by all their names, and what they are for. */
const GROUPS: readonly (readonly [purpose: string, names: readonly string[]])[] = [
  ['for the tokenizer', ['tokenizer_args', 'tokenizer_kwargs', 'processor_kwargs', 'processing_kwargs']],
  ['for the transformer', ['model_args', 'model_kwargs']],
  ['that change config.json', ['config_args', 'config_kwargs']],
];

/** Settings that stand by themselves. */
const SINGLE = ['tokenizer_name_or_path', 'query_length', 'document_length', 'query_expansion'];

/** The first setting that would change a vector, as the end of a sentence that begins with its file. */
export function unheeded(settings: Readonly<Record<string, unknown>>): string | undefined {
  for (const [purpose, names] of GROUPS) {
    for (const name of names) {
      const [argument] = namesIn(settings[name]);
      if (argument !== undefined) return `has ${name} ${purpose} (${shortened(argument)})`;
    }
  }
  const single = SINGLE.find((name) => isSet(settings[name]));
  if (single !== undefined) return `has ${single}`;
  const { transformer_task: task = 'feature-extraction' } = settings;
  return task === 'feature-extraction' ? undefined : `asks for the task ${shortened(String(task))}`;
}

/** The names of the arguments in a group that are set, and not harmless. */
function namesIn(group: unknown): string[] {
  if (typeof group !== 'object' || group === null) return [];
  return Object.entries(group).flatMap(([name, value]) => (isSet(value) && !HARMLESS.includes(name) ? [name] : []));
}

/** Whether a value says anything: groups may hold empty groups. */
export function isSet(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return value !== undefined && value !== null && value !== false;
  return Object.values(value).some(isSet);
}
