import type { AddedToken } from './added-tokens.ts';
import type { Normalize, StepConfig } from './normalizers.ts';
import { MAX_WORD_UNITS, openWordCache, UNKNOWN } from './word-cache.ts';

type Encode = (text: string) => number[];

/**
 * Reads a text word by word, between spaces, and caches the ids of each word, because words repeat in most languages. The ids are those
 * of `encode` under three conditions. Every normaliser only looks at the neighbours of a letter. The text is split at every space before
 * anything else. And each word passes a check before it is cached: a space beside it does not change it, it does not contain a
 * written-out token, and normalising does not give it a space. A text with a word that fails the check is left to `encode`.
 *
 * @param encodeNormalized `encode` for a text that is normalised and has no written-out tokens
 * @returns undefined for a tokenizer that may look beyond a space
 */
export function wordReader(
  { normalizer, pre_tokenizer: preTokenizer, added_tokens: added }: Steps,
  { encode, encodeNormalized, normalize }: { encode: Encode; encodeNormalized: Encode; normalize: Normalize },
): Encode | undefined {
  const split = splitOf(preTokenizer);
  if (split === undefined || !isLocal(normalizer) || (added ?? []).some(reachesOut)) return undefined;
  const { mark } = split;
  const written = (added ?? []).flatMap(({ content }) => [content, normalize(content)]).filter((content) => content !== '');
  const cache = openWordCache();

  const readAlone = (word: string): readonly number[] | null => {
    const normalized = normalize(word);
    const alone =
      (normalized !== '' || word === '') &&
      !normalized.includes(' ') &&
      (mark === undefined || !(word.includes(mark) || normalized.includes(mark))) &&
      !written.some((content) => word.includes(content) || normalized.includes(content)) &&
      normalize(` ${word} `) === ` ${normalized} `;
    if (!alone) return null;
    return encodeNormalized(mark === undefined ? normalized : ` ${normalized}`);
  };
  // false: the word fails the check
  const appendWord = (text: string, from: number, end: number, into: number[]): boolean => {
    if (end - from > MAX_WORD_UNITS) {
      const ids = readAlone(text.slice(from, end));
      for (const id of ids ?? []) into.push(id);
      return ids !== null;
    }
    let place = cache.find(text, from, end);
    if (place === UNKNOWN) place = cache.add(text, from, end, readAlone(text.slice(from, end)));
    return cache.append(place, into);
  };
  return (text) => {
    const first = text.indexOf(' ');
    if (first === -1 && text.length > MAX_WORD_UNITS) return encode(text);
    if (text === '') return [];
    const result: number[] = [];
    // a space at the beginning is the mark of the first word
    let from = mark !== undefined && first === 0 ? 1 : 0;
    while (from <= text.length) {
      const space = text.indexOf(' ', from);
      const end = space === -1 ? text.length : space;
      if (!appendWord(text, from, end, result)) return encode(text);
      from = end + 1;
    }
    return result;
  };
}

type Steps = { normalizer?: StepConfig | null; pre_tokenizer?: StepConfig | null; added_tokens?: readonly AddedToken[] | null };

/** Normalisers that change a letter by itself or by its neighbours. The check of each word shows that a space separates neighbours. */
const LOCAL_NORMALIZERS = ['NFC', 'NFD', 'NFKC', 'NFKD', 'Lowercase', 'StripAccents', 'Nmt', 'BertNormalizer', 'Precompiled'];

/** Pre-tokenizers that split at every space, and drop it. */
const SPLIT_AT_SPACES = ['BertPreTokenizer', 'Whitespace', 'WhitespaceSplit'];

/** Pre-tokenizers that split each piece further, by itself. */
const SPLIT_PIECES = [...SPLIT_AT_SPACES, 'Punctuation', 'Digits', 'Split'];

function isLocal(config: StepConfig | null | undefined): boolean {
  if (!config) return true;
  if (config.type === 'Sequence') return (config['normalizers'] as StepConfig[]).every(isLocal);
  return LOCAL_NORMALIZERS.includes(config.type ?? '');
}

/** How a text is split at spaces, with the mark that replaces them if they are kept; undefined if it is not split there. */
function splitOf(config: StepConfig | null | undefined): { mark: string | undefined } | undefined {
  const [first, ...rest] = config?.type === 'Sequence' ? (config['pretokenizers'] as StepConfig[]) : config ? [config] : [];
  if (!rest.every((step) => SPLIT_PIECES.includes(step.type ?? '') || marksAlways(step))) return undefined;
  if (first !== undefined && marksAlways(first)) return { mark: String(first['replacement'] ?? '▁') };
  return SPLIT_AT_SPACES.includes(first?.type ?? '') ? { mark: undefined } : undefined;
}

/** Whether a step marks every word, wherever it stands. */
function marksAlways({ type, prepend_scheme: scheme, add_prefix_space: older, split }: StepConfig): boolean {
  return type === 'Metaspace' && split !== false && (scheme ?? (older === false ? 'never' : 'always')) === 'always';
}

/** Whether a written-out token takes characters beside it, or contains white space. */
function reachesOut({ content, lstrip, rstrip }: AddedToken): boolean {
  return lstrip === true || rstrip === true || /\p{White_Space}/u.test(content);
}
