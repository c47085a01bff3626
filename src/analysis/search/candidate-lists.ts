/**
 * For each query, the rows that may still be among its best `top`, with bounds of their scores. A list never holds more than
 * `capacity` rows. A full list drops rows that its bounds rule out; if too many are left, they are measured.
 */
export type CandidateLists = {
  /** Rows with a score below this cannot be among the best of the query. */
  floor(query: number): number;
  /** Adds a row whose score lies between `lower` and `upper`. */
  add(query: number, row: number, bounds: { upper: number; lower: number }): void;
  /** Raises the floor, if enough candidates were added since the last time. */
  tighten(query: number): void;
  /** Returns the best rows of the query, nearest first, ties by row number, and empties the list. */
  finish(query: number): Neighbour[];
};

/** A row number, and the row's value under the metric. */
export type Neighbour = { row: number; value: number };

export type Judge = {
  /** The reported value of a row. */
  measure(query: number, row: number): number;
  nearer(a: number, b: number): boolean;
  /** A score below which no row's value rounds to `value` or nearer. */
  floor(query: number, value: number): number;
};

/** The largest number of candidates in a list. */
export function listCapacity(top: number): number {
  return Math.max(4 * top, 128);
}

export function candidateLists(queries: number, { top, judge }: { top: number; judge: Judge }): CandidateLists {
  const capacity = listCapacity(top);
  const rows = new Int32Array(queries * capacity);
  const uppers = new Float64Array(queries * capacity);
  const lowers = new Float64Array(queries * capacity);
  const counts = new Int32Array(queries);
  const tightenedAt = new Int32Array(queries);
  const floors = new Float64Array(queries).fill(-Infinity);
  const scratch = new Float64Array(capacity);
  const scratchOrder = new Int32Array(capacity);
  /** The best rows of lists that were measured when they were full; these rows are no longer in the list. */
  const measured = new Map<number, Neighbour[]>();

  const drop = (query: number): void => {
    const base = query * capacity;
    let kept = 0;
    for (let at = base; at < base + counts[query]!; at++) {
      if (uppers[at]! < floors[query]!) continue;
      rows[base + kept] = rows[at]!;
      uppers[base + kept] = uppers[at]!;
      lowers[base + kept] = lowers[at]!;
      kept++;
    }
    counts[query] = kept;
  };
  const raise = (query: number): void => {
    const base = query * capacity;
    const count = counts[query]!;
    tightenedAt[query] = count;
    if (count < top) return;
    scratch.set(lowers.subarray(base, base + count));
    floors[query] = Math.max(floors[query]!, kthLargest(scratch, { count, k: top }));
  };
  /** Measures the most promising candidates first, and stops when no other can reach the best `top`. */
  const settle = (query: number): Neighbour[] => {
    const base = query * capacity;
    const best = measured.get(query) ?? [];
    drop(query);
    const order = scratchOrder.subarray(0, counts[query]!);
    order.forEach((_, at) => (order[at] = base + at));
    order.sort((a, b) => uppers[b]! - uppers[a]!);
    for (const at of order) {
      if (uppers[at]! < floors[query]!) break;
      insert(best, { row: rows[at]!, value: judge.measure(query, rows[at]!) }, { top, nearer: judge.nearer });
      if (best.length === top) floors[query] = Math.max(floors[query]!, judge.floor(query, best[top - 1]!.value));
    }
    counts[query] = 0;
    tightenedAt[query] = 0;
    return best;
  };

  return {
    floor: (query) => floors[query]!,
    add(query, row, { upper, lower }) {
      if (upper < floors[query]!) return;
      if (counts[query] === capacity) {
        raise(query);
        drop(query);
        if (counts[query]! > capacity / 2) measured.set(query, settle(query));
      }
      const at = query * capacity + counts[query]!++;
      rows[at] = row;
      uppers[at] = upper;
      lowers[at] = lower;
    },
    tighten(query) {
      if (counts[query]! - tightenedAt[query]! >= top) raise(query);
    },
    finish(query) {
      raise(query);
      const best = settle(query);
      measured.delete(query);
      return best;
    },
  };
}

function insert(best: Neighbour[], found: Neighbour, { top, nearer }: { top: number; nearer: Judge['nearer'] }): void {
  const after = (other: Neighbour): boolean => nearer(found.value, other.value) || (found.value === other.value && found.row < other.row);
  if (best.length === top && !after(best[top - 1]!)) return;
  let low = 0;
  let high = best.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (after(best[middle]!)) high = middle;
    else low = middle + 1;
  }
  best.splice(low, 0, found);
  if (best.length > top) best.pop();
}

/** The k-th largest of the first `count` values; changes their order. Source: Hoare 1961, "Find". */
export function kthLargest(values: Float64Array, { count, k }: { count: number; k: number }): number {
  let left = 0;
  let right = count - 1;
  while (left < right) {
    const pivot = values[(left + right) >> 1]!;
    let i = left;
    let j = right;
    while (i <= j) {
      while (values[i]! > pivot) i++;
      while (values[j]! < pivot) j--;
      if (i > j) break;
      const swap = values[i]!;
      values[i++] = values[j]!;
      values[j--] = swap;
    }
    if (k - 1 <= j) right = j;
    else if (k - 1 >= i) left = i;
    else break;
  }
  return values[k - 1]!;
}
