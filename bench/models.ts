import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { EmbedError } from '../src/errors.ts';
import { TOKENS_PER_BATCH } from '../src/model/transformer/token-encoder.ts';
import { loadModel } from '../src/model/folder/folder.ts';
import { openTokenizer } from '../src/model/tokenizer/tokenizer.ts';
import { planBatches } from '../src/model/transformer/batches.ts';
import { keepReport, runCommand } from './command.ts';
import { installModelPeers, PEER_FOLDER } from './install.ts';
import { openFacts, ourVersions } from './machine.ts';
import { list, table, whole } from './markdown.ts';
import { rateRatios, runRounds, summarize } from './rounds.ts';
import { describeSet, makeSet } from './text-sets.ts';

const USAGE = `Usage: npm run bench:models -- [options]

Times how graphs are built from weights, and how fast they run beside the usual ONNX export, and writes bench/runs/DATE-models.md.

  --install        first write the models of published shapes into ~/.cache/embed-bench (needs PyTorch there)
  --quick          few texts, one round, nothing written
  --rounds <N>     rounds after the warm-up (default: 5)
  --lines <FILE>   texts, one a line; .gz is read too
  --weights <DIR>  all-MiniLM-L6-v2 as sentence-transformers publishes it
  -h, --help       print this
`;

const SHAPES = ['MiniLM', 'bge-base', 'multilingual-e5-small'];
const SHAPES_FOLDER = join(PEER_FOLDER, 'shapes');

type Build = { name: string; weightMegabytes: number; first: BuildRun; cached: BuildRun };
type BuildRun = { path: string; seconds: number; megabytes: number; sessionSeconds: number };
type Rates = { name: string; threads: number; seconds: Map<string, number[]>; rows: number };

