import { existsSync, readFileSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { EmbedError } from '../src/errors.ts';
import { isFolder } from '../src/files/disk.ts';
import { allowedThreads } from '../src/io.ts';
import { loadModel } from '../src/model/folder/folder.ts';
import { setPaths } from '../src/vectors/manifest.ts';
import { openNpy } from '../src/vectors/npy.ts';
import { keepReport, runCommand } from './command.ts';
import { installDedupPeers, PYTHON } from './install.ts';
import { openFacts, openNotes, ourVersions } from './machine.ts';
import { list, table, whole } from './markdown.ts';
import { rateRatios, runRounds, summarize, type Timed } from './rounds.ts';
import { runWatched } from './search-program.ts';
import { fitTable, measureFit, runEmbed, takeLines, writeLines } from './static-fit.ts';
import { readTexts } from './text-sets.ts';

const USAGE = `Usage: npm run bench:static -- [options] [SHARED]

Times the packaged static model as a program beside the packaged minilm, model2vec and semhash, and writes
bench/runs/DATE-static.md. SHARED holds data/train (default: ../shared).

  --install         first install the peers into ~/.cache/embed-bench/venv, outside the project
  --quick           few lines, one round, nothing written
  --rounds <N>      rounds (default: 3); the best counts
  --lines <N>       lines of the static model (default: 200000); minilm takes 4,000 of them, dedup half
  --model <M>       static model, packaged or a folder (default: multilingual)
  --min-cosine <X>  from which on dedup and semhash take lines for the same (default: 0.9)
  --fit             time embed distill as well, which takes minutes, 2 GB of disk and much memory
  --fit-lines <N>   lines it is given (default: 1000000)
  --fit-vocab <N>   tokens it is to learn; few lines do not give the default (default: 80000)
  -h, --help        print this
`;

/** English sentences, and the other side of what is translated. */
const FILES = ['en-sentences.txt.gz', 'parallel-en-ru.tsv.gz', 'parallel-en-ja.tsv.gz', 'parallel-en-zh.tsv.gz'];
const MINILM_LINES = 4000;
const SEARCHED_LINES = 1000;
const QUERY = 'how do I cook rice';
const ASKED_RATIO = 30;

type Times = Map<string, number[]>;
type Options = { folder: string; rounds: number; model: string; peers: ReadonlySet<string> };

await runCommand(USAGE, async () => {
  const { values: flags, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      install: { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
      rounds: { type: 'string' },
      lines: { type: 'string' },
      model: { type: 'string', default: 'multilingual' },
      'min-cosine': { type: 'string', default: '0.9' },
      fit: { type: 'boolean', default: false },
      'fit-lines': { type: 'string', default: '1000000' },
      'fit-vocab': { type: 'string', default: '80000' },
    },
  });
  const rounds = wholeNumber('--rounds', flags.rounds ?? (flags.quick ? '1' : '3'));
  const count = wholeNumber('--lines', flags.lines ?? (flags.quick ? '12000' : '200000'));
  const fitSize = { lines: wholeNumber('--fit-lines', flags['fit-lines']), vocabulary: wholeNumber('--fit-vocab', flags['fit-vocab']) };
  const train = join(positionals[0] ?? '../shared', 'data/train');
  const modelFolder = isFolder(flags.model) ? flags.model : join('models', flags.model);
  if (!isFolder(modelFolder))
    throw new EmbedError(`Cannot find the model ${flags.model}`, { hint: 'Build it: npm run build:multilingual' });
  if (flags.install) installDedupPeers();
  const factsOf = openFacts('bench:static');
  const { notes, note } = openNotes();

  await keepReport(async (folder) => {
    const peerVersions = await versionsOfPeers(folder, note);
    const options: Options = { folder, rounds, model: flags.model, peers: new Set(Object.keys(peerVersions)) };
    const lines = takeLines(
      FILES.map((name) => join(train, name)),
      count,
    );
    const encoded = await measureEncode(lines, modelFolder, options);
    const dedup = await measureDedup(lines.slice(0, Math.ceil(count / 2)), modelFolder, { ...options, minCosine: flags['min-cosine'] });
    const start = await measureStart(lines.slice(0, SEARCHED_LINES), modelFolder, options);
    const fit = flags.fit ? await measureFit(train, { ...fitSize, folder }, note) : undefined;
    const { hash, dims } = loadModel(modelFolder);
    const date = new Date().toISOString().slice(0, 10);
    const facts = {
      ...factsOf({
        threads: `${allowedThreads()}, then 1; model2vec takes processes of its own from 10,000 texts on, then one process of one thread`,
        versions: { ...ourVersions(), ...peerVersions },
      }),
      Model: `${basename(modelFolder)}, ${dims} dims, ${hash.slice(0, 'sha256:'.length + 12)}`,
    };
    return {
      name: flags.quick ? undefined : `${date}-static.md`,
      markdown: `${[
        `# The static model, ${date}`,
        list([...Object.entries(facts).map(([name, value]) => `${name}: ${value}`), ...notes]),
        '## Encoding',
        `Whole programs, from start to end, from a file of lines to a .npy: ${whole(count)} different lines, shuffled, of ${FILES.join(', ')} ` +
          `(the last column); minilm (int8) takes the first ${whole(encoded.few)} of them. "Alone" is what the program itself says of encoding, without start ` +
          `and loading: for embed with the files read and written, for model2vec from memory to memory. Rounds, in turn: ${rounds}; the best counts.`,
        encoded.markdown,
        '## Deduplicating',
        `Whole programs: the first ${whole(Math.ceil(count / 2))} of these lines at a cosine of ${flags['min-cosine']}, the same model; semhash searches approximately.`,
        dedup,
        '## Starting',
        `A query on a ready set of ${whole(Math.min(count, SEARCHED_LINES))} rows; beside it Python that loads the model and encodes the query.`,
        start,
        ...(fit ? ['## Fitting', fitTable(fit)] : []),
      ].join('\n\n')}\n`,
    };
  });
});

/** What of Python is there; a note where nothing is, or a part is not. */
async function versionsOfPeers(folder: string, note: (text: string) => void): Promise<Record<string, string>> {
  const versions = existsSync(PYTHON) ? ((await askPeer(folder, 'versions')).answer as Record<string, string>) : {};
  for (const name of ['model2vec', 'semhash']) if (!(name in versions)) note(`Left out: ${name}, which is not there; --install fetches it`);
  return versions;
}

async function askPeer(folder: string, ...args: string[]): Promise<{ seconds: number; answer: object }> {
  const output = join(folder, 'peer.out');
  const { seconds } = await runWatched(PYTHON, ['bench/static_peers.py', ...args], { output });
  return { seconds, answer: JSON.parse(readFileSync(output, 'utf8').trim().split('\n').at(-1)!) as object };
}

async function measureEncode(lines: readonly string[], modelFolder: string, { folder, rounds, model, peers }: Options) {
  const few = Math.min(MINILM_LINES, lines.length);
  const [all, some] = [writeLines(join(folder, 'lines.txt'), lines), writeLines(join(folder, 'few.txt'), lines.slice(0, few))];
  const [ours, theirs] = [join(folder, 'ours.npy'), join(folder, 'theirs.npy')];
  const alone: Times = new Map();
  const noteAlone = (name: string, seconds: number): void => void alone.set(name, [...(alone.get(name) ?? []), seconds]);
  const timedEmbed = (name: string, path: string, ...args: string[]): Timed => ({
    name,
    run: async () => {
      // over its own output, embed would say "up to date"
      for (const file of Object.values(setPaths(ours))) rmSync(file, { force: true });
      const { seconds, said } = await runEmbed('encode', path, '-o', ours, ...args);
      noteAlone(name, Number(/^encoded .* in ([\d.]+) s\b/m.exec(said)?.[1]));
      return seconds;
    },
  });
  const timedPeer = (name: string, threads: string): Timed => ({
    name,
    run: async () => {
      const { seconds, answer } = await askPeer(folder, 'encode', modelFolder, all, theirs, threads);
      noteAlone(name, (answer as { seconds: number }).seconds);
      return seconds;
    },
  });
  const single = ', 1 thread';
  const timed = [
    timedEmbed('static', all, '--model', model),
    timedEmbed(`static${single}`, all, '--model', model, '--threads', '1'),
    timedEmbed('minilm', some),
    timedEmbed(`minilm${single}`, some, '--threads', '1'),
    ...(peers.has('model2vec') ? [timedPeer('model2vec', '0'), timedPeer(`model2vec${single}`, '1')] : []),
  ];
  console.log(`encoding ${lines.length} lines`);
  const seconds = await runRounds(timed, { rounds, log: console.log });
  const linesOf = (name: string): number => (name.startsWith('minilm') ? few : lines.length);
  const rates = table(
    ['', 'lines', 'seconds, best', 'median', 'lines/s', 'lines/s, alone'],
    [...seconds].map(([name, times]) => [
      name,
      whole(linesOf(name)),
      ...bestAndMedian(times),
      whole(linesOf(name) / summarize(times).min),
      whole(linesOf(name) / summarize(alone.get(name)!).min),
    ]),
  );
  const ratios = ['', single].flatMap((suffix) =>
    ['minilm', 'model2vec'].flatMap((peer) => {
      const [own, other] = [`static${suffix}`, `${peer}${suffix}`];
      if (!seconds.has(other)) return [];
      const row = (label: string, times: Times): string[] => {
        const perLine = (name: string): number[] => times.get(name)!.map((value) => value / linesOf(name));
        const best = summarize(perLine(other)).min / summarize(perLine(own)).min;
        const { median, min, max } = rateRatios(perLine(own), perLine(other));
        return [label, ...[best, median, min, max].map((value) => `${value.toFixed(2)} ×`)];
      };
      return [row(`static / ${other}`, seconds), row(`static / ${other}, alone`, alone)];
    }),
  );
  let parity = '';
  if (peers.has('model2vec')) {
    await timedEmbed('once more', all, '--model', model).run();
    parity = describeParity(ours, theirs);
  }
  const ratioTable = table(['lines/s', 'best by best', 'median of rounds', 'lowest', 'highest'], ratios);
  const asked = `Asked of the static model: ${ASKED_RATIO} times the lines/s of minilm, towards 100.`;
  return { few, markdown: [rates, ratioTable, asked, ...(parity ? [parity] : [])].join('\n\n') };
}

/** How far vectors of the same lines are apart. */
function describeParity(oursPath: string, theirsPath: string): string {
  const [ours, theirs] = [openNpy(oursPath), openNpy(theirsPath)];
  try {
    if (ours.rows !== theirs.rows || ours.cols !== theirs.cols)
      return `The shapes differ: ${ours.rows} × ${ours.cols}, model2vec ${theirs.rows} × ${theirs.cols}.`;
    const [a, b] = [new Float32Array(ours.cols), new Float32Array(ours.cols)];
    let [largest, apart] = [0, 0];
    for (let row = 0; row < ours.rows; row++) {
      ours.read(row, a);
      theirs.read(row, b);
      const off = a.reduce((most, value, at) => Math.max(most, Math.abs(value - b[at]!)), 0);
      largest = Math.max(largest, off);
      if (off > 1e-5) apart++;
    }
    return `Largest difference of a number to that of model2vec: ${largest.toExponential(1)}; more than 1e-5 in ${whole(apart)} of ${whole(ours.rows)} rows.`;
  } finally {
    ours.close();
    theirs.close();
  }
}

async function measureDedup(lines: readonly string[], modelFolder: string, options: Options & { minCosine: string }): Promise<string> {
  const { folder, rounds, model, minCosine, peers } = options;
  const path = writeLines(join(folder, 'dedup.txt'), lines);
  const [ours, theirs] = [join(folder, 'ours-dropped.txt'), join(folder, 'theirs-dropped.txt')];
  const args = ['--model', model, '--min-cosine', minCosine, '--exit-zero', '-q', '--dropped', ours, '--overwrite', '--force'];
  const timed: Timed[] = [{ name: 'embed dedup', run: async () => (await runEmbed('dedup', path, ...args)).seconds }];
  if (peers.has('model2vec') && peers.has('semhash'))
    timed.push({ name: 'semhash', run: async () => (await askPeer(folder, 'dedup', modelFolder, path, theirs, minCosine)).seconds });
  console.log(`deduplicating ${lines.length} lines`);
  const seconds = await runRounds(timed, { rounds, log: console.log });
  const dropped = [ours, theirs].map((file) => new Set(existsSync(file) ? readTexts(file).filter((text) => text !== '') : []));
  const both = [...dropped[0]!].filter((line) => dropped[1]!.has(line)).length;
  return table(
    ['', 'seconds, best', 'median', 'lines/s', 'lines dropped', 'of these by both'],
    [...seconds].map(([name, times], at) => [
      name,
      ...bestAndMedian(times),
      whole(lines.length / summarize(times).min),
      whole(dropped[at]!.size),
      seconds.size > 1 ? whole(both) : '–',
    ]),
  );
}

async function measureStart(lines: readonly string[], modelFolder: string, { folder, rounds, model, peers }: Options): Promise<string> {
  const set = join(folder, 'searched.npy');
  await runEmbed('encode', writeLines(join(folder, 'searched.txt'), lines), '--model', model, '-o', set);
  const timed: Timed[] = [{ name: 'embed search', run: async () => (await runEmbed('search', set, '-q', QUERY)).seconds }];
  if (peers.has('model2vec'))
    timed.push({ name: 'python, model2vec', run: async () => (await askPeer(folder, 'one', modelFolder, QUERY)).seconds });
  console.log('starting');
  const seconds = await runRounds(timed, { rounds: rounds * 2, log: console.log });
  return table(
    ['', 'seconds, best', 'median'],
    [...seconds].map(([name, times]) => [name, ...bestAndMedian(times)]),
  );
}

function bestAndMedian(times: readonly number[]): string[] {
  const { min, median } = summarize(times);
  return [min, median].map((value) => value.toFixed(2));
}

function wholeNumber(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new EmbedError(`Cannot use ${name} ${text}`, { hint: 'Give a whole number from 1' });
  return value;
}
