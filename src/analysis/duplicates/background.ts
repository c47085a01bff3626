import { openCandidateKernel } from '../../engine/candidates.ts';
import { readRows, type VectorReader } from '../../vectors/stored-rows.ts';
import { drawRows } from '../random.ts';
import { floatBlock } from '../row-blocks.ts';

/**
 * Shows how similar unrelated rows of a corpus are: the cosines of all pairs among rows drawn at random. Nearly all these
 * pairs are unrelated, so a cosine means something only above theirs.
 */
export type Background = {
  /** Number of rows that were drawn, and of pairs among them. */
  rows: number;
  pairs: number;
  /** Share of the pairs at or above a cosine, with a 95 % interval. */
  share(minCosine: number): Share;
  /** The cosine that this share of the pairs reaches. */
  quantile(share: number): number;
};

export type Share = { hits: number; value: number; low: number; high: number };

const SAMPLE_ROWS = 4096;

/** Groups of rows for the jackknife: each is left out once, to measure how much the figures depend on the rows drawn. */
const FOLDS = 20;

/** Bins of the histogram: cosines from -1 to 1 in steps of a thousandth. */
const STEPS = 2000;

/**
 * Draws rows and counts the cosines of all pairs among them.
 *
 * @param rows rows that may be drawn; the draw depends only on `seed` and their number
 * @param name the name of the vectors in errors
 */
export async function sampleBackground(
  reader: VectorReader,
  rows: Int32Array,
  { seed, threads, name }: { seed: number; threads: number; name: string },
): Promise<Background> {
  const dims = reader.cols;
  const drawn = readRows(reader, drawRows(rows, SAMPLE_ROWS, seed));
  const { data, count, columns, perRow } = floatBlock(drawn, { dims, metric: 'cosine', name, tally: { zeros: 0 } });
  /** counts[fold][step]: number of pairs in which at least one row belongs to this fold. */
  const counts = Array.from({ length: FOLDS }, () => new Float64Array(STEPS + 1));
  const total = new Float64Array(STEPS + 1);
  const kernel = await openCandidateKernel({ kind: 'float32', width: dims, bias: false, seedTop: undefined }, { threads });
  try {
    // every pair is returned, so only a few queries at a time keep the result small
    for (let first = 0; first < count; first += QUERIES) {
      const queries = Math.min(QUERIES, count - first);
      await kernel.run(
        {
          queries: { data: data.subarray(first * dims, (first + queries) * dims), count: queries },
          rows: { data, count: columns, perRow },
          floors: { least: new Float32Array(queries).fill(-2) },
        },
        (query, row, value) => {
          const at = first + query;
          if (row >= at) return;
          const step = Math.min(STEPS, Math.max(0, Math.floor((value + 1) * (STEPS / 2) + 1e-6)));
          total[step]!++;
          // a pair within one fold counts once for it
          counts[at % FOLDS]![step]!++;
          if (row % FOLDS !== at % FOLDS) counts[row % FOLDS]![step]!++;
        },
      );
    }
  } finally {
    await kernel.close();
  }
  const pairs = (count * (count - 1)) / 2;
  const atOrAbove = (histogram: Float64Array, minCosine: number): number => {
    let sum = 0;
    for (let step = Math.max(0, Math.ceil((minCosine + 1) * (STEPS / 2) - 1e-6)); step <= STEPS; step++) sum += histogram[step]!;
    return sum;
  };
  const foldPairs = counts.map((histogram) => atOrAbove(histogram, -1));
  return {
    rows: count,
    pairs,
    share(minCosine) {
      const hits = atOrAbove(total, minCosine);
      const value = hits / pairs;
      // delete-a-group jackknife (Tukey 1958), because pairs that share a row are not independent draws
      const without = counts.map((histogram, fold) => (hits - atOrAbove(histogram, minCosine)) / (pairs - foldPairs[fold]!));
      const mean = without.reduce((sum, share) => sum + share, 0) / FOLDS;
      const spread = Math.sqrt(((FOLDS - 1) / FOLDS) * without.reduce((sum, share) => sum + (share - mean) ** 2, 0));
      // rule of three: an event that never occurred in n draws has, at 95 %, a rate below 3 / n
      return { hits, value, low: Math.max(0, value - T_95 * spread), high: Math.max(value + T_95 * spread, 3 / pairs) };
    },
    quantile(share) {
      let above = 0;
      for (let step = STEPS; step >= 0; step--) {
        above += total[step]!;
        if (above >= share * pairs) return step / (STEPS / 2) - 1;
      }
      return -1;
    },
  };
}

const QUERIES = 64;

/** The 97.5 % quantile of Student's t with 19 degrees of freedom. */
const T_95 = 2.093;

/** Above this, cosines do not tell rows apart: their differences are rounding and the encoder's noise. */
const HIGHEST = 0.99;
const LOWEST = 0.5;

/**
 * Suggests a threshold from the background: the cosine above which, by the slope of the tail, one unrelated pair per hundred
 * rows of the whole corpus is left. It is rounded up to hundredths, and undefined where nothing separates: where the tail
 * reaches too far, or too few rows were drawn.
 *
 * The share of pairs is taken to fall by the same factor with each step of cosine. That is cautious: it really falls faster.
 */
export function suggestMinCosine(background: Background, { rows }: { rows: number }): number | undefined {
  if (background.rows < MIN_BACKGROUND_ROWS) return undefined;
  const [near, far] = [1e-2, 1e-3].map((share) => background.quantile(share)) as [number, number];
  const wanted = 0.02 / rows;
  const reach = far + (far - near) * Math.log10(1e-3 / wanted);
  const suggestion = Math.ceil(Math.max(LOWEST, reach) * 100 - 1e-9) / 100;
  return suggestion > HIGHEST ? undefined : suggestion;
}

/** With fewer rows the tail of the background is too noisy to fit a line to. */
export const MIN_BACKGROUND_ROWS = 200;
