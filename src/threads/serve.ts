import { parentPort, workerData, type TransferListItem } from 'node:worker_threads';
import { EmbedError } from '../errors.ts';
import { systemError } from '../system-errors.ts';

/** A message from a thread to its pool. */
export type WorkerReply<Result> =
  | { kind: 'ready' }
  | { kind: 'done'; id: number; result: Result }
  | { kind: 'failed'; message: string; hint: string | undefined };

/** The work of a thread: it runs one task at a time, and closes what it has opened. */
export type Service<Task, Result> = {
  run: (task: Task) => Promise<Result>;
  close: () => Promise<void>;
  /** Buffers of a result that are moved to the pool instead of copied. */
  transfer: (result: Result) => readonly TransferListItem[];
};

/** Makes this thread run the tasks of a pool. */
export async function serve<Data, Task, Result>(open: (data: Data) => Promise<Service<Task, Result>>): Promise<void> {
  const port = parentPort!;
  const reply = (message: WorkerReply<Result>, transfer: readonly TransferListItem[] = []): void => port.postMessage(message, transfer);
  const fail = (raised: unknown): void => {
    const error = systemError(raised) ?? raised;
    reply({
      kind: 'failed',
      message: error instanceof Error ? error.message : String(error),
      hint: error instanceof EmbedError ? error.hint : undefined,
    });
  };
  try {
    const { run, close, transfer } = await open(workerData as Data);
    let busy: Promise<void> = Promise.resolve();
    port.on('message', (message: { id: number; task: Task } | 'close') => {
      if (message === 'close') {
        // ending a thread from outside while it runs ONNX Runtime would abort the whole process
        void busy.then(close).finally(() => port.close());
        return;
      }
      const { id, task } = message;
      busy = run(task).then((result) => reply({ kind: 'done', id, result }, transfer(result)), fail);
    });
    reply({ kind: 'ready' });
  } catch (error) {
    fail(error);
    port.close();
  }
}
