import type { VectorReader } from '../../vectors/stored-rows.ts';
import { openHeldRows, type HeldRows } from './held-rows.ts';
import type { Apart, Relate } from './relation.ts';
import { BLOCK_ROWS, chooseProjection, openRowScreen, type RowScreen, type ScreenBlock } from './row-screen.ts';

/** Rows of another corpus, which are never dropped. */
export type OtherRows = { reader: VectorReader; rows: Int32Array };

export type ComparisonOptions = {
  threads: number;
  against?: readonly OtherRows[];
  /** Whether rows are compared with each other. */
  within?: boolean;
  /** How a pair relates if its cosine is at or above the threshold; by default each is a repeat. */
  relate?: Relate | undefined;
  /** What sets rows apart, so that those of one template need not all be compared with each other. */
  apart?: Apart | undefined;
  /** The name of the vectors in errors. */
  name: string;
  signal?: AbortSignal;
  onRows?: (rows: number) => void;
  /** Whether rows are projected before they are screened; where undefined, their number and a trial decide. */
  projected?: boolean;
  /** Called with each row that is all zeros, and where it is from: 0 for the rows that are compared, then those of `against`. */
  onZero?: (row: number, source: number) => void;
};

export type ScreenStep = { block: ScreenBlock; screen: RowScreen; held: HeldRows };

/** Reads and holds the rows of other corpora, then calls `step` with the rows to compare, block by block. */
export async function compareBlocks(
  reader: VectorReader,
  order: Int32Array,
  {
    threads,
    against = [],
    name,
    signal,
    onRows,
    onZero,
    floor,
    projected,
    apart,
    blockRows,
  }: ComparisonOptions & { floor: number; blockRows?: () => number },
  step: (step: ScreenStep) => Promise<void>,
): Promise<void> {
  const projection =
    projected === false ? undefined : await chooseProjection(reader, order, { minCosine: floor, threads, name, always: projected });
  const screen = await openRowScreen({ dims: reader.cols, projection, threads, name });
  const held = openHeldRows(screen, [reader, ...against.map((other) => other.reader)], {
    capacity: against.reduce((sum, { rows }) => sum + rows.length, order.length),
    apart,
  });
  try {
    for (const [at, other] of against.entries()) {
      for (const rows of inBlocks(other.rows)) {
        signal?.throwIfAborted();
        const block = await screen.block(other.reader, rows, (row) => onZero?.(row, at + 1));
        for (let column = 0; column < (block?.count ?? 0); column++) held.add(block!, column, { source: at + 1 });
      }
    }
    for (const rows of inBlocks(order, blockRows)) {
      signal?.throwIfAborted();
      const block = await screen.block(reader, rows, (row) => onZero?.(row, 0));
      if (block) await step({ block, screen, held });
      onRows?.(rows.length);
    }
  } finally {
    await screen.close();
    await projection?.close();
  }
}

function* inBlocks(rows: Int32Array, size: () => number = () => BLOCK_ROWS): Generator<Int32Array> {
  for (let first = 0, next = 0; first < rows.length; first = next) {
    next = Math.min(rows.length, first + size());
    yield rows.subarray(first, next);
  }
}
