import { shortened } from '../../text.ts';
import { openAddedTokens, type AddedToken } from './added-tokens.ts';
import { openNormalizer, type CompilePattern, type StepConfig } from './normalizers.ts';
import { typeOf } from './pieces.ts';
import { openPreTokenizer } from './pre-tokenizers.ts';
import { openVocabulary, type WordPieceSearch } from './subwords.ts';
import { scoredPieces, type ScoredPieces } from './unigram.ts';
import { wordReader } from './word-reader.ts';

/** A tokenizer.json, opened. Its padding and the limit of its truncation are not used: the reference sets its own. */
export type TextTokens = {
  /** A text → ids, without the special tokens around it. */
  encode: (text: string) => number[];
  prefix: readonly number[];
  suffix: readonly number[];
  unknownId: number | undefined;
  /** Which end of a text is cut off. */
  truncates: 'left' | 'right';
  /** Whether the normaliser puts something before every text: a later piece of a long text must not get it beside its space. */
  prepends: boolean;
};

/** Functions of the library: patterns in JavaScript's syntax, and the search in WordPiece vocabularies. */
export type Library = { compile: CompilePattern; wordPiece: WordPieceSearch };

/**
 * @throws an Error that names what is not supported; any Error for a file that is not laid out as a tokenizer
 */
export function openTokenizerJson(
  json: unknown,
  { library, side, splitsSpecial = false }: { library: Library; side: unknown; splitsSpecial?: boolean },
): TextTokens {
  if (!isTokenizer(json)) throw new Error('it has no "model" with a vocabulary');
  const compile: CompilePattern = (pattern) => library.compile(foldedPattern(pattern));
  const normalize = openNormalizer(json.normalizer, compile);
  const split = openPreTokenizer(json.pre_tokenizer, compile);
  const { subwords, idOf, unknownId } = openVocabulary(json.model, library.wordPiece);
  const sections = openAddedTokens(withIds(json.added_tokens ?? [], idOf, sizeOf(json.model)), normalize, { splitsSpecial });
  const addPieces = (ids: number[], text: string, atStart: boolean): number[] => {
    for (const piece of split(text, atStart)) for (const id of subwords(piece)) ids.push(id);
    return ids;
  };
  const encode = (text: string): number[] => {
    const ids: number[] = [];
    for (const section of sections(text)) {
      if ('id' in section) ids.push(section.id);
      else addPieces(ids, section.text, section.atStart);
    }
    return ids;
  };
  const truncates = String(side ?? json.truncation?.direction ?? 'right').toLowerCase() === 'left' ? 'left' : 'right';
  const read = wordReader(json, { encode, encodeNormalized: (text) => addPieces([], text, true), normalize }) ?? encode;
  return { encode: read, ...specialTokens(json.post_processor), unknownId, truncates, prepends: prepends(json.normalizer) };
}

/** The tokenizer.json; the vocabulary of a Unigram is moved to memory that threads share. It is opened like any other. */
export function sharedTokenizer(json: object): object {
  if (!isTokenizer(json) || typeOf(json.model) !== 'Unigram') return json;
  return { ...json, model: { ...json.model, type: 'Unigram', vocab: scoredPieces(json.model) } };
}

export type TokenizerJson = {
  normalizer?: StepConfig | null;
  pre_tokenizer?: StepConfig | null;
  model: StepConfig;
  post_processor?: StepConfig | null;
  added_tokens?: AddedToken[] | null;
  truncation?: { direction?: string } | null;
};

function isTokenizer(json: unknown): json is TokenizerJson {
  const model = (json as { model?: { vocab?: unknown } } | null)?.model;
  return typeof model === 'object' && typeof model?.vocab === 'object' && model.vocab !== null;
}

/** The largest id that a tokenizer.json gives a token, or that a token gets by its place; -1 if it has none. */
export function largestTokenId(json: object): number {
  const { model, added_tokens: added } = json as Vocabulary;
  const { vocab } = model;
  let largest = -1;
  if (Array.isArray(vocab)) largest = vocab.length - 1;
  // other values are reported where the vocabulary is opened
  else for (const id of Object.values(vocab)) if (typeof id === 'number' && id > largest) largest = id;
  for (const { id } of [...(added ?? []), ...numberedTokens(json)]) largest = Math.max(largest, id ?? -1);
  return largest;
}

type Vocabulary = { model: { vocab: [string, number][] | Record<string, number> }; added_tokens?: AddedToken[] | null };

