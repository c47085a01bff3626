import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { wordsOf } from '../src/analysis/clusters/words.ts';
import type { ClusterRecord, ClustersSummary } from '../src/report/clusters.ts';
import type { SetRow } from '../src/vectors/rows-file.ts';
import { table } from './markdown.ts';
import { runWatched } from './search-program.ts';

/** Words that are nobody's theme: the commonest of English, and remains of markup. */
const IDLE = new Set(
  'the and of to in is it for on my you your with that this have has was were are be not can do how what why when please thanks hello hi dear regards nbsp amp br http https www com html href'.split(
    ' ',
  ),
);

type Figures = { clusters: number; nameless: number; twice: number; idle: number; telling: number; covered: number };

/**
 * How good the labels of a set with known classes are. `telling`: of the rows of the whole set that have a word of a label, the share that
 * is of the class which most rows of that cluster are of, over all words of all labels. `covered`: the share of rows that have a word of
 * their cluster's label.
 */
async function measureLabels(
  program: string,
  { set, column, clusters }: { set: string; column: string; clusters: number },
): Promise<Figures> {
  const folder = mkdtempSync(join(tmpdir(), 'cluster-labels-'));
  const path = join(folder, 'report.json');
  await runWatched(process.execPath, [program, 'cluster', set, '-k', String(clusters), '-q', '--report', path]);
  const { summary, results } = JSON.parse(readFileSync(path, 'utf8')) as { summary: ClustersSummary; results: ClusterRecord[] };
  rmSync(folder, { recursive: true });
  const rows = readFileSync(set.replace(/npy$/, 'rows.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as SetRow);
  const classes = rows.map(({ fields }) => String(fields![column]));
  const words = rows.map(({ text }) => wordsOf(text!));
  const majority = summary.clusters.map(({ cluster }) => {
    const counts = new Map<string, number>();
    for (const [row, of] of classes.entries()) if (results[row]!.cluster === cluster) counts.set(of, (counts.get(of) ?? 0) + 1);
    return [...counts].toSorted((a, b) => b[1] - a[1])[0]?.[0];
  });
  const shares: number[] = [];
  for (const { cluster, words: label } of summary.clusters) {
    for (const word of label) {
      const having = classes.filter((_, row) => hasWord(words[row]!, word));
      shares.push(having.filter((of) => of === majority[cluster]).length / Math.max(1, having.length));
    }
  }
  const labels = summary.clusters.map(({ label }) => label);
  const covered = results.filter(({ cluster }, row) => summary.clusters[cluster!]?.words.some((word) => hasWord(words[row]!, word)));
  return {
    clusters: labels.length,
    nameless: labels.filter((label) => label === null).length,
    twice: labels.filter((label, at) => label !== null && labels.indexOf(label) !== at).length,
    idle: summary.clusters.filter(({ words: label }) => label.some((word) => IDLE.has(word))).length,
    telling: shares.reduce((sum, share) => sum + share, 0) / shares.length,
    covered: covered.length / results.length,
  };
}

function hasWord(words: ReadonlySet<string>, word: string): boolean {
  return words.has(word) || words.has(`${word}s`);
}

/** Arguments: sets as SET.npy:COLUMN:K, and programs as NAME=bin/embed.js. */
const args = process.argv.slice(2);
const programs = args.filter((arg) => arg.includes('=')).map((arg) => arg.split('=') as [string, string]);
const lines: string[][] = [];
for (const arg of args.filter((one) => !one.includes('='))) {
  const [set, column, clusters] = arg.split(':') as [string, string, string];
  for (const [name, program] of programs.length > 0 ? programs : ([['embed', 'bin/embed.js']] as const)) {
    const figures = await measureLabels(program, { set, column, clusters: Number(clusters) });
    const cells = [figures.clusters, figures.nameless, figures.twice, figures.idle, figures.telling.toFixed(3), figures.covered.toFixed(3)];
    lines.push([set.replace(/^.*\//, ''), name, ...cells.map(String)]);
  }
}
const head = ['set', 'program', 'clusters', 'without a label', 'label twice', 'idle words', 'telling', 'rows covered'];
process.stdout.write(`${table(head, lines)}\n`);
