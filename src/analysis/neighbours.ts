import { GROUP, openCandidateKernel, type CandidateKernel, type KernelKind } from '../engine/candidates.ts';
import { rowOf, squaredNorm, type Matrix, type Metric } from '../vectors/matrix.ts';
import { candidateLists, listCapacity, type CandidateLists, type Neighbour } from './candidate-lists.ts';
import { codeWidth, queryCodes } from './codes.ts';
import { METRIC_RULES } from './metric.ts';
import { columnsOf, type RowBlock } from './row-blocks.ts';

export type { Neighbour } from './candidate-lists.ts';

/** Finds the nearest rows of queries. Keeps its kernels from call to call, until it is closed. */
export type Searcher = {
  /**
   * The nearest rows of each query, exactly: whatever kernel, block size or number of threads, rows and values are those
   * of comparing every pair with the one function that decides (src/vectors/matrix.ts), ties by row number.
   *
   * @param queries vectors as they are; for cosine none may have length zero
   * @param rows `blocks` gives every row once, in blocks of either kind, and is called again where the queries are too many
   *   for one reading; `row` gives one row as it is stored
   */
  nearest(
    queries: Matrix,
    rows: { blocks: () => Blocks; row: (index: number) => Float32Array },
    options: NearestOptions,
  ): Promise<Neighbour[][]>;
  close(): Promise<void>;
};

export type Blocks = AsyncIterable<RowBlock> | Iterable<RowBlock>;

export type NearestOptions = { top: number; signal?: AbortSignal; onBlock?: (rows: number) => void };

/** Queries of one kernel run: enough that packing the rows is paid for, few enough that their scores stay in cache. */
const QUERIES_PER_RUN: Readonly<Record<KernelKind, number>> = { float32: 512, int8: 256 };

/** Candidates that are held at once, 20 bytes each: more queries than that allows are searched in several readings. */
const CANDIDATES_HELD = 8_000_000;

/**
 * Rows of a float32 block: 50 MB where there are few queries, because then the call itself is what costs, and 12 MB where
 * there are many, because then their scores have to stay in cache.
 */
export function floatBlockRows({ queries, dims }: { queries: number; dims: number }): number {
  return Math.max(GROUP, columnsOf(Math.floor((queries <= 32 ? 32_768 : 8192) * (384 / Math.max(dims, 384)))));
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

  /** One reading of all rows, for some queries. */
  const read: Searcher['nearest'] = async (queries, { blocks, row }, { top, signal, onBlock }) => {
    const norms = Float64Array.from({ length: queries.rows }, (_, i) => squaredNorm(queries.data, i * dims, (i + 1) * dims));
    const lists = candidateLists(queries.rows, {
      top,
      judge: {
        measure: (query, index) => rule.measure(rowOf(queries, query), row(index)),
        nearer: rule.nearer,
        floor: (query, value) => rule.floor(value, norms[query]!),
      },
    });
    const chunksOf = new Map<KernelKind, QueryChunk[]>();
    for await (const block of blocks()) {
      const chunks = chunksOf.get(block.kind) ?? queryChunks(queries, { kind: block.kind, unit: metric === 'cosine', norms });
      chunksOf.set(block.kind, chunks);
      for (const chunk of block.count > 0 ? chunks : []) {
        signal?.throwIfAborted();
        const seeding = lists.floor(chunk.first) === -Infinity && block.columns / GROUP >= top;
        await propose(await kernelOf(block.kind, seeding ? top : undefined), { chunk, block, lists });
      }
      onBlock?.(block.count);
    }
    return Array.from({ length: queries.rows }, (_, query) => lists.finish(query));
  };

  return {
    async nearest(queries, rows, options) {
      const batch = Math.max(1, Math.floor(CANDIDATES_HELD / listCapacity(options.top)));
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
 * Some queries as a kernel takes them. A row's true score lies at most `above` over what the kernel says times
 * `scale`, and at least that less `2 · above + gap · (the row's gap)`.
 */
type QueryChunk = {
  first: number;
  count: number;
  data: Float32Array | Uint8Array;
  scale: (query: number) => number;
  gap: (query: number) => number;
  above: (query: number, block: RowBlock) => number;
};

async function propose(
  kernel: CandidateKernel,
  { chunk, block, lists }: { chunk: QueryChunk; block: RowBlock; lists: CandidateLists },
): Promise<void> {
  const { first, count, scale, gap } = chunk;
  const least = new Float32Array(count);
  const width = new Float32Array(count);
  const above = Float64Array.from({ length: count }, (_, query) => chunk.above(query, block));
  for (let query = 0; query < count; query++) {
    least[query] = below((lists.floor(first + query) - above[query]!) / scale(query));
    width[query] = -below(-(2 * above[query]! + gap(query) * block.maxGap) / scale(query));
  }
  const operands = {
    queries: { data: chunk.data, count },
    rows: { data: block.data, count: block.columns, perRow: block.perRow },
    floors: { least, width },
  };
  await kernel.run(operands, (query, column, found) => {
    if (column >= block.count) return;
    const score = found * scale(query);
    const error = above[query]!;
    lists.add(first + query, block.rows[column]!, {
      upper: score + error,
      lower: score - error - gap(query) * (block.gaps?.[column] ?? 0),
    });
  });
  for (let query = first; query < first + count; query++) lists.tighten(query);
}

function queryChunks(queries: Matrix, { kind, unit, norms }: { kind: KernelKind; unit: boolean; norms: Float64Array }): QueryChunk[] {
  const { cols: dims } = queries;
  const data = unit ? new Float32Array(queries.data) : queries.data;
  if (unit) norms.forEach((norm, query) => scaleRow(data, { from: query * dims, to: (query + 1) * dims, factor: 1 / Math.sqrt(norm) }));
  const chunks: QueryChunk[] = [];
  for (let first = 0; first < queries.rows; first += QUERIES_PER_RUN[kind]) {
    const count = Math.min(QUERIES_PER_RUN[kind], queries.rows - first);
    const part = data.subarray(first * dims, (first + count) * dims);
    if (kind === 'int8') {
      const codes = queryCodes(part, { dims, count });
      chunks.push({
        first,
        count,
        data: codes.operand.data,
        scale: (query) => codes.scale[query]!,
        gap: (query) => codes.gap[query]!,
        above: (query) => codes.above[query]!,
      });
    } else {
      const length = (query: number): number => (unit ? 1 : Math.sqrt(norms[first + query]!));
      chunks.push({
        first,
        count,
        data: part,
        scale: () => 1,
        gap: () => 0,
        above: (query, { maxNorm, perRow }) =>
          sumError(dims) * (length(query) * maxNorm + (perRow.length > 0 ? maxNorm * maxNorm : 0)) + 1e-6,
      });
    }
  }
  return chunks;
}

/**
 * Largest relative error of a float32 sum of `dims` products in any order, and of bringing both vectors to unit length.
 * Source: N. Higham, Accuracy and Stability of Numerical Algorithms, 3.1.
 */
function sumError(dims: number): number {
  return (dims + 16) * 2 ** -24;
}

/** The largest float32 not above `value`. */
function below(value: number): number {
  const rounded = Math.fround(value);
  return rounded <= value || !Number.isFinite(value) ? rounded : Math.fround(value - Math.abs(value) * 2 ** -23);
}

function scaleRow(data: Float32Array, { from, to, factor }: { from: number; to: number; factor: number }): void {
  for (let at = from; at < to; at++) data[at]! *= factor;
}
