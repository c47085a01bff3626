import { Worker } from 'node:worker_threads';
import { EmbedError } from '../../errors.ts';
import { workerFile } from '../../threads/worker-file.ts';
import type { RidgeProblem } from './ridge-columns.ts';
import type { RidgeSpec, RidgeTask } from './ridge-worker.ts';
import { rowScales, sharedMemory, type TokenRows } from './token-rows.ts';

/** The data that a table of token vectors is fitted to: texts as tokens, and the target vector of each text. */
export type Fitting = {
  rows: TokenRows;
  /** Weights of tokens, [vocabulary], in shared memory. */
  weights: Float32Array;
  targets: Targets;
};

/** The target vectors of texts, in the order of `rows`. */
export type Targets = {
  dims: number;
  /** Fills `into` [count, dims] with targets, starting at row `first`. */
  read(first: number, into: Float32Array): Promise<void>;
};

export type RidgeOptions = {
  threads: number;
  signal: AbortSignal;
  lambda?: number;
  iterations?: number;
  /** @param fraction share of the work that is done, roughly, 0 to 1 */
  onProgress?: (fraction: number) => void;
};

/** Rows of targets per block. */
const ROWS_PER_BLOCK = 4096;

/** Reading the targets takes about as long as this many iterations. */
const READING = 2;

/**
 * Fits the table whose weighted sums come nearest to the targets (see `openRidgeColumns`). Each of its rows is a token's weight times the
 * token's solution, so that a text's vector is the sum of its tokens' rows, scaled to unit length. Each thread solves its own columns, so
 * the result does not depend on the number of threads.
 *
 * @returns [vocabulary, dims], in shared memory
 * @throws EmbedError when `signal` aborts
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
  // threads still read the block while the next rows are read into this memory
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
      // its error is thrown by the await above, after the next rows are read
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

/** Threads that all do the same task, each on its own columns. */
type Team = { do(task: RidgeTask): Promise<void>; close(): Promise<void> };

/** Fewer columns than this are not worth a thread. */
const MIN_COLUMNS = 16;

function openTeam(spec: Omit<RidgeSpec, 'from' | 'width'>, { threads, signal }: { threads: number; signal: AbortSignal }): Team {
  const size = Math.max(1, Math.min(threads, Math.floor(spec.dims / MIN_COLUMNS)));
  // threads get multiples of eight columns; the last one also gets the rest
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
  const stop = (): void => fail(new EmbedError('stopped'));
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
      // threads only compute, so they can be terminated at any point
      await Promise.all(workers.map((worker) => worker.terminate()));
    },
  };
}
