import { yieldToEvents } from '../../io.ts';
import type { Encoder, EncoderKind } from '../encoder.ts';
import type { Model, Transformer } from '../model.ts';
import { openReader, type Reading } from '../reading/reading.ts';
import { openTokenEncoder } from './token-encoder.ts';

export const TRANSFORMER: EncoderKind<Transformer> = { open: openTransformerEncoder };

/** Text → vectors: tokenised on this thread, in slices, then encoded in batches by others. */
function openTransformerEncoder(model: Model, { runs, threads, prompt }: { runs: Transformer; threads: number; prompt: string }): Encoder {
  const read = openReader(model, { prompt });
  const tokens = openTokenEncoder(model, { runs, threads, skip: model.includePrompt ? 0 : read.promptTokens });
  const closing = new AbortController();
  return {
    window: { rows: WINDOW_ROWS, bytes: WINDOW_BYTES, rowBytes: BYTES_PER_TOKEN * model.maxTokens },
    async encode(texts, onBatch) {
      const ids: Int32Array[] = [];
      const reads: Reading[] = [];
      let since = performance.now();
      for (const text of texts) {
        const { ids: own, ...reading } = read(text);
        ids.push(own);
        reads.push(reading);
        if (performance.now() - since < SLICE_MS) continue;
        // this thread hands out the batches of an earlier window
        await yieldToEvents(closing.signal);
        since = performance.now();
      }
      return { vectors: await tokens.encode(ids, onBatch), reads };
    },
    async close() {
      closing.abort();
      await tokens.close();
    },
  };
}

/** A batch takes tens of milliseconds: a thread that waits this long for the next loses little. */
const SLICE_MS = 4;

/** Bounds the work that a stopped run loses, and the rows that batches are planned from; ADR 015 has the figures. */
const WINDOW_ROWS = 4096;
const WINDOW_BYTES = 1_048_576;

/** Most texts have 2 to 6, by most vocabularies. */
const BYTES_PER_TOKEN = 4;
