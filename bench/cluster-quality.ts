import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ClustersSummary } from '../src/report/clusters.ts';
import type { SetRow } from '../src/vectors/rows-file.ts';
import { readNpy } from '../src/vectors/npy.ts';
import { EmbedError } from '../src/errors.ts';
import { ourClusterContenders, peerClusterContenders } from './cluster-vectors.ts';
import { PEER_FOLDER } from './install.ts';
import { runWatched } from './search-program.ts';

/** V-measures over some seeds of one contender on one set. */
export type QualityRun = { name: string; metric: string; values: number[] };

export type QualityTable = {
  name: string;
  rows: number;
  labels: number;
  runs: QualityRun[];
  /** k that the program chooses, with each seed, and whether it says that it stands out. */
  chosen: { k: number; standsOut: boolean }[];
  /** The whole program with -k auto, and with the k that it chose: least of three runs. */
  auto: { seconds: number; fixedSeconds: number };
};

const SEEDS = [0, 1, 2, 3, 4];

/** Files of `folder` with a column of labels. */
const SETS = [
  { file: 'banking77-train.csv', label: 'category' },
  { file: 'search-snippets.tsv', label: 'label' },
];

/** Groups texts whose labels are known, with as many clusters as there are labels, and lets the program choose. */
export async function measureQuality(
  folder: string,
  { threads, scratch, note, log }: { threads: number; scratch: string; note: (text: string) => void; log: (line: string) => void },
): Promise<QualityTable[]> {
  const tables: QualityTable[] = [];
  for (const { file, label } of SETS) {
    const vectorsPath = encoded(join(folder, file));
    const vectors = readNpy(vectorsPath);
    const truth = readFileSync(vectorsPath.replace(/npy$/, 'rows.jsonl'), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => String((JSON.parse(line) as SetRow).fields![label]));
    const labels = new Set(truth).size;
    const peers = await peerClusterContenders({ vectorsPath, threads, rounds: 1, folder: scratch }, note);
    const contenders = [...ourClusterContenders(vectors, { threads, rounds: 1 }).slice(0, 1), ...peers.contenders];
    const runs: QualityRun[] = [];
    for (const metric of ['cosine', 'euclidean'] as const) {
      for (const { name, run } of contenders.filter(({ metrics }) => metrics.includes(metric))) {
        const values: number[] = [];
        for (const seed of SEEDS) {
          const found = await run({ rows: vectors.rows, clusters: labels, iterations: 100, seed, metric });
          values.push(vMeasure(truth, found.labels));
        }
        log(`  ${file}: ${name}, ${metric}: V ${values.map((value) => value.toFixed(3)).join(' ')}`);
        runs.push({ name, metric, values });
      }
    }
    for (const { close } of peers.contenders) await close();
    const chosen: QualityTable['chosen'] = [];
    for (const seed of SEEDS) {
      const { k, stands_out: standsOut } = await clusterProgram(vectorsPath, ['--seed', String(seed)], scratch);
      chosen.push({ k, standsOut: standsOut === true });
    }
    const timed = async (args: readonly string[]): Promise<number> => {
      const seconds: number[] = [];
      for (let run = 0; run < 3; run++) {
        seconds.push((await runWatched(process.execPath, ['bin/embed.js', 'cluster', vectorsPath, '-q', ...args])).seconds);
      }
      return Math.min(...seconds);
    };
    const auto = { seconds: await timed([]), fixedSeconds: await timed(['-k', String(chosen[0]!.k)]) };
    log(`  ${file}: k ${chosen.map(({ k }) => k).join(' ')}; auto ${auto.seconds.toFixed(2)} s, fixed ${auto.fixedSeconds.toFixed(2)} s`);
    tables.push({ name: file, rows: vectors.rows, labels, runs, chosen, auto });
  }
  return tables;
}

async function clusterProgram(vectorsPath: string, args: readonly string[], scratch: string): Promise<ClustersSummary> {
  const report = join(scratch, 'report.json');
  await runWatched(process.execPath, ['bin/embed.js', 'cluster', vectorsPath, '-q', '--overwrite', '--report', report, ...args]);
  return (JSON.parse(readFileSync(report, 'utf8')) as { summary: ClustersSummary }).summary;
}

/** The set of a file of texts, made by the program and kept beside the peers. */
function encoded(path: string): string {
  const folder = join(PEER_FOLDER, 'cluster');
  mkdirSync(folder, { recursive: true });
  const npyPath = join(folder, path.replace(/^.*\//, '').replace(/\.\w+$/, '.npy'));
  if (!existsSync(path)) throw new EmbedError(`Cannot read ${path}: no such file`, { hint: 'Say with --labelled where it is' });
  const { status } = spawnSync(process.execPath, ['bin/embed.js', 'encode', path, '--text-column', 'text', '-q', '-o', npyPath], {
    stdio: 'inherit',
  });
  if (status !== 0) throw new EmbedError(`Cannot encode ${path}: encoding ended in ${status}`);
  return npyPath;
}

/** Rosenberg and Hirschberg 2007: the harmonic mean of homogeneity and completeness. */
export function vMeasure(truth: readonly string[], found: ArrayLike<number>): number {
  const joint = new Map<string, number>();
  const classes = new Map<string, number>();
  const clusters = new Map<number, number>();
  truth.forEach((label, at) => {
    const cluster = found[at]!;
    classes.set(label, (classes.get(label) ?? 0) + 1);
    clusters.set(cluster, (clusters.get(cluster) ?? 0) + 1);
    joint.set(`${cluster}\t${label}`, (joint.get(`${cluster}\t${label}`) ?? 0) + 1);
  });
  const entropy = (counts: Iterable<number>): number =>
    [...counts].reduce((sum, count) => sum - (count / truth.length) * Math.log(count / truth.length), 0);
  const [ofClasses, ofClusters, ofBoth] = [entropy(classes.values()), entropy(clusters.values()), entropy(joint.values())];
  const shared = ofClasses + ofClusters - ofBoth;
  return ofClasses + ofClusters === 0 ? 1 : (2 * shared) / (ofClasses + ofClusters);
}
