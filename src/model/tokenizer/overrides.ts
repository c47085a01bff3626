import { shortened } from '../../text.ts';
import { addedMisfit } from './check.ts';
import { classNamed, classOfType, type NormalizerField, type TokenizerClass } from './classes.ts';
import type { StepConfig } from './normalizers.ts';
import { mergedTokens, namedTokens, type TokenSettings } from './special-tokens.ts';
import { numberedTokens, type TokenizerJson } from './tokenizer-json.ts';

/** The fields of config.json that can decide how a text is tokenised. */
export type ClassConfig = { tokenizer_class?: string | null; model_type?: string | null };

/** A tokenizer.json as the reference uses it. */
export type Overridden = {
  json: object;
  /** The reference's class, which decides what is overridden. */
  readAs: string;
  /** What differs from tokenizer.json, in words. */
  overrides: readonly string[];
  /** Special tokens that are written out in a text are text. */
  splitsSpecial: boolean;
};

/**
 * The tokenizer as the reference opens it. Its class and its settings override some parts of tokenizer.json, and add special tokens.
 *
 * @throws an Error that names what cannot be followed
 */
export function overriddenTokenizer(json: object, { config, ...files }: TokenSettings & { config: ClassConfig }): Overridden {
  const { settings } = files;
  const named = classOf(settings, config);
  const overrides: string[] = [];
  let tokenizer = json as TokenizerJson;
  tokenizer = withNormalizer(tokenizer, { named, settings, overrides });
  tokenizer = withPrefixSpace(tokenizer, { named, settings, overrides });
  tokenizer = withTokens(tokenizer, { named, files, overrides });
  tokenizer = withSpecialsAround(tokenizer, { named, files, overrides });
  const splitsSpecial = flagOf(settings, 'split_special_tokens', false);
  if (splitsSpecial) overrides.push('split_special_tokens true');
  return { json: tokenizer, readAs: named.name, overrides, splitsSpecial };
}

function classOf(settings: TokenSettings['settings'], config: ClassConfig): TokenizerClass {
  const own = settings['tokenizer_class'];
  const name = typeof own === 'string' ? own : (config.tokenizer_class ?? undefined);
  const type = config.model_type ?? undefined;
  const found = name === undefined ? classOfType(type) : classNamed(name);
  if (found !== undefined) return found;
  if (name === undefined)
    throw new Error(`no file names its tokenizer_class, and that of a model_type "${shortened(type!)}" is not supported`);
  const file = typeof own === 'string' ? 'tokenizer_config.json' : 'config.json';
  throw new Error(`${file} names the tokenizer_class ${shortened(name)}, which is not supported`);
}

type Step = { named: TokenizerClass; settings: TokenSettings['settings']; overrides: string[] };

/** Classes after BERT take three fields of a BertNormalizer from the settings or their own defaults, never from tokenizer.json. */
function withNormalizer(json: TokenizerJson, { named, settings, overrides }: Step): TokenizerJson {
  if (named.normalizer.length === 0) return json;
  const { normalizer } = json;
  if (!normalizer) throw new Error(`tokenizer.json has no normalizer, which ${named.name} needs`);
  if (normalizer.type !== 'BertNormalizer') return json;
  const asked = Object.fromEntries(named.normalizer.map((field) => [field, ASKED[field](settings)])) as Partial<Normalizer>;
  const changed = named.normalizer.filter((field) => (normalizer[field] === undefined ? asked[field] : normalizer[field]) !== asked[field]);
  if (changed.length === 0) return json;
  overrides.push(...changed.map((field) => `${field} ${asked[field]}`));
  return { ...json, normalizer: { ...normalizer, ...asked } };
}

type Normalizer = Record<NormalizerField, boolean | null>;

const ASKED: Readonly<Record<NormalizerField, (settings: TokenSettings['settings']) => boolean | null>> = {
  lowercase: (settings) => flagOf(settings, 'do_lower_case', true),
  strip_accents: (settings) => (settings['strip_accents'] === null ? null : flagOf(settings, 'strip_accents', null)),
  handle_chinese_chars: (settings) => flagOf(settings, 'tokenize_chinese_chars', true),
};

