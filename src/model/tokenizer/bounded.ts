import { typeOf } from './pieces.ts';
import type { StepConfig } from './normalizers.ts';

/**
 * Whether reading a text with a tokenizer takes time in proportion to its length, whatever the text. It is known of the patterns of common
 * models, and of patterns that cannot go back: a choice between single characters or runs of them. A regular expression of a stranger can
 * take for ever on thirty letters: (a+)+$. Such a tokenizer runs under a time limit.
 */
export function isBounded(json: unknown): boolean {
  const { model, normalizer, pre_tokenizer: preTokenizer } = Object(json) as Record<string, StepConfig | undefined>;
  if (model === undefined) return true;
  const { max_input_chars_per_word: word } = model;
  // each word of WordPiece takes the cube of its length
  if (typeOf(model) === 'WordPiece' && typeof word === 'number' && word > MAX_WORD_CHARS) return false;
  return [...patternsOf(normalizer), ...patternsOf(preTokenizer)].every((pattern) => KNOWN.has(pattern) || SINGLE_RUNS.test(pattern));
}

/** The default of most models is 100. */
const MAX_WORD_CHARS = 200;

/** The regular expressions of a step, and of the steps within it. */
function patternsOf(step: StepConfig | null | undefined): string[] {
  if (!step) return [];
  const { Regex: own } = Object(step['pattern']) as { Regex?: unknown };
  const parts = (step['normalizers'] ?? step['pretokenizers'] ?? []) as readonly StepConfig[];
  return [...(typeof own === 'string' ? [own] : []), ...parts.flatMap(patternsOf)];
}

const KNOWN: ReadonlySet<string> = new Set([
  // GPT-2, RoBERTa, ModernBERT
  String.raw`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`,
  // Qwen 2 and 3
  String.raw`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`,
  // Llama 3, GPT-4, and GPT-4 as tiktoken writes it
  String.raw`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`,
  String.raw`'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+`,
  String.raw`(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s`,
  // GPT-4o
  String.raw`[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+`,
]);

/** One character: a letter, an escape, or a class without classes in it. */
const ESCAPE = String.raw`\\(?:[sSdDwWrnt]|[pP]\{\w+\}|[^\w])`;
const CHARACTER = String.raw`(?:${ESCAPE}|\[\^?(?:[^\[\]\\&]|${ESCAPE})+\]|[^\\^$.*+?()\[\]{}\|&])`;
const RUN = String.raw`(?:${CHARACTER}|\(${CHARACTER}\))(?:[*+?]|\{\d{1,2}(?:,\d{0,2})?\})?\+?`;
const SINGLE_RUNS = new RegExp(`^${RUN}(?:\\|${RUN})*$`, 'u');
