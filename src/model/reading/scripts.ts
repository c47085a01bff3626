/** The scripts that are counted, by their Unicode names (UAX 24). */
const SCRIPTS = [
  'Latin', 'Cyrillic', 'Han', 'Hiragana', 'Katakana', 'Hangul', 'Arabic', 'Hebrew', 'Greek', 'Devanagari', 'Thai', 'Bengali', 'Tamil',
  'Telugu', 'Gujarati', 'Gurmukhi', 'Kannada', 'Malayalam', 'Sinhala', 'Khmer', 'Lao', 'Myanmar', 'Tibetan', 'Mongolian', 'Georgian',
  'Armenian', 'Ethiopic', 'Bopomofo',
]; // prettier-ignore

/** Characters of a text that are counted: the rest has the same scripts. */
const MAX_CHARS = 4096;

/** Counts letters of texts by their script, file by file. */
export type ScriptCounter = {
  /** Begins a file. Returns the function that counts its texts. */
  openFile(): (text: string) => void;
  /** Scripts with at least this share of the letters of any one file, so that small languages count; the most frequent come first. */
  above(share: number): string[];
};

export function countScripts(): ScriptCounter {
  const tests = SCRIPTS.map((script) => new RegExp(`\\p{Script=${script}}`, 'u'));
  const files: Float64Array[] = [];
  // per UTF-16 unit: 0 not looked at yet, 1 not a letter, else 2 + the number of its script; the last number is any other script
  const kinds = new Uint8Array(1 << 16);
  const kindOf = (letter: string): number => {
    if (!/\p{L}/u.test(letter)) return 1;
    const at = tests.findIndex((test) => test.test(letter));
    return 2 + (at < 0 ? SCRIPTS.length : at);
  };
  return {
    openFile() {
      const counts = new Float64Array(SCRIPTS.length + 1);
      files.push(counts);
      return (text) => {
        const end = Math.min(text.length, MAX_CHARS);
        for (let at = 0; at < end; at++) {
          const unit = text.charCodeAt(at);
          let kind = kinds[unit]!;
          if ((unit & 0xfc00) === 0xd800) kind = kindOf(String.fromCodePoint(text.codePointAt(at++)!));
          else if (kind === 0) kind = kinds[unit] = kindOf(String.fromCharCode(unit));
          if (kind > 1) counts[kind - 2]!++;
        }
      };
    },
    above(share) {
      const letters = files.map((counts) => counts.reduce((sum, count) => sum + count, 0));
      return SCRIPTS.map((script, at) => ({
        script,
        count: files.reduce((sum, counts) => sum + counts[at]!, 0),
        isRead: files.some((counts, file) => counts[at]! > 0 && counts[at]! >= share * letters[file]!),
      }))
        .filter(({ isRead }) => isRead)
        .toSorted((a, b) => b.count - a.count)
        .map(({ script }) => script);
    },
  };
}
