import { InvalidArgumentError, type Command } from 'commander';
import type { ClusterMetric } from '../../analysis/clusters/rows.ts';
import { TABLES_AND_TEXT } from '../../report/formats.ts';
import { addInputOptions, addModelOptions, option, perform, type CommandContext } from '../options.ts';
import { finite, FROM_ONE, natural, oneOf, positive, repeated } from '../values.ts';
import type { ClusterFlags, Engine } from './flags.ts';

const ENGINES: readonly Engine[] = ['onnx', 'ml-kmeans'];
const METRICS: readonly ClusterMetric[] = ['cosine', 'euclidean'];

/** Declares `embed cluster`. */
export function addCluster(program: Command, context: CommandContext): void {
  const command = program
    .command('cluster')
    .summary('group the rows by what they are about')
    .description(
      'Groups the rows of INPUT by k-means and names each group by its most telling words. INPUT is a vector set (.npy, or ' +
        '.jsonl with embeddings) or a corpus as encode takes it, which is then encoded first.',
    )
    .argument('<INPUT>', 'vectors or corpus')
    .addOption(option('Clusters', '-k, --clusters <N|auto>', 'how many (default: auto)').argParser(clusterCount))
    .addOption(option('Clusters', '-n, --top <N>', 'rows to show of each cluster (default: 1)').argParser(positive))
    .addOption(option('Clusters', '--assign <FILE>', 'put rows into the clusters of these centroids (.npy)'))
    .addOption(option('Advanced', '--metric <name>', 'cosine (spherical k-means, default) or euclidean').argParser(oneOf(METRICS)))
    .addOption(option('Advanced', '--seed <N>', 'of what is drawn at random (default: 0)').argParser(natural))
    .addOption(
      option('Advanced', '--restarts <N>', 'runs, of which the best counts (default: up to 10\nwhile rows × clusters is small)').argParser(
        positive,
      ),
    )
    .addOption(option('Advanced', '--max-iterations <N>', 'iterations of a run (default: 100)').argParser(positive))
    .addOption(option('Advanced', '--tolerance <X>', 'end when the cost falls by less (default: 1e-4 of it)').argParser(finite))
    .addOption(option('Advanced', '--engine <name>', 'onnx (default) or ml-kmeans').argParser(oneOf(ENGINES)))
    .addOption(option('Advanced', '--force', 'use centroids of another model'))
    .addOption(option('Advanced', '--texts <FILE>', 'texts of a bare .npy, by position, read like a corpus'));
  addInputOptions(command, { rest: 'Advanced' });
  addModelOptions(command, { model: 'minilm', prompted: 'its document prompt' });
  command
    .addOption(
      option(
        'Output',
        '-o, --output <FILE>',
        'the records with their cluster: .csv, .tsv, .jsonl,\nor - for JSONL; or cluster numbers alone: .npy',
      ),
    )
    .addOption(option('Output', '--summary <FILE>', 'one record a cluster: .csv .tsv .jsonl'))
    .addOption(option('Output', '--centroids <FILE>', 'write the centroids (.npy), for --assign'))
    .addOption(option('Output', '--format <format>', 'what is printed').choices(TABLES_AND_TEXT).default(undefined, '"text"'))
    .addOption(option('Output', '--report <FILE>', 'also as a file: .json .jsonl .csv .tsv .txt').argParser(repeated))
    .addOption(option('Advanced', '--overwrite', 'replace the files of -o and the others'))
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
  Without -k, numbers in geometric steps are tried on draws of 2,048 rows, then
  some around the best. The smallest is taken whose silhouette, less 0.00625 for
  each doubling, is within one standard error of the best. The report shows the
  curve, and says so where no number stands out.

Result:
  Clusters are numbered from 0, the largest first; none is empty. The same
  input and options give the same clusters. Cohesion is the mean cosine of a
  cluster's rows to its centroid (the mean distance with euclidean); silhouettes
  are exact, over all rows. Labels are the words that set a cluster apart
  (c-TF-IDF); --assign keeps those of the centroids. Blank rows, and with cosine
  rows of length zero, are in no cluster: their number is printed, and -o leaves
  their cells empty (.npy: -1).

Engines:
  onnx runs passes over blocks of rows, the first of them on 8-bit codes; sets
  larger than memory are read block by block. ml-kmeans is the package of that
  name, which means --metric euclidean: slow, deaf to Ctrl-C while it chooses
  its first centroids, an independent check.

Exit codes:
  0 done · 2 wrong usage, bad input or any other error
  129, 130, 143 stopped by SIGHUP, Ctrl-C or SIGTERM`;

/** A number of clusters, or "auto". */
export function clusterCount(value: string): number | 'auto' {
  if (value.toLowerCase() === 'auto') return 'auto';
  if (!FROM_ONE.test(value)) throw new InvalidArgumentError('Give a whole number from 1, or auto.');
  return Number(value);
}
