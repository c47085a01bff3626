import { yieldToEvents } from '../../io.ts';
import type { Encoder, EncoderKind } from '../encoder.ts';
import { withKnown } from '../known.ts';
import type { Model, Transformer } from '../model.ts';
import { openReader, type Reading, type ReadText } from '../reading/reading.ts';
import { openTokenEncoder } from './token-encoder.ts';

export const TRANSFORMER: EncoderKind<Transformer> = { open: openTransformerEncoder };

/** Text → vectors: tokenised on this thread, in slices, then encoded in batches by others. */
function openTransformerEncoder(model: Model, { runs, threads, prompt }: { runs: Transformer; threads: number; prompt: string }): Encoder {
  const read = openReader(model, { prompt });
  const tokens = openTokenEncoder(model, { runs, threads, skip: model.includePrompt ? 0 : read.promptTokens });
  const closing = new AbortController();
  // tokens of texts that were measured and not yet encoded: those of two windows at most
  const measured = new Map<string, ReadText>();
  const measure = (text: string): number => {
    const tokenized = measured.get(text) ?? read(text);
    measured.set(text, tokenized);
    return tokenized.ids.length;
  };
  return {
    read: (text) => measured.get(text) ?? read(text),
    window: { rows: WINDOW_ROWS, size: WINDOW_TOKENS, sizeOf: measure },
    async encode(texts, onBatch, known) {
      const ids: Int32Array[] = [];
      const reads: Reading[] = [];
      let since = performance.now();
      for (const text of texts) {
        const { ids: own, ...reading } = measured.get(text) ?? read(text);
        ids.push(own);
        reads.push(reading);
        if (performance.now() - since < SLICE_MS) continue;
        // this thread hands out the batches of an earlier window
        await yieldToEvents(closing.signal);
        since = performance.now();
      }
      for (const text of texts) measured.delete(text);
      const vectors = await withKnown(texts, { dims: model.dims, known }, (places) =>
        tokens.encode(
          places.map((place) => ids[place]!),
          onBatch,
        ),
      );
      return { vectors, reads };
    },
    async close() {
      closing.abort();
      await tokens.close();
    },
  };
}

/** A batch takes tens of milliseconds: a thread that waits this long for the next loses little. */
const SLICE_MS = 4;

/** Bounds what a stopped run loses. Other windows would give other batches, and sets whose last bits differ (ADR 015). */
const WINDOW_ROWS = 4096;
const WINDOW_TOKENS = 262_144;
