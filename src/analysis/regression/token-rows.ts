/**
 * Texts as rows of a sparse matrix over a vocabulary (CSR). Row r holds the tokens `ids[offsets[r]]` to `ids[offsets[r + 1] - 1]`, in the
 * order of the text, including repeats. The arrays are in shared memory, so that threads read them without a copy.
 */
export type TokenRows = {
  rows: number;
  ids: Int32Array;
  /** [rows + 1] */
  offsets: Int32Array;
  /** How much each row counts in a fit, [rows]. */
  importances: Float32Array;
};

/** Collects rows one by one. */
export type TokenRowsBuilder = {
  add(ids: ArrayLike<number>, importance: number): void;
  /** Returns the rows. The builder must not be used afterwards. */
  finish(): TokenRows;
};

export function collectTokenRows(): TokenRowsBuilder {
  const ids = growing<Int32Array>((size) => new Int32Array(size));
  const offsets = growing<Int32Array>((size) => new Int32Array(size));
  const importances = growing<Float32Array>((size) => new Float32Array(size));
  offsets.push([0]);
  return {
    add(own, importance) {
      ids.push(own);
      offsets.push([ids.length()]);
      importances.push([importance]);
    },
    finish: () => ({
      rows: importances.length(),
      ids: ids.take((size) => new Int32Array(sharedMemory(size))),
      offsets: offsets.take((size) => new Int32Array(sharedMemory(size))),
      importances: importances.take((size) => new Float32Array(sharedMemory(size))),
    }),
  };
}

/** Memory for `count` values of four bytes, shared between threads. */
export function sharedMemory(count: number): SharedArrayBuffer {
  return new SharedArrayBuffer(count * 4);
}

/** How often each token occurs, [vocabulary]. */
export function countTokens({ ids }: TokenRows, vocabulary: number): Float64Array {
  const counts = new Float64Array(vocabulary);
  for (const id of ids) counts[id]!++;
  return counts;
}

/**
 * Weights rare tokens more: a / (a + p), where p is the share of a token. Source: Arora, Liang, Ma 2017, "A simple but
 * tough-to-beat baseline for sentence embeddings", equation 3.
 *
 * @param counts how often each token occurs
 * @returns [vocabulary], in shared memory
 */
export function rarityWeights(counts: Float64Array, { a = 1e-3 }: { a?: number } = {}): Float32Array {
  const total = counts.reduce((sum, count) => sum + count, 0) || 1;
  const weights = new Float32Array(sharedMemory(counts.length));
  for (let id = 0; id < weights.length; id++) weights[id] = a / (a + counts[id]! / total);
  return weights;
}

/** One over the sum of the weights of each row's tokens, [rows], in shared memory; 0 where a row has none. */
export function rowScales({ rows, ids, offsets }: TokenRows, weights: Float32Array): Float32Array {
  const scales = new Float32Array(sharedMemory(rows));
  for (let row = 0; row < rows; row++) {
    let sum = 0;
    for (let at = offsets[row]!; at < offsets[row + 1]!; at++) sum += weights[ids[at]!]!;
    scales[row] = sum > 0 ? 1 / sum : 0;
  }
  return scales;
}

/** The vector of a text: the sum of its tokens' rows, scaled to unit length; zeros where the sum is zero. */
export function vectorOf(ids: ArrayLike<number>, table: Float32Array, dims: number): Float32Array {
  const sum = new Float64Array(dims);
  for (let at = 0; at < ids.length; at++) {
    const from = ids[at]! * dims;
    for (let d = 0; d < dims; d++) sum[d]! += table[from + d]!;
  }
  let squares = 0;
  for (const value of sum) squares += value * value;
  const scale = squares > 0 ? 1 / Math.sqrt(squares) : 0;
  return Float32Array.from(sum, (value) => value * scale);
}

type NumberList = Int32Array | Float32Array;

/** A list of numbers that grows by doubling. */
export function growing<T extends NumberList>(
  make: (size: number) => T,
): { length(): number; push(values: ArrayLike<number>): void; take(into: (size: number) => T): T } {
  let held = make(1024);
  let length = 0;
  return {
    length: () => length,
    push(values) {
      if (length + values.length > held.length) {
        const larger = make(Math.max(length + values.length, held.length * 2));
        larger.set(held.subarray(0, length));
        held = larger;
      }
      // a loop is faster than set for the few values of a text
      for (let at = 0; at < values.length; at++) held[length + at] = values[at]!;
      length += values.length;
    },
    take(into) {
      const taken = into(length);
      taken.set(held.subarray(0, length));
      held = make(0);
      length = 0;
      return taken;
    },
  };
}
