import { shortened } from '../../text.ts';
import { bytesAsLetters, type CompilePattern, type StepConfig } from './normalizers.ts';
import { BETWEEN_WORDS, WITHIN_WORDS } from './reference-unicode.ts';

/**
 * Splits a text into the pieces that become tokens one by one.
 *
 * @param atStart whether the text begins where the whole text begins
 */
export type PreTokenize = (text: string, atStart: boolean) => string[];

/**
 * Opens the pre-tokenizer, which splits a text before the model sees it, as in the reference.
 *
 * @throws an Error that names the type or setting that is not supported
 */
export function openPreTokenizer(config: StepConfig | null | undefined, compile: CompilePattern): PreTokenize {
  if (!config) return (text) => [text];
  switch (config.type) {
    case 'Sequence': {
      const steps = (config['pretokenizers'] as StepConfig[]).map((part) => openPreTokenizer(part, compile));
      return (text, atStart) => steps.reduce((pieces, step) => splitEach(pieces, { step, text, atStart }), [text]);
    }
    case 'BertPreTokenizer':
      return (text) => text.match(BERT_WORDS) ?? [];
    case 'Whitespace':
      return (text) => text.match(WORDS) ?? [];
    case 'WhitespaceSplit':
      return (text) => text.match(NOT_WHITE_SPACE) ?? [];
    case 'Metaspace':
      return metaspace(config);
    case 'ByteLevel':
      return byteLevel(config);
    case 'Split':
      return splitAt(compile(config['pattern']), config['behavior'], config['invert'] === true);
    case 'Punctuation':
      return splitAtChars(PUNCTUATION, config['behavior'] ?? 'Isolated');
    case 'Digits':
      return splitAtChars(/\p{N}/u, config['individual_digits'] === true ? 'Isolated' : 'Contiguous');
    case 'CharDelimiterSplit':
      return splitAt(compile({ String: config['delimiter'] }), 'Removed');
    case 'FixedLength': {
      const pattern = new RegExp(`[^]{1,${Number(config['length'] ?? 5)}}`, 'gu');
      return (text) => text.match(pattern) ?? [];
    }
    default:
      throw new Error(`the pre-tokenizer "${shortened(config.type ?? '')}" is not supported`);
  }
}

const PUNCTUATION_CLASS = `(?:(?![${WITHIN_WORDS}])[\\p{P}!-/:-@\\[-\`{-~${BETWEEN_WORDS}])`;
const PUNCTUATION = new RegExp(PUNCTUATION_CLASS, 'u');
const BERT_WORDS = new RegExp(`${PUNCTUATION_CLASS}|(?:(?!${PUNCTUATION_CLASS})\\P{White_Space})+`, 'gu');
const WORDS = /[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]+|[^\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}\p{White_Space}]+/gu;
const NOT_WHITE_SPACE = /\P{White_Space}+/gu;

/** GPT-2's pattern. */
const BYTE_LEVEL_WORDS =
  /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\p{White_Space}\p{L}\p{N}]+|\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+/gu;

function splitEach(pieces: readonly string[], { step, text, atStart }: { step: PreTokenize; text: string; atStart: boolean }): string[] {
  const [first] = pieces;
  if (first !== undefined && pieces.length === 1) return step(first, atStart && text.startsWith(first));
  const result: string[] = [];
  pieces.forEach((piece, at) => {
    for (const part of step(piece, atStart && at === 0 && text.startsWith(piece))) result.push(part);
  });
  return result;
}

function metaspace(config: StepConfig): PreTokenize {
  const mark = String(config['replacement'] ?? '▁');
  // older files say add_prefix_space instead
  const scheme = String(config['prepend_scheme'] ?? (config['add_prefix_space'] === false ? 'never' : 'always'));
  if (!['always', 'first', 'never'].includes(scheme))
    throw new Error(`prepend_scheme "${shortened(scheme)}" of the pre-tokenizer "Metaspace" is not known`);
  const splits = config['split'] !== false;
  return (text, atStart) => {
    let marked = text.replaceAll(' ', mark);
    if (scheme !== 'never' && (scheme === 'always' || atStart) && !marked.startsWith(mark)) marked = mark + marked;
    if (!splits) return [marked];
    const words = marked.split(mark);
    const result = words[0] === '' ? [] : [words[0]!];
    for (let at = 1; at < words.length; at++) result.push(mark + words[at]!);
    return result;
  };
}