function withPrefixSpace(json: TokenizerJson, { named, settings, overrides }: Step): TokenizerJson {
  const asked = settings['add_prefix_space'];
  if (named.prefixSpace === 'refused') {
    if (asked === undefined || asked === null) return json;
    throw new Error(`tokenizer_config.json has add_prefix_space, with which ${named.name} does not read tokenizer.json`);
  }
  const split = json.pre_tokenizer;
  // the reference ignores null
  if (named.prefixSpace === 'kept' || split?.type !== 'ByteLevel' || asked === null) return json;
  const adds = flagOf(settings, 'add_prefix_space', false);
  if ((split['add_prefix_space'] ?? adds) === adds) return json;
  overrides.push(`add_prefix_space ${adds}`);
  return { ...json, pre_tokenizer: { ...split, add_prefix_space: adds } };
}

type TokenStep = { named: TokenizerClass; files: TokenSettings; overrides: string[] };

function withTokens(json: TokenizerJson, { named, files, overrides }: TokenStep): TokenizerJson {
  const own = json.added_tokens ?? [];
  const { tokens: merged, changed } = mergedTokens(own, namedTokens(own, named, files), named);
  if (changed.length === 0) return json;
  const numbered = numberedTokens({ ...json, added_tokens: merged });
  const misfit = addedMisfit({ added_tokens: numbered });
  if (misfit !== undefined) throw new Error(`with the special tokens of its settings, tokenizer.json does not fit: ${misfit}`);
  const shown = changed.slice(0, MAX_SHOWN).map((content) => shortened(content));
  overrides.push(`special tokens ${shown.join(', ')}${changed.length > MAX_SHOWN ? ` and ${changed.length - MAX_SHOWN} more` : ''}`);
  return { ...json, added_tokens: numbered };
}

const MAX_SHOWN = 5;

/** Some classes of decoders put their own tokens around a text, whatever the post-processor says. */
function withSpecialsAround(json: TokenizerJson, { named, files: { settings, map }, overrides }: TokenStep): TokenizerJson {
  if (named.around === undefined) return json;
  const tokenOf = (role: 'bos_token' | 'eos_token', asked: string, fallback: boolean): { content: string; id: number }[] => {
    if (!flagOf(settings, asked, fallback)) return [];
    const value = map?.[role] ?? (settings[role] === undefined ? named.tokens[role] : settings[role]);
    const content = typeof value === 'string' ? value : (value as { content?: string } | null)?.content;
    const token = content === undefined ? undefined : numberedTokens(json).find((other) => other.content === content);
    if (token === undefined) throw new Error(`${asked} asks for a token that the settings do not name`);
    return [token];
  };
  const before = tokenOf('bos_token', 'add_bos_token', named.around.bos);
  const after = tokenOf('eos_token', 'add_eos_token', named.around.eos);
  overrides.push(`${[...before.map(({ content }) => content), 'the text', ...after.map(({ content }) => content)].join(' + ')}`);
  const template: StepConfig = {
    type: 'TemplateProcessing',
    single: [...before.map(place), { Sequence: { id: 'A', type_id: 0 } }, ...after.map(place)],
    special_tokens: Object.fromEntries(
      [...before, ...after].map(({ content, id }) => [content, { id: content, ids: [id], tokens: [content] }]),
    ),
  };
  return { ...json, post_processor: template };
}

function place({ content }: { content: string }): object {
  return { SpecialToken: { id: content, type_id: 0 } };
}

function flagOf<Fallback extends boolean | null>(
  settings: TokenSettings['settings'],
  name: string,
  fallback: Fallback,
): boolean | Fallback {
  const value = settings[name];
  if (value === undefined) return fallback;
  if (typeof value === 'boolean') return value;
  throw new Error(`in tokenizer_config.json, ${name} is ${shortened(JSON.stringify(value))}, not true or false`);
}
