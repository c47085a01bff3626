import type { CorpusFlags } from '../../sets/flags.ts';
import type { Condition } from '../../sets/conditions.ts';
import type { Metric } from '../../vectors/matrix.ts';

/** Options that decide the hits, besides the queries. */
export type SearchSettings = CorpusFlags & {
  top: number;
  minCosine?: number;
  metric: Metric;
  texts?: string;
  /** Whether rows that are alike are one hit. */
  distinct?: boolean;
  conditions: readonly Condition[];
};
