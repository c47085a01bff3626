import type { PreTokens } from './pre-token-counts.ts';

/**
 * Pre-tokens as numbers of characters: segment s is `chars[starts[s]..starts[s + 1]]` and occurs `counts[s]` times. Character c is
 * `alphabet[c]`, frequent ones first.
 */
export type Segments = {
  chars: Uint16Array;
  starts: Uint32Array;
  counts: Float64Array;
  alphabet: string[];
  /** How often each character occurs. */
  charCounts: Float64Array;
};

/** Longer segments are cut, so that the products of their pieces' probabilities stay within the range of doubles. */
export const MAX_SEGMENT_CHARS = 40;

/** Larger alphabets do not fit 16 bits. */
const MAX_ALPHABET = 65_535;

/** Characters of distinct pre-tokens. If there are more, only every second, fourth … of those that occur once is kept, and counts for the others. */
const MAX_CHARS = 16_000_000;

/** Splits pre-tokens where a character is not in the alphabet, and where they are too long. */
export function toSegments(preTokens: PreTokens): Segments {
  const { units, starts: from, counts: occurrences, length } = preTokens;
  const frequency = new Float64Array(0x110000);
  for (let id = 0; id < length; id++) {
    for (let at = from[id]!; at < from[id + 1]!;) {
      const codePoint = codePointAt(units, at, from[id + 1]!);
      frequency[codePoint]! += occurrences[id]!;
      at += codePoint > 0xffff ? 2 : 1;
    }
  }
  const codePoints: number[] = [];
  for (let codePoint = 0; codePoint < frequency.length; codePoint++) if (frequency[codePoint]! > 0) codePoints.push(codePoint);
  const alphabet = codePoints.toSorted((a, b) => frequency[b]! - frequency[a]! || a - b).slice(0, MAX_ALPHABET);
  const idOf = new Int32Array(0x110000).fill(-1);
  alphabet.forEach((codePoint, id) => (idOf[codePoint] = id));

  const stride = strideOf(preTokens);
  const chars = new Uint16Array(from[length]!);
  const starts: number[] = [0];
  const counts: number[] = [];
  let end = 0;
  let once = 0;
  for (let id = 0; id < length; id++) {
    const single = occurrences[id] === 1;
    if (single && once++ % stride !== 0) continue;
    const count = single ? stride : occurrences[id]!;
    const close = (): void => {
      if (end === starts.at(-1)) return;
      starts.push(end);
      counts.push(count);
    };
    for (let at = from[id]!; at < from[id + 1]!;) {
      const codePoint = codePointAt(units, at, from[id + 1]!);
      at += codePoint > 0xffff ? 2 : 1;
      const char = idOf[codePoint]!;
      if (char === -1) close();
      else {
        if (end === starts.at(-1)! + MAX_SEGMENT_CHARS) close();
        chars[end++] = char;
      }
    }
    close();
  }
  return {
    chars: chars.subarray(0, end),
    starts: Uint32Array.from(starts),
    counts: Float64Array.from(counts),
    alphabet: alphabet.map((codePoint) => String.fromCodePoint(codePoint)),
    charCounts: Float64Array.from(alphabet, (codePoint) => frequency[codePoint]!),
  };
}

/** The character at a unit. A lone surrogate reads as U+FFFD, as in the tokenizer. */
function codePointAt(units: Uint16Array, at: number, end: number): number {
  const unit = units[at]!;
  if ((unit & 0xf800) !== 0xd800) return unit;
  const next = at + 1 < end ? units[at + 1]! : 0;
  return unit < 0xdc00 && (next & 0xfc00) === 0xdc00 ? ((unit & 0x3ff) << 10) + (next & 0x3ff) + 0x10000 : 0xfffd;
}

function strideOf({ starts, counts, length }: PreTokens): number {
  let repeated = 0;
  for (let id = 0; id < length; id++) if (counts[id]! > 1) repeated += starts[id + 1]! - starts[id]!;
  const once = starts[length]! - repeated;
  let stride = 1;
  while (repeated + once / stride > MAX_CHARS && once / stride > MAX_CHARS / 16) stride *= 2;
  return stride;
}
