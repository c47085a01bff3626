import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { EmbedError } from '../src/errors.ts';
import { allowedThreads } from '../src/io.ts';
import { ciMarkdown, type CheckRun, type CiReport } from './ci-report.ts';
import { keepReport, runCommand } from './command.ts';
import { installCiPeers, JSCPD, PYTHON } from './install.ts';
import { openFacts, openNotes, ourVersions, withoutPaths } from './machine.ts';
import { writeMadeTexts } from './made-texts.ts';
import { summarize } from './rounds.ts';
import { runWatched } from './search-program.ts';

const USAGE = `Usage: npm run bench:ci -- [options]

Times \`embed dedup\` as a check of a build server, from start to end, cold and with a cache, beside semhash and jscpd, and writes
bench/runs/DATE-ci.md. Takes a few minutes on two cores.

  --install            first install the peers into ~/.cache/embed-bench
  --quick              1,000 lines, one round, nothing written: shows that everybody runs
  --sizes <N,N,…>      numbers of lines (default: 1000,10000,100000)
  --minilm-cold <N>    most lines on which minilm is timed without a cache (default: 10000)
  --warm <N>           most lines on which minilm is timed with a cache (default: 100000, whose cache takes minutes to fill)
  --rounds <N>         rounds of each (default: 3); a cold run of minilm on more than 1,000 lines has one
  -h, --help           print this
`;

/** Lines that change between two runs with a cache. */
const CHANGED = 10;

/** Near-duplicates from this cosine on, for everybody. */
const MIN_COSINE = '0.95';
const MODEL = 'models/multilingual';

type Watched = { seconds: number; cpuSeconds: number; megabytes: number; said: string; reportSeconds: number };

