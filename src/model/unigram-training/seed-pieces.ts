import { segmentGroups, type Lattice } from './lattice.ts';
import type { Pause } from './pre-token-counts.ts';
import type { Segments } from './segments.ts';
import { childOf, findSubstrings, MAX_PIECE_CHARS, type Substrings } from './substrings.ts';

/** Pieces to begin with. Numbers 0 … alphabet - 1 are single characters, the others come by count, frequent ones first. */
export type Seeds = { lattice: Lattice; texts: string[]; alphabet: number; counts: Float64Array };

/** The first passes take time for each seed, and drop most of them. */
const MAX_SEEDS = 1_000_000;

/** The substrings that cover most characters, and every place where they occur. */
export async function findSeeds(segments: Segments, pause: Pause): Promise<Seeds> {
  const trie = await findSubstrings(segments, (done) => pause(0.7 * done));
  const alphabet = segments.alphabet.length;
  const chosen = chooseSeeds(trie, alphabet);
  // node → piece
  const pieceOf = new Int32Array(trie.length).fill(-1);
  for (let char = 0; char < alphabet; char++) pieceOf[char] = char;
  chosen.forEach((node, at) => (pieceOf[node] = alphabet + at));
  await pause(0.75);
  const lattice = await layOut(segments, { trie, pieceOf, pieces: alphabet + chosen.length, pause: (done) => pause(0.75 + 0.25 * done) });
  const counts = new Float64Array(alphabet + chosen.length);
  counts.set(segments.charCounts);
  const texts = [...segments.alphabet];
  chosen.forEach((node, at) => {
    counts[alphabet + at] = trie.counts[node]!;
    const from = trie.firstAt[node]!;
    let text = '';
    for (let place = from; place < from + trie.sizes[node]!; place++) text += segments.alphabet[segments.chars[place]!]!;
    texts.push(text);
  });
  return { lattice, texts, alphabet, counts };
}

/** The nodes of all seeds except single characters, frequent ones first. */
function chooseSeeds({ length, counts, sizes, covered }: Substrings, alphabet: number): Uint32Array {
  const gains = new Float64Array(length);
  for (let node = alphabet; node < length; node++) if (covered[node] === 0) gains[node] = counts[node]! * sizes[node]!;
  const isChosen = largest(gains, MAX_SEEDS);
  // a count and a node fit the 53 bits of one number, and plain numbers are sorted without a callback
  const keys = new Float64Array(MAX_SEEDS);
  let number = 0;
  for (let node = alphabet; node < length; node++) {
    if (isChosen[node] === 1 && gains[node]! > 0) keys[number++] = node - counts[node]! * NODES;
  }
  return Uint32Array.from(keys.subarray(0, number).toSorted(), (key) => ((key % NODES) + NODES) % NODES);
}

/** Marks the `number` largest values with 1; of equals, the first. */
export function largest(values: Float64Array, number: number): Uint8Array {
  if (number === 0) return new Uint8Array(values.length);
  const least = values.toSorted().at(-number) ?? -Infinity;
  const marks = Uint8Array.from(values, (value) => (value > least ? 1 : 0));
  let equals = number - marks.reduce((sum, mark) => sum + mark, 0);
  for (let at = 0; at < values.length && equals > 0; at++) {
    if (values[at] !== least) continue;
    marks[at] = 1;
    equals--;
  }
  return marks;
}

/** More nodes than there can be. */
const NODES = 2 ** 25;

type Layout = {
  trie: Substrings;
  pieceOf: Int32Array;
  /** Per node, the longest substring that it begins with, or itself, that is a piece. */
  nearest: Int32Array;
};

/** Builds the lattice: the places of all pieces. */
async function layOut(
  segments: Segments,
  { trie, pieceOf, pieces, pause }: { trie: Substrings; pieceOf: Int32Array; pieces: number; pause: Pause },
): Promise<Lattice> {
  const { chars, starts, counts } = segments;
  let length = 0;
  const firstAt = new Uint32Array(pieces);
  const lengths = new Uint8Array(pieces);
  const nearest = new Int32Array(trie.length);
  for (let node = 0; node < trie.length; node++) {
    const piece = pieceOf[node]!;
    nearest[node] = piece === -1 ? nearest[trie.parents[node]!]! : node;
    if (piece === -1) continue;
    length += trie.places[node]!;
    firstAt[piece] = trie.firstAt[node]!;
    lengths[piece] = trie.sizes[node]!;
  }
  const lattice = { starts, counts, edges: new Uint32Array(length), edgeStarts: new Uint32Array(chars.length + 1), firstAt, lengths };
  for (const { from, to } of segmentGroups(lattice)) {
    layOutGroup(segments, { trie, pieceOf, nearest, lattice, from, to });
    await pause(to / counts.length);
  }
  return lattice;
}

function layOutGroup(
  { chars, alphabet: { length: alphabet } }: Segments,
  { trie, pieceOf, nearest, lattice, from, to }: Layout & { lattice: Lattice; from: number; to: number },
): void {
  const { starts, edges, edgeStarts } = lattice;
  let edge = edgeStarts[starts[from]!]!;
  for (let segment = from; segment < to; segment++) {
    const end = starts[segment + 1]!;
    // the longest known substring that begins here; the next place has at least this one without its first character
    let node = -1;
    let size = 0;
    for (let at = starts[segment]!; at < end; at++) {
      node = size > 1 ? trie.suffixes[node]! : chars[at]!;
      size = Math.max(1, size - 1);
      for (const most = Math.min(end - at, MAX_PIECE_CHARS); size < most; size++) {
        const longer = childOf(trie, node, chars[at + size]!);
        if (longer === -1) break;
        node = longer;
      }
      for (let piece = nearest[node]!; piece !== -1; piece = piece < alphabet ? -1 : nearest[trie.parents[piece]!]!) {
        edges[edge++] = (pieceOf[piece]! << 4) | trie.sizes[piece]!;
      }
      edgeStarts[at + 1] = edge;
    }
  }
}
