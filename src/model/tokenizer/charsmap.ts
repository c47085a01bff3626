/**
 * The normaliser "Precompiled" of SentencePiece models: a double-array trie (Darts) from UTF-8 to its replacement. Format and use as
 * in Hugging Face's crates spm_precompiled and tokenizers: a grapheme of less than 6 bytes is looked up as a whole, else each of its
 * characters. If a key begins with several entries, the shortest wins.
 *
 * @param encoded the charsmap as tokenizer.json has it, in base64
 * @param maxLength maximum characters that a text may become
 * @throws an Error for a charsmap that is damaged
 */
export function charsmapNormalizer(encoded: string, maxLength: number = Infinity): (text: string) => string {
  const bytes = Buffer.from(encoded, 'base64');
  const trieBytes = bytes.length < 4 ? Infinity : bytes.readUInt32LE(0);
  if (trieBytes === 0 || trieBytes % 4 !== 0 || trieBytes > bytes.length - 4) throw new Error('its precompiled_charsmap is damaged');
  const trie = new Uint32Array(trieBytes / 4).map((_, at) => bytes.readUInt32LE(4 + 4 * at));
  const replacements = bytes.subarray(4 + trieBytes);
  const lookUp = (key: string): string | undefined => {
    const place = shortestMatch(trie, Buffer.from(key, 'utf8'));
    return place === undefined ? undefined : replacements.toString('utf8', place, replacements.indexOf(0, place));
  };
  const known = new Map<string, string | undefined>();
  const replacementOf = (key: string): string | undefined => {
    if (!known.has(key)) {
      if (known.size > MAX_CACHED) known.clear();
      known.set(key, lookUp(key));
    }
    return known.get(key);
  };
  const asciiStays = !Array.from({ length: 95 }, (_, at) => String.fromCharCode(32 + at)).some((char) => lookUp(char) !== undefined);
  return (text) => {
    if (asciiStays && PRINTABLE.test(text)) return text;
    let result = '';
    for (const { segment } of graphemes.segment(text)) {
      const whole = Buffer.byteLength(segment) < 6 ? replacementOf(segment) : undefined;
      if (whole !== undefined) result += whole;
      else for (const char of segment) result += replacementOf(char) ?? char;
      if (result.length > maxLength) throw new RangeError('the text becomes too long');
    }
    return result;
  };
}

/** Lookups in the cache. */
const MAX_CACHED = 50_000;

const PRINTABLE = /^[ -~]*$/;
const graphemes = new Intl.Segmenter();

/** Offset of the replacement for the shortest entry that `key` begins with. */
function shortestMatch(trie: Uint32Array, key: Uint8Array): number | undefined {
  let node = offsetOf(trie[0]!);
  for (const byte of key) {
    if (byte === 0) return undefined;
    node ^= byte;
    const unit = trie[node]!;
    // the label is the low byte, and the highest bit marks a value
    if ((unit & 0x800000ff) >>> 0 !== byte) return undefined;
    node ^= offsetOf(unit);
    if (((unit >>> 8) & 1) === 1) return trie[node]! & 0x7fffffff;
  }
  return undefined;
}

function offsetOf(unit: number): number {
  return ((unit >>> 10) << ((unit & 0x200) >>> 6)) >>> 0;
}
