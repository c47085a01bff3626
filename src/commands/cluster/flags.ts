import type { ClusterMetric } from '../../analysis/clusters/rows.ts';
import { EmbedError } from '../../errors.ts';
import type { ReportFlags } from '../../report/report-files.ts';
import { assertExcel } from '../../report/table-style.ts';
import { assertInputFlags, assertNoPrompt, type CorpusFlags } from '../../sets/flags.ts';
import { filesOf, type Input } from '../../sets/input.ts';
import { factsPath, type Centroids } from './centroid-files.ts';

/** The options with their defaults filled in. */
export type ClusterPlan = {
  metric: ClusterMetric;
  engine: Engine;
  clusters: number | 'auto';
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
  const { output, summary, report = [], format } = flags;
  assertExcel(flags.excel, { paths: [output, summary, ...report], format });
  assertInputFlags(input, flags);
  if (input.kind === 'set') assertNoPrompt(flags, input.name);
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
export function filesRead(input: Input, { texts, assign }: ClusterFlags): string[] {
  const centroids = assign === undefined ? [] : [assign, factsPath(assign)];
  return [...filesOf(input), texts, ...centroids].filter((path) => path !== undefined);
}

/** Options of `embed cluster` as commander hands them over. */
export type ClusterFlags = CorpusFlags &
  ReportFlags & {
    clusters?: number | 'auto';
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
    force?: true;
  };

/** Which implementation of k-means runs. */
export type Engine = 'onnx' | 'ml-kmeans';
