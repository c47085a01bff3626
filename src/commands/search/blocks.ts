import { asBlock, codeBlocks, codeWidth } from '../../analysis/codes.ts';
import { floatBlocks, type CodeBlock, type RowBlock, type Tally } from '../../analysis/row-blocks.ts';
import { floatBlockRows } from '../../analysis/search/neighbours.ts';
import { openCodes, openCodeWriter, type CodeFile, type CodeStamp, type CodeWriter } from '../../vectors/code-file.ts';
import { codesPath } from '../../vectors/manifest.ts';
import type { Metric } from '../../vectors/matrix.ts';
import type { VectorSet } from '../../vectors/set-reader.ts';

/** From this many bytes of vectors, writing 8-bit codes pays for the next search: 300,000 rows of 384 dims. */
const KEEP_CODES_BYTES = 450_000_000;

/** With fewer queries, making codes takes more time than they save. */
const MIN_QUERIES_FOR_CODES = 2048;

export type SetBlocksOptions = {
  metric: Metric;
  /** 1 for each row to compare; undefined for every row. */
  keep: Uint8Array | undefined;
  /** Whether `keep` leaves out more than the set's blank rows. */
  filtered: boolean;
  queries: number;
  /** Whether the set outlives the command. */
  lasting: boolean;
  tally: Tally;
  /** Called when codes have been written beside the set. */
  onKept: (path: string, bytes: number) => void;
  /** Overrides `KEEP_CODES_BYTES`, for tests. */
  keepCodesBytes?: number;
};

/**
 * The rows of a set in the form that is compared fastest: 8-bit codes from the file beside the set; codes made now, and written
 * there if the set is large; or the vectors themselves.
 */
export function setBlocks(set: VectorSet, options: SetBlocksOptions): Iterable<RowBlock> {
  const { metric, keep, filtered, queries, lasting, tally, keepCodesBytes = KEEP_CODES_BYTES } = options;
  const dims = set.vectors.cols;
  const reading = { reader: set.vectors, keep, metric, name: set.npyPath, tally };
  const plain = (): Iterable<RowBlock> => floatBlocks(reading, { blockRows: floatBlockRows({ queries, dims }) });
  if (metric !== 'cosine' || filtered) return plain();
  if (set.manifest && lasting) {
    const { vectors, rows, counts } = set.manifest;
    const stamp = { vectors: vectors.hash, rows: rows.hash, width: codeWidth(dims), compared: counts.rows - counts.blank };
    const path = codesPath(set.npyPath);
    const codes = openCodes(path, stamp);
    if (typeof codes === 'object') return storedBlocks(codes, { dims, tally });
    const large = set.vectors.rows * dims * 4 >= keepCodesBytes;
    const writer = large && codes !== 'foreign' ? tryWriter(path, stamp) : undefined;
    if (writer) return keepingBlocks(codeBlocks(reading), { writer, path, ...options });
  }
  return queries >= MIN_QUERIES_FOR_CODES ? codeBlocks(reading) : plain();
}

/** A writer of codes; undefined where none can be written, since making codes for one search does not pay. */
function tryWriter(path: string, stamp: CodeStamp): CodeWriter | undefined {
  try {
    return openCodeWriter(path, stamp);
  } catch {
    return undefined;
  }
}

function* storedBlocks({ zeros, blocks }: CodeFile, { dims, tally }: { dims: number; tally: Tally }): Generator<CodeBlock> {
  tally.zeros += zeros;
  for (const { codes, scales, rows, count } of blocks()) yield asBlock(codes, { dims, scales, rows, count });
}

/** Yields blocks and writes them. If the disk is full, the search continues without codes. */
function* keepingBlocks(
  blocks: Iterable<CodeBlock>,
  { writer, path, tally, onKept }: { writer: CodeWriter; path: string } & Pick<SetBlocksOptions, 'tally' | 'onKept'>,
): Generator<CodeBlock> {
  let open: CodeWriter | undefined = writer;
  const attempt = (work: (to: CodeWriter) => void): void => {
    if (!open) return;
    try {
      work(open);
    } catch {
      open.abandon();
      open = undefined;
    }
  };
  try {
    for (const block of blocks) {
      attempt((to) => to.write({ codes: block.data, scales: block.perRow, rows: block.rows, count: block.count }));
      yield block;
    }
    attempt((to) => {
      const bytes = to.finish(tally.zeros);
      open = undefined;
      onKept(path, bytes);
    });
  } finally {
    // the search was stopped
    open?.abandon();
  }
}
