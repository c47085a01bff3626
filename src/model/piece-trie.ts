/**
 * The pieces of a vocabulary, letter by letter (UTF-16 units): an edge from a node to the next stands in a table of hashes, at the place
 * which is the number of the next node. Flat arrays in memory that threads can share; a vocabulary of 80,000 pieces takes some 20 ms to
 * build.
 */
export type PieceTrie = {
  /** Nodes of pieces of one unit, by the unit; -1 where there is none. */
  roots: Int32Array;
  /** Two numbers a place: the node that the edge comes from, plus 2, and its unit; 0 where there is no edge. */
  edges: Int32Array;
  /** The id of the piece that ends at a node, -1 where none does. */
  ids: Int32Array;
};

/** Builds a trie of pieces; the id of a piece is its place, the last one where it stands there twice. */
export function buildTrie(pieces: readonly string[]): PieceTrie {
  const units = pieces.reduce((sum, piece) => sum + piece.length, 0);
  // at most four places in five are taken, and far fewer where pieces begin alike
  const size = 2 ** Math.max(4, Math.ceil(Math.log2(units * 1.25 + 1)));
  const trie: PieceTrie = { roots: sharedInts(1 << 16).fill(-1), edges: sharedInts(2 * size), ids: sharedInts(size).fill(-1) };
  const { roots, edges, ids } = trie;
  pieces.forEach((piece, id) => {
    if (piece === '') return;
    let node = -1;
    for (let at = 0; at < piece.length; at++) {
      const unit = piece.charCodeAt(at);
      const place = findEdge(edges, node, unit);
      if (edges[2 * place] === 0) {
        edges[2 * place] = node + 2;
        edges[2 * place + 1] = unit;
        if (node === -1) roots[unit] = place;
      }
      node = place;
    }
    ids[node] = id;
  });
  return trie;
}

/** The place of the edge from a node by a unit, or the empty one where it would stand. */
function findEdge(edges: Int32Array, node: number, unit: number): number {
  const mask = (edges.length >> 1) - 1;
  const key = node + 2;
  let hash = Math.imul(key, 0x9e3779b1) ^ Math.imul(unit, 0x85ebca6b);
  hash ^= hash >>> 15;
  let place = hash & mask;
  while (edges[2 * place] !== 0 && (edges[2 * place] !== key || edges[2 * place + 1] !== unit)) place = (place + 1) & mask;
  return place;
}

/** The node that follows a node by a unit; -1 where no piece goes on so. */
export function nextNode({ edges }: PieceTrie, node: number, unit: number): number {
  const place = findEdge(edges, node, unit);
  return edges[2 * place] === 0 ? -1 : place;
}

/** The id of a piece; undefined where there is none. */
export function idOfPiece(trie: PieceTrie, piece: string): number | undefined {
  if (piece === '') return undefined;
  let node = trie.roots[piece.charCodeAt(0)]!;
  for (let at = 1; at < piece.length && node !== -1; at++) node = nextNode(trie, node, piece.charCodeAt(at));
  const id = node === -1 ? -1 : trie.ids[node]!;
  return id === -1 ? undefined : id;
}

function sharedInts(length: number): Int32Array {
  return new Int32Array(new SharedArrayBuffer(4 * length));
}
