import { readFileSync } from 'node:fs';
import { chooseClusters } from '../src/analysis/clusters/choose.ts';
import { openClusterRows } from '../src/analysis/clusters/rows.ts';
import { readNpy } from '../src/vectors/npy.ts';
import type { SetRow } from '../src/vectors/rows-file.ts';
import { matrixReader } from '../src/vectors/stored-rows.ts';
import { table } from './markdown.ts';

const SEEDS = [0, 1, 2, 3, 4];

/** The number of clusters that is chosen for sets with known classes, seed by seed: arguments are SET.npy:COLUMN. In brackets: none stands out. */
const lines: string[][] = [];
for (const arg of process.argv.slice(2)) {
  const [path, column] = arg.split(':') as [string, string];
  const matrix = readNpy(path);
  const classes = readFileSync(path.replace(/npy$/, 'rows.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => (JSON.parse(line) as SetRow).fields![column]);
  const reader = matrixReader(matrix);
  const rows = await openClusterRows({ reader, keep: undefined, metric: 'cosine', name: path, signal: new AbortController().signal });
  const chosen: string[] = [];
  const started = performance.now();
  for (const seed of SEEDS) {
    const { clusters, standsOut } = await chooseClusters(rows, { seed, threads: 2 });
    chosen.push(standsOut ? String(clusters) : `(${clusters})`);
  }
  const seconds = (performance.now() - started) / 1000 / SEEDS.length;
  lines.push([path.replace(/^.*\//, ''), String(matrix.rows), String(new Set(classes).size), chosen.join(', '), seconds.toFixed(2)]);
}
process.stdout.write(`${table(['set', 'rows', 'classes', 'chosen with seeds 0 to 4', 's'], lines)}\n`);
