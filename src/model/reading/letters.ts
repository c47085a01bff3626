/** The number of letters in a text, and of those outside the scripts that a model reads. */
export type LetterCount = { letters: number; foreign: number };

/** Characters of a text that are counted: a model does not read further either. */
const MAX_CHARS = 1 << 14;

/**
 * A counter for the given Unicode scripts ("Latin", "Cyrillic", …). Letters that belong to no single script (Common,
 * Inherited) are never foreign.
 */
export function letterCounter(scripts: readonly string[]): (text: string) => LetterCount {
  const own = new RegExp(`[${[...scripts, 'Common', 'Inherited'].map((script) => `\\p{Script=${script}}`).join('')}]`, 'u');
  // per UTF-16 unit: 0 not looked at yet, 1 not a letter, 2 own letter, 3 foreign letter
  const kinds = new Uint8Array(1 << 16);
  const kindOf = (character: string): number => (/\p{L}/u.test(character) ? (own.test(character) ? 2 : 3) : 1);

  return (text) => {
    const count = { letters: 0, foreign: 0 };
    const end = Math.min(text.length, MAX_CHARS);
    for (let at = 0; at < end; at++) {
      const unit = text.charCodeAt(at);
      let kind = kinds[unit]!;
      if ((unit & 0xfc00) === 0xd800) {
        kind = kindOf(String.fromCodePoint(text.codePointAt(at)!));
        at++;
      } else if (kind === 0) {
        kind = kinds[unit] = kindOf(String.fromCharCode(unit));
      }
      if (kind > 1) count.letters++;
      if (kind > 2) count.foreign++;
    }
    return count;
  };
}
