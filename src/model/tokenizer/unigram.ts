import type { StepConfig } from './normalizers.ts';
import { buildTrie, idAt, nextNode, type PieceTrie } from './piece-trie.ts';
import type { Ids, Subwords } from './pieces.ts';

/** The vocabulary of a Unigram model, in memory that threads can share. */
export type ScoredPieces = {
  trie: PieceTrie;
  /** Log-probabilities by id, as the reference reads them. */
  scores: Float64Array;
};

/** Reads the vocabulary of a Unigram model: [piece, score] pairs, or an earlier result of this function. */
export function scoredPieces(config: StepConfig): ScoredPieces {
  const { vocab } = config as { vocab?: unknown };
  if (!Array.isArray(vocab)) return vocab as ScoredPieces;
  const pairs = vocab as readonly (readonly [string, number])[];
  const scores = new Float64Array(new SharedArrayBuffer(8 * pairs.length));
  pairs.forEach(([, score], id) => (scores[id] = asParsed(score)));
  return { trie: buildTrie(pairs.map(([piece]) => piece)), scores };
}

/**
 * Splits a piece into the words whose scores have the largest sum; of equal sums, the word that begins first wins. Sums are formed from
 * the left, as in the reference, because rounding decides between "0 00" and "00 0".
 */
export function unigram({ trie, scores }: ScoredPieces, { unknownId, bytesOf }: Pick<Ids, 'unknownId' | 'bytesOf'>): Subwords {
  const { roots } = trie;
  const unknownScore = scores.reduce((least, score) => Math.min(least, score), Infinity) - UNKNOWN_PENALTY;
  // the best split up to each place: where its last word begins, the id of that word, and the sum; reused for every piece
  let from = new Int32Array(256);
  let word = new Int32Array(256);
  let sum = new Float64Array(256);
  return (piece) => {
    const { length } = piece;
    if (length >= from.length) {
      from = new Int32Array(2 * length);
      word = new Int32Array(2 * length);
      sum = new Float64Array(2 * length);
    }
    from.fill(-1, 0, length + 1);
    sum[0] = 0;
    word[0] = -1;
    for (let start = 0; start < length;) {
      const unit = piece.charCodeAt(start);
      const isPair = (unit & 0xfc00) === 0xd800 && start + 1 < length && (piece.charCodeAt(start + 1) & 0xfc00) === 0xdc00;
      const next = start + (isPair ? 2 : 1);
      const before = sum[start]!;
      let known = false;
      let end = start;
      for (let node = roots[unit]!; node !== -1; node = end < length ? nextNode(trie, node, piece.charCodeAt(end)) : -1) {
        end++;
        const id = idAt(trie, node);
        if (id === -1) continue;
        const score = scores[id]! + before;
        if (from[end] === -1 || score > sum[end]!) {
          from[end] = start;
          word[end] = id;
          sum[end] = score;
        }
        if (end === next) known = true;
      }
      if (!known && (from[next] === -1 || unknownScore + before > sum[next]!)) {
        from[next] = start;
        word[next] = unknownId!;
        sum[next] = unknownScore + before;
      }
      start = next;
    }
    return path(piece, { from, word, unknownId: unknownId!, bytesOf });
  };
}

/**
 * A score as the reference reads it: all digits as one number, divided by a power of ten. The last bit may differ from JavaScript's, and
 * it can decide between sums that are equal on paper.
 */
function asParsed(score: number): number {
  const text = String(score);
  const dot = text.indexOf('.');
  if (dot === -1 || text.includes('e')) return score;
  return Number(text.slice(0, dot) + text.slice(dot + 1)) / POWERS_OF_TEN[text.length - dot - 1]!;
}

const POWERS_OF_TEN: readonly number[] = Array.from({ length: 30 }, (_, exponent) => Number(`1e${exponent}`));

/** The penalty of SentencePiece. */
const UNKNOWN_PENALTY = 10;

/** The ids on the best path, from its end; unknown characters in a row are one token, or their bytes. */
function path(
  piece: string,
  {
    from,
    word,
    unknownId,
    bytesOf,
  }: { from: Int32Array; word: Int32Array; unknownId: number; bytesOf: (text: string) => number[] | undefined },
): number[] {
  const ids: number[] = [];
  for (let end = piece.length; end > 0;) {
    let start = from[end]!;
    const id = word[end]!;
    if (id !== unknownId) ids.push(id);
    else {
      while (start > 0 && word[start] === unknownId) start = from[start]!;
      // not spread: there may be more than fit on the stack
      for (const id of bytesOf(piece.slice(start, end))?.toReversed() ?? [unknownId]) ids.push(id);
    }
    end = start;
  }
  return ids.toReversed();
}
