import type { JsonLimits } from '../../files/bounded-json.ts';
import {
  array,
  boolean,
  looseObject,
  misfitOf,
  nullish,
  numberBetween,
  record,
  string,
  textThat,
  tuple,
  union,
  unknown,
  valueThat,
  wholeBetween,
  type Schema,
} from '../../schema.ts';
import { shortened } from '../../text.ts';
import { typeOf } from './pieces.ts';

/** The largest tokenizer.json known has 61 MB: 900,000 words of a Unigram, each a list. */
export const TOKENIZER_LIMITS: JsonLimits & { maxBytes: number } = { maxBytes: 100e6, maxDepth: 64, maxNodes: 3e6, maxKeys: 1.5e6 };

/** Pairs of ids must be exact in a double. */
const MAX_ID = 2 ** 26 - 1;
export const ID: Schema<number> = wholeBetween(0, MAX_ID);
const FLAG = nullish(boolean());
const NAME = nullish(string());

/** A token that is written out in texts becomes part of a pattern. */
const MAX_WRITTEN = 512;
const MAX_ADDED = 200_000;

/** Text that a normaliser puts into a text, once per match. */
const MAX_CONTENT = 1000;
const MAX_PATTERN = 10_000;

/** Reading a character takes as many steps as the longest word of a Unigram is long. */
const MAX_WORD = 1000;

const short = (most: number): Schema<string> => textThat((text) => text.length <= most, `text of at most ${most} characters`);

/** A token with its flags. */
export const ADDED: Schema = looseObject({
  content: short(MAX_WRITTEN),
  id: nullish(ID),
  single_word: FLAG,
  lstrip: FLAG,
  rstrip: FLAG,
  normalized: FLAG,
  special: FLAG,
});

/** A special token as settings name it. */
export const TOKEN: Schema = valueThat(
  (token) => (typeof token === 'string' ? token.length <= MAX_WRITTEN : misfitOf(ADDED, token) === undefined),
  `a text of at most ${MAX_WRITTEN} characters or an object with its content`,
);

const PATTERN = union([looseObject({ String: short(MAX_PATTERN) }), looseObject({ Regex: short(MAX_PATTERN) })]);
const SPECIAL = tuple([string(), ID]);
const PLACE = looseObject({ id: string(), type_id: nullish(ID) });

/** The fields of each kind of step that are used. A kind that is not listed is refused where it is opened. */
const STEPS: Readonly<Record<string, Readonly<Record<string, Schema>>>> = {
  normalizer: {
    BertNormalizer: looseObject({ lowercase: FLAG, strip_accents: FLAG, clean_text: FLAG, handle_chinese_chars: FLAG }),
    Strip: looseObject({ strip_left: FLAG, strip_right: FLAG }),
    Replace: looseObject({ pattern: PATTERN, content: short(MAX_CONTENT) }),
    Prepend: looseObject({ prepend: short(MAX_CONTENT) }),
    Precompiled: looseObject({ precompiled_charsmap: NAME }),
  },
  pre_tokenizer: {
    Metaspace: looseObject({ replacement: nullish(short(16)), prepend_scheme: NAME, add_prefix_space: FLAG, split: FLAG }),
    ByteLevel: looseObject({ add_prefix_space: FLAG, use_regex: FLAG }),
    Split: looseObject({ pattern: PATTERN, behavior: string(), invert: FLAG }),
    Punctuation: looseObject({ behavior: NAME }),
    Digits: looseObject({ individual_digits: FLAG }),
    CharDelimiterSplit: looseObject({ delimiter: short(16) }),
    FixedLength: looseObject({ length: nullish(wholeBetween(1, 1e6)) }),
  },
  post_processor: {
    BertProcessing: looseObject({ cls: SPECIAL, sep: SPECIAL }),
    RobertaProcessing: looseObject({ cls: SPECIAL, sep: SPECIAL }),
    TemplateProcessing: looseObject({
      single: array(looseObject({ SpecialToken: nullish(PLACE), Sequence: nullish(PLACE) })),
      special_tokens: record(string(), looseObject({ ids: array(ID) })),
    }),
  },
};

/** The names of the lists in a "Sequence". */
const PARTS: Readonly<Record<string, string>> = { normalizer: 'normalizers', pre_tokenizer: 'pretokenizers', post_processor: 'processors' };
const MAX_PARTS = 100;

const MODEL = looseObject({
  type: NAME,
  unk_token: NAME,
  unk_id: nullish(ID),
  dropout: nullish(numberBetween(0, 1)),
  byte_fallback: FLAG,
  fuse_unk: FLAG,
  ignore_merges: FLAG,
  continuing_subword_prefix: NAME,
  end_of_word_suffix: NAME,
  max_input_chars_per_word: nullish(wholeBetween(0, Number.MAX_SAFE_INTEGER)),
});

const REST = looseObject({
  truncation: nullish(looseObject({ direction: NAME, max_length: unknown() })),
  added_tokens: nullish(array(unknown())),
});

/**
 * How the content of a tokenizer.json is not laid out as the tokenizers library writes it.
 *
 * @returns the end of a sentence, or undefined if it fits
 */
