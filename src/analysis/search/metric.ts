import { cosine, dotProduct, euclideanDistance, type Metric } from '../../vectors/matrix.ts';

/**
 * The rules of a metric. Kernels compute a *score* t that is larger for nearer rows: the cosine, the dot product, or
 * q·x − |x|²/2, which orders rows as their euclidean distance does, because |q − x|² = |q|² − 2t.
 */
export type MetricRule = {
  /** The reported value: cosine (6 decimals), dot product or distance (7 significant digits). */
  measure(query: Float32Array, row: Float32Array): number;
  /** Whether value `a` is nearer than value `b`. */
  nearer(a: number, b: number): boolean;
  /** A score below which no row's value rounds to `value` or nearer. */
  floor(value: number, queryLength: number): number;
  /** How far apart two scores can be that are reported as the same value. */
  rounding(lengths: { query: number; row: number }): number;
};

/** How far apart two values can be that are reported as the same: 6 decimals of a cosine, 7 digits of other values. */
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
    // a distance d is at most |q| + |x|, and d² / 2 changes by d times the change of d
    rounding: ({ query, row }) => 2 * ROUNDING * (query + row) ** 2,
  },
};
