/**
 * The ids of words that were read. Words and ids are packed into one array, outside of the heap: an entry takes some 40 bytes where a Map
 * of strings to arrays took 250, and looking up a part of a text makes no string. A full cache starts again from nothing. Where new words
 * never cease, twice the words would be 8 % faster, but memory would grow for ten times as long.
 */
export type WordCache = {
  /** The place of the word that is text[from … end); UNKNOWN if it is not in the cache. */
  find(text: string, from: number, end: number): number;
  /**
   * Adds a word that is not known and returns its place, which is valid until the next word is added.
   *
   * @param ids null: it cannot be read by itself
   */
  add(text: string, from: number, end: number, ids: readonly number[] | null): number;
  /** Appends the ids at a place; false for a word that cannot be read by itself. */
  append(place: number, into: number[]): boolean;
};

export const UNKNOWN = -1;

/** Longer words, which hardly repeat, must not be added. */
export const MAX_WORD_UNITS = 32;

const MAX_WORDS = 100_000;

/** Words are looked for in this many slots: words that were made to share a slot must not slow down the others. */
const MAX_PROBES = 32;

/** An entry has its hash, the units of its word and the number of its ids, then the units, two per number, then the ids. */
const HEAD = 2;
const LENGTH_BITS = 6;
const LENGTH_MASK = (1 << LENGTH_BITS) - 1;
const NO_IDS = -1;

export function openWordCache({ maxWords = MAX_WORDS }: { maxWords?: number } = {}): WordCache {
  let entries = new Int32Array(1 << 12);
  let end = 0;
  let words = 0;
  // places of entries plus 1, by hash; at most half are taken
  let slots = new Int32Array(1 << 10);

  const isWord = (place: number, text: string, from: number, length: number): boolean => {
    if ((entries[place + 1]! & LENGTH_MASK) !== length) return false;
    for (let at = 0; at < length; at++) {
      if (((entries[place + HEAD + (at >> 1)]! >>> ((at & 1) << 4)) & 0xffff) !== text.charCodeAt(from + at)) return false;
    }
    return true;
  };
  /** Takes a free slot, or the first one if none is near. */
  const putSlot = (place: number): void => {
    const hash = entries[place]!;
    const mask = slots.length - 1;
    let probe = 0;
    while (probe < MAX_PROBES && slots[(hash + probe) & mask] !== 0) probe++;
    slots[(hash + (probe < MAX_PROBES ? probe : 0)) & mask] = place + 1;
  };
  const makeRoom = (size: number): void => {
    if (words >= maxWords) {
      slots.fill(0);
      words = 0;
      end = 0;
    }
    if (end + size > entries.length) {
      const larger = new Int32Array(2 * (end + size));
      larger.set(entries);
      entries = larger;
    }
    if (2 * words < slots.length) return;
    const places = slots.filter((place) => place !== 0);
    slots = new Int32Array(2 * slots.length);
    for (const place of places) putSlot(place - 1);
  };
  return {
    find(text, from, to) {
      const hash = hashOf(text, from, to);
      const mask = slots.length - 1;
      for (let probe = 0; probe < MAX_PROBES; probe++) {
        const place = slots[(hash + probe) & mask]! - 1;
        if (place === -1) return UNKNOWN;
        if (entries[place] === hash && isWord(place, text, from, to - from)) return place;
      }
      return UNKNOWN;
    },
    add(text, from, to, ids) {
      const length = to - from;
      const first = HEAD + ((length + 1) >> 1);
      const count = ids === null ? NO_IDS : ids.length;
      makeRoom(first + Math.max(0, count));
      const place = end;
      entries[place] = hashOf(text, from, to);
      entries[place + 1] = length | (count << LENGTH_BITS);
      entries.fill(0, place + HEAD, place + first);
      for (let at = 0; at < length; at++) entries[place + HEAD + (at >> 1)]! |= text.charCodeAt(from + at) << ((at & 1) << 4);
      if (ids !== null) entries.set(ids, place + first);
      end += first + Math.max(0, count);
      words++;
      putSlot(place);
      return place;
    },
    append(place, into) {
      const head = entries[place + 1]!;
      const count = head >> LENGTH_BITS;
      if (count === NO_IDS) return false;
      const first = place + HEAD + (((head & LENGTH_MASK) + 1) >> 1);
      for (let at = 0; at < count; at++) into.push(entries[first + at]!);
      return true;
    },
  };
}

/** FNV-1a over UTF-16 units, then mixed so that its low bits depend on all of them. */
function hashOf(text: string, from: number, end: number): number {
  let hash = 0x811c9dc5;
  for (let at = from; at < end; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  hash ^= hash >>> 15;
  hash = Math.imul(hash, 0x2c1b3c6d);
  return hash ^ (hash >>> 13);
}
