import { openNormalizer, type StepConfig } from '../tokenizer/normalizers.ts';
import { openPreTokenizer } from '../tokenizer/pre-tokenizers.ts';

/** Called by long steps of the training, to let signals and timers run; `done` is the finished share of the step, from 0 to 1. */
export type Pause = (done: number) => Promise<void>;

/** The character that begins a word, in place of the space before it. */
export const WORD_MARK = '▁';

export const NORMALIZER: StepConfig = { type: 'Sequence', normalizers: [{ type: 'NFKC' }, { type: 'Lowercase' }] };

const ALONE: readonly StepConfig[] = [
  { type: 'Punctuation', behavior: 'Isolated' },
  { type: 'Digits', individual_digits: true },
];

export const PRE_TOKENIZER: StepConfig = {
  type: 'Sequence',
  // white space of every kind separates words: texts of several lines or columns have more than spaces
  pretokenizers: [
    { type: 'WhitespaceSplit' },
    { type: 'Metaspace', replacement: WORD_MARK, prepend_scheme: 'always', split: true },
    ...ALONE,
  ],
};

/** White space becomes the mark of a word, unless the word has one already. */
const WHITE_SPACE = /\p{White_Space}+/gu;
const BEFORE_MARK = /\p{White_Space}+(?=▁)/gu;

/** Distinct pre-tokens in the order in which they came: number i is `units[starts[i]..starts[i + 1]]`, in UTF-16. */
export type PreTokens = { units: Uint16Array; starts: Uint32Array; counts: Uint32Array; length: number };

/** Characters of all texts that are counted. Twice as many change few pieces, and take twice the time. */
const MAX_CHARS = 50_000_000;

/**
 * A sample of texts with at most MAX_CHARS characters: all of them, or if they have more, every second, every fourth and so on.
 */
export async function sampleTexts(texts: Iterable<string>, pause: Pause): Promise<string[]> {
  let kept: string[] = [];
  let chars = 0;
  let stride = 1;
  let at = 0;
  for (const text of texts) {
    if (at % stride === 0) {
      kept.push(text);
      chars += text.length;
    }
    while (chars > MAX_CHARS && kept.length > 1) {
      stride *= 2;
      kept = kept.filter((_, index) => index % 2 === 0);
      chars = kept.reduce((sum, { length }) => sum + length, 0);
    }
    if (++at % 65_536 === 0) await pause(0);
  }
  return kept;
}

/** About this many characters are counted between two pauses. */
const CHARS_PER_PAUSE = 1 << 20;

/** Splits texts as PRE_TOKENIZER does, but without a string per word, and counts the pre-tokens. */
export async function countPreTokens(texts: readonly string[], pause: Pause): Promise<PreTokens> {
  const normalize = openNormalizer(NORMALIZER, noPatterns);
  const table = preTokenTable();
  let chars = 0;
  for (let at = 0; at < texts.length; at++) {
    const text = texts[at]!;
    const spaced = normalize(text).replace(BEFORE_MARK, '').replace(WHITE_SPACE, ' ').trim();
    if (spaced !== '') table.add(spaced);
    chars += text.length;
    if (chars < CHARS_PER_PAUSE) continue;
    chars = 0;
    await pause(at / texts.length);
  }
  return table.counted();
}

function noPatterns(): never {
  throw new Error('no step has patterns');
}

const MARK = WORD_MARK.charCodeAt(0);
const SPACE = 0x20;

/** Kinds of UTF-16 units: part of a word, a pre-token by itself, or the beginning of a word. 0 is not known yet. */
const PART = 1;
const STANDS_ALONE = 2;
const BEGINS = 3;

