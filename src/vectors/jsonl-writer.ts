import { openOutputFile } from '../files/output-file.ts';
import { write } from '../io.ts';
import { rowOf, type Matrix } from './matrix.ts';

/** Writes vectors as JSONL: a row's own fields, then `embedding`. A file gets its final name only when it is complete. */
export type JsonlWriter = {
  write(rows: readonly object[], vectors: Matrix): Promise<void>;
  finish(): void;
  abandon(): void;
};

export function openJsonlWriter(path: string, { stdout, overwrite }: { stdout: NodeJS.WritableStream; overwrite: boolean }): JsonlWriter {
  if (path === '-') {
    return { write: (rows, vectors) => write(stdout, toJsonl(rows, vectors)), finish: () => {}, abandon: () => {} };
  }
  const file = openOutputFile(path, { overwrite });
  return {
    write(rows, vectors) {
      file.write(Buffer.from(toJsonl(rows, vectors)));
      return Promise.resolve();
    },
    finish: () => file.finish(),
    abandon: () => file.abandon(),
  };
}

function toJsonl(rows: readonly object[], vectors: Matrix): string {
  return rows
    .map((row, index) => {
      // nine significant digits are enough to restore every float32 exactly
      const numbers = Array.from(rowOf(vectors, index), (value) => Number(value.toPrecision(9)));
      return `${JSON.stringify({ ...row, embedding: numbers })}\n`;
    })
    .join('');
}
