import { GROUP, openCandidateKernel, type CandidateKernel, type KernelKind } from '../../engine/candidates.ts';
import { roundDown, rowOf, scaleValues, squaredNorm, type Matrix, type Metric } from '../../vectors/matrix.ts';
import { codeWidth, queryCodes } from '../codes.ts';
import { rowsPerBlock, type CodeBlock, type FloatBlock, type RowBlock } from '../row-blocks.ts';
import { candidateLists, listCapacity, type CandidateLists, type Neighbour } from './candidate-lists.ts';
import { METRIC_RULES } from './metric.ts';

export type { Neighbour } from './candidate-lists.ts';

/** Finds the nearest rows of queries. It keeps its kernels between calls, until it is closed. */
export type Searcher = {
  /**
   * Returns the nearest rows of each query, exactly: for every kernel, block size and number of threads, rows and values are
   * those of comparing every pair with the one function that decides (src/vectors/matrix.ts). Ties are ordered by row number.
   *
   * @param queries vectors of any length; for cosine none may be all zeros
   * @param rows `blocks` gives every row once, in blocks of either kind; it is called again if there are too many queries
   *   for one pass. `row` returns one row as it is stored
   */
  nearest(
    queries: Matrix,
    rows: { blocks: () => Blocks; row: (index: number) => Float32Array },
    options: NearestOptions,
  ): Promise<Neighbour[][]>;
  close(): Promise<void>;
};

export type Blocks = Iterable<RowBlock>;

export type NearestOptions = {
  top: number;
  signal?: AbortSignal;
  onBlock?: (rows: number) => void;
  /** Candidates in memory at a time, 20 bytes each; more queries than that allows take several passes over the rows. */
  candidatesHeld?: number;
};

/** Queries per kernel run: enough to pay for packing the rows, few enough that their scores stay in the cache. */
const QUERIES_PER_RUN: Readonly<Record<KernelKind, number>> = { float32: 512, int8: 256 };

const CANDIDATES_HELD = 8_000_000;

/**
 * Rows per float32 block. With few queries a block has 50 MB, because the call itself takes most of the time. With many it
 * has 12 MB, because the scores must stay in the cache.
 */
export function floatBlockRows({ queries, dims }: { queries: number; dims: number }): number {
  return rowsPerBlock(queries <= 32 ? 32_768 : 8192, dims);
}

export function openSearcher({ dims, metric, threads }: { dims: number; metric: Metric; threads: number }): Searcher {
  const rule = METRIC_RULES[metric];
  const kernels = new Map<string, Promise<CandidateKernel>>();
  const kernelOf = (kind: KernelKind, seedTop: number | undefined): Promise<CandidateKernel> => {
    const key = `${kind} ${seedTop}`;
    let kernel = kernels.get(key);
    if (!kernel) {
      const width = kind === 'int8' ? codeWidth(dims) : dims;
      kernel = openCandidateKernel({ kind, width, bias: kind === 'float32' && metric === 'euclidean', seedTop }, { threads });
      kernels.set(key, kernel);
    }
    return kernel;
  };

  /** One pass over all rows, for some queries. */
  const read: Searcher['nearest'] = async (queries, { blocks, row }, { top, signal, onBlock }) => {
    const lengths = Float64Array.from({ length: queries.rows }, (_, i) => Math.sqrt(squaredNorm(queries.data, i * dims, (i + 1) * dims)));
    const lists = candidateLists(queries.rows, {
      top,
      judge: {
        measure: (query, index) => rule.measure(rowOf(queries, query), row(index)),
        nearer: rule.nearer,
        floor: (query, value) => rule.floor(value, lengths[query]!),
      },
    });
    const chunksOf = new Map<KernelKind, QueryChunk[]>();
    for (const block of blocks()) {
      const chunks = chunksOf.get(block.kind) ?? queryChunks(queries, { kind: block.kind, metric, lengths });
      chunksOf.set(block.kind, chunks);
      for (const chunk of block.count > 0 ? chunks : []) {
        signal?.throwIfAborted();
        const seeding = lists.floor(chunk.first) === -Infinity && block.columns / GROUP >= top;
        await propose(await kernelOf(block.kind, seeding ? top : undefined), { chunk, block, lists, seeding });
      }
      onBlock?.(block.count);
    }
    return Array.from({ length: queries.rows }, (_, query) => lists.finish(query));
  };

  return {
    async nearest(queries, rows, options) {
      const batch = Math.max(1, Math.floor((options.candidatesHeld ?? CANDIDATES_HELD) / listCapacity(options.top)));
      const found: Neighbour[][] = [];
      for (let first = 0; first < queries.rows; first += batch) {
        const count = Math.min(batch, queries.rows - first);
        found.push(
          ...(await read({ data: queries.data.subarray(first * dims, (first + count) * dims), rows: count, cols: dims }, rows, options)),
        );
      }
      return found;
    },
    close: async () => {
      for (const kernel of kernels.values()) await (await kernel).close();
    },
  };
}

