/**
 * Spearman's rank correlation: Pearson's correlation of the ranks. Equal values share the mean of their ranks. NaN where all
 * values of a side are equal.
 */
export function rankCorrelation(one: ArrayLike<number>, other: ArrayLike<number>): number {
  const a = ranks(one);
  const b = ranks(other);
  const mean = (a.length + 1) / 2;
  let ab = 0;
  let aa = 0;
  let bb = 0;
  for (let at = 0; at < a.length; at++) {
    ab += (a[at]! - mean) * (b[at]! - mean);
    aa += (a[at]! - mean) ** 2;
    bb += (b[at]! - mean) ** 2;
  }
  return ab / Math.sqrt(aa * bb);
}

/** Ranks, counted from 1. */
function ranks(values: ArrayLike<number>): Float64Array {
  const order = Array.from({ length: values.length }, (_, at) => at).toSorted((i, j) => values[i]! - values[j]!);
  const result = new Float64Array(values.length);
  for (let from = 0; from < order.length;) {
    let to = from + 1;
    while (to < order.length && values[order[to]!] === values[order[from]!]) to++;
    for (let at = from; at < to; at++) result[order[at]!] = (from + 1 + to) / 2;
    from = to;
  }
  return result;
}
