/** log(n!) for n from 0. */
const logFactorials: number[] = [0, 0];

function logFactorial(n: number): number {
  for (let at = logFactorials.length; at <= n; at++) logFactorials.push(logFactorials[at - 1]! + Math.log(at));
  return logFactorials[n]!;
}

/**
 * How far two partitions of the same rows agree: adjusted mutual information (Vinh, Epps and Bailey 2010), with the mean of both
 * entropies. It is 1 for equal partitions and 0 on average for random ones, whatever the number of clusters.
 */
export function adjustedMutualInformation(one: Int32Array, other: Int32Array): number {
  const rows = one.length;
  const [sizes, others] = [sizesOf(one), sizesOf(other)];
  const joint = new Map<number, number>();
  for (let at = 0; at < rows; at++) {
    const cell = one[at]! * others.length + other[at]!;
    joint.set(cell, (joint.get(cell) ?? 0) + 1);
  }
  let shared = 0;
  for (const [cell, count] of joint) {
    const expected = sizes[Math.floor(cell / others.length)]! * others[cell % others.length]!;
    shared += (count / rows) * Math.log((rows * count) / expected);
  }
  const chance = expectedInformation(sizes, others, rows);
  const most = (entropy(sizes, rows) + entropy(others, rows)) / 2 - chance;
  return most > 1e-9 ? (shared - chance) / most : 1;
}

function sizesOf(labels: Int32Array): Int32Array {
  const sizes = new Int32Array(labels.reduce((largest, label) => Math.max(largest, label), -1) + 1);
  for (const label of labels) sizes[label]!++;
  return sizes;
}

function entropy(sizes: Int32Array, rows: number): number {
  return -sizes.reduce((sum, size) => sum + (size === 0 ? 0 : (size / rows) * Math.log(size / rows)), 0);
}

/** The mutual information of random partitions with clusters of these sizes. Clusters of the same size share one term. */
function expectedInformation(sizes: Int32Array, others: Int32Array, rows: number): number {
  let sum = 0;
  const [counts, otherCounts] = [countsOf(sizes), countsOf(others)];
  for (const [a, times] of counts) {
    for (const [b, otherTimes] of otherCounts) {
      const fixed = [a, b, rows - a, rows - b].reduce((total, n) => total + logFactorial(n), -logFactorial(rows));
      for (let both = Math.max(1, a + b - rows); both <= Math.min(a, b); both++) {
        const rest = logFactorial(both) + logFactorial(a - both) + logFactorial(b - both) + logFactorial(rows - a - b + both);
        sum += times * otherTimes * (both / rows) * Math.log((rows * both) / (a * b)) * Math.exp(fixed - rest);
      }
    }
  }
  return sum;
}

function countsOf(sizes: Int32Array): Map<number, number> {
  const counts = new Map<number, number>();
  for (const size of sizes) if (size > 0) counts.set(size, (counts.get(size) ?? 0) + 1);
  return counts;
}
