import { EmbedError } from '../../errors.ts';
import { yieldToEvents } from '../../io.ts';
import { squaredNorm } from '../../vectors/matrix.ts';
import { readBlocks, readRows, type StoredRows, type VectorReader } from '../../vectors/stored-rows.ts';
import { assertShort, normalizeRows, rowsPerBlock } from '../row-blocks.ts';

/** Rows are grouped by direction (cosine, spherical k-means) or by distance (euclidean). */
export type ClusterMetric = 'cosine' | 'euclidean';

/**
 * Rows that are grouped, read as often as needed. The place of a row is its position among them. Blank rows have no place;
 * with cosine, neither have rows of zeros.
 */
export type ClusterRows = {
  metric: ClusterMetric;
  dims: number;
  count: number;
  /** Row number of each place, ascending. */
  numbers: Int32Array;
  /** Number of rows of zeros, which cosine leaves out. */
  zeros: number;
  /** For the euclidean metric: squared length of each row. */
  squares: Float64Array | undefined;
  /**
   * For the euclidean metric: the vector that was subtracted from every row, so that rows lie around the origin. Far from it,
   * float32 scores would lose small differences of rows.
   */
  centre: Float64Array | undefined;
  /** Stops long work between two blocks. */
  signal: AbortSignal;
  /**
   * Reads all rows in blocks, sized for `clusters` centroids; `first` is the place of a block's first row. The blocks are the
   * same whether rows are held in memory or read again. `data` is valid until the next block.
   */
  blocks(clusters: number): AsyncIterable<{ first: number; data: Float32Array }>;
  /** Reads the rows at these places, [places.length, dims]. */
  pick(places: ArrayLike<number>): Float32Array;
};

/** Vectors up to this size are held in memory; larger sets are read again in each pass, at the speed of the disk's cache. */
const HELD_BYTES = 768 * 2 ** 20;

/** Limits of a block: its rows, and the scores of all its rows with all centroids. More would not fit into the processor's caches. */
const BLOCK_ROWS = 4096;
const BLOCK_SCORES = 1 << 22;

export type RowSource = {
  reader: VectorReader;
  /** 1 for each row to group; undefined groups every row. */
  keep: Uint8Array | undefined;
  metric: ClusterMetric;
  /** The name of the vectors in errors. */
  name: string;
  signal: AbortSignal;
  /** Largest size, in bytes, of vectors that are held in memory. */
  heldBytes?: number;
};

/**
 * Reads all rows once and prepares them: for cosine they are scaled to unit length.
 *
 * @throws EmbedError that names the first row with NaN or infinity, or where no row is left
 */
export async function openClusterRows({ reader, keep, metric, name, signal, heldBytes = HELD_BYTES }: RowSource): Promise<ClusterRows> {
  const dims = reader.cols;
  const tally = { zeros: 0 };
  const centre = metric === 'euclidean' ? sampleMean(reader, keep) : undefined;
  const prepare = (stored: StoredRows): StoredRows => {
    if (metric === 'cosine') return normalizeRows(stored, { dims, name, tally });
    for (let at = 0; at < stored.rows.length; at++) {
      assertShort(squaredNorm(stored.data, at * dims, (at + 1) * dims), { row: stored.rows[at]!, metric, name });
    }
    return { ...stored, data: shifted(stored.data, centre!, -1) };
  };
  const wanted = keep ? keep.reduce((sum, one) => sum + one, 0) : reader.rows;
  const held = wanted * dims * 4 <= heldBytes ? new Float32Array(wanted * dims) : undefined;
  const numbers = new Int32Array(wanted);
  const squares = metric === 'euclidean' ? new Float64Array(wanted) : undefined;
  let count = 0;
  for (const stored of readBlocks(reader, { blockRows: rowsPerBlock(BLOCK_ROWS, dims), keep })) {
    const { data, rows } = prepare(stored);
    numbers.set(rows, count);
    held?.set(data, count * dims);
    for (let at = 0; at < (squares ? rows.length : 0); at++) {
      squares![count + at] = squaredNorm(data, at * dims, (at + 1) * dims);
    }
    count += rows.length;
    await yieldToEvents(signal);
  }
  if (count === 0) {
    throw new EmbedError(`Cannot group the rows of ${name}: ${wanted === 0 ? 'all of them are blank' : 'all vectors are of length zero'}`, {
      hint: 'Check that it is the file you meant',
    });
  }
  const left = numbers.subarray(0, count);
  const shared = { metric, dims, count, numbers: left, zeros: tally.zeros, squares, centre, signal };
  if (held) return { ...shared, ...heldRows(held.subarray(0, count * dims), { dims, count, signal }) };
  return { ...shared, ...readRowsAnew(reader, { numbers: left, prepare, signal }) };
}

