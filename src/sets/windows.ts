import type { WindowLimits } from '../model/encoder.ts';

/** Characters per window: bounds memory where rows are far longer than the part that a model reads. */
const MAX_CHARS = 16_777_216;

/** Measuring can be tokenising: events are let in after this time. */
const SLICE_MS = 4;

/**
 * Groups rows into windows, the unit of planning, of the duplicate cache and of commit. A window is a pure function of the input and
 * the model (rows, size as the encoder measures it, or characters, whichever comes first), never of time, memory, threads or how a pipe
 * was cut: so a run that is killed and resumed writes the same bytes as one that was not.
 *
 * @param pause lets events in
 */
export async function* groupWindows<Row extends { text: string; size: number }>(
  batches: AsyncIterable<Row[]>,
  { rows: maxRows, size: maxSize, sizeOf }: WindowLimits,
  { pause }: { pause: () => Promise<void> },
): AsyncGenerator<Row[]> {
  let window: Row[] = [];
  let size = 0;
  let chars = 0;
  for await (const batch of batches) {
    let since = performance.now();
    for (const row of batch) {
      window.push(row);
      size += sizeOf(row.text);
      chars += row.size;
      if (performance.now() - since > SLICE_MS) {
        await pause();
        since = performance.now();
      }
      if (window.length < maxRows && size < maxSize && chars < MAX_CHARS) continue;
      yield window;
      window = [];
      size = 0;
      chars = 0;
    }
  }
  if (window.length > 0) yield window;
}
