import { cosine, dotProduct, euclideanDistance, type Metric } from '../vectors/matrix.ts';

/**
 * A metric as the kernels see it. They compute a *score* t that grows as rows come nearer: the cosine, the dot
 * product, or q·x − |x|²/2, which orders rows as their euclidean distance does, since |q − x|² = |q|² − 2t.
 */
export type MetricRule = {
  /** The reported value: cosine, dot product or distance, rounded to 6 decimals. */
  measure(query: Float32Array, row: Float32Array): number;
  /** Whether value `a` is nearer than value `b`. */
  nearer(a: number, b: number): boolean;
  /** A score below which no row's value rounds to `value` or nearer. `queryNorm` is |q|². */
  floor(value: number, queryNorm: number): number;
};

/** Twice the largest rounding error of a reported value. */
const ROUNDING = 1e-6;

export const METRIC_RULES: Readonly<Record<Metric, MetricRule>> = {
  cosine: { measure: cosine, nearer: (a, b) => a > b, floor: (value) => value - ROUNDING },
  dot: { measure: dotProduct, nearer: (a, b) => a > b, floor: (value) => value - ROUNDING },
  euclidean: {
    measure: euclideanDistance,
    nearer: (a, b) => a < b,
    floor: (value, queryNorm) => (queryNorm - (value + ROUNDING) ** 2) / 2,
  },
};
