import type { AddedToken, TokenFlags } from './added-tokens.ts';
import { ROLES, type TokenizerClass } from './classes.ts';

/** A token as the settings name it: by its text, or with flags. */
export type NamedToken = string | ({ content: string } & TokenFlags);

/** What names special tokens beside tokenizer.json: the contents of files, as they stand there. */
export type TokenSettings = {
  /** tokenizer_config.json */
  settings: Readonly<Record<string, unknown>>;
  /** special_tokens_map.json */
  map?: Readonly<Record<string, unknown>> | undefined;
  /** added_tokens.json */
  added?: Readonly<Record<string, number>> | undefined;
};

type FullToken = { content: string } & Required<TokenFlags>;

/** Whether it is normalised may not be said: a special token is not. */
type Token = { content: string } & Required<Omit<TokenFlags, 'normalized'>> & Pick<TokenFlags, 'normalized'>;

/**
 * Tokens that the settings add to those of tokenizer.json, or whose flags they change, in the order in which the reference adds them. Only
 * their text decides their ids: a token of the vocabulary keeps its id, another is numbered after the last one.
 *
 * @param own the added tokens of tokenizer.json
 */
export function namedTokens(own: readonly AddedToken[], named: TokenizerClass, files: TokenSettings): FullToken[] {
  const values = valuesOf(isFive(named) ? { ...files, settings: withExtra(files.settings) } : files);
  const { listed, known } = listedTokens(own, values, { ...files, named });
  const ownTokens = own.map(withFlags);
  const later = listed.filter((token) => !ownTokens.some((other) => isSame(token, other)));
  const special = specialTokens(values, { known, named });
  const contents = new Set([...own, ...later].map(({ content }) => content));
  const specials = new Set(special.map(contentOf));
  const more = special.flatMap((token): Token[] => {
    if (typeof token === 'string') return contents.has(token) ? [] : [withFlags({ content: token, special: true })];
    const full = withFlags(token);
    // transformers 5 leaves a token that is there as it is
    if (isFive(named) && contents.has(full.content)) return [];
    return later.some((other) => isSame(full, other)) ? [] : [full];
  });
  return [...later, ...more].map((token) => {
    const isSpecial = token.special || specials.has(token.content);
    return { ...token, special: isSpecial, normalized: token.normalized ?? !isSpecial };
  });
}

/**
 * The added tokens of tokenizer.json with more, and the texts of those that are new or changed. A token that is there gets the flags of the
 * later one. Only `normalized` is another matter before transformers 5: a special token keeps its own, and another token is found both ways.
 */
export function mergedTokens(
  own: readonly AddedToken[],
  more: readonly FullToken[],
  named: TokenizerClass,
): { tokens: AddedToken[]; changed: string[] } {
  const byContent = new Map<string, AddedToken[]>();
  for (const token of own) {
    const full = { ...withFlags(token), id: token.id, normalized: token.normalized ?? token.special !== true };
    byContent.set(token.content, [...(byContent.get(token.content) ?? []), full]);
  }
  const changed = new Set<string>();
  for (const token of more) {
    const { content, normalized, special, ...flags } = token;
    if (content === '') continue;
    const there = byContent.get(content) ?? [];
    const isSpecial = there.some((other) => other.special);
    const isNew = there.length === 0 || (!isFive(named) && !isSpecial && there.every((other) => other.normalized !== normalized));
    const next = isNew ? [...there, { ...token, id: there[0]?.id ?? UNNUMBERED }] : there;
    const latest = isFive(named) ? { ...flags, normalized } : flags;
    const updated = next.map((other) => ({ ...other, ...latest, special: isSpecial || special }));
    if (isNew || updated.some((other, at) => [...FLAGS, 'normalized' as const].some((flag) => other[flag] !== there[at]![flag])))
      changed.add(content);
    byContent.set(content, updated);
  }
  return { tokens: [...byContent.values()].flat(), changed: [...changed] };
}

/** Tokens are numbered by their places. */
const UNNUMBERED = -1;

/** Whether only transformers 5 knows the class. */
function isFive({ name }: TokenizerClass): boolean {
  return name === 'TokenizersBackend';
}

/** The settings; special_tokens_map.json is only read where there is no added_tokens_decoder. */
function valuesOf({ settings, map }: TokenSettings): Record<string, unknown> {
  const values: Record<string, unknown> = { ...settings };
  if (settings['added_tokens_decoder'] !== undefined) return values;
  for (const [key, value] of Object.entries(map ?? {})) {
    if (key === ADDITIONAL && Array.isArray(value)) {
      const before = listOf(values[ADDITIONAL]);
      const tokens = (value as NamedToken[]).map(asSpecial).filter((token) => !before.some((other) => isEqual(token, other)));
      values[key] = [...before, ...tokens];
    } else values[key] = isObject(value) ? asSpecial(value as NamedToken) : value;
  }
  return values;
}

/** transformers 5 takes additional_special_tokens for extra_special_tokens. */
function withExtra(settings: TokenSettings['settings']): TokenSettings['settings'] {
  const extra = settings[EXTRA];
  const isEmpty = Object.keys(Object(extra)).length === 0;
  return isEmpty && settings[ADDITIONAL] !== undefined ? { ...settings, [EXTRA]: settings[ADDITIONAL], [ADDITIONAL]: undefined } : settings;
}