await runCommand(USAGE, async () => {
  const { values: flags } = parseArgs({
    options: {
      install: { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
      rounds: { type: 'string' },
      lines: { type: 'string', default: '../shared/data/train/en-sentences.txt.gz' },
      weights: { type: 'string', default: '../shared/models/all-MiniLM-L6-v2' },
    },
  });
  if (flags.install) installModelPeers(flags.weights, SHAPES_FOLDER);
  const missing = SHAPES.find((name) => !existsSync(join(SHAPES_FOLDER, name, 'usual.onnx')));
  if (missing) throw new EmbedError(`Cannot find the shape ${missing} in ${SHAPES_FOLDER}`, { hint: 'Write it with --install' });
  const rounds = Number(flags.rounds ?? (flags.quick ? 1 : 5));
  const factsOf = openFacts('bench:models');

  await keepReport(async (folder) => {
    const builds = SHAPES.map((name) => measureBuild(name, folder));
    const set = makeSet('short lines', flags.lines, { rows: flags.quick ? 100 : 600, offset: 11, folder });
    const tokenize = openTokenizer(loadModel('models/minilm'));
    const texts = set.texts.map((text) => tokenize(text).ids);
    const results: Rates[] = [];
    for (const { name, first } of builds) {
      // the larger models take six times as long a row
      const some = name === 'MiniLM' ? texts : texts.slice(0, Math.ceil(texts.length / 5));
      for (const threads of [1, 2]) results.push({ name, threads, ...(await measureRates(name, first.path, some, { threads, rounds })) });
    }
    const date = new Date().toISOString().slice(0, 10);
    const facts = factsOf({ threads: 'one session of one thread, then of two', versions: ourVersions() });
    return {
      name: flags.quick ? undefined : `${date}-models.md`,
      markdown: `${[
        `# Graphs built from weights, ${date}`,
        list(Object.entries(facts).map(([name, value]) => `${name}: ${value}`)),
        '## Building',
        'A process each: hash of the weights and the graph, written into an empty cache; the same again with the cache; opening a session of one thread. ' +
          'Memory is the most that was resident when the graph was there.',
        buildTable(builds),
        '## Rates, float32',
        `Token vectors of ${describeSet(set)} (a fifth of them for the larger shapes), tokenised and packed beforehand into batches of one length, ` +
          `${whole(TOKENS_PER_BATCH)} tokens at most; the same batches for all. The usual export is torch.onnx of the transformer, at the optimisation level "all". ` +
          `${rounds} rounds after a warm-up, in turn. Weights of the larger shapes are random.`,
        rateTable(results),
      ].join('\n\n')}\n`,
    };
  });
});

function measureBuild(name: string, folder: string): Build {
  const source = join(SHAPES_FOLDER, name);
  const script = fileURLToPath(new URL('./build-graph.js', import.meta.url));
  const run = (): BuildRun => {
    const { stdout, status } = spawnSync(process.execPath, [script, source], {
      env: { ...process.env, XDG_CACHE_HOME: join(folder, 'cache') },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    if (status !== 0) throw new EmbedError(`Cannot build the graph of ${name}: the process ended in ${status}`);
    return JSON.parse(stdout.toString('utf8')) as BuildRun;
  };
  const built = { name, weightMegabytes: statSync(join(source, 'model.safetensors')).size / 1e6, first: run(), cached: run() };
  console.log(`${name}: built in ${built.first.seconds.toFixed(2)} s, ${whole(built.first.megabytes)} MB`);
  return built;
}

async function measureRates(
  name: string,
  ours: string,
  texts: readonly Int32Array[],
  { threads, rounds }: { threads: number; rounds: number },
): Promise<{ seconds: Map<string, number[]>; rows: number }> {
  const batches = planBatches(
    texts.map((ids) => ids.length),
    { maxTokens: TOKENS_PER_BATCH },
  ).map(({ rows, tokens }) => ({
    ids: BigInt64Array.from(rows.flatMap((row) => Array.from(texts[row]!, BigInt))),
    shape: [rows.length, tokens],
  }));
  const open = async (label: string, path: string, level: 'basic' | 'all'): Promise<{ name: string; run: () => Promise<number> }> => {
    const options = { graphOptimizationLevel: level, intraOpNumThreads: threads, enableMemPattern: false } as const;
    const session = await InferenceSession.create(path, options);
    const feedsOf = ({ ids, shape }: (typeof batches)[number]): Record<string, Tensor> => ({
      input_ids: new Tensor('int64', ids, shape),
      ...(session.inputNames.length > 1
        ? {
            attention_mask: new Tensor('int64', new BigInt64Array(ids.length).fill(1n), shape),
            token_type_ids: new Tensor('int64', new BigInt64Array(ids.length), shape),
          }
        : {}),
    });
    const run = async (): Promise<number> => {
      const feeds = batches.map(feedsOf);
      const started = performance.now();
      for (const feed of feeds) await session.run(feed);
      return (performance.now() - started) / 1000;
    };
    await run();
    return { name: label, run };
  };
  const timed = [await open('embed', ours, 'basic'), await open('usual export', join(SHAPES_FOLDER, name, 'usual.onnx'), 'all')];
  console.log(`${name}, ${threads} thread(s), ${texts.length} texts`);
  return { seconds: await runRounds(timed, { rounds, log: console.log }), rows: texts.length };
}

function buildTable(builds: readonly Build[]): string {
  return table(
    ['', 'weights, MB', 'build, s', 'memory, MB', 'memory / weights', 'from the cache, s', 'session, s'],
    builds.map(({ name, weightMegabytes, first, cached }) => [
      name,
      whole(weightMegabytes),
      first.seconds.toFixed(2),
      whole(first.megabytes * 1.048576),
      ((first.megabytes * 1.048576) / weightMegabytes).toFixed(2),
      cached.seconds.toFixed(2),
      cached.sessionSeconds.toFixed(2),
    ]),
  );
}

function rateTable(results: readonly Rates[]): string {
  return table(
    ['', 'threads', 'embed, rows/s', 'usual export, rows/s', 'ratio, median', 'lowest', 'highest'],
    results.map(({ name, threads, seconds, rows }) => {
      const [ours, usual] = [seconds.get('embed')!, seconds.get('usual export')!];
      const ratio = rateRatios(ours, usual);
      return [
        name,
        String(threads),
        whole(rows / summarize(ours).median),
        whole(rows / summarize(usual).median),
        ...[ratio.median, ratio.min, ratio.max].map((value) => `${value.toFixed(2)} ×`),
      ];
    }),
  );
}
