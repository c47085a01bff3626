/**
 * Groups rows into windows, the unit of planning, of the duplicate cache and of commit. A window is a pure function of
 * the input (4,096 rows, 262,144 tokens or 16 M characters, whichever comes first), never of time, memory, threads or how a pipe was
 * cut: so a run that is killed and continued writes the same bytes as one that was not.
 */
export const WINDOW_ROWS = 4096;

/** Of a static model, whose windows take a fraction of the time. */
export const STATIC_WINDOW_ROWS = 16_384;
export const WINDOW_TOKENS = 262_144;

/** Bounds memory where rows are far longer than what a model reads of them. */
export const WINDOW_CHARS = 16_777_216;

export async function* groupWindows<Row extends { tokens: number; size: number }>(
  batches: AsyncIterable<Row[]>,
  {
    maxRows = WINDOW_ROWS,
    maxTokens = WINDOW_TOKENS,
    maxChars = WINDOW_CHARS,
  }: { maxRows?: number; maxTokens?: number; maxChars?: number } = {},
): AsyncGenerator<Row[]> {
  let window: Row[] = [];
  let tokens = 0;
  let chars = 0;
  for await (const batch of batches) {
    for (const row of batch) {
      window.push(row);
      tokens += row.tokens;
      chars += row.size;
      if (window.length < maxRows && tokens < maxTokens && chars < maxChars) continue;
      yield window;
      window = [];
      tokens = 0;
      chars = 0;
    }
  }
  if (window.length > 0) yield window;
}
