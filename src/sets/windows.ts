import type { WindowLimits } from '../model/encoder.ts';

/** Characters per window: bounds memory where rows are far longer than the part that a model reads. */
const MAX_CHARS = 16_777_216;

/**
 * Groups rows into windows, the unit of planning, of the duplicate cache and of commit. A window ends at a number of rows, of bytes of
 * text or of characters, whichever comes first. So it depends only on the input and the model, never on time, memory, threads or how a
 * pipe was cut: a run that is killed and resumed writes the same bytes as one that was not.
 */
export async function* groupWindows<Row extends { text: string; size: number }>(
  batches: AsyncIterable<Row[]>,
  { rows: maxRows, bytes: maxBytes, rowBytes }: WindowLimits,
): AsyncGenerator<Row[]> {
  let window: Row[] = [];
  let bytes = 0;
  let chars = 0;
  for await (const batch of batches) {
    for (const row of batch) {
      window.push(row);
      bytes += Math.min(rowBytes, Buffer.byteLength(row.text));
      chars += row.size;
      if (window.length < maxRows && bytes < maxBytes && chars < MAX_CHARS) continue;
      yield window;
      window = [];
      bytes = 0;
      chars = 0;
    }
  }
  if (window.length > 0) yield window;
}