/** Number of rows whose mean is the centre: it need not be exact. */
const CENTRE_ROWS = 4096;

function sampleMean(reader: VectorReader, keep: Uint8Array | undefined): Float64Array {
  const { rows: total, cols } = reader;
  const mean = new Float64Array(cols);
  const row = new Float32Array(cols);
  const step = Math.max(1, Math.floor(total / CENTRE_ROWS));
  let count = 0;
  for (let at = 0; at < total; at += step) {
    if (keep && keep[at] !== 1) continue;
    reader.read(at, row);
    count++;
    // a running mean, because the sum of long rows may overflow
    for (let i = 0; i < cols; i++) mean[i]! += (row[i]! - mean[i]!) / count;
  }
  return mean;
}

/** Adds the centre to each row, or subtracts it (`times` −1), in place. */
export function shifted(data: Float32Array, centre: Float64Array, times: 1 | -1): Float32Array {
  const dims = centre.length;
  for (let at = 0; at < data.length;) for (let i = 0; i < dims; i++) data[at++]! += times * centre[i]!;
  return data;
}

type Access = Pick<ClusterRows, 'blocks' | 'pick'>;

/** Rows per block for this many centroids. */
export function blockRowsFor(clusters: number, dims: number): number {
  return rowsPerBlock(Math.min(BLOCK_ROWS, Math.floor(BLOCK_SCORES / clusters)), dims);
}

function heldRows(data: Float32Array, { dims, count, signal }: { dims: number; count: number; signal: AbortSignal }): Access {
  return {
    async *blocks(clusters) {
      const rows = blockRowsFor(clusters, dims);
      for (let first = 0; first < count; first += rows) {
        yield { first, data: data.subarray(first * dims, Math.min(count, first + rows) * dims) };
        await yieldToEvents(signal);
      }
    },
    pick(places) {
      const picked = new Float32Array(places.length * dims);
      for (let at = 0; at < places.length; at++) picked.set(data.subarray(places[at]! * dims, (places[at]! + 1) * dims), at * dims);
      return picked;
    },
  };
}

function readRowsAnew(
  reader: VectorReader,
  { numbers, prepare, signal }: { numbers: Int32Array; prepare: (stored: StoredRows) => StoredRows; signal: AbortSignal },
): Access {
  const dims = reader.cols;
  const keep = new Uint8Array(reader.rows);
  for (const row of numbers) keep[row] = 1;
  return {
    async *blocks(clusters) {
      let first = 0;
      for (const stored of readBlocks(reader, { blockRows: blockRowsFor(clusters, dims), keep })) {
        const { data, rows } = prepare(stored);
        yield { first, data };
        first += rows.length;
        await yieldToEvents(signal);
      }
    },
    pick(places) {
      const rows = Int32Array.from({ length: places.length }, (_, at) => numbers[places[at]!]!);
      return prepare(readRows(reader, rows)).data;
    },
  };
}

/** Number of distinct rows; counting stops at `enough`. */
export async function countDifferent(rows: ClusterRows, enough: number): Promise<number> {
  const seen = new Set<number>();
  for await (const { data } of rows.blocks(1)) {
    // -0 and 0 are the same number
    const bits = new Int32Array(data.buffer, data.byteOffset, data.length);
    for (let at = 0; at < data.length; at += rows.dims) {
      let low = 0;
      let high = 0;
      for (let i = at; i < at + rows.dims; i++) {
        const word = data[i] === 0 ? 0 : bits[i]!;
        low = Math.imul(low ^ word, 0x9e3779b1) ^ (low >>> 15);
        high = Math.imul(high ^ word, 0x85ebca6b) ^ (high >>> 13);
      }
      // 53 bits of the hash, which a number holds exactly
      seen.add((low >>> 0) * 2 ** 21 + (high >>> 11));
      if (seen.size >= enough) return seen.size;
    }
  }
  return seen.size;
}
