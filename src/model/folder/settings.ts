import { EmbedError } from '../../errors.ts';
import { shortened } from '../../text.ts';
import type { Prompts } from '../model.ts';
import type { ModelConfig } from '../transformer/choose.ts';
import { unheeded } from './arguments.ts';
import { familyOf, isBuilt } from '../transformer/families.ts';

/** Names of the transformer's settings file, in all versions of sentence-transformers. */
export const TRANSFORMER_SETTINGS: readonly string[] = ['bert', 'roberta', 'distilbert', 'camembert', 'albert', 'xlm-roberta', 'xlnet'].map(
  (family) => `sentence_${family}_config.json`,
);

/** The fields of sentence_bert_config.json that decide a vector. */
export type TransformerSettings = {
  max_seq_length?: number | null;
  do_lower_case?: boolean;
  modality_config?: { text?: { method_output_name?: string } };
  module_output_name?: string;
} & Record<string, unknown>;

/**
 * The maximum input in tokens, found as in the reference, but at most the number of positions: beyond it, the reference fails. Throws an
 * EmbedError for settings that are not supported.
 *
 * @param where the name of the folder in errors
 * @returns also the limit that was asked for, if the settings state one that is larger
 */
export function limitOf(
  settings: TransformerSettings,
  { where, file, config, tokenizerLimit }: { where: string; file: string; config: ModelConfig; tokenizerLimit: number | undefined },
): { maxTokens: number; askedTokens?: number } {
  const unsupported = (what: string): EmbedError =>
    new EmbedError(`Cannot use the model in ${where}: ${file} ${what}, which embed does not support`, {
      hint: `If its vectors do not need that, take it out of ${file}; else compute them with Python, and give them as a .npy file with --texts`,
    });
  const misfit = unheeded(settings);
  if (misfit !== undefined) throw unsupported(misfit);
  const { modality_config: modality, module_output_name: output = 'token_embeddings', max_seq_length: asked } = settings;
  const method = modality?.text?.method_output_name ?? 'last_hidden_state';
  if (method !== 'last_hidden_state' || output !== 'token_embeddings')
    throw unsupported(`takes ${shortened(method)} as ${shortened(output)}`);
  const limit = asked ?? Math.min(tokenizerLimit ?? Infinity, config.max_position_embeddings ?? Infinity, 1e6);
  const positions = positionsOf(config);
  return { maxTokens: Math.min(limit, positions), ...(asked && asked > positions ? { askedTokens: asked } : {}) };
}

/** The number of tokens that have a position; Infinity if it is not known. */
function positionsOf(config: ModelConfig): number {
  const { max_position_embeddings: positions, pad_token_id: padding } = config;
  if (!positions || !isBuilt(config)) return Infinity;
  if (familyOf(config).counted) return positions - (padding ?? 1) - 1;
  return (config.position_embedding_type ?? 'absolute') === 'absolute' ? positions : Infinity;
}

/** The fields of config_sentence_transformers.json that decide a vector. */
export type SentenceTransformersConfig = {
  prompts?: Record<string, unknown>;
  default_prompt_name?: string | null;
  truncate_dim?: number | null;
  model_type?: unknown;
};

/** @param where the name of the folder in errors */
export function promptsOf({ prompts: all, default_prompt_name: named }: SentenceTransformersConfig, where: string): Prompts {
  const prompts = Object.fromEntries(Object.entries(all ?? {}).filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
  if (typeof named === 'string' && !Object.hasOwn(prompts, named)) {
    throw new EmbedError(`Cannot load the model in ${where}: its default prompt "${shortened(named)}" is not among its prompts`, {
      hint: 'Correct default_prompt_name in config_sentence_transformers.json',
    });
  }
  const defaultPrompt = [named].find((name): name is string => typeof name === 'string' && prompts[name] !== '');
  const first = (...names: string[]): string | undefined =>
    [...names, ...(defaultPrompt === undefined ? [] : [defaultPrompt])].find(
      (name) => Object.hasOwn(prompts, name) && prompts[name] !== '',
    );
  // the reference's order for documents, then its default prompt
  return { prompts, documentPrompt: first('document', 'passage', 'corpus'), queryPrompt: first('query'), defaultPrompt };
}
