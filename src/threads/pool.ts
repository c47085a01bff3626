import { Worker, type TransferListItem } from 'node:worker_threads';
import { EmbedError } from '../errors.ts';
import type { WorkerReply } from './serve.ts';
import { workerFile } from './worker-file.ts';

/** Threads that share a queue of tasks. */
export type WorkerPool<Task, Result> = {
  /** @param transfer buffers that are moved to the thread instead of copied */
  run(task: Task, transfer?: readonly TransferListItem[]): Promise<Result>;
  close(): Promise<void>;
};

type Job<Task, Result> = {
  id: number;
  task: Task;
  transfer: readonly TransferListItem[];
  resolve: (result: Result) => void;
  reject: (error: Error) => void;
};

/** Tasks are short, and large results are outside of the heap: the default of 48 MB per thread would only fill with garbage. */
const MAX_YOUNG_MB = 12;

/**
 * Opens a pool. It starts a thread whenever a task has to wait, up to `size` threads.
 *
 * @param path the source file that the threads run, relative to src and without its suffix; it calls `serve`
 * @param data handed to every thread at its start
 */
export function openPool<Task, Result>(path: string, data: unknown, { size }: { size: number }): WorkerPool<Task, Result> {
  const queue: Job<Task, Result>[] = [];
  const running = new Map<number, Job<Task, Result>>();
  const idle: Worker[] = [];
  const workers: Worker[] = [];
  let failure: Error | undefined;
  let nextId = 0;

  const fail = (error: Error): void => {
    failure ??= error;
    for (const job of [...running.values(), ...queue.splice(0)]) job.reject(failure);
    running.clear();
  };
  const dispatch = (): void => {
    while (queue.length > 0 && idle.length > 0) {
      const job = queue.shift()!;
      running.set(job.id, job);
      idle.pop()!.postMessage({ id: job.id, task: job.task }, job.transfer);
    }
    // another thread costs start-up time and memory: start one only when a task is waiting for it
    if (queue.length > 0 && workers.length < size && idle.length === 0) start();
  };
  const start = (): void => {
    let worker: Worker;
    try {
      worker = new Worker(workerFile(path), { workerData: data, resourceLimits: { maxYoungGenerationSizeMb: MAX_YOUNG_MB } });
    } catch (error) {
      // thrown into the handler of a message it would end the process
      fail(error as Error);
      return;
    }
    worker.on('message', (reply: WorkerReply<Result>) => {
      if (reply.kind === 'failed') {
        fail(new EmbedError(reply.message, reply.hint === undefined ? {} : { hint: reply.hint }));
        return;
      }
      if (reply.kind === 'done') {
        running.get(reply.id)?.resolve(reply.result);
        running.delete(reply.id);
      }
      idle.push(worker);
      dispatch();
    });
    worker.on('error', fail);
    workers.push(worker);
  };

  start();
  return {
    run: (task, transfer = []) =>
      failure
        ? Promise.reject(failure)
        : new Promise((resolve, reject) => {
            queue.push({ id: nextId++, task, transfer, resolve, reject });
            dispatch();
          }),
    close: async () => {
      queue.length = 0;
      await Promise.all(
        workers.map(
          (worker) =>
            new Promise<void>((resolve) => {
              if (worker.threadId === -1) return resolve();
              worker.once('exit', () => resolve());
              worker.postMessage('close');
            }),
        ),
      );
    },
  };
}
