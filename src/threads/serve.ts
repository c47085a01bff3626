import { parentPort, workerData, type TransferListItem } from 'node:worker_threads';
import { CliError } from '../errors.ts';

/** What a thread of a pool answers. */
export type WorkerReply<Result> =
  | { kind: 'ready' }
  | { kind: 'done'; id: number; result: Result }
  | { kind: 'failed'; message: string; hint: string | undefined };

/** What a thread does: a task at a time, and what is to be done at its end. */
export type Service<Task, Result> = {
  run: (task: Task) => Promise<Result>;
  close: () => Promise<void>;
  /** What of a result is handed over instead of copied. */
  transfer: (result: Result) => readonly TransferListItem[];
};

/** Makes this thread one of a pool. */
export async function serve<Data, Task, Result>(open: (data: Data) => Promise<Service<Task, Result>>): Promise<void> {
  const port = parentPort!;
  const reply = (message: WorkerReply<Result>, transfer: readonly TransferListItem[] = []): void => port.postMessage(message, transfer);
  const fail = (error: unknown): void =>
    reply({
      kind: 'failed',
      message: error instanceof Error ? error.message : String(error),
      hint: error instanceof CliError ? error.hint : undefined,
    });
  try {
    const { run, close, transfer } = await open(workerData as Data);
    let busy: Promise<void> = Promise.resolve();
    port.on('message', (message: { id: number; task: Task } | 'close') => {
      if (message === 'close') {
        // a thread must not be ended from outside while it is inside ONNX Runtime: that aborts the whole process
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
