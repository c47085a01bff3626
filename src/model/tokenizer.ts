import { Tokenizer as HuggingFaceTokenizer } from '@huggingface/tokenizers';
import { CliError } from '../errors.ts';
import { charsmapNormalizer } from './charsmap.ts';
import type { Model } from './folder.ts';

/** A text as the model reads it. */
export type TokenizedText = {
  /** With special tokens, at most `maxTokens`. */
  ids: Int32Array;
  /** Tokens beyond the limit; `lostExact` is false where they were estimated from the characters left. */
  lost: number;
  lostExact: boolean;
  /** Tokens of the text itself, and the share of them that the vocabulary does not know. */
  bodyTokens: number;
  unknown: number;
};

export type Tokenizer = {
  (text: string): TokenizedText;
  /** Tokens that the prompt takes at the beginning, as the reference counts them: of the prompt alone, less the special token at its end. */
  promptTokens: number;
};

/** Longer texts are tokenised piece by piece and only up to the limit: a 10 MB line takes milliseconds. */
const PIECE_CHARS = 1 << 16;

/**
 * Builds the tokenizer of a model. The library neither truncates nor marks special tokens, so both happen here, as
 * the reference does it: the text's own tokens are cut, the special tokens around them stay.
 */
export function openTokenizer({ tokenizer, maxTokens, folder }: Model, { prompt = '' }: { prompt?: string } = {}): Tokenizer {
  let library: HuggingFaceTokenizer;
  try {
    library = new HuggingFaceTokenizer(tokenizer.json, tokenizer.config);
    mend(library, tokenizer.json);
  } catch (cause) {
    throw new CliError(`Cannot use the tokenizer.json in ${folder}: ${(cause as Error).message}`, { cause });
  }
  const { prefix, suffix } = specialTokens(library);
  const room = maxTokens - prefix.length - suffix.length;
  const unknownId = unknownToken(tokenizer.json, library);
  const lowercases = normalizerLowercases(tokenizer.json);
  // JavaScript lowers a final Σ to ς; the reference lowers letter by letter, to σ
  const encode = (text: string): number[] =>
    library.encode(lowercases ? text.replaceAll('Σ', 'σ') : text, { add_special_tokens: false }).ids;

  const read = (text: string): TokenizedText => {
    const whole = prompt + text;
    let body: number[] = [];
    let read = 0;
    while (read < whole.length && (read === 0 || body.length <= room)) {
      const end = pieceEnd(whole, read);
      const piece = encode(whole.slice(read, end));
      body = read === 0 ? piece : body.concat(piece);
      read = end;
    }
    const left = whole.length - read;
    const lost = Math.max(0, body.length - room) + Math.round((left / read || 0) * body.length);
    if (body.length > room) body.length = room;
    const ids = new Int32Array(prefix.length + body.length + suffix.length);
    ids.set(prefix);
    ids.set(body, prefix.length);
    ids.set(suffix, prefix.length + body.length);
    let unknown = 0;
    for (const id of body) if (id === unknownId) unknown++;
    return {
      ids,
      lost,
      lostExact: left === 0,
      bodyTokens: body.length,
      unknown: body.length ? unknown / body.length : 0,
    };
  };
  const alone = prompt === '' ? 0 : prefix.length + Math.min(room, encode(prompt).length) + Math.max(0, suffix.length - 1);
  return Object.assign(read, { promptTokens: alone });
}

/** A step of tokenizer.json: a normaliser or a pre-tokenizer, or several of them. */
type StepConfig = { type?: string; precompiled_charsmap?: string | null; normalizers?: StepConfig[]; pretokenizers?: StepConfig[] };

/** The same step in the library, as far as it is mended here. */
type LibraryStep = {
  normalize?: (text: string) => string;
  pre_tokenize_text?: (text: string) => string[];
  normalizers?: LibraryStep[];
  tokenizers?: LibraryStep[];
};

/**
 * Where version 0.2.0 of the library does otherwise than the reference: it has a rough form of the charsmap of SentencePiece models, and
 * splits at white space as JavaScript defines it, U+FEFF but not U+0085.
 */
function mend(library: HuggingFaceTokenizer, json: object): void {
  const { normalizer, pre_tokenizer: splitter } = library as unknown as Record<string, LibraryStep | null>;
  const asked = json as { normalizer?: StepConfig | null; pre_tokenizer?: StepConfig | null };
  eachStep(asked.normalizer, normalizer, ({ type, precompiled_charsmap: charsmap }, step) => {
    if (type === 'Precompiled' && charsmap) step.normalize = charsmapNormalizer(charsmap);
  });
  eachStep(asked.pre_tokenizer, splitter, ({ type }, step) => {
    if (type === 'WhitespaceSplit') step.pre_tokenize_text = (text) => text.match(/\P{White_Space}+/gu) ?? [];
  });
}

/** Calls `found` with every step and what it is in the library. */
function eachStep(
  config: StepConfig | null | undefined,
  step: LibraryStep | null | undefined,
  found: (config: StepConfig, step: LibraryStep) => void,
): void {
  if (!config || !step) return;
  found(config, step);
  const parts = config.normalizers ?? config.pretokenizers ?? [];
  parts.forEach((part, at) => eachStep(part, (step.normalizers ?? step.tokenizers)?.[at], found));
}

/** End of the piece that begins at `from`: at white space, or after a CJK character, which every tokenizer parts. */
function pieceEnd(text: string, from: number): number {
  if (text.length - from <= PIECE_CHARS) return text.length;
  for (let at = from + PIECE_CHARS; at > from; at--) {
    const code = text.charCodeAt(at);
    if (code <= 0x20 || (code >= 0x4e00 && code <= 0x9fff)) return at;
  }
  // one unbroken word of 64 K characters: beyond what any vocabulary holds, so it may be cut between any two letters
  const end = from + PIECE_CHARS;
  return (text.charCodeAt(end) & 0xfc00) === 0xdc00 ? end - 1 : end;
}

function specialTokens(library: HuggingFaceTokenizer): { prefix: number[]; suffix: number[] } {
  const bare: number[] = library.encode('a', { add_special_tokens: false }).ids;
  const full: number[] = library.encode('a').ids;
  for (let at = 0; at + bare.length <= full.length; at++) {
    if (bare.every((id, i) => full[at + i] === id)) return { prefix: full.slice(0, at), suffix: full.slice(at + bare.length) };
  }
  throw new CliError('Cannot use this tokenizer.json: its special tokens do not surround the text');
}

function normalizerLowercases(json: object): boolean {
  const { normalizer } = json as { normalizer?: { lowercase?: boolean; type?: string; normalizers?: { type?: string }[] } | null };
  return normalizer?.lowercase === true || [normalizer, ...(normalizer?.normalizers ?? [])].some((step) => step?.type === 'Lowercase');
}

function unknownToken(json: object, library: HuggingFaceTokenizer): number {
  const model = (json as { model?: { unk_token?: string; unk_id?: number } }).model;
  return model?.unk_id ?? (model?.unk_token === undefined ? undefined : library.token_to_id(model.unk_token)) ?? -1;
}
