import { closeSync, existsSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { CliError } from '../errors.ts';
import { write } from '../io.ts';
import { rowOf, type Matrix } from './matrix.ts';

/** Writes vectors as JSONL: a row's own fields, then `embedding`. A file gets its name only once it is whole. */
export type JsonlWriter = {
  write(rows: readonly Record<string, unknown>[], vectors: Matrix): Promise<void>;
  finish(): void;
  abandon(): void;
};

export function openJsonlWriter(path: string, { stdout, overwrite }: { stdout: NodeJS.WritableStream; overwrite: boolean }): JsonlWriter {
  if (path === '-') {
    return { write: (rows, vectors) => write(stdout, toJsonl(rows, vectors)), finish: () => {}, abandon: () => {} };
  }
  if (existsSync(path) && !overwrite) {
    throw new CliError(`Cannot write ${path}: a file of that name exists`, { hint: 'Name another file with -o, or say --overwrite' });
  }
  const part = `${path}.part`;
  let file: number;
  try {
    file = openSync(part, 'w');
  } catch (cause) {
    throw new CliError(`Cannot write ${path}: ${(cause as Error).message}`, {
      hint: 'Choose a folder that exists and that you may write to, with -o',
      cause,
    });
  }
  return {
    async write(rows, vectors) {
      writeSync(file, toJsonl(rows, vectors));
    },
    finish() {
      closeSync(file);
      renameSync(part, path);
    },
    abandon() {
      closeSync(file);
      rmSync(part, { force: true });
    },
  };
}

function toJsonl(rows: readonly Record<string, unknown>[], vectors: Matrix): string {
  return rows
    .map((row, index) => {
      // nine significant digits identify every float32
      const numbers = Array.from(rowOf(vectors, index), (value) => Number(value.toPrecision(9)));
      return `${JSON.stringify({ ...row, embedding: numbers })}\n`;
    })
    .join('');
}
