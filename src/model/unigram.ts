import type { StepConfig } from './normalizers.ts';
import type { Ids, Subwords } from './subwords.ts';

/**
 * The words of a vocabulary whose scores add up to most; of equals the one that begins first. Sums are formed from the left, as the
 * reference does it: rounding decides between "0 00" and "00 0".
 */
export function unigram(config: StepConfig, { idOf, unknownId, bytesOf }: Ids): Subwords {
  const vocab = (config['vocab'] as [string, number][]).map(([token, score]) => [token, asParsed(score)] as [string, number]);
  const longest = longestByStart(vocab);
  const unknownScore = vocab.reduce((least, [, score]) => Math.min(least, score), Infinity) - UNKNOWN_PENALTY;
  return (piece) => {
    // the best way to each place: where its last word begins, which word that is, and the sum
    const from = new Int32Array(piece.length + 1).fill(-1);
    const word = new Int32Array(piece.length + 1);
    const sum = new Float64Array(piece.length + 1);
    const offer = (start: number, end: number, { id, score }: { id: number; score: number }): void => {
      if (from[end] !== -1 && score <= sum[end]!) return;
      from[end] = start;
      word[end] = id;
      sum[end] = score;
    };
    for (let start = 0; start < piece.length;) {
      const next = start + (piece.codePointAt(start)! > 0xffff ? 2 : 1);
      let known = false;
      const last = Math.min(piece.length, start + (longest.get(piece.charCodeAt(start)) ?? 0));
      for (let end = start + 1; end <= last; end++) {
        const id = idOf(piece.slice(start, end));
        if (id === undefined) continue;
        offer(start, end, { id, score: vocab[id]![1] + sum[start]! });
        if (end === next) known = true;
      }
      if (!known) offer(start, next, { id: unknownId!, score: unknownScore + sum[start]! });
      start = next;
    }
    return path(piece, { from, word, unknownId: unknownId!, bytesOf });
  };
}

/**
 * A score as the reference reads it: all digits as one number, which is divided by a power of ten. The last bit may differ from JavaScript's,
 * and decide between sums that are equal on paper.
 */
function asParsed(score: number): number {
  const [, sign = '', whole = '', fraction = ''] = /^(-?)(\d+)\.(\d+)$/.exec(String(score)) ?? [];
  return fraction === '' ? score : (Number(whole + fraction) / Number(`1e${fraction.length}`)) * (sign === '' ? 1 : -1);
}

/** As in SentencePiece. */
const UNKNOWN_PENALTY = 10;

/** Length of the longest token by the code of its first letter. */
function longestByStart(vocab: readonly [string, number][]): Map<number, number> {
  const longest = new Map<number, number>();
  for (const [token] of vocab) {
    const code = token.charCodeAt(0);
    if (token.length > (longest.get(code) ?? 0)) longest.set(code, token.length);
  }
  return longest;
}

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
      // not spread: it may be more than fit on the stack
      for (const id of bytesOf(piece.slice(start, end))?.toReversed() ?? [unknownId]) ids.push(id);
    }
    end = start;
  }
  return ids.toReversed();
}