function byteLevel(config: StepConfig): PreTokenize {
  const prefix = config['add_prefix_space'] === true;
  const splits = config['use_regex'] !== false;
  return (text) => {
    const whole = prefix && !text.startsWith(' ') ? ` ${text}` : text;
    return (splits ? (whole.match(BYTE_LEVEL_WORDS) ?? []) : [whole]).map(bytesAsLetters);
  };
}

/**
 * Splits at every match of a pattern.
 *
 * @param behavior how matches are kept, in the words of tokenizer.json
 * @param invert whether the text between matches counts as the match instead
 */
function splitAt(pattern: RegExp, behavior: unknown, invert = false): PreTokenize {
  const join = behaviorOf(behavior);
  return (text) => {
    const parts: Part[] = [];
    let end = 0;
    for (const { 0: match, index } of text.matchAll(pattern)) {
      if (index > end) parts.push({ text: text.slice(end, index), matches: invert });
      if (match !== '') parts.push({ text: match, matches: !invert });
      end = index + match.length;
    }
    if (end < text.length) parts.push({ text: text.slice(end), matches: invert });
    return join(parts);
  };
}

/** Splits at every character of a kind, like `splitAt`. It is faster: most pieces have no match, and codes are enough to see that. */
function splitAtChars(kind: RegExp, behavior: unknown): PreTokenize {
  const join = behaviorOf(behavior);
  // per UTF-16 unit: 0 not looked at yet, 1 another character, 2 one of the kind
  const kinds = new Uint8Array(1 << 16);
  const matchesAt = (text: string, at: number, unit: number): boolean => {
    if ((unit & 0xfc00) === 0xd800) return kind.test(String.fromCodePoint(text.codePointAt(at)!));
    return (kinds[unit] ||= kind.test(String.fromCharCode(unit)) ? 2 : 1) === 2;
  };
  return (text) => {
    let parts: Part[] | undefined;
    let end = 0;
    for (let at = 0; at < text.length; at++) {
      const unit = text.charCodeAt(at);
      if (!matchesAt(text, at, unit)) continue;
      const next = at + ((unit & 0xfc00) === 0xd800 ? 2 : 1);
      parts ??= [];
      if (at > end) parts.push({ text: text.slice(end, at), matches: false });
      parts.push({ text: text.slice(at, next), matches: true });
      end = next;
      at = next - 1;
    }
    if (parts === undefined) return text === '' ? [] : [text];
    if (end < text.length) parts.push({ text: text.slice(end), matches: false });
    return join(parts);
  };
}

type Part = { text: string; matches: boolean };

const BEHAVIORS: Readonly<Record<string, (parts: readonly Part[]) => string[]>> = {
  Removed: (parts) => parts.filter(({ matches }) => !matches).map(({ text }) => text),
  Isolated: (parts) => parts.map(({ text }) => text),
  Contiguous: (parts) => joinWhere(parts, (part, before) => part.matches === before.matches),
  MergedWithPrevious: (parts) => joinWhere(parts, (part, before) => part.matches && !before.matches),
  MergedWithNext: (parts) => joinWhere(parts, (part, before) => before.matches && !part.matches),
};

function behaviorOf(behavior: unknown): (parts: readonly Part[]) => string[] {
  const name = String(behavior);
  const join = Object.hasOwn(BEHAVIORS, name) ? BEHAVIORS[name] : undefined;
  if (join === undefined) throw new Error(`the behavior "${shortened(name)}" of a pre-tokenizer is not known`);
  return join;
}

function joinWhere(parts: readonly Part[], joins: (part: Part, before: Part) => boolean): string[] {
  const result: string[] = [];
  parts.forEach((part, at) => {
    if (at > 0 && joins(part, parts[at - 1]!)) result[result.length - 1] += part.text;
    else result.push(part.text);
  });
  return result;
}