await runCommand(USAGE, async () => {
  const { values: flags } = parseArgs({
    options: {
      install: { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
      sizes: { type: 'string' },
      'minilm-cold': { type: 'string', default: '10000' },
      warm: { type: 'string', default: '100000' },
      rounds: { type: 'string' },
    },
  });
  if (flags.install) installCiPeers();
  await keepReport(async (folder) => {
    const sizes = (flags.sizes ?? (flags.quick ? '1000' : '1000,10000,100000')).split(',').map((text) => wholeNumber('--sizes', text));
    const rounds = flags.rounds === undefined ? (flags.quick ? 1 : 3) : wholeNumber('--rounds', flags.rounds);
    const limits = { cold: wholeNumber('--minilm-cold', flags['minilm-cold']), warm: wholeNumber('--warm', flags.warm) };
    const report = await bench({ sizes, rounds, limits, folder });
    return { markdown: ciMarkdown(report), name: flags.quick ? undefined : `${report.date}-ci.md` };
  });
});

type Bench = { sizes: readonly number[]; rounds: number; limits: { cold: number; warm: number }; folder: string };

async function bench({ sizes, rounds, limits, folder }: Bench): Promise<CiReport> {
  const { notes, note } = openNotes();
  const factsOf = openFacts('bench:ci');
  const runs: CheckRun[] = [];
  const add = (run: CheckRun): void => {
    runs.push(run);
    console.log(`  ${run.rows} lines, ${run.name}: ${run.seconds.toFixed(2)} s, ${run.cpuSeconds.toFixed(2)} s of processors`);
  };
  const one = join(folder, 'one.txt');
  writeFileSync(one, 'The kettle leaks at the lid.\n');
  const starts = new Map<string, number>();
  for (const model of ['multilingual', 'minilm']) {
    const timed = await repeat(rounds, () => check(one, ['--model', model], folder));
    starts.set(model, median(timed, 'seconds') - encodeSeconds(timed));
  }
  for (const rows of sizes) {
    const path = join(folder, `lines-${rows}.txt`);
    writeMadeTexts(path, rows);
    const ours = async (name: string, args: string[], { file = () => path, times = rounds }: Rounds = {}): Promise<void> => {
      const timed = await repeat(times, (round) => check(file(round), args, folder));
      const start = starts.get(args.includes('minilm') ? 'minilm' : 'multilingual')!;
      const encode = encodeSeconds(timed);
      const phases = args.includes('--exact') ? undefined : { start, encode, report: median(timed, 'reportSeconds') };
      add({ name, rows, side: 'ours', ...medians(timed), phases, found: foundIn(join(folder, 'report.json')) });
    };
    await ours('embed --exact', ['--exact']);
    await ours('embed --model multilingual', ['--model', 'multilingual']);
    if (rows <= limits.cold) await ours('embed (minilm), cold', ['--model', 'minilm'], { times: rows > 1000 ? 1 : rounds });
    if (rows <= limits.warm) {
      const cached = ['--model', 'minilm', '--cache', join(folder, 'cache')];
      await check(path, cached, folder);
      // what one round adds to the cache, the next would find
      await ours(`embed (minilm), ${CHANGED} lines changed`, cached, { file: (round) => writeChanged(path, round) });
      rmSync(join(folder, 'cache'), { recursive: true });
    }
    for (const peer of peers(path, folder)) {
      if (!existsSync(peer.needs)) {
        note(`Left out: ${peer.name}, which --install fetches`);
        continue;
      }
      try {
        const timed = await repeat(rounds, () => watched(peer.command, peer.args, join(folder, 'peer.txt')));
        add({ name: peer.name, rows, side: 'peer', ...medians(timed), phases: undefined, found: peer.found() });
      } catch (error) {
        note(`Left out: ${peer.name} on ${rows} lines: ${withoutPaths(reasonOf((error as Error).message))}`);
      }
    }
  }
  const threads = `${allowedThreads()}; the peers take what they take`;
  return {
    date: new Date().toISOString().slice(0, 10),
    facts: factsOf({ threads, versions: { ...ourVersions(), ...peerVersions() } }),
    rounds,
    changed: CHANGED,
    minCosine: MIN_COSINE,
    runs,
    notes,
  };
}

/** What a program said last before it ended: `time` prints its figures after it. */
function reasonOf(said: string): string {
  return (
    /(?:FATAL ERROR|\w*Error): .*/.exec(said)?.[0] ??
    /[^\n]*(?:non-zero status|terminated by signal) \d+/.exec(said)?.[0] ??
    said.split('\n', 1)[0]!
  );
}

type Rounds = { file?: (round: number) => string; times?: number };

/** A copy of a file in which some lines, far from each other, have got a word that no other round adds. */
function writeChanged(path: string, round: number): string {
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
  const step = Math.floor(lines.length / CHANGED);
  const changed = lines.map((line, at) => (at % step === step >> 1 ? `${line} changed ${round}` : line));
  const to = path.replace('lines-', 'changed-');
  writeFileSync(to, `${changed.join('\n')}\n`);
  return to;
}

/** Rows that a report lists as repeats; its totals stand on the second line. */
function foundIn(path: string): number {
  const line = readFileSync(path, 'utf8').split('\n', 2)[1]!;
  return (JSON.parse(line.slice('"summary":'.length, -1)) as { dropped: number }).dropped;
}

/** Versions of the peers that are installed. */
function peerVersions(): Record<string, string> {
  if (!existsSync(PYTHON)) return {};
  const { python: _, ...python } = JSON.parse(execFileSync(PYTHON, ['bench/static_peers.py', 'versions'], { encoding: 'utf8' })) as Record<
    string,
    string
  >;
  if (!existsSync(JSCPD)) return python;
  const { version } = JSON.parse(readFileSync(join(JSCPD, '../../package.json'), 'utf8')) as { version: string };
  return { ...python, jscpd: version };
}

type Peer = { name: string; needs: string; command: string; args: string[]; found: () => number };

function peers(path: string, folder: string): Peer[] {
  const dropped = join(folder, 'dropped.txt');
  const copies = join(folder, 'jscpd');
  return [
    {
      name: 'semhash (multilingual, by model2vec)',
      needs: PYTHON,
      command: PYTHON,
      args: ['bench/static_peers.py', 'dedup', MODEL, path, dropped, MIN_COSINE],
      found: () => readFileSync(dropped, 'utf8').split('\n').length - 1,
    },
    {
      name: 'jscpd',
      needs: JSCPD,
      command: process.execPath,
      args: [JSCPD, '--format', 'txt', '--min-lines', '1', '--min-tokens', '10', '--max-lines', '10000000', '--max-size', '1gb'].concat([
        '--reporters',
        'json',
        '--silent',
        '--output',
        copies,
        path,
      ]),
      found: () => (JSON.parse(readFileSync(join(copies, 'jscpd-report.json'), 'utf8')) as { duplicates: unknown[] }).duplicates.length,
    },
  ];
}

/** The check as a build server starts it. */
function check(path: string, args: readonly string[], folder: string): Promise<Watched> {
  const cosine = args.includes('--exact') ? [] : ['--min-cosine', MIN_COSINE];
  const words = ['bin/embed.js', 'dedup', path, ...args, ...cosine, '--exit-zero', '--format', 'json'];
  return watched(process.execPath, words, join(folder, 'report.json'));
}

/** Runs a command under `time`, which counts the processors too: on a machine with other work, they say more than the clock. */
async function watched(command: string, args: readonly string[], output: string): Promise<Watched> {
  const { seconds, said, firstByteSeconds = seconds } = await runWatched('/usr/bin/time', ['-v', command, ...args], { output });
  const numberAfter = (label: string): number => Number(new RegExp(`${label}: ([\\d.]+)`).exec(said)?.[1]);
  const cpuSeconds = numberAfter('User time \\(seconds\\)') + numberAfter('System time \\(seconds\\)');
  const megabytes = (numberAfter('Maximum resident set size \\(kbytes\\)') * 1024) / 1e6;
  return { seconds, cpuSeconds, megabytes, said, reportSeconds: seconds - firstByteSeconds };
}

/** What the program says of its encoding. */
function encodeSeconds(timed: readonly Watched[]): number {
  return summarize(timed.map(({ said }) => Number(/^encoded .* in ([\d.]+) s\b/m.exec(said)?.[1] ?? 0))).median;
}

async function repeat(times: number, run: (round: number) => Promise<Watched>): Promise<Watched[]> {
  const timed: Watched[] = [];
  for (let round = 0; round < times; round++) timed.push(await run(round));
  return timed;
}

function median(timed: readonly Watched[], what: 'seconds' | 'cpuSeconds' | 'megabytes' | 'reportSeconds'): number {
  return summarize(timed.map((one) => one[what])).median;
}

function medians(timed: readonly Watched[]): { seconds: number; cpuSeconds: number; megabytes: number } {
  return { seconds: median(timed, 'seconds'), cpuSeconds: median(timed, 'cpuSeconds'), megabytes: median(timed, 'megabytes') };
}

function wholeNumber(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0) throw new EmbedError(`Cannot use ${name} ${text}`, { hint: 'Give a whole number' });
  return value;
}
