import type { RowOperand } from '../engine/candidates.ts';
import { codeWidth } from './codes.ts';
import type { CodeBlock } from './row-blocks.ts';

/**
 * Codes of rows that come one by one, in blocks that kernels take. The newest rows are in a small block, so that little is
 * computed for places that are still empty; full small blocks are joined into large ones.
 */
export type KeeperCodes = {
  count(): number;
  /** Takes column `column` of a block over. */
  append(block: CodeBlock, column: number): void;
  /** All blocks, with the number of the first row in each. */
  blocks(): { first: number; count: number; operand: RowOperand }[];
};

const SMALL = 2048;
const LARGE = 8 * SMALL;

export function openKeeperCodes(dims: number): KeeperCodes {
  const width = codeWidth(dims);
  const large: RowOperand[] = [];
  let small: RowOperand[] = [];
  let filled = 0;
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
    count: () => count,
    append(block, column) {
      if (filled === 0) {
        if (small.length * SMALL === LARGE) {
          large.push(join());
          small = [];
        }
        small.push({ data: new Int8Array(width * SMALL), perRow: new Float32Array(SMALL), count: SMALL });
      }
      const { data, perRow } = small.at(-1)!;
      for (let code = 0; code < width; code++) data[code * SMALL + filled] = block.data[code * block.columns + column]!;
      perRow[filled] = block.perRow[column]!;
      filled = (filled + 1) % SMALL;
      count++;
    },
    blocks() {
      const all = [...large, ...small];
      let first = 0;
      return all.map((operand) => {
        const entry = { first, count: Math.min(operand.count, count - first), operand };
        first += operand.count;
        return entry;
      });
    },
  };
}