/** Counts distinct pre-tokens, with a hash table over their units. */
function preTokenTable(): { add: (text: string) => void; counted: () => PreTokens } {
  let units = new Uint16Array(1 << 20);
  let used = 0;
  let starts = new Uint32Array(1 << 16);
  let counts = new Uint32Array(1 << 16);
  let hashes = new Int32Array(1 << 16);
  let slots = new Int32Array(1 << 17).fill(-1);
  let length = 0;
  const kinds = new Uint8Array(0x10000);
  kinds[SPACE] = kinds[MARK] = BEGINS;
  const kindOf = openKinds();

  const grow = (): void => {
    starts = enlarged(starts, 2 * starts.length);
    counts = enlarged(counts, 2 * counts.length);
    hashes = enlarged(hashes, 2 * hashes.length);
    slots = new Int32Array(2 * slots.length).fill(-1);
    for (let id = 0; id < length; id++) {
      let slot = hashes[id]! & (slots.length - 1);
      while (slots[slot] !== -1) slot = (slot + 1) & (slots.length - 1);
      slots[slot] = id;
    }
  };

  /** Counts the pre-token at the end of `units`, and removes it from there if it is known already. */
  const close = (end: number, hash: number): void => {
    const from = used;
    if (end === from) return;
    const mask = slots.length - 1;
    const mixed = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
    let slot = (mixed ^ (mixed >>> 13)) & mask;
    for (; slots[slot] !== -1; slot = (slot + 1) & mask) {
      const id = slots[slot]!;
      if (hashes[id] !== (mixed ^ (mixed >>> 13))) continue;
      const start = starts[id]!;
      if (starts[id + 1]! - start !== end - from) continue;
      let same = 0;
      while (from + same < end && units[start + same] === units[from + same]) same++;
      if (from + same < end) continue;
      counts[id]!++;
      return;
    }
    slots[slot] = length;
    hashes[length] = mixed ^ (mixed >>> 13);
    counts[length] = 1;
    used = end;
    starts[++length] = end;
    if (length + 1 >= starts.length) grow();
  };

  const add = (text: string): void => {
    if (used + text.length + 1 > units.length) units = enlarged(units, Math.max(2 * units.length, used + text.length + 1));
    let end = used;
    let hash = 0;
    const first = text.charCodeAt(0);
    if (first !== SPACE && first !== MARK) {
      units[end++] = MARK;
      hash = MARK;
    }
    for (let at = 0; at < text.length; at++) {
      const unit = text.charCodeAt(at);
      let kind = kinds[unit]!;
      if (kind === 0) {
        // surrogate pairs are looked up as one character, each time again
        if ((unit & 0xfc00) === 0xd800) kind = kindOf(text.codePointAt(at)!);
        else if ((unit & 0xfc00) === 0xdc00) kind = PART;
        else kind = kinds[unit] = kindOf(unit);
      }
      if (kind === PART) {
        units[end++] = unit;
        hash = Math.imul(hash, 0x01000193) ^ unit;
        continue;
      }
      close(end, hash);
      end = used;
      units[end++] = unit === SPACE ? MARK : unit;
      hash = units[used]!;
      if (kind === BEGINS) continue;
      if (unit >= 0xd800 && unit < 0xdc00) {
        const low = text.charCodeAt(++at);
        units[end++] = low;
        hash = Math.imul(hash, 0x01000193) ^ low;
      }
      close(end, hash);
      end = used;
      hash = 0;
    }
    close(end, hash);
  };
  return { add, counted: () => ({ units, starts, counts, length }) };
}

/** Asks the pre-tokenizers themselves whether a character stands alone. */
function openKinds(): (codePoint: number) => number {
  const split = openPreTokenizer({ type: 'Sequence', pretokenizers: ALONE }, noPatterns);
  const known = new Map<number, number>();
  return (codePoint) => {
    let kind = known.get(codePoint);
    if (kind === undefined) {
      kind = split(`a${String.fromCodePoint(codePoint)}`, false).length > 1 ? STANDS_ALONE : PART;
      known.set(codePoint, kind);
    }
    return kind;
  };
}

function enlarged<T extends Uint16Array | Uint32Array | Int32Array>(array: T, length: number): T {
  const larger = new (array.constructor as new (length: number) => T)(length);
  larger.set(array);
  return larger;
}
