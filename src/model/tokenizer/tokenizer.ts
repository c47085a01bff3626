import * as huggingFace from '@huggingface/tokenizers';
import { EmbedError } from '../../errors.ts';
import { plural, shortened } from '../../text.ts';
import type { Model } from '../model.ts';
import { isBounded } from './bounded.ts';
import { MAX_SECONDS, OutOfTime, withinTime } from './time-limit.ts';
import { openTokenizerJson, type Library, type TextTokens } from './tokenizer-json.ts';

/** A text as the model reads it. */
export type TokenizedText<Ids = Int32Array> = {
  /** With special tokens, at most `maxTokens`; without unknown tokens, if the reference leaves them out. */
  ids: Ids;
  /** Tokens beyond the limit; `lostExact` is false if they were estimated from the characters left. */
  lost: number;
  lostExact: boolean;
  /** Tokens of the text itself, and the share of them that the vocabulary does not know. */
  bodyTokens: number;
  unknown: number;
};

export type Tokenizer = {
  (text: string): TokenizedText;
  /** The same with ids in a plain array: packing them takes longer than reading a short text. */
  unpacked(text: string): TokenizedText<readonly number[]>;
  /** Tokens of the prompt at the beginning, as the reference counts them: the prompt by itself, without the special token at its end. */
  promptTokens: number;
};

/** The parts of a model that decide how it tokenises a text. */
export type TokenizerModel = Pick<Model, 'folder' | 'maxTokens' | 'tokenizer'>;

/** Longer texts are tokenised piece by piece and only up to the limit: a 10 MB line takes milliseconds. */
const PIECE_CHARS = 1 << 16;

/**
 * Opens the tokenizer of a model. It cuts a long text as the reference does: the special tokens around the text stay. Throws an EmbedError
 * for a tokenizer that is not supported.
 */
export function openTokenizer(model: TokenizerModel, { prompt = '' }: { prompt?: string } = {}): Tokenizer {
  const { maxTokens } = model;
  const { bare = false, dropsUnknown = false, maxChars = Infinity } = model.tokenizer;
  const timed = !isBounded(model.tokenizer.json);
  const { encode, unknownId, truncates, prepends, ...around } = openLibrary(model, timed);
  const { prefix, suffix }: { prefix: readonly number[]; suffix: readonly number[] } = bare ? { prefix: [], suffix: [] } : around;
  const room = maxTokens - prefix.length - suffix.length;
  if (room < 0) {
    throw new EmbedError(`Cannot use the model in ${model.folder}: its limit of ${maxTokens} tokens has no room for its special tokens`, {
      hint: 'Set max_seq_length in its sentence_bert_config.json to the limit that its author names',
    });
  }

  // to cut off the left, the whole text has to be read
  const most = truncates === 'left' ? Infinity : room;

  const readText = (text: string): TokenizedText<readonly number[]> => {
    const all = wellFormed(prompt + text);
    const whole = all.length > maxChars ? firstChars(all, maxChars) : all;
    let body: number[] = [];
    let read = 0;
    while (read < whole.length && (read === 0 || body.length <= most)) {
      const end = pieceEnd(whole, read);
      const piece = encode(whole.slice(read, end));
      if (read === 0) body = piece;
      else for (const id of piece) body.push(id);
      // what the normaliser puts before the next piece takes the place of its space
      read = prepends && whole[end] === ' ' ? end + 1 : end;
    }
    const left = all.length - read;
    const over = Math.max(0, body.length - room);
    const lost = over + Math.round((left / read || 0) * body.length);
    if (over > 0) body = truncates === 'left' ? body.slice(over) : body.slice(0, room);
    let unknown = 0;
    for (const id of body) if (id === unknownId) unknown++;
    const kept = dropsUnknown && unknown > 0 ? body.filter((id) => id !== unknownId) : body;
    return {
      ids: prefix.length + suffix.length === 0 ? kept : prefix.concat(kept, suffix),
      lost,
      lostExact: left === 0,
      bodyTokens: body.length,
      unknown: body.length ? unknown / body.length : 0,
    };
  };
  const unpacked = timed ? inTime(readText, model.folder) : readText;
  const alone =
    prompt === ''
      ? 0
      : prefix.length +
        Math.min(room, (timed ? inTime(encode, model.folder) : encode)(wellFormed(prompt)).length) +
        Math.max(0, suffix.length - 1);
  const read = (text: string): TokenizedText => {
    const tokens = unpacked(text);
    return { ...tokens, ids: new Int32Array(tokens.ids) };
  };
  return Object.assign(read, { unpacked, promptTokens: alone });
}

