import { parentPort, workerData } from 'node:worker_threads';
import { CliError } from '../errors.ts';
import { openBatchRunner, type SessionSpec } from './session.ts';

/** A thread that owns one session. `run` blocks its thread, so inference must not live where the user's keys are read. */

export type BatchTask = { id: number; ids: BigInt64Array; rows: number; tokens: number };
export type WorkerReply =
  | { kind: 'ready' }
  | { kind: 'vectors'; id: number; vectors: Float32Array }
  | { kind: 'failed'; message: string; hint: string | undefined };

const port = parentPort!;
const reply = (message: WorkerReply): void => port.postMessage(message);
const fail = (error: unknown): void =>
  reply({
    kind: 'failed',
    message: error instanceof Error ? error.message : String(error),
    hint: error instanceof CliError ? error.hint : undefined,
  });

try {
  const { run, close } = await openBatchRunner(workerData as SessionSpec);
  let busy: Promise<void> = Promise.resolve();
  port.on('message', (task: BatchTask | 'close') => {
    if (task === 'close') {
      // a thread must not be ended from outside while it is inside ONNX Runtime: that aborts the whole process
      void busy.then(close).finally(() => port.close());
      return;
    }
    const { id, ids, rows, tokens } = task;
    busy = run(ids, rows, tokens).then((vectors) => reply({ kind: 'vectors', id, vectors }), fail);
  });
  reply({ kind: 'ready' });
} catch (error) {
  fail(error);
  port.close();
}
