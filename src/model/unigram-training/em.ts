import { addExpected, addUsed, keepPieces, segmentGroups, splitPiece, type Lattice } from './lattice.ts';
import type { Pause } from './pre-token-counts.ts';
import { largest, type Seeds } from './seed-pieces.ts';

/** A piece and the logarithm of its probability. */
export type ScoredPiece = { text: string; score: number };

/** The texts give `available` pieces, and more were asked for. */
export class TooFewPieces extends Error {
  readonly available: number;

  constructor(available: number) {
    super(`only ${available} pieces`);
    this.available = available;
  }
}

/** Passes over the texts between two rounds of pruning. */
const PASSES = 2;

/** The share of pieces that a round keeps. */
const KEPT_SHARE = 0.75;

/** Pieces that are expected less often are dropped in the first passes; in later passes they count as this much. */
const MIN_EXPECTED = 0.5;

/** Characters that occur once are kept if they take at most this share of the vocabulary; all characters may take half of it. */
const SHARE_OF_SINGLES = 1 / 32;
const SHARE_OF_CHARS = 1 / 2;

/** Pieces, the alphabet first, and the logarithms of their probabilities. */
type Pieces = { lattice: Lattice; texts: string[]; scores: Float64Array };

/**
 * Chooses pieces and their probabilities: expectation and maximisation, then the pieces that are missed least are dropped, until `size`
 * are left.
 *
 * @throws TooFewPieces, with the number of pieces that the texts give
 */
export async function learnPieces(seeds: Seeds, { size, pause }: { size: number; pause: Pause }): Promise<ScoredPiece[]> {
  const { alphabet, counts } = seeds;
  const { lattice } = seeds;
  let pieces: Pieces = { ...seeds, scores: maximised(counts.map((count, piece) => count * lattice.lengths[piece]!)) };
  for (let turn = 0; turn < PASSES; turn++) {
    const expected = await expectation(pieces, () => pause((0.3 * turn) / PASSES));
    pieces.scores = maximised(expected);
    pieces = kept(pieces, (piece) => piece < alphabet || expected[piece]! >= MIN_EXPECTED);
  }
  if (pieces.texts.length < size) throw new TooFewPieces(pieces.texts.length);

  const longer = Math.min(pieces.texts.length - alphabet, size - charsToKeep(counts.subarray(0, alphabet), size));
  const first = pieces.texts.length - alphabet;
  for (let left = first; left > longer;) {
    const progress = 1 - (0.7 * Math.log((left + 1) / (longer + 1))) / Math.log((first + 1) / (longer + 1));
    const round = (): Promise<void> => pause(progress);
    left = Math.max(longer, Math.floor(KEPT_SHARE * left));
    const losses = await lossesWithout(pieces, round);
    losses.fill(Infinity, 0, alphabet);
    const isKept = largest(losses, alphabet + left);
    pieces = kept(pieces, (piece) => isKept[piece] === 1);
    for (let turn = 0; turn < PASSES; turn++) pieces.scores = maximised(await expectation(pieces, round));
  }
  // of the alphabet, frequent characters come first
  return pieces.texts
    .map((text, piece) => ({ text, score: pieces.scores[piece]! }))
    .filter((_, piece) => piece >= alphabet || piece < size - longer);
}

function charsToKeep(counts: Float64Array, size: number): number {
  const singles = counts.filter((count) => count === 1).length;
  return Math.min(counts.length - (singles > SHARE_OF_SINGLES * size ? singles : 0), Math.ceil(SHARE_OF_CHARS * size));
}

function kept({ lattice, texts, scores }: Pieces, isKept: (piece: number) => boolean): Pieces {
  const numbers = Uint32Array.from(texts.keys()).filter(isKept);
  return {
    lattice: keepPieces(lattice, numbers),
    texts: Array.from(numbers, (piece) => texts[piece]!),
    scores: Float64Array.from(numbers, (piece) => scores[piece]!),
  };
}

/** How often each piece is expected. */
async function expectation({ lattice, scores }: Pieces, pause: () => Promise<void>): Promise<Float64Array> {
  const weights = weightsOf(scores, lattice.lengths);
  const expected = new Float64Array(scores.length);
  for (const { from, to } of segmentGroups(lattice)) {
    addExpected(lattice, { from, to, weights, expected });
    await pause();
  }
  return expected;
}

/** Logarithms of probabilities, with a prior that makes rare pieces rarer (variational Bayes, as in SentencePiece). */
function maximised(expected: Float64Array): Float64Array {
  const counts = expected.map((count) => Math.max(count, MIN_EXPECTED));
  const total = digamma(counts.reduce((sum, count) => sum + count, 0));
  return counts.map((count) => digamma(count) - total);
}

/**
 * Probabilities times a constant per character. It does not change the share of a split in the sum of all splits, and it keeps products
 * over a segment within the range of doubles.
 */
function weightsOf(scores: Float64Array, lengths: Uint8Array): Float64Array {
  return scores.map((score, piece) => {
    const weight = score + NATS_PER_CHAR * lengths[piece]!;
    return Math.exp(lengths[piece] === 1 ? Math.max(weight, MIN_CHAR_WEIGHT) : weight);
  });
}

/** The approximate information of a character, in nats. The product of 40 of the least weight is 1e-295. */
const NATS_PER_CHAR = 2.5;
const MIN_CHAR_WEIGHT = -17;

/** The approximate fall of the texts' log-likelihood when each piece is replaced by others. */
async function lossesWithout({ lattice, scores }: Pieces, pause: () => Promise<void>): Promise<Float64Array> {
  const weights = weightsOf(scores, lattice.lengths);
  const used = new Float64Array(scores.length);
  for (const { from, to } of segmentGroups(lattice)) {
    addUsed(lattice, { from, to, weights, used });
    await pause();
  }
  const total = used.reduce((sum, count) => sum + count, 0);
  const parts = new Uint32Array(16);
  return used.map((count, piece) => {
    if (count === 0 || lattice.lengths[piece] === 1) return 0;
    const number = splitPiece(lattice, { piece, weights, parts });
    const totalWithout = Math.log(total + count * (number - 1));
    let change = Math.log(count / total);
    for (let at = 0; at < number; at++) change -= Math.log(used[parts[at]!]! + count) - totalWithout;
    return count * change;
  });
}

/** The derivative of log Γ: its recurrence up to 7, then its asymptotic series. */
function digamma(x: number): number {
  let shift = 0;
  let at = x;
  for (; at < 7; at++) shift -= 1 / at;
  const half = at - 0.5;
  const square = 1 / (half * half);
  return shift + Math.log(half) + square * (1 / 24 - square * (7 / 960 - square * (31 / 8064 - square * (127 / 30_720))));
}