/** A function of a text, under a time limit. */
function inTime<Result>(read: (text: string) => Result, folder: string): (text: string) => Result {
  return (text) => {
    try {
      return withinTime(() => read(text));
    } catch (cause) {
      if (!(cause instanceof OutOfTime)) throw cause;
      const start = JSON.stringify(text.slice(0, MAX_SHOWN_CHARS));
      throw new EmbedError(
        `Cannot read a text of ${plural(text.length, 'character')} with the tokenizer.json in ${folder}: its patterns take more than ${MAX_SECONDS} s; the text begins ${start}`,
        { hint: 'Use another model: these regular expressions go back too often', cause },
      );
    }
  };
}

const MAX_SHOWN_CHARS = 40;

function openLibrary({ tokenizer, folder }: TokenizerModel, timed: boolean): TextTokens {
  const open = (): TextTokens =>
    openTokenizerJson(tokenizer.json, {
      library,
      side: (tokenizer.config as { truncation_side?: unknown }).truncation_side,
      splitsSpecial: tokenizer.splitsSpecial === true,
    });
  try {
    return timed ? withinTime(open) : open();
  } catch (cause) {
    if (cause instanceof OutOfTime) throw unusable(folder, `opening it takes more than ${MAX_SECONDS} s`);
    if (cause instanceof RangeError) throw unusable(folder, 'it is nested too deeply, or damaged', cause);
    // the message of a TypeError, which a missing key causes, tells a user nothing
    const why = cause instanceof TypeError ? 'it is not laid out as the tokenizers library writes it' : (cause as Error).message;
    throw unusable(folder, why, cause);
  }
}

/** The error for a tokenizer.json that cannot be used. */
export function unusable(folder: string, why: string, cause?: unknown): EmbedError {
  return new EmbedError(`Cannot use the tokenizer.json in ${folder}: ${why}`, {
    hint: 'Copy it again if it is damaged; else use a model with a tokenizer of BERT, MPNet, RoBERTa, XLM-RoBERTa, T5, ModernBERT or Qwen',
    cause,
  });
}

/** The exports of the library that are used; its types do not resolve from ESM. */
type Exports = {
  ReplaceNormalizer: new (config: object) => { pattern: RegExp | null };
  WordPiece: new (config: object) => { encode: (pieces: string[]) => string[] };
};
const { ReplaceNormalizer, WordPiece } = huggingFace as unknown as Exports;

/**
 * The parts that are taken from the library. Its normalisers, pre-tokenizers and other models are not used: version 0.2.0 differs from the
 * reference in most of them, so that some texts would get other ids.
 */
const library: Library = {
  compile: (pattern) => {
    try {
      const { pattern: compiled } = new ReplaceNormalizer({ pattern });
      if (compiled !== null) return compiled;
    } catch (cause) {
      throw new Error(`the pattern ${shortened(JSON.stringify(pattern))} is not supported`, { cause });
    }
    throw new Error(`the pattern ${shortened(JSON.stringify(pattern))} is not supported`);
  },
  wordPiece: (config) => {
    const model = new WordPiece(config);
    return (piece) => model.encode([piece]);
  },
};

/** The first `count` characters, each of one or two UTF-16 units. */
function firstChars(text: string, count: number): string {
  let end = 0;
  for (let chars = 0; chars < count && end < text.length; chars++) end += text.codePointAt(end)! > 0xffff ? 2 : 1;
  return text.slice(0, end);
}

/** Replaces lone surrogates, which JSON can contain, by U+FFFD, as UTF-8 does. */
function wellFormed(text: string): string {
  return /\p{Surrogate}/u.test(text) ? text.replace(/\p{Surrogate}/gu, '\ufffd') : text;
}

/** End of the piece that begins at `from`: between two words, where a cut changes no token, and before the space that begins the next token. */
function pieceEnd(text: string, from: number): number {
  if (text.length - from <= PIECE_CHARS) return text.length;
  let second: number | undefined;
  for (let at = from + PIECE_CHARS; at > from; at--) {
    const code = text.charCodeAt(at);
    if (code === 0x20 && isLetter(text.charCodeAt(at - 1)) && isLetter(text.charCodeAt(at + 1))) return at;
    if (second === undefined && (code <= 0x20 || (code >= 0x4e00 && code <= 0x9fff))) second = at;
  }
  if (second !== undefined) return second;
  // one unbroken word of 64 K characters: beyond what any vocabulary holds, so it may be cut between any two letters
  const end = from + PIECE_CHARS;
  return (text.charCodeAt(end) & 0xfc00) === 0xdc00 ? end - 1 : end;
}

/** Whether it is an ASCII letter or digit, or a letter of a script that separates words by spaces. */
function isLetter(code: number): boolean {
  return (
    (code >= 0x30 && code <= 0x39) || (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a) || (code >= 0xc0 && code < 0x2000)
  );
}
