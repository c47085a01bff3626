import { valuesAt } from './field-path.ts';

/** Records that are looked at, and leaves of each: JSON may have any number of both. */
const MAX_RECORDS = 50;
const MAX_PATHS = 200;
const MAX_DEPTH = 6;

/** Characters of a value that are looked at. */
const MAX_CHARACTERS = 2000;

const ADDRESS = /^(?:[a-z][a-z0-9+.-]*:\/\/|www\.)\S+$|^\S+@\S+\.\w+$/i;
const DIGITS_AND_SIGNS = /^[\d\s.,:;/%$€£+()TZ_-]+$/;
const DATE_IN_WORDS = /^(?:\p{L}{2,10}\.?,? )?(?:\d{1,2}\.? \p{L}{3,10}|\p{L}{3,10} \d{1,2})\.?,? \d{2,4}\b/u;
const DATA = /^[[{].*[\]}]$/s;

/** What a text counts for that all records share: it is chosen only where there is no other. */
const SHARED = 0.01;

/** Letters of scripts that put no spaces between words. */
const WITHOUT_SPACES =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/gu;

/** Whether a value reads like a text: several words, and not an address, a date, a number or data. */
function isText(value: string): boolean {
  if (ADDRESS.test(value) || DIGITS_AND_SIGNS.test(value) || DATE_IN_WORDS.test(value) || DATA.test(value)) return false;
  return /\p{L}\S*\s+\S*\p{L}/u.test(value) || (value.match(WITHOUT_SPACES)?.length ?? 0) >= 4;
}

/** Whether a value is a word: what remains where nothing is a text. */
function isWord(value: string): boolean {
  return /^[\p{L}\p{M}'’-]+[.!?]?$/u.test(value);
}

/** How much values are like texts: 0 where most are not, else their average length. A text that all records share counts less. */
function textLikeness(values: readonly unknown[], isLike: (value: string) => boolean): number {
  const filled = values.filter((value) => value !== undefined && value !== null && value !== '');
  if (filled.length === 0 || filled.some((value) => typeof value !== 'string')) return 0;
  const shown = (filled as string[]).map((value) => value.trim().slice(0, MAX_CHARACTERS));
  const texts = shown.filter(isLike);
  if (2 * texts.length < shown.length) return 0;
  const length = shown.reduce((sum, value) => sum + value.length, 0) / shown.length;
  const others = shown.length - 1;
  return others === 0 ? length : (length * (new Set(shown).size - 1 + SHARED)) / others;
}

/** The candidate whose values are most like texts, or at least words; undefined where none are. */
function best<Candidate>(candidates: readonly Candidate[], valuesOf: (candidate: Candidate) => readonly unknown[]): Candidate | undefined {
  for (const isLike of [isText, isWord]) {
    let found: Candidate | undefined;
    let most = 0;
    for (const candidate of candidates) {
      const likeness = textLikeness(valuesOf(candidate), isLike);
      if (likeness <= most) continue;
      most = likeness;
      found = candidate;
    }
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The column of a table whose values are most like texts, by its number from 0. */
export function textColumnOf(rows: readonly (readonly unknown[])[], columns: number): number | undefined {
  const seen = rows.slice(0, MAX_RECORDS);
  return best([...Array(Math.min(columns, MAX_PATHS)).keys()], (at) => seen.map((row) => row[at]));
}

/**
 * Paths to what is most like a text in JSON values: to one value, and through lists to all of their values. Below a value that was
 * asked for, at `above`, any string will do.
 */
export function textPathsOf(values: readonly unknown[], above = ''): { one: string; all: string | undefined } | undefined {
  const seen = values.slice(0, MAX_RECORDS);
  const paths = new Set<string>();
  for (const value of seen) addLeaves(paths, value, '');
  // a list is not asked for in vain: a leaf outside of lists comes first
  const direct = [...paths].filter((path) => !path.includes('['));
  const one = best(direct, valuesOf) ?? best([...paths], valuesOf) ?? (above === '' ? undefined : [...paths][0]);
  if (one === undefined) return undefined;
  const all = starred(one);
  return { one: pathBelow(above, one), all: all === one || valuesOf(all).length === 0 ? undefined : pathBelow(above, all) };

  function valuesOf(path: string): unknown[] {
    return seen.flatMap((value) => valuesAt(value, path)?.values ?? []);
  }
}

/** A path with stars in the place of its indexes: "messages.*.content" of "messages[1].content". */
function starred(path: string): string {
  return path.replace(/\[\d+\]/g, (_, at: number) => (at === 0 ? '*' : '.*'));
}

function pathBelow(above: string, path: string): string {
  return above === '' || path.startsWith('[') ? above + path : `${above}.${path}`;
}

/** Adds the paths to strings, as far as they lead back to them. */
function addLeaves(paths: Set<string>, value: unknown, path: string, depth = 0): void {
  if (paths.size >= MAX_PATHS || depth > MAX_DEPTH) return;
  if (typeof value === 'string') {
    if (path !== '') paths.add(path);
  } else if (Array.isArray(value)) {
    for (const [at, one] of value.slice(0, MAX_RECORDS).entries()) addLeaves(paths, one, `${path}[${at}]`, depth + 1);
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, one] of Object.entries(value)) addLeaves(paths, one, path === '' ? key : `${path}.${key}`, depth + 1);
  }
}
