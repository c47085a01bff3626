import { spawn } from 'node:child_process';
import { chmodSync, cpSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { writeFaults, type FaultRow } from './faults-report.ts';
import { keepReport, runCommand } from './command.ts';
import { openFacts, ourVersions } from './machine.ts';
import { seededRandom } from './seeded.ts';

const USAGE = `Usage: npm run bench:faults -- [--seed N] [--kills N] [--damages N] [--flips N] [--pairs N] [--readers N] [--keep]

Kills runs of encode at random times, damages what they leave, changes bits of finished sets, starts two runs at once, and searches while
a set is replaced. Each case must end with the right bytes or with a plain error. --keep writes the counts to bench/runs.
`;

const bin = join(process.cwd(), 'bin/embed.js');
const model = join(process.cwd(), 'fixtures/models/bert-mean');
const FILES = ['s.npy', 's.rows.jsonl', 's.manifest.json'];

/** Rows of the corpus: three windows, so that there are commits to resume from. */
const ROWS = 10_000;

type Ended = { code: number | null; out: string; err: string; seconds: number };

/** What all cases need: two corpora, their sets, and how long a run takes. */
type State = { whole: Buffer[]; other: Buffer[]; seconds: number };

async function prepare(): Promise<State> {
  writeFileSync('one.txt', corpusOf('rice'));
  writeFileSync('two.txt', corpusOf('cat'));
  const { seconds } = await encode('one.txt');
  const whole = take();
  await encode('two.txt');
  return { whole, other: take(), seconds };
}

const corpusOf = (word: string): string => Array.from({ length: ROWS }, (_, at) => `the ${word} sat on mat ${at % 1000} ${at}\n`).join('');

/** The three files of the set, which are then removed. */
function take(): Buffer[] {
  const bytes = FILES.map((name) => readFileSync(name));
  clear();
  return bytes;
}

function clear(): void {
  for (const name of [...FILES, 's.npy.part']) rmSync(name, { recursive: true, force: true });
}

const encode = (input: string, options?: { killAfter?: number }): Promise<Ended> =>
  embed(['encode', input, '-q', '--model', model, '-o', 's.npy'], options);

function embed(args: readonly string[], { killAfter }: { killAfter?: number } = {}): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const started = performance.now();
    const child = spawn(process.execPath, [bin, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    const text = { out: '', err: '' };
    child.stdout.on('data', (chunk: Buffer) => (text.out += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (text.err += chunk.toString()));
    const timer = killAfter === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), killAfter);
    child.once('error', reject);
    child.once('close', (code) => {
      clearTimeout(timer);
      resolve({ code, ...text, seconds: (performance.now() - started) / 1000 });
    });
  });
}

const isPlain = ({ code, err }: Ended): boolean => code === 2 && /^error: /m.test(err) && !err.includes('bug in embed');
const hasBytes = (bytes: readonly Buffer[]): boolean =>
  FILES.every((name, at) => existsSync(name) && readFileSync(name).equals(bytes[at]!));

/** Counts the outcomes of cases. */
async function count(name: string, cases: number, run: (at: number) => Promise<string>): Promise<FaultRow> {
  const outcomes = new Map<string, number>();
  for (let at = 0; at < cases; at++) {
    const outcome = await run(at);
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  }
  console.log(`  ${name}: ${Array.from(outcomes, ([outcome, times]) => `${times} ${outcome}`).join(', ')}`);
  return { name, cases, outcomes };
}

const RIGHT = 'the right bytes';
const PLAIN = 'a plain error';
const WRONG = 'WRONG';

/** Kills at random times, some of them several times in a row; the same command must then end with the same bytes. */
function kills(cases: number, { whole, seconds }: State, random: () => number): Promise<FaultRow> {
  return count('killed at a random time, up to three times', cases, async () => {
    clear();
    for (let times = 1 + Math.floor(random() * 3); times > 0; times--) await encode('one.txt', { killAfter: random() * seconds * 1100 });
    const last = await encode('one.txt');
    return last.code === 0 && hasBytes(whole) && !existsSync('s.npy.part') ? RIGHT : isPlain(last) ? PLAIN : WRONG;
  });
}

/** Leaves a run that was killed after its first commit, and damages what it left. */
async function damages(cases: number, { whole }: State, random: () => number): Promise<FaultRow> {
  clear();
  const child = spawn(process.execPath, [bin, 'encode', 'one.txt', '-q', '--model', model, '-o', 's.npy'], { stdio: 'ignore' });
  const ended = new Promise((resolve) => child.once('close', resolve));
  const commits = (): number =>
    existsSync('s.npy.part/journal') ? readFileSync('s.npy.part/journal', 'utf8').split('"counts"').length - 1 : 0;
  while (commits() < 1 && child.exitCode === null) await new Promise((resolve) => setTimeout(resolve, 5));
  child.kill('SIGKILL');
  await ended;
  cpSync('s.npy.part', 'left', { recursive: true });
  return count(`parts and journal damaged after ${commits()} commit(s)`, cases, async () => {
    clear();
    cpSync('left', 's.npy.part', { recursive: true });
    chmodSync('s.npy.part', 0o700);
    const name = ['journal', 'journal', 'vectors', 'rows'][Math.floor(random() * 4)]!;
    const path = join('s.npy.part', name);
    writeFileSync(path, damaged(readFileSync(path), random));
    const last = await encode('one.txt');
    return last.code === 0 && hasBytes(whole) ? RIGHT : isPlain(last) ? PLAIN : WRONG;
  });
}