/**
 * Queries in the form that a kernel takes. A row's true score is the kernel's score times `scale`, plus at most `above` or
 * minus at most `below`. Both include the distance of scores that are reported as the same value.
 */
type QueryChunk = {
  first: number;
  count: number;
  data: Float32Array | Uint8Array;
  scale: (query: number) => number;
  above: (query: number, block: RowBlock) => number;
  below: (query: number, block: RowBlock, column: number) => number;
  /** The largest `below` of a block. */
  mostBelow: (query: number, block: RowBlock) => number;
};

async function propose(
  kernel: CandidateKernel,
  { chunk, block, lists, seeding }: { chunk: QueryChunk; block: RowBlock; lists: CandidateLists; seeding: boolean },
): Promise<void> {
  const { first, count, scale } = chunk;
  const above = Float64Array.from({ length: count }, (_, query) => chunk.above(query, block));
  const least = Float32Array.from(above, (error, query) => roundDown((lists.floor(first + query) - error) / scale(query)));
  const widthOf = (error: number, query: number): number => -roundDown(-(error + chunk.mostBelow(query, block)) / scale(query));
  const operands = {
    queries: { data: chunk.data, count },
    rows: { data: block.data, count: block.columns, perRow: block.perRow },
    floors: { least, ...(seeding ? { width: Float32Array.from(above, widthOf) } : {}) },
  };
  await kernel.run(operands, (query, column, found) => {
    if (column >= block.count) return;
    const score = found * scale(query);
    lists.add(first + query, block.rows[column]!, {
      upper: score + above[query]!,
      lower: score - chunk.below(query, block, column),
    });
  });
  for (let query = first; query < first + count; query++) lists.tighten(query);
}

function queryChunks(
  queries: Matrix,
  { kind, metric, lengths }: { kind: KernelKind; metric: Metric; lengths: Float64Array },
): QueryChunk[] {
  const { cols: dims } = queries;
  const unit = metric === 'cosine';
  const data = unit ? new Float32Array(queries.data) : queries.data;
  if (unit) lengths.forEach((length, query) => scaleValues(data, { from: query * dims, to: (query + 1) * dims, factor: 1 / length }));
  const chunks: QueryChunk[] = [];
  for (let first = 0; first < queries.rows; first += QUERIES_PER_RUN[kind]) {
    const count = Math.min(QUERIES_PER_RUN[kind], queries.rows - first);
    const part = { first, count, data: data.subarray(first * dims, (first + count) * dims) };
    chunks.push(kind === 'int8' ? codeChunk(part, { dims }) : floatChunk(part, { dims, metric, lengths: unit ? undefined : lengths }));
  }
  return chunks;
}

type QueryPart = { first: number; count: number; data: Float32Array };

/** Queries as codes. The kernel's score is an upper bound of the cosine, except for the error of the query's own codes. */
function codeChunk({ first, count, data }: QueryPart, { dims }: { dims: number }): QueryChunk {
  const { operand, scale, above, gap } = queryCodes(data, { dims, count });
  const rounding = METRIC_RULES.cosine.rounding({ query: 1, row: 1 });
  const gapOf = (query: number, gapOfRow: number): number => above[query]! + rounding + gap[query]! * gapOfRow;
  return {
    first,
    count,
    data: operand.data,
    scale: (query) => scale[query]!,
    above: (query) => above[query]! + rounding,
    below: (query, block, column) => gapOf(query, (block as CodeBlock).gaps[column]!),
    mostBelow: (query, block) => gapOf(query, (block as CodeBlock).maxGap),
  };
}

/**
 * Queries in float32.
 *
 * @param lengths of the queries; undefined where queries and rows are unit vectors
 */
function floatChunk(
  { first, count, data }: QueryPart,
  { dims, metric, lengths }: { dims: number; metric: Metric; lengths: Float64Array | undefined },
): QueryChunk {
  const error = (query: number, block: RowBlock): number => {
    const row = (block as FloatBlock).maxNorm;
    const length = lengths?.[first + query] ?? 1;
    // for distances a score has a term that depends only on the row
    const terms = length * row + (metric === 'euclidean' ? row * row : 0);
    // products below the smallest normal float32 may be rounded to zero
    return sumError(dims) * terms + dims * 2 ** -126 + METRIC_RULES[metric].rounding({ query: length, row });
  };
  return { first, count, data, scale: () => 1, above: error, below: error, mostBelow: error };
}

/**
 * Largest relative error of a float32 sum of `dims` products in any order, including the error of scaling both vectors to
 * unit length. Source: N. Higham, Accuracy and Stability of Numerical Algorithms, 3.1.
 */
function sumError(dims: number): number {
  return (dims + 16) * 2 ** -24;
}
