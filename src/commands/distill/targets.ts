import { principalAxes } from '../../analysis/regression/principal-axes.ts';
import type { Targets } from '../../analysis/regression/ridge.ts';
import { openProduct } from '../../engine/product.ts';
import { EmbedError } from '../../errors.ts';
import { yieldToEvents } from '../../io.ts';
import { scaleValues, squaredNorm } from '../../vectors/matrix.ts';
import type { VectorSet } from '../../vectors/set-reader.ts';
import type { Place, Places } from './survey.ts';

/** The teacher's vectors, at full width and as the targets of the fit. */
export type TaughtVectors = {
  targets: Targets;
  /** Unit vectors of the teacher, [places, its dims]. */
  vectorsOf(places: readonly Place[]): Float32Array;
  /** The same vectors in the student's dims. */
  project(vectors: Float32Array): Promise<Float32Array>;
  close(): Promise<void>;
};

/** Principal components are computed from about this many rows, evenly spread. */
const SAMPLE_ROWS = 100_000;
const ROWS_PER_BLOCK = 4096;

/**
 * Makes the teacher's vectors the targets of a fit: unit vectors, cut to their `dims` principal components. They are not centred: without
 * the direction that all texts share, Spearman's correlation on STS-B is .01 to .02 lower. They are read from their sets block by block.
 *
 * @param places where the vector of each row is
 */
export async function openTaughtVectors(
  sets: readonly VectorSet[],
  places: Places,
  { dims, threads, signal }: { dims: number; threads: number; signal: AbortSignal },
): Promise<TaughtVectors> {
  const width = sets[0]!.vectors.cols;
  const total = places.rows.length;
  const placeAt = (at: number): Place => ({ set: places.sets[at]!, row: places.rows[at]! });
  const vectorsOf = (wanted: readonly Place[], into = new Float32Array(wanted.length * width)): Float32Array => {
    for (let at = 0; at < wanted.length;) {
      const { set, row } = wanted[at]!;
      // one read for rows that follow each other
      let end = at + 1;
      while (end < wanted.length && wanted[end]!.set === set && wanted[end]!.row === row + end - at) end++;
      const part = into.subarray(at * width, end * width);
      sets[set]!.vectors.read(row, part);
      for (let one = 0; one < end - at; one++)
        toUnit(part, { from: one * width, to: (one + 1) * width, where: sets[set]!.npyPath, row: row + one });
      at = end;
    }
    return into;
  };
  const stride = Math.max(1, Math.ceil(total / SAMPLE_ROWS));
  function* sample(): Generator<Float32Array> {
    for (let first = 0; first < total; first += stride * ROWS_PER_BLOCK) {
      const count = Math.min(ROWS_PER_BLOCK, Math.ceil((total - first) / stride));
      yield vectorsOf(Array.from({ length: count }, (_, at) => placeAt(first + at * stride)));
    }
  }
  const { axes } = await principalAxes(sample(), { width, threads });
  const basis = axes.subarray(0, dims * width);
  const product = await openProduct({ threads });
  const project = (vectors: Float32Array): Promise<Float32Array> => product.run(vectors, basis, width);
  return {
    vectorsOf,
    project,
    targets: {
      dims,
      async read(first, into) {
        const wanted = Array.from({ length: into.length / dims }, (_, at) => placeAt(first + at));
        into.set(await project(vectorsOf(wanted)));
        await yieldToEvents(signal);
      },
    },
    close: () => product.close(),
  };
}

/** Scales one vector to unit length. */
function toUnit(data: Float32Array, { from, to, where, row }: { from: number; to: number; where: string; row: number }): void {
  const length = Math.sqrt(squaredNorm(data, from, to));
  if (length > 0 && Number.isFinite(length)) {
    if (Math.abs(length - 1) > 1e-6) scaleValues(data, { from, to, factor: 1 / length });
    return;
  }
  throw new EmbedError(
    `Cannot learn from row ${row} of ${where}: the teacher has no vector for it (${length === 0 ? 'all zeros' : 'NaN or infinity'})`,
    { hint: 'Encode the texts again, or leave that text out' },
  );
}
