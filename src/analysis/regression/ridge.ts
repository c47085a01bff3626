import { Worker } from 'node:worker_threads';
import { CliError } from '../../errors.ts';
import { workerFile } from '../../threads/worker-file.ts';
import type { RidgeProblem } from './ridge-columns.ts';
import type { RidgeSpec, RidgeTask } from './ridge-worker.ts';
import { rowScales, sharedMemory, type TokenRows } from './token-rows.ts';

/** What a table of tokens' vectors is fitted to: texts as tokens, and where each of them shall land. */
export type Fitting = {
  rows: TokenRows;
  /** Weights of tokens, [vocabulary], in shared memory. */
  weights: Float32Array;
  targets: Targets;
};

/** The vectors that texts shall have, row by row as in `rows`. */
export type Targets = {
  dims: number;
  /** Fills `into` with the targets of rows from `first` on, [some, dims]. */
  read(first: number, into: Float32Array): Promise<void>;
};

export type RidgeOptions = {
  threads: number;
  signal: AbortSignal;
  lambda?: number;
  iterations?: number;
  /** @param fraction share of the work that is done, roughly */
  onProgress?: (fraction: number) => void;
};

/** Rows of targets that are handed over at once. */
const ROWS_PER_BLOCK = 4096;

/** Reading the targets takes about as long as this many iterations. */
const READING = 2;

/**
 * The table whose weighted sums come nearest to the targets (see `openRidgeColumns`). A row of it is its token's weight times its solution,
 * so that a text's vector is the sum of its tokens' rows, brought to unit length. Each thread solves columns of its own, so the result does
 * not depend on their number.
 *
 * @returns [vocabulary, dims], in shared memory
 * @throws a CliError when `signal` aborts
 */
export async function fitRidge(
  { rows, weights, targets }: Fitting,
  { threads, signal, lambda = 0.05, iterations = 12, onProgress = () => {} }: RidgeOptions,
): Promise<Float32Array> {
  const { dims } = targets;
  const table = new Float32Array(sharedMemory(weights.length * dims));
  const block = new Float32Array(sharedMemory(ROWS_PER_BLOCK * dims));
  const problem: RidgeProblem = { rows, weights, scales: rowScales(rows, weights), lambda };
  const team = openTeam({ problem, dims, targets: block, table }, { threads, signal });
  // what is read next must not replace what threads are still adding
  const next = new Float32Array(ROWS_PER_BLOCK * dims);
  const all = READING + iterations;
  try {
    let adding = Promise.resolve();
    for (let first = 0; first < rows.rows; first += ROWS_PER_BLOCK) {
      const count = Math.min(ROWS_PER_BLOCK, rows.rows - first);
      await targets.read(first, next.subarray(0, count * dims));
      await adding;
      block.set(next);
      adding = team.do({ kind: 'add', first, count });
      // it is waited for above, once the next rows are read
      adding.catch(() => {});
      onProgress((READING * (first + count)) / rows.rows / all);
    }
    await adding;
    for (let iteration = 1; iteration <= iterations; iteration++) {
      await team.do({ kind: 'step' });
      onProgress((READING + iteration) / all);
    }
    await team.do({ kind: 'finish' });
    return table;
  } finally {
    await team.close();
  }
}

/** Threads that do the same on columns of their own. */
type Team = { do(task: RidgeTask): Promise<void>; close(): Promise<void> };

/** Fewer columns than this keep no thread busy. */
const MIN_COLUMNS = 16;

function openTeam(spec: Omit<RidgeSpec, 'from' | 'width'>, { threads, signal }: { threads: number; signal: AbortSignal }): Team {
  const size = Math.max(1, Math.min(threads, Math.floor(spec.dims / MIN_COLUMNS)));
  // eight columns go together; what is left over is with the last thread
  const bounds = Array.from({ length: size + 1 }, (_, at) => (at === size ? spec.dims : 8 * Math.round((at * spec.dims) / size / 8)));
  const workers = bounds.slice(1).map((until, at) => {
    const from = bounds[at]!;
    return new Worker(workerFile('analysis/regression/ridge-worker'), {
      workerData: { ...spec, from, width: until - from } satisfies RidgeSpec,
    });
  });
  let failure: Error | undefined;
  const pending = new Set<(error: Error) => void>();
  const fail = (error: Error): void => {
    failure ??= error;
    for (const reject of pending) reject(failure);
  };
  const stop = (): void => fail(new CliError('stopped'));
  for (const worker of workers) worker.on('error', fail);
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();

  const ask = (worker: Worker, task: RidgeTask): Promise<void> =>
    new Promise((resolve, reject) => {
      pending.add(reject);
      worker.once('message', () => {
        pending.delete(reject);
        resolve();
      });
      if (failure) reject(failure);
      else worker.postMessage(task);
    });
  return {
    do: async (task) => void (await Promise.all(workers.map((worker) => ask(worker, task)))),
    async close() {
      signal.removeEventListener('abort', stop);
      // there is nothing in them but arithmetic: they may be ended anywhere
      await Promise.all(workers.map((worker) => worker.terminate()));
    },
  };
}
