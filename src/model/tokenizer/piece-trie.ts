/**
 * The pieces of a vocabulary as a trie over UTF-16 units. Its edges are in a hash table; the place of an edge is the number of the node
 * that it leads to. The data of a step is adjacent, because most steps wait for memory. The arrays are flat, so that threads can share
 * them. A vocabulary of 80,000 pieces takes 4 MB and about 20 ms to build.
 */
export type PieceTrie = {
  /** Nodes of pieces of one unit, by the unit; -1 if there is none. */
  roots: Int32Array;
  /**
   * Two numbers per place, 0 if there is no edge. The first has the node that the edge comes from, plus 2, and above it the low bits of
   * the unit. The second has the high bits of the unit, and above them the id of the piece that ends there, plus 1.
   */
  edges: Int32Array;
};

const NODE_BITS = 23;
const LOW_BITS = 32 - NODE_BITS;
const HIGH_BITS = 16 - LOW_BITS;
const LOW_MASK = (1 << LOW_BITS) - 1;
const HIGH_MASK = (1 << HIGH_BITS) - 1;

/**
 * Builds a trie of pieces. The id of a piece is its index; of a repeated piece, the last one.
 *
 * @throws an Error for a vocabulary of some millions of pieces
 */
export function buildTrie(pieces: readonly string[]): PieceTrie {
  for (let bits = Math.max(4, Math.ceil(Math.log2(pieces.length * 4 + 1))); bits < NODE_BITS; bits++) {
    const trie = fill(pieces, 2 ** bits);
    if (trie !== undefined) return trie;
  }
  throw new Error(`its vocabulary of ${pieces.length} pieces is too large`);
}

/** The trie in a table of `size` places; undefined if more than two in three would be taken, because steps get slow. */
function fill(pieces: readonly string[], size: number): PieceTrie | undefined {
  const roots = sharedInts(1 << 16).fill(-1);
  const edges = sharedInts(2 * size);
  let left = Math.floor((size * 2) / 3);
  for (const [id, piece] of pieces.entries()) {
    let node = -1;
    for (let at = 0; at < piece.length; at++) {
      const unit = piece.charCodeAt(at);
      const place = findEdge(edges, node, unit);
      if (edges[2 * place] === 0) {
        if (left-- === 0) return undefined;
        edges[2 * place] = lowKey(node, unit);
        edges[2 * place + 1] = unit >>> LOW_BITS;
        if (node === -1) roots[unit] = place;
      }
      node = place;
    }
    if (node !== -1) edges[2 * node + 1] = (edges[2 * node + 1]! & HIGH_MASK) | ((id + 1) << HIGH_BITS);
  }
  return { roots, edges };
}

function lowKey(node: number, unit: number): number {
  return (node + 2) | ((unit & LOW_MASK) << NODE_BITS);
}

/** The place of the edge from a node by a unit, or the empty one where it would stand. */
function findEdge(edges: Int32Array, node: number, unit: number): number {
  const mask = (edges.length >> 1) - 1;
  const low = lowKey(node, unit);
  const high = unit >>> LOW_BITS;
  let hash = Math.imul(node + 2, 0x9e3779b1) ^ Math.imul(unit, 0x85ebca6b);
  hash ^= hash >>> 15;
  let place = hash & mask;
  for (let found = edges[2 * place]!; found !== 0; found = edges[2 * place]!) {
    if (found === low && (edges[2 * place + 1]! & HIGH_MASK) === high) break;
    place = (place + 1) & mask;
  }
  return place;
}

/** The node that follows a node by a unit; -1 if no piece continues like this. */
export function nextNode({ edges }: PieceTrie, node: number, unit: number): number {
  const place = findEdge(edges, node, unit);
  return edges[2 * place] === 0 ? -1 : place;
}

/** The id of the piece that ends at a node; -1 if none does. */
export function idAt({ edges }: PieceTrie, node: number): number {
  return (edges[2 * node + 1]! >>> HIGH_BITS) - 1;
}

/** The id of a piece; undefined if there is none. */
export function idOfPiece(trie: PieceTrie, piece: string): number | undefined {
  if (piece === '') return undefined;
  let node = trie.roots[piece.charCodeAt(0)]!;
  for (let at = 1; at < piece.length && node !== -1; at++) node = nextNode(trie, node, piece.charCodeAt(at));
  const id = node === -1 ? -1 : idAt(trie, node);
  return id === -1 ? undefined : id;
}

function sharedInts(length: number): Int32Array {
  return new Int32Array(new SharedArrayBuffer(4 * length));
}
