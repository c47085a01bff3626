import { Worker } from 'node:worker_threads';
import { forbidTelemetry } from '../engine/runtime.ts';
import { CliError } from '../errors.ts';
import type { SessionSpec } from './session.ts';
import type { BatchTask, WorkerReply } from './worker.ts';

/** Threads that share a queue of batches. */
export type WorkerPool = {
  /** Vectors of one batch, [rows, dims] in C order. */
  run(task: Omit<BatchTask, 'id'>): Promise<Float32Array>;
  close(): Promise<void>;
};

/** Beyond this many sessions memory grows faster than the rate; further threads go inside the sessions. */
const MAX_WORKERS = 8;

/**
 * Starts one single-threaded session a processor: batches are independent, so this scales better than one session
 * with several threads that meet at a barrier after every operator (measured 1,500 against 1,250 lines/s on two).
 */
export function openPool(model: Omit<SessionSpec, 'threads'>, { threads }: { threads: number }): WorkerPool {
  const size = Math.min(threads, MAX_WORKERS);
  const queue: { task: BatchTask; resolve: (vectors: Float32Array) => void; reject: (error: Error) => void }[] = [];
  const running = new Map<number, (typeof queue)[number]>();
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
      running.set(job.task.id, job);
      idle.pop()!.postMessage(job.task, [job.task.ids.buffer as ArrayBuffer]);
    }
    // a second worker costs start-up time and memory: only when there is a second batch for it
    if (queue.length > 0 && workers.length < size && idle.length === 0) start();
  };
  const start = (): void => {
    // tests run the sources; a worker thread needs the compiled file
    const file = import.meta.url.endsWith('.ts') ? '../../dist/model/worker.js' : './worker.js';
    const spec: SessionSpec = { ...model, threads: Math.max(1, Math.floor(threads / size)) };
    const worker = new Worker(new URL(file, import.meta.url), { workerData: spec });
    worker.on('message', (reply: WorkerReply) => {
      if (reply.kind === 'failed') {
        fail(new CliError(reply.message, reply.hint === undefined ? {} : { hint: reply.hint }));
        return;
      }
      if (reply.kind === 'vectors') {
        running.get(reply.id)?.resolve(reply.vectors);
        running.delete(reply.id);
      }
      idle.push(worker);
      dispatch();
    });
    worker.on('error', fail);
    workers.push(worker);
  };

  forbidTelemetry();
  start();
  return {
    run: (task) =>
      failure
        ? Promise.reject(failure)
        : new Promise((resolve, reject) => {
            queue.push({ task: { ...task, id: nextId++ }, resolve, reject });
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
