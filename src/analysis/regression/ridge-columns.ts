import type { TokenRows } from './token-rows.ts';

/** What a ridge regression of texts' vectors on their tokens is made of; all of it in shared memory. */
export type RidgeProblem = {
  rows: TokenRows;
  /** Of each token, [vocabulary]. */
  weights: Float32Array;
  /** One over the sum of the weights in a row, [rows]. */
  scales: Float32Array;
  /** λ: what holds the rows of rare tokens near zero. */
  lambda: number;
};

/** Some columns of the solution; each column is a problem of its own. */
export type RidgeColumns = {
  /**
   * Adds the targets of some rows to AᵀWT.
   *
   * @param targets rows of `stride` numbers, of which those from `from` on are of these columns
   */
  add(targets: Float32Array, options: { first: number; count: number; stride: number; from: number }): void;
  /** One step of conjugate gradients on all columns. */
  step(): void;
  /** The solution so far, [vocabulary, width]. */
  solution: Float32Array;
};

/**
 * Solves (AᵀWA + λI) X = AᵀWT for `width` columns of T by conjugate gradients (Hestenes, Stiefel 1952), preconditioned with the diagonal.
 * A has a row for each text, in it the weights of its tokens, divided by their sum; W holds what each text counts. Neither AᵀA nor T is
 * ever held: T is seen once, and AᵀWA is applied text by text. Every sum is in the order of rows, whatever the width, so the columns
 * may be parted among threads in any way.
 */
export function openRidgeColumns(problem: RidgeProblem, width: number): RidgeColumns {
  const { rows, weights, scales, lambda } = problem;
  const size = weights.length * width;
  const solution = new Float32Array(size);
  const residual = new Float32Array(size);
  const direction = new Float32Array(size);
  const product = new Float32Array(size);
  const diagonal = diagonalOf(problem);
  const text = new Float64Array(width);
  /** Residual · preconditioned residual, of each column. */
  let progress: Float64Array | undefined;

  /** The preconditioned residual Z = R / D; what is summed with it: R · Z of each column. */
  const precondition = (take: (at: number, value: number) => void): Float64Array => {
    const sums = new Float64Array(width);
    for (let id = 0, at = 0; id < weights.length; id++) {
      const inverse = 1 / diagonal[id]!;
      for (let column = 0; column < width; column++, at++) {
        const r = residual[at]!;
        const z = r * inverse;
        sums[column]! += r * z;
        take(at, z);
      }
    }
    return sums;
  };

  return {
    solution,
    add(targets, { first, count, stride, from }) {
      for (let index = 0; index < count; index++) {
        const row = first + index;
        const scale = scales[row]! * rows.importances[row]!;
        for (let column = 0; column < width; column++) text[column] = targets[index * stride + from + column]! * scale;
        scatter(residual, text, { problem, row });
      }
    },
    step() {
      progress ??= precondition((at, z) => (direction[at] = z));
      const before = progress;
      for (let at = 0; at < size; at++) product[at] = lambda * direction[at]!;
      for (let row = 0; row < rows.rows; row++) applyRow(product, direction, { problem, row, width });
      const curvature = new Float64Array(width);
      for (let at = 0, column = 0; at < size; at++) {
        curvature[column]! += direction[at]! * product[at]!;
        if (++column === width) column = 0;
      }
      // a column that is solved has nothing left to go along
      const length = curvature.map((value, column) => (value > 0 ? before[column]! / value : 0));
      for (let at = 0, column = 0; at < size; at++) {
        solution[at]! += length[column]! * direction[at]!;
        residual[at]! -= length[column]! * product[at]!;
        if (++column === width) column = 0;
      }
      // Z takes the place of the product, which is done with
      const after = precondition((at, z) => (product[at] = z));
      const share = after.map((value, column) => (before[column]! > 0 ? value / before[column]! : 0));
      for (let at = 0, column = 0; at < size; at++) {
        direction[at] = product[at]! + share[column]! * direction[at]!;
        if (++column === width) column = 0;
      }
      progress = after;
    },
  };
}

type InRow = { problem: RidgeProblem; row: number };

/**
 * Adds AᵀWA · direction to the product, for one row of A: the text's vector is gathered from its tokens and scattered to them again. Eight
 * columns at a time stay in registers, which makes it 2.2 times as fast as with a vector in memory.
 */
function applyRow(
  product: Float32Array,
  direction: Float32Array,
  { problem: { rows, weights, scales }, row, width }: InRow & { width: number },
): void {
  const { ids } = rows;
  const begin = rows.offsets[row]!;
  const end = rows.offsets[row + 1]!;
  const factor = scales[row]! * scales[row]! * rows.importances[row]!;
  let column = 0;
  for (; column + 7 < width; column += 8) {
    let a = 0;
    let b = 0;
    let c = 0;
    let d = 0;
    let e = 0;
    let f = 0;
    let g = 0;
    let h = 0;
    for (let at = begin; at < end; at++) {
      const id = ids[at]!;
      const weight = weights[id]!;
      const from = id * width + column;
      a += weight * direction[from]!;
      b += weight * direction[from + 1]!;
      c += weight * direction[from + 2]!;
      d += weight * direction[from + 3]!;
      e += weight * direction[from + 4]!;
      f += weight * direction[from + 5]!;
      g += weight * direction[from + 6]!;
      h += weight * direction[from + 7]!;
    }
    for (let at = begin; at < end; at++) {
      const id = ids[at]!;
      const weight = factor * weights[id]!;
      const from = id * width + column;
      product[from]! += weight * a;
      product[from + 1]! += weight * b;
      product[from + 2]! += weight * c;
      product[from + 3]! += weight * d;
      product[from + 4]! += weight * e;
      product[from + 5]! += weight * f;
      product[from + 6]! += weight * g;
      product[from + 7]! += weight * h;
    }
  }
  for (; column < width; column++) {
    let sum = 0;
    for (let at = begin; at < end; at++) sum += weights[ids[at]!]! * direction[ids[at]! * width + column]!;
    for (let at = begin; at < end; at++) product[ids[at]! * width + column]! += factor * weights[ids[at]!]! * sum;
  }
}

/** Adds weight · text to the values of each of the row's tokens. */
function scatter(values: Float32Array, text: Float64Array, { problem: { rows, weights }, row }: InRow): void {
  const width = text.length;
  const { ids } = rows;
  const end = rows.offsets[row + 1]!;
  for (let at = rows.offsets[row]!; at < end; at++) {
    const weight = weights[ids[at]!]!;
    const from = ids[at]! * width;
    for (let column = 0; column < width; column++) values[from + column]! += weight * text[column]!;
  }
}

/** The diagonal of AᵀWA + λI; a token that a text repeats counts as if the repeats were tokens of their own: near enough to precondition with. */
function diagonalOf({ rows: { rows, ids, offsets, importances }, weights, scales, lambda }: RidgeProblem): Float64Array {
  const diagonal = new Float64Array(weights.length).fill(lambda);
  for (let row = 0; row < rows; row++) {
    const factor = scales[row]! * scales[row]! * importances[row]!;
    for (let at = offsets[row]!; at < offsets[row + 1]!; at++) diagonal[ids[at]!]! += factor * weights[ids[at]!]! * weights[ids[at]!]!;
  }
  return diagonal;
}
