/**
 * Groups rows into windows, the unit of planning, of the duplicate cache and of commit. A window is a pure function of
 * the input (4,096 rows or 262,144 tokens, whichever comes first), never of time, memory, threads or how a pipe was
 * cut: so a run that is killed and continued writes the same bytes as one that was not.
 */
export const WINDOW_ROWS = 4096;
export const WINDOW_TOKENS = 262_144;

export async function* groupWindows<Row extends { tokens: number }>(
  batches: AsyncIterable<Row[]>,
  { maxRows = WINDOW_ROWS, maxTokens = WINDOW_TOKENS }: { maxRows?: number; maxTokens?: number } = {},
): AsyncGenerator<Row[]> {
  let window: Row[] = [];
  let tokens = 0;
  for await (const batch of batches) {
    for (const row of batch) {
      window.push(row);
      tokens += row.tokens;
      if (window.length < maxRows && tokens < maxTokens) continue;
      yield window;
      window = [];
      tokens = 0;
    }
  }
  if (window.length > 0) yield window;
}
