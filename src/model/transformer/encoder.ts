import { forbidTelemetry } from '../../engine/runtime.ts';
import { openPool, type WorkerPool } from '../../threads/pool.ts';
import type { Encoder } from '../encoder.ts';
import type { Model } from '../model.ts';
import { openReader, type ReadText } from '../reading/reading.ts';
import { planBatches } from './batches.ts';
import { onnxFile } from './graph-cache.ts';
import type { SessionSpec } from './session.ts';
import type { BatchTask } from './worker.ts';

/**
 * Starts one single-threaded session a processor: batches are independent, so this scales better than one session
 * with several threads that meet at a barrier after every operator (measured 1,500 against 1,250 lines/s on two).
 *
 * @param skip tokens at the beginning that do not count in pooling
 */
export function openSessions(model: Model, { threads, skip }: { threads: number; skip: number }): WorkerPool<BatchTask, Float32Array> {
  const size = Math.min(threads, MAX_SESSIONS);
  const { head, dims, repooled = false } = model;
  const spec: SessionSpec = { onnxPath: onnxFile(model), head, dims, skip, repooled, threads: Math.max(1, Math.floor(threads / size)) };
  forbidTelemetry();
  return openPool('model/transformer/worker', spec, { size });
}

export function openTransformerEncoder(model: Model, { threads, prompt }: { threads: number; prompt: string }): Encoder {
  const read = openReader(model, { prompt });
  const pool = openSessions(model, { threads, skip: model.includePrompt ? 0 : read.promptTokens });

  return {
    read,
    async encode(texts, onBatch) {
      const { unique, indexOf } = distinct(texts);
      const vectors = new Float32Array(unique.length * model.dims);
      const batches = planBatches(
        unique.map((ids) => ids.length),
        { maxTokens: TOKENS_PER_BATCH },
      );
      await Promise.all(
        batches.map(async ({ tokens, rows }) => {
          const ids = new BigInt64Array(rows.length * tokens);
          rows.forEach((row, at) => unique[row]!.forEach((id, token) => (ids[at * tokens + token] = BigInt(id))));
          const part = await pool.run({ ids, rows: rows.length, tokens }, [ids.buffer]);
          rows.forEach((row, at) => vectors.set(part.subarray(at * model.dims, (at + 1) * model.dims), row * model.dims));
          onBatch?.(rows.length, rows.length * tokens);
        }),
      );
      if (unique.length === texts.length) return { data: vectors, rows: texts.length, cols: model.dims };
      const data = new Float32Array(texts.length * model.dims);
      indexOf.forEach((from, to) => data.set(vectors.subarray(from * model.dims, (from + 1) * model.dims), to * model.dims));
      return { data, rows: texts.length, cols: model.dims };
    },
    close: () => pool.close(),
  };
}

/** Different texts with the same ids (case, white space) are one text to the model. */
function distinct(texts: readonly ReadText[]): { unique: Int32Array[]; indexOf: number[] } {
  const seen = new Map<string, number>();
  const unique: Int32Array[] = [];
  const indexOf = texts.map(({ ids }) => {
    const key = Buffer.from(ids.buffer, ids.byteOffset, ids.byteLength).toString('latin1');
    let index = seen.get(key);
    if (index === undefined) {
      index = unique.push(ids) - 1;
      seen.set(key, index);
    }
    return index;
  });
  return { unique, indexOf };
}

/** Beyond this many sessions memory grows faster than the rate; further threads go inside the sessions. */
const MAX_SESSIONS = 8;

/** Rows × length of a batch. Measured on 2 cores: 512 to 2,048 are equal within noise, 256 loses 10 %. */
export const TOKENS_PER_BATCH = 1024;
