import { codesPath } from '../vectors/manifest.ts';
import { openCodes, openCodeWriter, type CodeFile } from '../vectors/code-file.ts';
import type { VectorSet } from '../vectors/set-reader.ts';
import { asBlock, codeBlocks, codeWidth } from './codes.ts';
import type { Metric } from '../vectors/matrix.ts';
import { floatBlockRows } from './neighbours.ts';
import { floatBlocks, type CodeBlock, type RowBlock, type Tally } from './row-blocks.ts';

/** Vectors of this many bytes are slower to read than their codes are to keep: 300,000 rows of 384 dims. */
const KEEP_CODES_BYTES = 450_000_000;

/** With fewer queries, making codes takes longer than they save. */
const CODES_PAY_QUERIES = 2048;

export type SetBlocksOptions = {
  metric: Metric;
  /** 1 for each row that is wanted; every row where undefined. */
  keep: Uint8Array | undefined;
  /** Whether `keep` leaves out more than the set's blank rows. */
  filtered: boolean;
  queries: number;
  tally: Tally;
  /** Called once codes have been written beside the set. */
  onKept: (path: string, bytes: number) => void;
  /** Overrides what is large, for tests. */
  keepCodesBytes?: number;
};

/**
 * The rows of a set for the kernel that is fastest for them: 8-bit codes from the file beside the set; codes made now, and
 * kept there if the set is large; or the vectors themselves.
 */
export function setBlocks(set: VectorSet, options: SetBlocksOptions): Iterable<RowBlock> {
  const { metric, keep, filtered, queries, tally, keepCodesBytes = KEEP_CODES_BYTES } = options;
  const dims = set.vectors.cols;
  const reading = { reader: set.vectors, keep, metric, name: set.npyPath, tally };
  const plain = (): Iterable<RowBlock> => floatBlocks(reading, { blockRows: floatBlockRows({ queries, dims }) });
  if (metric !== 'cosine' || filtered) return plain();
  if (set.manifest) {
    const path = codesPath(set.npyPath);
    const stamp = { vectors: set.manifest.vectors.hash, rows: set.manifest.rows.hash, width: codeWidth(dims) };
    const codes = openCodes(path, stamp);
    if (typeof codes === 'object') return storedBlocks(codes, { dims, tally });
    const large = set.vectors.rows * dims * 4 >= keepCodesBytes;
    if (large && codes !== 'foreign') return keepingBlocks(codeBlocks(reading), { path, stamp, ...options });
  }
  return queries >= CODES_PAY_QUERIES ? codeBlocks(reading) : plain();
}

function* storedBlocks({ zeros, blocks }: CodeFile, { dims, tally }: { dims: number; tally: Tally }): Generator<CodeBlock> {
  tally.zeros += zeros;
  for (const { codes, scales, rows, count } of blocks()) yield asBlock(codes, { dims, scales, rows, count });
}

/** Passes blocks on and writes them; where they cannot be written, the search goes on without. */
function* keepingBlocks(
  blocks: Iterable<CodeBlock>,
  {
    path,
    stamp,
    tally,
    onKept,
  }: { path: string; stamp: Parameters<typeof openCodeWriter>[1] } & Pick<SetBlocksOptions, 'tally' | 'onKept'>,
): Generator<CodeBlock> {
  let writer: ReturnType<typeof openCodeWriter> | undefined;
  const attempt = (work: () => void): void => {
    try {
      work();
    } catch {
      writer?.abandon();
      writer = undefined;
    }
  };
  attempt(() => (writer = openCodeWriter(path, stamp)));
  try {
    for (const block of blocks) {
      attempt(() => writer?.write({ codes: block.data, scales: block.perRow, rows: block.rows, count: block.count }));
      yield block;
    }
    attempt(() => {
      const bytes = writer?.finish(tally.zeros);
      writer = undefined;
      if (bytes !== undefined) onKept(path, bytes);
    });
  } finally {
    // stopped before the end
    writer?.abandon();
  }
}