export function tokenizerMisfit(json: unknown): string | undefined {
  const { model } = Object(json) as { model?: unknown };
  const { vocab } = Object(model) as { vocab?: unknown };
  if (Array.isArray(json) || typeof vocab !== 'object' || vocab === null) return 'it has no "model" with a vocabulary';
  const fields = json as Record<string, unknown>;
  const own = misfitOf(MODEL, model);
  const found =
    (own === undefined ? vocabularyMisfit(model as Record<string, unknown>) : within('model', own)) ??
    misfitOf(REST, json) ??
    addedMisfit(fields);
  if (found !== undefined) return found;
  for (const kind of Object.keys(STEPS)) {
    const misfit = stepMisfit(fields[kind], { kind, path: kind, left: { parts: MAX_PARTS } });
    if (misfit !== undefined) return misfit;
  }
  return undefined;
}

/** The end of a sentence about a value, as one about the file that it is part of. */
function within(path: string, misfit: string): string {
  return misfit.startsWith('it ') ? `${path}${misfit.slice(2)}` : `${path}.${misfit}`;
}

/** Plain loops: a vocabulary may have a million entries. The ids of an object are checked by `assertIds`. */
function vocabularyMisfit(model: Record<string, unknown>): string | undefined {
  const type = typeOf(model);
  const { vocab } = model as { vocab: object };
  if (type !== 'Unigram') {
    if (!['WordPiece', 'BPE', 'WordLevel'].includes(type)) return `the model "${shortened(type)}" is not supported`;
    if (Array.isArray(vocab)) return 'model.vocab is a list, not an object';
    return type === 'BPE' ? mergesMisfit(model['merges']) : undefined;
  }
  if (!Array.isArray(vocab)) return 'model.vocab is an object, not a list';
  const bad = vocab.findIndex(
    (pair) =>
      !(Array.isArray(pair) && pair.length === 2 && typeof pair[0] === 'string' && pair[0].length <= MAX_WORD && Number.isFinite(pair[1])),
  );
  if (bad >= 0) return `model.vocab.${bad} is not a list of a text of at most ${MAX_WORD} characters and a number`;
  const unknownId = model['unk_id'] as number | null | undefined;
  if (unknownId === undefined || unknownId === null || unknownId < vocab.length) return undefined;
  return `model.unk_id is ${unknownId}, where the vocabulary has ${vocab.length} words`;
}

/**
 * Throws an Error for an id that is none. It is called where the vocabulary is listed anyway: that of 30,000 words takes 10 ms.
 */
export function assertIds(ids: ReadonlyMap<string, unknown>): void {
  for (const [token, id] of ids) {
    if (Number.isSafeInteger(id) && (id as number) >= 0 && (id as number) <= MAX_ID) continue;
    throw new Error(within(`in model.vocab, the id of ${shortened(JSON.stringify(token))}`, misfitOf(ID, id) ?? ''));
  }
}

function isText(part: unknown): boolean {
  return typeof part === 'string';
}

function mergesMisfit(merges: unknown): string | undefined {
  if (!Array.isArray(merges)) return `model.merges ${merges === undefined ? 'is missing' : 'is not a list'}`;
  const bad = merges.findIndex((merge) => !(isText(merge) || (Array.isArray(merge) && merge.length === 2 && merge.every(isText))));
  return bad < 0 ? undefined : `model.merges.${bad} is neither a text nor a list of two texts`;
}

/** How added tokens do not fit, as the end of a sentence. */
export function addedMisfit({ added_tokens: added }: { added_tokens?: unknown }): string | undefined {
  const tokens = (added ?? []) as unknown[];
  if (tokens.length > MAX_ADDED) return `added_tokens has ${tokens.length} entries, more than the limit of ${MAX_ADDED}`;
  for (const [at, token] of tokens.entries()) {
    const misfit = misfitOf(ADDED, token);
    if (misfit !== undefined) return within(`added_tokens.${at}`, misfit);
  }
  return undefined;
}

/** @param left the number of steps that may follow, over all sequences within each other */
function stepMisfit(config: unknown, { kind, path, left }: { kind: string; path: string; left: { parts: number } }): string | undefined {
  if (config === undefined || config === null) return undefined;
  const plain = misfitOf(looseObject({ type: string() }), config);
  if (plain !== undefined) return within(path, plain);
  const { type } = config as { type: string };
  if (type === 'Sequence') {
    const name = PARTS[kind]!;
    const parts = (config as Record<string, unknown>)[name];
    if (!Array.isArray(parts)) return `${path}.${name} ${parts === undefined ? 'is missing' : 'is not a list'}`;
    for (const [at, part] of parts.entries()) {
      if (left.parts-- <= 0) return `${kind} has more than ${MAX_PARTS} steps`;
      if (part === null) return `${path}.${name}.${at} is null, not an object`;
      const misfit = stepMisfit(part, { kind, path: `${path}.${name}.${at}`, left });
      if (misfit !== undefined) return misfit;
    }
    return undefined;
  }
  const schemas = STEPS[kind]!;
  const misfit = Object.hasOwn(schemas, type) ? misfitOf(schemas[type]!, config) : undefined;
  if (misfit !== undefined) return within(path, misfit);
  return type === 'TemplateProcessing' ? templateMisfit(config as Template, path) : undefined;
}

type Template = { single: { SpecialToken?: { id: string } | null }[]; special_tokens: object };

/** Every special token of a template must be listed. */
function templateMisfit({ single, special_tokens: known }: Template, path: string): string | undefined {
  const missing = single.find(({ SpecialToken: token }) => token && !Object.hasOwn(known, token.id));
  return missing && `${path}.special_tokens has no ${shortened(JSON.stringify(missing.SpecialToken!.id))}`;
}
