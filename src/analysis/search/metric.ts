import { cosine, dotProduct, euclideanDistance, type Metric } from '../../vectors/matrix.ts';

/**
 * A metric as the kernels see it. They compute a *score* t that grows as rows come nearer: the cosine, the dot
 * product, or q·x − |x|²/2, which orders rows as their euclidean distance does, since |q − x|² = |q|² − 2t.
 */
export type MetricRule = {
  /** The reported value: cosine, dot product or distance, rounded to 6 decimals. */
  measure(query: Float32Array, row: Float32Array): number;
  /** Whether value `a` is nearer than value `b`. */
  nearer(a: number, b: number): boolean;
  /** A score below which no row's value rounds to `value` or nearer. */
  floor(value: number, queryLength: number): number;
  /** How far two scores may be apart and yet be reported as the same value. */
  rounding(lengths: { query: number; row: number }): number;
};

/** How far two values may be apart and yet be reported as the same: 6 decimals of a cosine, 7 digits of other values. */
const ROUNDING = 1e-6;

export const METRIC_RULES: Readonly<Record<Metric, MetricRule>> = {
  cosine: { measure: cosine, nearer: (a, b) => a > b, floor: (value) => value - ROUNDING, rounding: () => ROUNDING },
  dot: {
    measure: dotProduct,
    nearer: (a, b) => a > b,
    floor: (value) => value - ROUNDING * Math.abs(value),
    rounding: ({ query, row }) => ROUNDING * query * row,
  },
  euclidean: {
    measure: euclideanDistance,
    nearer: (a, b) => a < b,
    floor: (value, queryLength) => (queryLength ** 2 - (value * (1 + ROUNDING)) ** 2) / 2,
    // a distance is at most |q| + |x|, and half its square changes by as much as the distance times its own change
    rounding: ({ query, row }) => 2 * ROUNDING * (query + row) ** 2,
  },
};
