import { existsSync, renameSync, rmSync } from 'node:fs';
import { EmbedError } from '../errors.ts';
import { openPartFile } from '../files/part-file.ts';
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
  if (existsSync(path) && !overwrite) {
    throw new EmbedError(`Cannot write ${path}: a file of that name exists`, { hint: 'Name another file with -o, or add --overwrite' });
  }
  const part = openPartFile(`${path}.part`, 'w');
  let at = 0;
  return {
    async write(rows, vectors) {
      const bytes = Buffer.from(toJsonl(rows, vectors));
      part.write(bytes, at);
      at += bytes.length;
    },
    finish() {
      part.close();
      renameSync(part.path, path);
    },
    abandon() {
      part.close();
      rmSync(part.path, { force: true });
    },
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
