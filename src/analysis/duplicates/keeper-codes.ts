import {
  holdCandidates,
  type CandidateKernel,
  type OnCandidate,
  type HeldCandidates,
  type QueryOperand,
  type RowOperand,
} from '../../engine/candidates.ts';
import type { CodeBlock } from '../row-blocks.ts';

/**
 * Codes of rows that are added one by one, ready to be screened. The newest rows are in a small block, so that little time is
 * spent on empty places. Full small blocks are joined into large ones. When there are enough large blocks, ONNX Runtime gets
 * them as constants, which it packs once.
 */
export type KeeperCodes = {
  /** Copies column `column` of a block. */
  append(block: CodeBlock, column: number): void;
  /** Calls `found` with each query and the number of every row whose score reaches the query's floor. */
  screen(queries: QueryOperand, least: Float32Array, found: OnCandidate): Promise<void>;
  close(): Promise<void>;
};

/** Rows per block. A product of 4,096 rows and 1,024 queries fits into the caches; larger ones are slower. */
const SMALL = 1024;
const LARGE = 4 * SMALL;

/** Large blocks per session, which has its own threads: 65,536 rows. */
const HELD = 16;

/** @param kernel screens the rows that are not in a session yet */
export function openKeeperCodes(kernel: CandidateKernel, { width, threads }: { width: number; threads: number }): KeeperCodes {
  const held: HeldCandidates[] = [];
  let large: RowOperand[] = [];
  let small: RowOperand[] = [];
  let count = 0;

  const join = (): RowOperand => {
    const data = new Int8Array(width * LARGE);
    const perRow = new Float32Array(LARGE);
    for (const [at, part] of small.entries()) {
      perRow.set(part.perRow, at * SMALL);
      for (let code = 0; code < width; code++) {
        data.set((part.data as Int8Array).subarray(code * SMALL, (code + 1) * SMALL), code * LARGE + at * SMALL);
      }
    }
    return { data, perRow, count: LARGE };
  };

  return {
    append(block, column) {
      const at = count % SMALL;
      if (at === 0) {
        if (small.length * SMALL === LARGE) {
          large.push(join());
          small = [];
        }
        small.push({ data: new Int8Array(width * SMALL), perRow: new Float32Array(SMALL), count: SMALL });
      }
      const { data, perRow } = small.at(-1)!;
      for (let code = 0; code < width; code++) data[code * SMALL + at] = block.data[code * block.columns + column]!;
      perRow[at] = block.perRow[column]!;
      count++;
    },
    async screen(queries, least, found) {
      if (large.length >= HELD) {
        held.push(await holdCandidates(large.splice(0, HELD), { width, threads }));
      }
      let first = 0;
      const floors = { least };
      for (const part of held) {
        const base = first;
        await part.run({ queries, floors }, (query, row, score) => found(query, base + row, score));
        first += HELD * LARGE;
      }
      for (const rows of [...large, ...small]) {
        const base = first;
        await kernel.run({ queries, rows, floors }, (query, row, score) => {
          if (base + row < count) found(query, base + row, score);
        });
        first += rows.count;
      }
    },
    async close() {
      await Promise.all(held.map((part) => part.close()));
    },
  };
}