/** The added tokens of a tokenizer.json with the ids that the reference gives them. */
export function numberedTokens(json: object): AddedToken[] {
  const { model, added_tokens: added } = json as Vocabulary;
  const tokens = added ?? [];
  const { vocab } = model;
  if (!Array.isArray(vocab)) return withIds(tokens, (token) => (Object.hasOwn(vocab, token) ? vocab[token] : undefined), sizeOf(model));
  const written = new Set(tokens.map(({ content }) => content));
  const ids = new Map<string, number>();
  vocab.forEach(([token], id) => {
    if (written.has(token)) ids.set(token, id);
  });
  return withIds(tokens, (token) => ids.get(token), vocab.length);
}

function sizeOf(model: StepConfig): number {
  const { vocab } = model as { vocab?: object };
  if (Array.isArray(vocab)) return vocab.length;
  return typeOf(model) === 'Unigram' ? (vocab as ScoredPieces).scores.length : Object.keys(vocab!).length;
}

/** Numbers added tokens as the reference does: by the vocabulary, else in order after its last id. */
function withIds(tokens: readonly AddedToken[], idOf: (token: string) => number | undefined, size: number): AddedToken[] {
  const given = new Map<string, number>();
  let next = size;
  return tokens.map((token) => {
    let id = idOf(token.content) ?? given.get(token.content);
    if (id === undefined) id = next++;
    else if (id >= next) next = id + 1;
    given.set(token.content, id);
    return { ...token, id };
  });
}

/** Special tokens before and after a text. */
function specialTokens(config: StepConfig | null | undefined): { prefix: number[]; suffix: number[] } {
  switch (config?.type) {
    case undefined:
    case 'ByteLevel':
      return { prefix: [], suffix: [] };
    case 'Sequence': {
      // each surrounds the result of the one before it
      const parts = (config!['processors'] as StepConfig[]).map(specialTokens);
      return { prefix: parts.toReversed().flatMap(({ prefix }) => prefix), suffix: parts.flatMap(({ suffix }) => suffix) };
    }
    case 'BertProcessing':
    case 'RobertaProcessing':
      return { prefix: [(config!['cls'] as [string, number])[1]], suffix: [(config!['sep'] as [string, number])[1]] };
    case 'TemplateProcessing':
      return templateTokens(config!);
    default:
      throw new Error(`the post-processor "${shortened(config!.type ?? '')}" is not supported`);
  }
}

type TemplatePart = { SpecialToken?: { id: string; type_id?: number }; Sequence?: { id: string; type_id?: number } };

function templateTokens(config: StepConfig): { prefix: number[]; suffix: number[] } {
  const template = config['single'] as readonly TemplatePart[];
  const known = config['special_tokens'] as Record<string, { ids: number[] }>;
  const texts = template.filter((part) => part.Sequence);
  if (texts.length !== 1 || texts[0]!.Sequence!.id !== 'A') throw new Error('its template for one text does not hold the text once');
  if (template.some(({ SpecialToken: token, Sequence: text }) => (token ?? text)?.type_id)) {
    throw new Error('its template for one text has tokens of another type than 0');
  }
  const at = template.indexOf(texts[0]!);
  const idsOf = (parts: readonly TemplatePart[]): number[] => parts.flatMap((part) => known[part.SpecialToken!.id]!.ids);
  return { prefix: idsOf(template.slice(0, at)), suffix: idsOf(template.slice(at + 1)) };
}

function prepends(config: StepConfig | null | undefined): boolean {
  return config?.type === 'Prepend' || ((config?.['normalizers'] as StepConfig[] | undefined)?.some(prepends) ?? false);
}

/**
 * In `(?i:…)`, the library only folds the case of ASCII letters, the reference that of all: ſ is an s, and the Kelvin sign a k. This
 * adds the missing letters.
 */
function foldedPattern(pattern: unknown): unknown {
  const source = (pattern as { Regex?: string } | null)?.Regex;
  if (source === undefined || !source.includes('(?i:')) return pattern;
  let folded = '';
  // per open group, whether it ignores case
  const groups: boolean[] = [];
  let inClass = 0;
  for (let at = 0; at < source.length; at++) {
    const char = source[at]!;
    if (char === '\\') {
      folded += char + (source[++at] ?? '');
      continue;
    }
    if (char === '[') inClass++;
    else if (char === ']' && inClass > 0) inClass--;
    else if (inClass === 0 && char === '(') {
      groups.push(source.startsWith('(?i:', at) || groups.at(-1) === true);
      if (source.startsWith('(?i:', at)) {
        folded += '(?i:';
        at += 3;
        continue;
      }
    } else if (inClass === 0 && char === ')') groups.pop();
    const other = groups.at(-1) === true ? OTHER_CASE[char] : undefined;
    if (other === undefined) folded += char;
    else folded += inClass > 0 ? char + other : `[${char}${other}]`;
  }
  return { Regex: folded };
}

const OTHER_CASE: Readonly<Record<string, string>> = { s: 'ſ', S: 'ſ', k: '\u212a', K: '\u212a' };
