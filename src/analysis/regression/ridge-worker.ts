import { parentPort, workerData } from 'node:worker_threads';
import { openRidgeColumns, type RidgeProblem } from './ridge-columns.ts';

/** A thread that solves some columns of a ridge regression. */

export type RidgeSpec = {
  problem: RidgeProblem;
  /** This thread solves `width` of the `dims` columns, beginning at `from`. */
  from: number;
  width: number;
  dims: number;
  /** Shared memory for the next rows of targets, [rows, dims]. */
  targets: Float32Array;
  /** Shared memory for the solution, [vocabulary, dims]. */
  table: Float32Array;
};

export type RidgeTask = { kind: 'add'; first: number; count: number } | { kind: 'step' } | { kind: 'finish' };

const port = parentPort!;
const { problem, from, width, dims, targets, table } = workerData as RidgeSpec;
const columns = openRidgeColumns(problem, width);

port.on('message', (task: RidgeTask) => {
  if (task.kind === 'add') columns.add(targets, { first: task.first, count: task.count, stride: dims, from });
  else if (task.kind === 'step') columns.step();
  else {
    const { solution } = columns;
    for (let id = 0; id < problem.weights.length; id++) {
      const weight = problem.weights[id]!;
      for (let column = 0; column < width; column++) table[id * dims + from + column] = weight * solution[id * width + column]!;
    }
  }
  port.postMessage('done');
});
