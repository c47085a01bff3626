/**
 * Every place where a piece occurs. The pieces that begin at place p are `edges[edgeStarts[p]..edgeStarts[p + 1]]`, each as piece times 16
 * plus its length. Segment s is the places from `starts[s]` to `starts[s + 1]`, and occurs `counts[s]` times. Piece i occurs first at
 * `firstAt[i]`, and has `lengths[i]` characters.
 *
 * The pieces are looked up once; after that a pass over the texts is a pass over this array.
 */
export type Lattice = {
  starts: Uint32Array;
  counts: Float64Array;
  edges: Uint32Array;
  edgeStarts: Uint32Array;
  firstAt: Uint32Array;
  lengths: Uint8Array;
};

/** Segments between two pauses. */
const SEGMENTS_PER_PAUSE = 1 << 16;

/** The segments in groups, between which a pass may pause. */
export function segmentGroups({ counts: { length } }: Lattice): { from: number; to: number }[] {
  return Array.from({ length: Math.ceil(length / SEGMENTS_PER_PAUSE) }, (_, at) => ({
    from: at * SEGMENTS_PER_PAUSE,
    to: Math.min((at + 1) * SEGMENTS_PER_PAUSE, length),
  }));
}

/** Segments `from` to `to`, and the probability of each piece. Sums are of probabilities, not logarithms: lattices are short. */
type Pass = { from: number; to: number; weights: Float64Array };

/**
 * Adds up how often each piece is expected, over all ways to split the segments (forward-backward).
 *
 * @returns the logarithm of the segments' likelihood
 */
export function addExpected(
  { starts, counts, edges, edgeStarts }: Lattice,
  { from, to, weights, expected }: Pass & { expected: Float64Array },
): number {
  let likelihood = 0;
  for (let segment = from; segment < to; segment++) {
    const start = starts[segment]!;
    const length = starts[segment + 1]! - start;
    forward.fill(0, 1, length + 1);
    for (let at = 0; at < length; at++) {
      const sum = forward[at]!;
      const last = edgeStarts[start + at + 1]!;
      for (let place = edgeStarts[start + at]!; place < last; place++) {
        const edge = edges[place]!;
        forward[at + (edge & 15)]! += sum * weights[edge >>> 4]!;
      }
    }
    const count = counts[segment]!;
    likelihood += count * Math.log(forward[length]!);
    backward[length] = count / forward[length]!;
    for (let at = length - 1; at >= 0; at--) {
      const before = forward[at]!;
      let sum = 0;
      const last = edgeStarts[start + at + 1]!;
      for (let place = edgeStarts[start + at]!; place < last; place++) {
        const edge = edges[place]!;
        const share = weights[edge >>> 4]! * backward[at + (edge & 15)]!;
        expected[edge >>> 4]! += before * share;
        sum += share;
      }
      backward[at] = sum;
    }
  }
  return likelihood;
}

/** Adds up how often each piece is used if every segment is split in the most probable way (Viterbi). */
export function addUsed({ starts, counts, edges, edgeStarts }: Lattice, { from, to, weights, used }: Pass & { used: Float64Array }): void {
  for (let segment = from; segment < to; segment++) {
    const start = starts[segment]!;
    const length = starts[segment + 1]! - start;
    forward.fill(0, 1, length + 1);
    for (let at = 0; at < length; at++) {
      const product = forward[at]!;
      const last = edgeStarts[start + at + 1]!;
      for (let place = edgeStarts[start + at]!; place < last; place++) {
        const edge = edges[place]!;
        const candidate = product * weights[edge >>> 4]!;
        const end = at + (edge & 15);
        if (candidate <= forward[end]!) continue;
        forward[end] = candidate;
        back[end] = edge;
      }
    }
    for (let end = length; end > 0; end -= back[end]! & 15) used[back[end]! >>> 4]! += counts[segment]!;
  }
}

/**
 * The most probable split of a piece into others, which takes its place once it is gone.
 *
 * @returns the number of these pieces; `parts` has them from the last to the first
 */
export function splitPiece(
  { edges, edgeStarts, firstAt, lengths }: Lattice,
  { piece, weights, parts }: { piece: number; weights: Float64Array; parts: Uint32Array },
): number {
  const start = firstAt[piece]!;
  const length = lengths[piece]!;
  forward.fill(0, 1, length + 1);
  for (let at = 0; at < length; at++) {
    const last = edgeStarts[start + at + 1]!;
    for (let place = edgeStarts[start + at]!; place < last; place++) {
      const edge = edges[place]!;
      const end = at + (edge & 15);
      if (end > length || edge >>> 4 === piece) continue;
      const candidate = forward[at]! * weights[edge >>> 4]!;
      if (candidate <= forward[end]!) continue;
      forward[end] = candidate;
      back[end] = edge;
    }
  }
  let number = 0;
  for (let end = length; end > 0; end -= back[end]! & 15) parts[number++] = back[end]! >>> 4;
  return number;
}

/** The lattice of some of the pieces, in the memory of the old one. */
export function keepPieces({ starts, counts, edges, edgeStarts, firstAt, lengths }: Lattice, kept: Uint32Array): Lattice {
  const renumbered = new Int32Array(lengths.length).fill(-1);
  kept.forEach((piece, number) => (renumbered[piece] = number));
  let end = 0;
  let place = 0;
  for (let at = 1; at < edgeStarts.length; at++) {
    for (const last = edgeStarts[at]!; place < last; place++) {
      const number = renumbered[edges[place]! >>> 4]!;
      if (number !== -1) edges[end++] = (number << 4) | (edges[place]! & 15);
    }
    edgeStarts[at] = end;
  }
  return {
    starts,
    counts,
    edges,
    edgeStarts,
    firstAt: Uint32Array.from(kept, (piece) => firstAt[piece]!),
    lengths: Uint8Array.from(kept, (piece) => lengths[piece]!),
  };
}

// the state of a pass, per place of the current segment; segments have at most 40 characters
const forward = new Float64Array(64).fill(1, 0, 1);
const backward = new Float64Array(64);
const back = new Uint32Array(64);
