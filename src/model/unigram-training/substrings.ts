import type { Pause } from './pre-token-counts.ts';
import type { Segments } from './segments.ts';

/** Characters per piece. */
export const MAX_PIECE_CHARS = 12;

/**
 * Substrings of segments as a trie. Nodes 0 … A - 1 are the alphabet. Each other node is its parent plus one character, and a hash table
 * finds it by the two. Arrays are longer than `length`.
 */
export type Substrings = {
  length: number;
  parents: Int32Array;
  chars: Uint16Array;
  /** The node of all but the first character. */
  suffixes: Int32Array;
  /** Occurrences. */
  counts: Float64Array;
  /** Occurrences in distinct segments, and the first of them. */
  places: Uint32Array;
  firstAt: Uint32Array;
  /** Characters of frequent substrings, 0 for rare ones. */
  sizes: Uint8Array;
  /** 1 if it always has the same character before or after it: then the longer substring takes its place. */
  covered: Uint8Array;
  slots: Int32Array;
};

/** Rarer substrings do not become pieces. */
const MIN_COUNT = 2;

/** Distinct substrings per length. If there are more, the rarest are left out. */
const MAX_PER_LENGTH = 1 << 20;

/** The size of the sketch: counts by hash, never too low, that show which substrings are rare before they take memory. */
const MAX_SKETCH_BITS = 23;

/**
 * Finds frequent substrings, length by length: one of n characters is considered only if both its parts of n - 1 characters are frequent.
 * That takes memory only for frequent substrings; a suffix array would take it for all places.
 */
export async function findSubstrings(segments: Segments, pause: Pause): Promise<Substrings> {
  const { chars, alphabet } = segments;
  const trie = alphabetTrie(segments);
  // per place, the node of the substring of the last length that begins there, or -1
  const nodes = new Int32Array(chars.length);
  for (let at = 0; at < chars.length; at++) nodes[at] = chars[at]!;
  const sketch = new Float32Array(1 << Math.min(MAX_SKETCH_BITS, Math.ceil(Math.log2(2 + chars.length))));
  let least = MIN_COUNT;
  let from = alphabet.length;
  for (let size = 2; size <= MAX_PIECE_CHARS; size++) {
    await pause((size - 2) / MAX_PIECE_CHARS);
    estimate(segments, { nodes, size, sketch });
    least = leastCount(sketch, least);
    await pause((size - 1.5) / MAX_PIECE_CHARS);
    count(segments, { nodes, size, sketch, least, trie });
    if (trie.length === from) break;
    settle(trie, { from, size, least });
    for (let at = 0; at < nodes.length; at++) if (nodes[at] !== -1 && trie.sizes[nodes[at]!] === 0) nodes[at] = -1;
    from = trie.length;
  }
  return trie;
}

/** The node of a substring plus one character, or -1. */
export function childOf({ slots, parents, chars }: Substrings, node: number, char: number): number {
  const mask = slots.length - 1;
  for (let slot = hashOf(node, char) & mask; ; slot = (slot + 1) & mask) {
    const id = slots[slot]!;
    if (id === -1 || (parents[id] === node && chars[id] === char)) return id;
  }
}

