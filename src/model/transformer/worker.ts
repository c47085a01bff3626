import { serve } from '../../threads/serve.ts';
import { openBatchRunner, type SessionSpec } from './session.ts';

/** A thread that owns one session. `run` blocks its thread, so inference must not run on the thread that handles Ctrl-C. */
export type BatchTask = { ids: BigInt64Array; rows: number; tokens: number };

await serve(async (spec: SessionSpec) => {
  const { run, close } = await openBatchRunner(spec);
  return {
    run: ({ ids, rows, tokens }: BatchTask): Promise<Float32Array> => run(ids, rows, tokens),
    close,
    // ONNX Runtime may still hold the memory of its results
    transfer: () => [],
  };
});