const ADDITIONAL = 'additional_special_tokens';
const EXTRA = 'extra_special_tokens';

/** Tokens with ids in added_tokens_decoder; else in added_tokens.json and tokenizer.json; and how each of them is known by its text. */
function listedTokens(
  own: readonly AddedToken[],
  values: Record<string, unknown>,
  { settings, added, named }: TokenSettings & { named: TokenizerClass },
): { listed: Token[]; known: Map<string, Token> } {
  const byId = new Map<number, Token>();
  const decoder = settings['added_tokens_decoder'] as Record<string, { content: string } & TokenFlags> | undefined;
  if (decoder !== undefined) for (const [id, token] of Object.entries(decoder)) byId.set(Number(id), withFlags(token));
  else {
    // transformers 5 does not look at those of special_tokens_map.json here
    const others = isFive(named) ? [...listOf(settings[EXTRA]), ...listOf(settings[ADDITIONAL])] : listOf(values[ADDITIONAL]);
    const special = new Set([...ROLES.map((role) => values[role]), ...others].filter(isToken).map(contentOf));
    for (const [content, id] of Object.entries(added ?? {}))
      byId.set(id, withFlags({ content, special: special.has(content), normalized: !special.has(content) }));
    for (const { id, ...token } of own) byId.set(id, withFlags({ ...token, normalized: token.normalized ?? token.special !== true }));
  }
  const listed = [...byId].toSorted(([a], [b]) => a - b).map(([, token]) => token);
  return { listed, known: new Map(listed.map((token) => [token.content, token])) };
}

/** The special tokens, without repeats: by role, then others. */
function specialTokens(
  values: Record<string, unknown>,
  { known, named }: { known: ReadonlyMap<string, Token>; named: TokenizerClass },
): NamedToken[] {
  const roles = ROLES.flatMap((role): NamedToken[] => {
    const value = values[role] === undefined ? named.tokens[role] : values[role];
    if (!isToken(value)) return [];
    const token = (values[role] === undefined ? undefined : known.get(contentOf(value))) ?? value;
    const flags = named.flags[role];
    return [typeof token === 'string' && flags !== undefined ? { content: token, ...flags } : token];
  });
  const seen = new Set<string>();
  return [...roles, ...otherTokens(values, named)].filter((token) => {
    const isNew = !seen.has(contentOf(token));
    seen.add(contentOf(token));
    return isNew;
  });
}

/** Special tokens without a role. A list of extra_special_tokens, which transformers 5 writes, takes the place of the additional ones. */
function otherTokens(values: Record<string, unknown>, named: TokenizerClass): NamedToken[] {
  const extra = values[EXTRA];
  const lists = Array.isArray(extra) && extra.length > 0;
  const given = lists ? extra : values[ADDITIONAL];
  const additional = listOf(given === undefined ? named.additional : given);
  const extraIds = named.extraIds ? extraIdsOf(additional, values['extra_ids']) : [];
  const ofOwnName = isFive(named)
    ? Object.keys(values).filter((key) => key.endsWith('_token') && !(ROLES as readonly string[]).includes(key) && isToken(values[key]))
    : [];
  const rest = !lists && isObject(extra) ? Object.values(extra as object) : [];
  return [...ofOwnName.map((key) => values[key] as NamedToken), ...additional, ...extraIds, ...rest.filter(isToken)];
}

/** T5 adds tokens <extra_id_0> and so on, unless some are named. */
function extraIdsOf(additional: readonly NamedToken[], asked: unknown): string[] {
  const count = Number(asked ?? EXTRA_IDS);
  const names = additional.filter((token) => contentOf(token).includes('<extra_id_')).length;
  if (names === 0) return Array.from({ length: count }, (_, at) => `<extra_id_${at}>`);
  if (count === 0 || names === count) return [];
  throw new Error(`tokenizer_config.json has extra_ids ${count}, but names ${names} of them`);
}

/** The default of T5. */
const EXTRA_IDS = 100;

function withFlags({ content, single_word, lstrip, rstrip, normalized, special }: { content: string } & TokenFlags): Token {
  const isSpecial = special === true;
  return {
    content,
    single_word: single_word === true,
    lstrip: lstrip === true,
    rstrip: rstrip === true,
    ...(normalized === undefined ? {} : { normalized }),
    special: isSpecial,
  };
}

function asSpecial(token: NamedToken): NamedToken {
  return typeof token === 'string' ? token : withFlags({ ...token, special: true });
}

function contentOf(token: NamedToken): string {
  return typeof token === 'string' ? token : token.content;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isToken(value: unknown): value is NamedToken {
  return typeof value === 'string' || (isObject(value) && 'content' in value);
}

function listOf(value: unknown): NamedToken[] {
  return Array.isArray(value) ? value.filter(isToken) : [];
}

function isSame(a: Token, b: Token): boolean {
  const isNormalized = ({ normalized, special }: Token): boolean => normalized ?? !special;
  return a.content === b.content && isNormalized(a) === isNormalized(b) && FLAGS.every((flag) => a[flag] === b[flag]);
}

const FLAGS = ['single_word', 'lstrip', 'rstrip', 'special'] as const;

function isEqual(a: NamedToken, b: NamedToken): boolean {
  if (typeof a === 'string' || typeof b === 'string') return a === b;
  return isSame(withFlags(a), withFlags(b));
}