function hashOf(node: number, char: number): number {
  let hash = Math.imul(node, 0x9e3779b1) ^ Math.imul(char + 1, 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return (hash ^ (hash >>> 13)) >>> 0;
}

function alphabetTrie({ chars, alphabet, charCounts }: Segments): Substrings {
  const room = Math.max(1 << 16, 2 * alphabet.length);
  const trie: Substrings = {
    length: alphabet.length,
    parents: new Int32Array(room).fill(-1, 0, alphabet.length),
    chars: new Uint16Array(room),
    suffixes: new Int32Array(room),
    counts: new Float64Array(room),
    places: new Uint32Array(room),
    firstAt: new Uint32Array(room),
    sizes: new Uint8Array(room).fill(1, 0, alphabet.length),
    covered: new Uint8Array(room),
    slots: new Int32Array(4 * room).fill(-1),
  };
  trie.counts.set(charCounts);
  for (let at = 0; at < chars.length; at++) trie.places[chars[at]!]!++;
  return trie;
}

type Level = { nodes: Int32Array; size: number; sketch: Float32Array };

/** Fills the sketch with the counts of all substrings of `size` characters whose parts are frequent. */
function estimate({ chars, starts, counts: weights }: Segments, { nodes, size, sketch }: Level): void {
  sketch.fill(0);
  for (let segment = 0; segment < weights.length; segment++) {
    const last = starts[segment + 1]! - size;
    const weight = weights[segment]!;
    for (let at = starts[segment]!; at <= last; at++) {
      const node = nodes[at]!;
      if (node !== -1 && nodes[at + 1] !== -1) sketch[hashOf(node, chars[at + size - 1]!) & (sketch.length - 1)]! += weight;
    }
  }
}

/** Adds substrings that may be frequent to the trie, and puts their nodes in the place of their parents' in `nodes`. */
function count(
  { chars, starts, counts: weights }: Segments,
  { nodes, size, sketch, least, trie }: Level & { least: number; trie: Substrings },
): void {
  for (let segment = 0; segment < weights.length; segment++) {
    const end = starts[segment + 1]!;
    const weight = weights[segment]!;
    for (let at = starts[segment]!; at < end; at++) {
      const node = nodes[at]!;
      if (node === -1) continue;
      nodes[at] = -1;
      if (at + size > end || nodes[at + 1] === -1) continue;
      const char = chars[at + size - 1]!;
      if (sketch[hashOf(node, char) & (sketch.length - 1)]! < least) continue;
      let child = childOf(trie, node, char);
      if (child === -1) {
        child = append(trie, node, char);
        trie.suffixes[child] = nodes[at + 1]!;
        trie.firstAt[child] = at;
      }
      trie.counts[child]! += weight;
      trie.places[child]!++;
      nodes[at] = child;
    }
  }
}

function append(trie: Substrings, node: number, char: number): number {
  const child = trie.length++;
  if (child === trie.parents.length) grow(trie);
  trie.parents[child] = node;
  trie.chars[child] = char;
  put(trie, child);
  return child;
}

function put({ slots, parents, chars }: Substrings, node: number): void {
  const mask = slots.length - 1;
  let slot = hashOf(parents[node]!, chars[node]!) & mask;
  while (slots[slot] !== -1) slot = (slot + 1) & mask;
  slots[slot] = node;
}

function grow(trie: Substrings): void {
  for (const key of ['parents', 'chars', 'suffixes', 'counts', 'places', 'firstAt', 'sizes', 'covered'] as const) {
    const old = trie[key];
    const larger = new (old.constructor as new (length: number) => typeof old)(2 * old.length);
    larger.set(old);
    (trie as Record<typeof key, typeof old>)[key] = larger;
  }
  trie.slots = new Int32Array(2 * trie.slots.length).fill(-1);
  // the last one has no parent yet
  for (let node = 0; node < trie.length - 1; node++) if (trie.parents[node] !== -1) put(trie, node);
}

/** Sets the sizes of the frequent nodes from `from`, and marks the parts that they cover. */
function settle(
  { length, parents, suffixes, counts, sizes, covered }: Substrings,
  { from, size, least }: { from: number; size: number; least: number },
): void {
  for (let node = from; node < length; node++) {
    if (counts[node]! < least) continue;
    sizes[node] = size;
    for (const part of [parents[node]!, suffixes[node]!]) if (counts[part] === counts[node]) covered[part] = 1;
  }
}

/** The smallest count from `least` that at most MAX_PER_LENGTH substrings reach. */
function leastCount(sketch: Float32Array, least: number): number {
  const buckets = new Uint32Array(1024);
  for (let slot = 0; slot < sketch.length; slot++) buckets[Math.min(sketch[slot]!, 1023)]!++;
  let reach = buckets.subarray(least).reduce((sum, number) => sum + number, 0);
  let result = least;
  while (reach > MAX_PER_LENGTH && result < 1023) reach -= buckets[result++]!;
  return result;
}
