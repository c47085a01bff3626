import type { Normalize } from './normalizers.ts';

/** A token outside the model's vocabulary proper, or one that is found in a text before the text is split. */
export type AddedToken = {
  content: string;
  id: number;
  single_word?: boolean;
  lstrip?: boolean;
  rstrip?: boolean;
  normalized?: boolean;
  special?: boolean;
};

export type TokenFlags = Omit<AddedToken, 'id' | 'content'>;

/** Part of a text: a written-out token, or text to be split, and whether the text begins with it. */
export type Section = { id: number } | { text: string; atStart: boolean };

/**
 * Finds written-out tokens as the reference does. First, tokens that are not normalised are found in the text as it stands. Then the text
 * between them is normalised, and the others are found in it. If several tokens begin at one place, the longest wins.
 *
 * @param splitsSpecial special tokens are found, but they stay text
 */
export function openAddedTokens(
  tokens: readonly AddedToken[],
  normalize: Normalize,
  { splitsSpecial = false }: { splitsSpecial?: boolean } = {},
): (text: string) => Section[] {
  // special tokens come first: of two tokens with the same content, the special one wins
  const ordered = [...tokens.filter((token) => token.special), ...tokens.filter((token) => !token.special)];
  const isNormalized = ({ normalized, special }: AddedToken): boolean => normalized ?? !special;
  const keyed = (token: AddedToken, key: string): KeyedToken => ({ ...token, key, isText: splitsSpecial && token.special === true });
  const asWritten = finder(ordered.filter((token) => !isNormalized(token)).map((token) => keyed(token, token.content)));
  const afterwards = finder(ordered.filter(isNormalized).map((token) => keyed(token, normalize(token.content))));
  return (text) => {
    const sections: Section[] = [];
    for (const part of asWritten(text)) {
      if (part.id !== undefined) {
        sections.push({ id: part.id });
        continue;
      }
      const normalized = normalize(part.text);
      // if normalising drops the first letter, the rest does not begin the text
      const atStart = part.at === 0 && (part.text === normalized || normalize(String.fromCodePoint(part.text.codePointAt(0) ?? 32)) !== '');
      for (const { id, text, at } of afterwards(normalized)) {
        if (id !== undefined) sections.push({ id });
        else if (text !== '') sections.push({ text, atStart: atStart && at === 0 });
      }
    }
    return sections;
  };
}

/** A token by the text that it is found by. */
type KeyedToken = AddedToken & { key: string; isText: boolean };

/** A written-out token, or text between two of them. */
type TextPart = { id: number | undefined; text: string; at: number };

const WORD = '[\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\p{Join_Control}]';
const WORD_BEFORE = new RegExp(`${WORD}$`, 'u');
const WORD_AFTER = new RegExp(`^${WORD}`, 'u');

function finder(tokens: readonly KeyedToken[]): (text: string) => TextPart[] {
  const byKey = new Map<string, KeyedToken>();
  for (const token of tokens) if (token.key !== '' && !byKey.has(token.key)) byKey.set(token.key, token);
  if (byKey.size === 0) return (text) => [{ id: undefined, text, at: 0 }];
  const pattern = new RegExp(longestOf([...byKey.keys()]), 'gu');
  return (text) => {
    const found: TextPart[] = [];
    let end = 0;
    for (const { 0: key, index } of text.matchAll(pattern)) {
      const token = byKey.get(key)!;
      if (token.isText) continue;
      let from = index;
      let to = index + key.length;
      if (token.single_word && (WORD_BEFORE.test(lastLetter(text, from)) || WORD_AFTER.test(text.slice(to, to + 2)))) continue;
      if (token.lstrip) {
        // white space that the token before has taken stays with that one
        while (from > end && isSpace(text[from - 1]!)) from--;
      }
      if (token.rstrip) while (to < text.length && isSpace(text[to]!)) to++;
      if (from > end) found.push({ id: undefined, text: text.slice(end, from), at: end });
      found.push({ id: token.id, text: '', at: from });
      end = to;
    }
    if (end < text.length || text === '') found.push({ id: undefined, text: text.slice(end), at: end });
    return found;
  };
}

/** A pattern that matches the longest of some texts. It branches letter by letter, because some models have thousands of added tokens. */
function longestOf(keys: readonly string[]): string {
  const byStart = new Map<string, string[]>();
  for (const key of keys) {
    if (key === '') continue;
    const start = String.fromCodePoint(key.codePointAt(0)!);
    const group = byStart.get(start);
    if (group === undefined) byStart.set(start, [key]);
    else group.push(key);
  }
  const branches = [...byStart].map(([start, group]) => {
    const letter = start.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
    return letter + longestOf(group.map((key) => key.slice(start.length)));
  });
  if (branches.length === 0) return '';
  return `(?:${branches.join('|')})${keys.includes('') ? '?' : ''}`;
}

function lastLetter(text: string, end: number): string {
  return text.slice(Math.max(0, end - 2), end);
}

/** All white space is in the Basic Multilingual Plane. */
function isSpace(char: string): boolean {
  return /\p{White_Space}/u.test(char);
}
