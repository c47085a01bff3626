import type { ClusterRange } from '../../analysis/clusters/choose.ts';
import type { ClusterMetric } from '../../analysis/clusters/rows.ts';
import { EmbedError } from '../../errors.ts';
import type { ReportFlags } from '../../report/report-files.ts';
import { assertExcel } from '../../report/report-target.ts';
import { assertInputFlags, assertNoPrompt, type CorpusFlags } from '../../sets/flags.ts';
import { filesOf, type Input } from '../../sets/input.ts';
import { factsPath, type Centroids } from './centroid-files.ts';

/** The options with their defaults filled in. */
export type ClusterPlan = {
  metric: ClusterMetric;
  engine: Engine;
  /** Chosen among all numbers, or those of a range, unless it is a number. */
  clusters: number | 'auto' | ClusterRange;
  seed: number;
  /** Undefined: it depends on the number of rows. */
  restarts: number | undefined;
  maxIterations: number;
  tolerance: number | undefined;
};

/** Refuses, before anything is opened, options that have no effect or contradict each other. */
export function assertFlags(input: Input, flags: ClusterFlags): void {
  const { assign, clusters, seed, restarts, maxIterations, tolerance, engine = 'onnx' } = flags;
  if (assign !== undefined) {
    const given = {
      '--clusters': clusters,
      '--engine': flags.engine,
      '--seed': seed,
      '--restarts': restarts,
      '--max-iterations': maxIterations,
      '--tolerance': tolerance,
    };
    const [idle] = Object.entries(given).flatMap(([name, value]) => (value === undefined ? [] : [name]));
    if (idle !== undefined) {
      throw new EmbedError(`Cannot use ${idle} with --assign: the clusters are those of ${assign}`, { hint: 'Leave one of them out' });
    }
  }
  if (engine === 'ml-kmeans' && flags.metric === 'cosine') {
    throw new EmbedError('Cannot use --metric cosine with --engine ml-kmeans: ml-kmeans only knows euclidean distances', {
      hint: 'Leave one of them out',
    });
  }
  if (tolerance !== undefined && tolerance < 0) {
    throw new EmbedError(`Cannot use --tolerance ${tolerance}: a share of the cost is not negative`, {
      hint: 'Give 0, or a small number such as 1e-4',
    });
  }
  const { output, summary, report, format } = flags;
  assertExcel(flags.excel, { paths: [output, summary], reports: report, format });
  assertInputFlags(input, flags);
  if (input.kind === 'set') assertNoPrompt(flags, input.name);
}

/** The largest number that a range may have: the rows that are drawn for it are held in memory several times. */
const MAX_OF_RANGE = 1000;

/** A range of numbers of clusters, such as 2-20; what is wrong with it otherwise. */
export function parseRange(value: string): ClusterRange | string {
  const [, from, to] = /^(\d{1,9})\s*[-–]\s*(\d{1,9})$/.exec(value) ?? [];
  if (from === undefined) return 'Give a whole number from 1, a range such as 2-20, or auto.';
  return rangeOf({ min: Number(from), max: Number(to) });
}

/** A range that can be chosen from; what is wrong with it otherwise. */
export function rangeOf({ min, max }: ClusterRange): ClusterRange | string {
  if (min > max) return `The range runs backwards: say ${max}-${min}.`;
  if (min < 2) return 'A range starts from 2.';
  if (min === max) return `The range has one number: say ${min}.`;
  return max > MAX_OF_RANGE ? `A range ends at ${MAX_OF_RANGE} at most.` : { min, max };
}

type PlanName = 'metric' | 'engine' | 'clusters' | 'seed' | 'restarts' | 'maxIterations' | 'tolerance';
type PlanFlags = { [Name in PlanName]?: ClusterFlags[Name] | undefined };

/** Fills in the defaults. The metric is that of given centroids. */
export function planClusters(flags: PlanFlags, given: Centroids | undefined): ClusterPlan {
  const { clusters, seed, restarts, maxIterations, tolerance, engine = 'onnx' } = flags;
  return {
    metric: engine === 'ml-kmeans' ? 'euclidean' : (given?.known?.metric ?? flags.metric ?? 'cosine'),
    engine,
    clusters: clusters ?? 'auto',
    seed: seed ?? 0,
    restarts,
    maxIterations: maxIterations ?? 100,
    tolerance,
  };
}

/** The files that the command line names as inputs. */
export function filesRead(input: Input, { texts, assign, stopWords }: ClusterFlags): string[] {
  const centroids = assign === undefined ? [] : [assign, factsPath(assign)];
  return [...filesOf(input), texts, stopWords, ...centroids].filter((path) => path !== undefined);
}

/** Options of `embed cluster` as commander hands them over. */
export type ClusterFlags = CorpusFlags &
  ReportFlags & {
    clusters?: number | 'auto' | ClusterRange;
    metric?: ClusterMetric;
    engine?: Engine;
    seed?: number;
    restarts?: number;
    maxIterations?: number;
    tolerance?: number;
    assign?: string;
    centroids?: string;
    summary?: string;
    top?: number;
    texts?: string;
    stopWords?: string;
    force?: true;
  };

/** Which implementation of k-means runs. */
export type Engine = 'onnx' | 'ml-kmeans';
