import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { engineKmeans, type Kmeans } from '../src/analysis/clusters/kmeans.ts';
import { packageKmeans } from '../src/analysis/clusters/ml-kmeans.ts';
import { costOf, emptyPartition, moveRow } from '../src/analysis/clusters/partition.ts';
import { openClusterRows, type ClusterMetric, type ClusterRows } from '../src/analysis/clusters/rows.ts';
import type { Matrix } from '../src/vectors/matrix.ts';
import { readNpy } from '../src/vectors/npy.ts';
import { matrixReader } from '../src/vectors/stored-rows.ts';
import { PYTHON } from './install.ts';
import { startPeer } from './peer-process.ts';
import { SETTLE_MS } from './rounds.ts';

/** What is asked for: the first rows of a set, grouped. */
export type ClusterTask = { rows: number; clusters: number; iterations: number; seed: number; metric: ClusterMetric };

/** Groups vectors that are in memory. */
export type ClusterContender = {
  name: string;
  metrics: readonly ClusterMetric[];
  /** Rows beyond which it takes minutes. */
  atMost: number;
  /** Rounds it takes part in. */
  rounds: number;
  /** Seconds for centroids and labels. */
  run(task: ClusterTask): Promise<{ seconds: number; labels: ArrayLike<number> }>;
  close(): Promise<void>;
};

const signal = new AbortController().signal;

/** The first rows of a matrix, ready to be grouped. */
export function openRows(vectors: Matrix, rows: number, metric: ClusterMetric): Promise<ClusterRows> {
  const reader = matrixReader({ data: vectors.data.subarray(0, rows * vectors.cols), rows, cols: vectors.cols });
  return openClusterRows({ reader, keep: undefined, metric, name: 'the set', signal });
}

/** Both engines of embed, on vectors in memory; making them ready is part of their time. */
export function ourClusterContenders(vectors: Matrix, { threads, rounds }: { threads: number; rounds: number }): ClusterContender[] {
  const contender = (name: string, kmeans: Kmeans, more: Pick<ClusterContender, 'metrics' | 'atMost' | 'rounds'>): ClusterContender => ({
    name,
    ...more,
    async run({ rows, clusters, iterations, seed, metric }) {
      const started = performance.now();
      const ready = await openRows(vectors, rows, metric);
      const { labels } = await kmeans(ready, { clusters, seed, restarts: 1, maxIterations: iterations, tolerance: 0, threads });
      return { seconds: (performance.now() - started) / 1000, labels };
    },
    close: async () => {},
  });
  return [
    contender('embed', engineKmeans, { metrics: ['cosine', 'euclidean'], atMost: Infinity, rounds }),
    contender('ml-kmeans', packageKmeans, { metrics: ['euclidean'], atMost: 20_000, rounds: 1 }),
  ];
}

/** FAISS and scikit-learn, where they are installed. */
export async function peerClusterContenders(
  { vectorsPath, threads, rounds, folder }: { vectorsPath: string; threads: number; rounds: number; folder: string },
  note: (text: string) => void,
): Promise<{ contenders: ClusterContender[]; versions: Record<string, string> }> {
  const contenders: ClusterContender[] = [];
  const versions: Record<string, string> = {};
  const peers: [string, string, readonly ClusterMetric[]][] = [
    ['FAISS', 'faiss', ['cosine', 'euclidean']],
    ['scikit-learn', 'sklearn', ['euclidean']],
  ];
  for (const [name, peer, metrics] of peers) {
    if (!existsSync(PYTHON)) {
      note(`Left out: ${name}, for want of Python: --install fetches the peers`);
      continue;
    }
    try {
      const started = await startPeer({ name, command: PYTHON, args: ['bench/cluster_peers.py', peer, vectorsPath, String(threads)] });
      Object.assign(versions, started.versions);
      contenders.push({
        name,
        metrics,
        atMost: Infinity,
        rounds,
        async run({ metric, ...task }) {
          const labels = join(folder, `${peer}.npy`);
          const { seconds } = (await started.ask({ ...task, spherical: metric === 'cosine', labels })) as { seconds: number };
          return { seconds, labels: readNpy(labels).data };
        },
        close: started.close,
      });
    } catch (error) {
      note(`Left out: ${(error as Error).message}`);
    }
  }
  return { contenders, versions };
}

/** Mean cosine to the direction of the cluster, or mean squared distance to its mean, from the partition alone, in float64. */
export async function objectiveOf(rows: ClusterRows, labels: ArrayLike<number>, clusters: number): Promise<number> {
  const partition = emptyPartition(rows, clusters);
  const { dims } = rows;
  for await (const { first, data } of rows.blocks(clusters)) {
    for (let at = 0; at < data.length / dims; at++) {
      moveRow(partition, first + at, { to: labels[first + at]!, data, offset: at * dims, dims });
    }
  }
  const cost = costOf(rows, partition) / rows.count;
  return rows.metric === 'cosine' ? 1 - cost : cost;
}

export type VectorRun = { name: string; metric: ClusterMetric; seconds: number[]; objectives: number[] };
export type VectorTable = { rows: number; clusters: number; iterations: number; runs: VectorRun[] };

/** Everybody in turn, round by round, each round with a seed of its own. */
export async function measureVectors(
  contenders: readonly ClusterContender[],
  vectors: Matrix,
  { tasks, rounds, log }: { tasks: readonly Omit<ClusterTask, 'seed' | 'metric'>[]; rounds: number; log: (line: string) => void },
): Promise<VectorTable[]> {
  const tables: VectorTable[] = [];
  for (const task of tasks) {
    const runs: VectorRun[] = [];
    for (const metric of ['cosine', 'euclidean'] as const) {
      const ready = await openRows(vectors, task.rows, metric);
      const able = contenders.filter(({ metrics, atMost }) => metrics.includes(metric) && task.rows <= atMost);
      const own = able.map(({ name }): VectorRun => ({ name, metric, seconds: [], objectives: [] }));
      for (let round = -1; round < rounds; round++) {
        for (const [at, contender] of able.entries()) {
          // a first round warms up those who can afford it
          if (round >= contender.rounds || (round < 0 && contender.rounds === 1)) continue;
          await sleep(SETTLE_MS);
          const { seconds, labels } = await contender.run({ ...task, metric, seed: Math.max(0, round) });
          if (round < 0) continue;
          own[at]!.seconds.push(seconds);
          own[at]!.objectives.push(await objectiveOf(ready, labels, task.clusters));
        }
      }
      for (const { name, seconds, objectives } of own) {
        log(`  ${task.rows} × k ${task.clusters}, ${metric}: ${name} ${Math.min(...seconds).toFixed(2)} s, ${objectives[0]!.toFixed(5)}`);
      }
      runs.push(...own);
    }
    tables.push({ ...task, runs });
  }
  return tables;
}
