import { openCandidateKernel } from '../../engine/candidates.ts';
import { readRows, type VectorReader } from '../../vectors/stored-rows.ts';
import { drawRows } from '../random.ts';
import { floatBlock } from '../row-blocks.ts';

/**
 * How similar rows of a corpus are that have nothing to do with each other: cosines of all pairs among some rows drawn at
 * random. Nearly all such pairs are unrelated, so their cosines show from where on likeness means something.
 */
export type Background = {
  /** Rows that were drawn, and pairs among them. */
  rows: number;
  pairs: number;
  /** Share of the pairs at or above a cosine, with a 95 % interval. */
  share(minCosine: number): Share;
  /** The cosine that this share of the pairs reaches. */
  quantile(share: number): number;
};

export type Share = { hits: number; value: number; low: number; high: number };

const SAMPLE_ROWS = 4096;

/** Groups of rows that are left out in turn, to see how much the figures depend on the rows drawn. */
const FOLDS = 20;

/** Cosines are counted in steps of a thousandth. */
const STEPS = 2000;

/**
 * @param rows rows that may be drawn; the draw depends on `seed` and their number alone
 * @param name what errors call the vectors
 */
export async function sampleBackground(
  reader: VectorReader,
  rows: Int32Array,
  { seed, threads, name }: { seed: number; threads: number; name: string },
): Promise<Background> {
  const dims = reader.cols;
  const drawn = readRows(reader, drawRows(rows, SAMPLE_ROWS, seed));
  const { data, count, columns, perRow } = floatBlock(drawn, { dims, metric: 'cosine', name, tally: { zeros: 0 } });
  /** counts[fold][step]: pairs of a row of this fold with an earlier row of any fold, or the other way round. */
  const counts = Array.from({ length: FOLDS }, () => new Float64Array(STEPS + 1));
  const total = new Float64Array(STEPS + 1);
  const kernel = await openCandidateKernel({ kind: 'float32', width: dims, bias: false, seedTop: undefined }, { threads });
  try {
    // every pair is wanted, so that a few queries at a time keep the result small
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
          // a pair within one fold goes with that fold once
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
      // delete-a-group jackknife (Tukey 1958): pairs that share a row are no independent draws
      const without = counts.map((histogram, fold) => (hits - atOrAbove(histogram, minCosine)) / (pairs - foldPairs[fold]!));
      const mean = without.reduce((sum, share) => sum + share, 0) / FOLDS;
      const spread = Math.sqrt(((FOLDS - 1) / FOLDS) * without.reduce((sum, share) => sum + (share - mean) ** 2, 0));
      // what was never seen in n draws is rarer than 3 in n (rule of three)
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

/** Student's t with 19 degrees of freedom, 97.5 %. */
const T_95 = 2.093;

/** Cosines above this do not tell rows apart: what is left is rounding and encoders' noise. */
const HIGHEST = 0.99;
const LOWEST = 0.5;

/**
 * A threshold from the background: where, by the slope of its tail, one unrelated pair for every hundred rows of the whole
 * corpus would be left. Rounded up to hundredths; undefined where nothing separates (the tail reaches too far, or there are
 * too few rows to see one).
 *
 * The tail is taken to fall by equal steps of cosine for equal factors, which is on the careful side: it falls faster.
 */
export function suggestMinCosine(background: Background, { rows }: { rows: number }): number | undefined {
  if (background.rows < MIN_BACKGROUND_ROWS) return undefined;
  const [near, far] = [1e-2, 1e-3].map((share) => background.quantile(share)) as [number, number];
  const wanted = 0.02 / rows;
  const reach = far + (far - near) * Math.log10(1e-3 / wanted);
  const suggestion = Math.ceil(Math.max(LOWEST, reach) * 100 - 1e-9) / 100;
  return suggestion > HIGHEST ? undefined : suggestion;
}

/** Rows from which on the tail of the background is worth a line through it. */
export const MIN_BACKGROUND_ROWS = 200;
