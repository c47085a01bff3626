import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { EmbedError } from '../src/errors.ts';
import { allowedThreads } from '../src/io.ts';
import { readNpy } from '../src/vectors/npy.ts';
import { measureQuality } from './cluster-quality.ts';
import { clusterMarkdown, type ClusterReport, type ProgramTable } from './cluster-report.ts';
import { measureVectors, ourClusterContenders, peerClusterContenders } from './cluster-vectors.ts';
import { keepReport, runCommand } from './command.ts';
import { installClusterPeers } from './install.ts';
import { openFacts, openNotes, ourVersions } from './machine.ts';
import { runWatched, writePrefix } from './search-program.ts';
import { makeVectorSets, VECTORS } from './vector-sets.ts';

const USAGE = `Usage: npm run bench:cluster -- [options]

Times cluster beside FAISS, scikit-learn and ml-kmeans on the same vectors, and alone as a program; measures V-measures beside
them; and writes bench/runs/DATE-cluster.md. Takes about a quarter of an hour on two cores.

  --install         first install the peers into ~/.cache/embed-bench
  --only <PART>     vectors, program or quality alone, nothing written; may be repeated
  --rounds <N>      rounds after the warm-up (default: 3)
  --texts <DIR>     en-sentences.txt.gz, en-wordnet.tsv.gz and en-papers.tsv.gz, whose vectors are grouped
  --labelled <DIR>  banking77-train.csv and search-snippets.tsv
  -h, --help        print this
`;

const PARTS = ['vectors', 'program', 'quality'];

const TASKS = [
  { rows: 20_000, clusters: 50, iterations: 20 },
  { rows: 100_000, clusters: 256, iterations: 20 },
];

const PROGRAMS = [...TASKS, { rows: 1_000_000, clusters: 100, iterations: 20 }, { rows: 1_000_000, clusters: 1000, iterations: 20 }];

await runCommand(USAGE, async () => {
  const { values: flags } = parseArgs({
    options: {
      install: { type: 'boolean', default: false },
      only: { type: 'string', multiple: true, default: [] },
      rounds: { type: 'string', default: '3' },
      texts: { type: 'string', default: '../shared/data/train' },
      labelled: { type: 'string', default: '../shared/data/cluster' },
    },
  });
  const wrong = flags.only.find((part) => !PARTS.includes(part));
  if (wrong !== undefined) throw new EmbedError(`Cannot measure "${wrong}"`, { hint: `Choose of ${PARTS.join(', ')}` });
  if (flags.install) installClusterPeers();
  await keepReport(async (folder) => {
    const report = await bench({ ...flags, rounds: Number(flags.rounds) }, folder);
    return { markdown: clusterMarkdown(report), name: flags.only.length > 0 ? undefined : `${report.date}-cluster.md` };
  });
});

type Flags = { only: readonly string[]; rounds: number; texts: string; labelled: string };

async function bench({ only, rounds, texts, labelled }: Flags, folder: string): Promise<ClusterReport> {
  const threads = allowedThreads();
  const { notes, note } = openNotes();
  const factsOf = openFacts('bench:cluster');
  const wanted = (part: string): boolean => only.length === 0 || only.includes(part);
  const sets = makeVectorSets(texts, { log: console.log });
  const versions: Record<string, string> = {};
  let vectors: ClusterReport['vectors'] = [];
  if (wanted('vectors')) {
    const matrix = readNpy(sets.small);
    const peers = await peerClusterContenders({ vectorsPath: sets.small, threads, rounds, folder }, note);
    Object.assign(versions, peers.versions);
    const contenders = [...ourClusterContenders(matrix, { threads, rounds }), ...peers.contenders];
    vectors = await measureVectors(contenders, matrix, { tasks: TASKS, rounds, log: console.log });
    for (const { close } of contenders) await close();
  }
  const program: ProgramTable[] = [];
  for (const task of wanted('program') ? PROGRAMS : []) {
    const path = join(folder, 'set.npy');
    await writePrefix(sets.large, path, task.rows);
    const args = ['-k', String(task.clusters), '--max-iterations', String(task.iterations), '--tolerance', '0', '-q', '--format', 'json'];
    const run = await runWatched(process.execPath, ['bin/embed.js', 'cluster', path, ...args], { output: join(folder, 'out.json') });
    console.log(`  ${task.rows} rows, k ${task.clusters}: ${run.seconds.toFixed(1)} s, ${run.megabytes.toFixed(0)} MB`);
    program.push({ ...task, seconds: run.seconds, megabytes: run.megabytes, vectorMegabytes: (task.rows * 384 * 4) / 1e6 });
  }
  const quality = wanted('quality') ? await measureQuality(labelled, { threads, scratch: folder, note, log: console.log }) : [];
  return {
    date: new Date().toISOString().slice(0, 10),
    facts: {
      ...factsOf({ threads: String(threads), versions: { ...ourVersions(), 'ml-kmeans': '7.0.1', ...versions } }),
      Vectors: VECTORS,
    },
    rounds,
    vectors,
    program,
    quality,
    notes,
  };
}