/** A copy with a bit changed, a piece cut out, doubled or overwritten, or the end cut off. */
function damaged(bytes: Buffer, random: () => number): Buffer {
  const at = Math.floor(random() * bytes.length);
  const end = Math.min(bytes.length, at + 1 + Math.floor(random() * 100));
  const copy = Buffer.from(bytes);
  const kind = Math.floor(random() * 5);
  if (kind === 0) copy[at]! ^= 1 << Math.floor(random() * 8);
  if (kind === 1) return Buffer.concat([bytes.subarray(0, at), bytes.subarray(end)]);
  if (kind === 2) return Buffer.concat([bytes.subarray(0, end), bytes.subarray(at)]);
  if (kind === 3) copy.fill(Math.floor(random() * 256), at, end);
  return kind === 4 ? bytes.subarray(0, at) : copy;
}

/** Changes a bit of a finished set: verify must say so, and a search must answer as before or say so. */
async function flips(cases: number, { whole }: State, random: () => number): Promise<FaultRow[]> {
  clear();
  FILES.forEach((name, at) => writeFileSync(name, whole[at]!));
  const search = (): Promise<Ended> => embed(['search', 's.npy', 'the rice sat', '-q', '--format', 'jsonl', '-n', '20', '--model', model]);
  const before = await search();
  const half = Math.ceil(cases / 2);
  const flip = (): void => {
    FILES.forEach((name, at) => writeFileSync(name, whole[at]!));
    const file = Math.floor(random() * 2);
    const copy = Buffer.from(whole[file]!);
    copy[Math.floor(random() * copy.length)]! ^= 1 << Math.floor(random() * 8);
    writeFileSync(FILES[file]!, copy);
  };
  const verified = await count('a bit of a finished set changed, then sets verify', half, async () => {
    flip();
    const { code, err } = await embed(['sets', 'verify', 's.npy', '-q']);
    return code === 1 ? 'said' : code === 2 && !err.includes('bug in embed') ? PLAIN : WRONG;
  });
  const searched = await count('a bit of a finished set changed, then a search', cases - half, async () => {
    flip();
    const found = await search();
    return found.out === before.out && found.code === 0 ? 'the right answer' : isPlain(found) ? PLAIN : WRONG;
  });
  return [verified, searched];
}

/** Two runs of different corpora onto one set, started together. */
function pairs(cases: number, { whole, other }: State, random: () => number): Promise<FaultRow> {
  return count('two runs onto one set, started together', cases, async () => {
    clear();
    const later = new Promise((resolve) => setTimeout(resolve, random() * 60));
    const [one, two] = await Promise.all([encode('one.txt'), later.then(() => encode('two.txt'))]);
    const ended = [one, two].filter(({ code }) => code === 0).length;
    const refused = [one, two].filter(isPlain).length;
    const right = one.code === 0 ? hasBytes(whole) : hasBytes(other);
    return ended === 1 && refused === 1 && right && !existsSync('s.npy.part') ? 'one wrote it, the other was refused' : WRONG;
  });
}

/** Searches while the set is replaced again and again. */
async function readers(cases: number, { whole }: State, random: () => number): Promise<FaultRow> {
  clear();
  FILES.forEach((name, at) => writeFileSync(name, whole[at]!));
  const ended = new AbortController();
  const writing = (async () => {
    for (let at = 0; !ended.signal.aborted; at++)
      await embed(['encode', at % 2 === 0 ? 'two.txt' : 'one.txt', '-q', '--model', model, '-o', 's.npy', '--overwrite']);
  })();
  const row = await count('searches while the set is replaced', cases, async () => {
    const found = await embed([
      'search',
      's.npy',
      'the mat',
      '-q',
      '--format',
      'jsonl',
      '-n',
      `${50 + Math.floor(random() * 50)}`,
      '--model',
      model,
    ]);
    if (found.code !== 0) return isPlain(found) ? PLAIN : WRONG;
    const words = new Set(
      found.out
        .trimEnd()
        .split('\n')
        .map((line) => (JSON.parse(line) as { text: string }).text.split(' ')[1]),
    );
    return words.size === 1 ? 'hits of one corpus' : WRONG;
  });
  ended.abort();
  await writing;
  return row;
}

await runCommand(USAGE, async () => {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string', default: '1' },
      kills: { type: 'string', default: '200' },
      damages: { type: 'string', default: '300' },
      flips: { type: 'string', default: '400' },
      pairs: { type: 'string', default: '40' },
      readers: { type: 'string', default: '200' },
      keep: { type: 'boolean', default: false },
    },
  });
  const facts = openFacts('bench:faults');
  const random = seededRandom(Number(values.seed));
  await keepReport(async (folder) => {
    process.chdir(folder);
    const state = await prepare();
    const rows: FaultRow[] = [
      await kills(Number(values.kills), state, random),
      await damages(Number(values.damages), state, random),
      ...(await flips(Number(values.flips), state, random)),
      await pairs(Number(values.pairs), state, random),
      await readers(Number(values.readers), state, random),
    ];
    const home = join(bin, '../..');
    process.chdir(home);
    const markdown = writeFaults(rows, facts({ threads: 'the default', versions: ourVersions() }));
    const date = new Date().toISOString().slice(0, 10);
    return { markdown, name: values.keep ? `${date}-faults.md` : undefined };
  });
});
