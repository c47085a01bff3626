import { InvalidArgumentError, type Command } from 'commander';
import type { ClusterRange } from '../../analysis/clusters/choose.ts';
import type { ClusterMetric } from '../../analysis/clusters/rows.ts';
import { TABLES_AND_TEXT } from '../../report/formats.ts';
import { addInputOptions, addModelOptions, excelOption, option, perform, type CommandContext } from '../options.ts';
import { finite, FROM_ONE, natural, oneOf, positive, repeated } from '../values.ts';
import { parseRange, type ClusterFlags, type Engine } from './flags.ts';

const ENGINES: readonly Engine[] = ['onnx', 'ml-kmeans'];
const METRICS: readonly ClusterMetric[] = ['cosine', 'euclidean'];

/** Declares `embed cluster`. */
export function addCluster(program: Command, context: CommandContext): void {
  const command = program
    .command('cluster')
    .summary('group the rows by what they are about')
    .description(
      'Groups the rows of INPUT by k-means and names each group by its most telling words. INPUT is a vector set (.npy, or ' +
        '.jsonl with embeddings) or a corpus in any format that encode reads; a corpus is encoded first.',
    )
    .argument('<INPUT>', 'vectors or corpus')
    .addOption(option('Clusters', '-k, --clusters <N|auto>', 'number of clusters, or a range 2-20 (default: auto)').argParser(clusterCount))
    .addOption(option('Clusters', '-n, --top <N>', 'rows to show per cluster (default: 1)').argParser(positive))
    .addOption(option('Clusters', '--assign <FILE>', 'assign rows to the clusters of these centroids (.npy)'))
    .addOption(option('Advanced', '--metric <name>', 'cosine (spherical k-means, default) or euclidean').argParser(oneOf(METRICS)))
    .addOption(option('Advanced', '--seed <N>', 'seed of the random numbers (default: 0)').argParser(natural))
    .addOption(
      option('Advanced', '--restarts <N>', 'runs, of which the best is kept (default: up to 10\nwhile rows × clusters is small)').argParser(
        positive,
      ),
    )
    .addOption(option('Advanced', '--max-iterations <N>', 'maximum iterations per run (default: 100)').argParser(positive))
    .addOption(option('Advanced', '--tolerance <X>', 'stop when the cost falls by less than this share (default: 1e-4)').argParser(finite))
    .addOption(option('Advanced', '--engine <name>', 'implementation: onnx (default) or ml-kmeans').argParser(oneOf(ENGINES)))
    .addOption(option('Advanced', '--stop-words <FILE>', 'words that are no labels, one per line, besides those known'))
    .addOption(option('Advanced', '--force', 'use centroids of another model'))
    .addOption(option('Advanced', '--texts <FILE>', 'texts for a bare .npy: a corpus with one row per vector'));
  addInputOptions(command, { rest: 'Advanced' });
  addModelOptions(command, { model: 'minilm', prompted: 'its document prompt' });
  command
    .addOption(
      option(
        'Output',
        '-o, --output <FILE>',
        'the records with their cluster: .csv, .tsv, .jsonl,\nor - for JSONL; only the cluster numbers: .npy',
      ),
    )
    .addOption(option('Output', '--summary <FILE>', 'one record per cluster: .csv .tsv .jsonl'))
    .addOption(option('Output', '--centroids <FILE>', 'write the centroids (.npy), for --assign'))
    .addOption(option('Output', '--format <format>', 'format of the printed report').choices(TABLES_AND_TEXT).default(undefined, '"text"'))
    .addOption(option('Output', '--report <FILE>', 'also write the report: .json .jsonl .csv .tsv .txt').argParser(repeated))
    .addOption(excelOption())
    .addOption(option('Advanced', '--overwrite', 'replace existing output files'))
    .addOption(option('Output', '-q, --quiet', 'no notes and no progress on standard error'))
    .addHelpText(
      'after',
      '\nExamples:\n' +
        '  embed cluster tickets.csv --text-column body -o themed.csv\n' +
        '  embed cluster corpus.npy -k 20 -n 3 --centroids themes.npy\n' +
        '  embed cluster new.csv --text-column body --assign themes.npy' +
        (context.full ? HELP_MORE : ''),
    )
    .exitOverride()
    .action(async (input: string, flags: ClusterFlags) => {
      const { cluster } = await import('./cluster.ts');
      await perform(context, flags, (run) => cluster(input, flags, run));
    });
}

const HELP_MORE = `

How many clusters:
  Without -k, numbers in geometric steps are tried on samples of 2,048 rows, in
  which near copies count once; then some around the best. Each sample is split
  into halves that are grouped on their own. The result is the smallest number on
  whose clusters the halves agree best, within one standard error, beyond what
  halves of shapeless rows do. -k 5-30 chooses among these numbers. The report
  shows the curve, and says so if no number stands out.

Result:
  Clusters are numbered from 0, the largest first; none is empty. The same
  input and options give the same clusters. Cohesion is the mean cosine of a
  cluster's rows to its centroid (the mean distance with euclidean). Silhouettes
  are exact, over all rows. Labels are the words that set a cluster apart, or its
  nearest row, shortened; --assign keeps those of the centroids. Blank rows are in no cluster,
  and with cosine neither are rows of length zero: a note counts them, and -o
  leaves their cells empty (.npy: -1).

Engines:
  onnx is fast, and reads sets larger than memory block by block. ml-kmeans is
  the npm package of that name, for an independent check: it is slow, it only
  knows --metric euclidean, and it ignores Ctrl-C while it chooses its first
  centroids.

Exit codes:
  0 done · 2 wrong usage, bad input or any other error
  129, 130, 143 stopped by SIGHUP, Ctrl-C or SIGTERM`;

/** A number of clusters, a range of numbers, or "auto". */
function clusterCount(value: string): number | 'auto' | ClusterRange {
  if (value.toLowerCase() === 'auto') return 'auto';
  if (FROM_ONE.test(value)) return Number(value);
  const range = parseRange(value);
  if (typeof range === 'string') throw new InvalidArgumentError(range);
  return range;
}
