import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { keepReport, runCommand } from './command.ts';
import { EXACT_PYTHON, installExactPeers } from './install.ts';
import { openFacts, ourVersions } from './machine.ts';
import { writeMadeTexts } from './made-texts.ts';
import { list, table, whole } from './markdown.ts';
import { measurePeakOf, type Peak } from './peak.ts';
import { rateRatios, runRounds, summarize } from './rounds.ts';
import { seededRandom } from './seeded.ts';

const USAGE = `Usage: npm run bench:exact -- [options]

Time and memory of dedup --exact, the whole program, beside sort | uniq and text-dedup from PyPI, and writes bench/runs/DATE-exact.md.
Needs /usr/bin/time, sort and uniq.

  --rows <N>      lines (default: 1000000)
  --rounds <N>    (default: 5)
  --install       install the peer first, into ~/.cache/embed-bench
  --quick         10,000 lines in one round, nothing written: shows that everything runs
  -h, --help      print this
`;

/** Copies of earlier lines, beside those of the made texts. */
const COPIES = 0.03;

type Contender = { name: string; run: () => Promise<Peak> };

await runCommand(USAGE, async () => {
  const { values } = parseArgs({
    options: {
      rows: { type: 'string', default: '1000000' },
      rounds: { type: 'string', default: '5' },
      install: { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
    },
  });
  if (values.install) installExactPeers();
  const [rows, rounds] = values.quick ? [10_000, 1] : [Number(values.rows), Number(values.rounds)];
  await keepReport(async (folder) => {
    const markdown = await bench({ rows, rounds }, folder);
    return { markdown, name: values.quick ? undefined : `${new Date().toISOString().slice(0, 10)}-exact.md` };
  });
});

/** Writes the lines, and a table of them. Returns how many lines are copies. */
function writeLines({ lines, csv }: { lines: string; csv: string }, rows: number): number {
  writeMadeTexts(lines, rows);
  const texts = readFileSync(lines, 'utf8').trimEnd().split('\n');
  const random = seededRandom(11);
  for (let at = 1; at < rows; at++) if (random() < COPIES) texts[at] = texts[Math.floor(random() * at)]!;
  writeFileSync(lines, `${texts.join('\n')}\n`);
  writeFileSync(csv, `id,text,region\n${texts.map((text, at) => `${at},"${text}",north\n`).join('')}`);
  return rows - new Set(texts).size;
}

async function bench({ rows, rounds }: { rows: number; rounds: number }, folder: string): Promise<string> {
  const factsOf = openFacts('bench:exact');
  const [lines, csv, clean] = [join(folder, 'lines.txt'), join(folder, 'lines.csv'), join(folder, 'clean.txt')];
  const copies = writeLines({ lines, csv }, rows);
  const ours = (name: string, ...args: string[]): Contender => ({
    name,
    run: () => measurePeakOf(process.execPath, ['bin/embed.js', 'dedup', '--exact', '--exit-zero', '-q', ...args]),
  });
  const shell = (name: string, script: string): Contender => ({ name, run: () => measurePeakOf('bash', ['-c', script]) });
  const contenders = [
    ours('--exact', lines),
    shell('sort, uniq -d', `sort "${lines}" | uniq -d`),
    ours('--exact --fold', lines, '--fold'),
    ours('--exact, csv', csv, '--text-column', 'text'),
    ours('--exact -o', lines, '-o', clean, '--overwrite'),
    ...textDedup(lines, folder),
  ];
  const counted = new Map<string, Peak[]>(contenders.map(({ name }) => [name, []]));
  const timed = contenders.map(({ name, run }) => ({
    name,
    async run() {
      const peak = await run();
      counted.get(name)!.push(peak);
      return peak.seconds;
    },
  }));
  await runRounds(timed, { rounds, log: console.log });
  const cpu = (name: string): number[] => counted.get(name)!.map(({ cpuSeconds }) => cpuSeconds);
  const kept = execFileSync('wc', ['-l', clean], { encoding: 'utf8' }).trim().split(' ')[0];
  if (Number(kept) !== rows - copies) throw new Error(`${kept} lines are kept, where ${rows - copies} differ`);
  const cells = contenders.map(({ name }) => {
    const peaks = counted.get(name)!;
    const { median, min, max } = summarize(peaks.map(({ seconds }) => seconds));
    const ratio = rateRatios(cpu('--exact'), cpu(name));
    return [
      name,
      `${median.toFixed(2)} (${min.toFixed(2)} to ${max.toFixed(2)})`,
      summarize(cpu(name)).median.toFixed(2),
      name === '--exact' ? '1' : `${ratio.median.toFixed(2)} (${ratio.min.toFixed(2)} to ${ratio.max.toFixed(2)})`,
      whole(Math.max(...peaks.map(({ megabytes }) => megabytes))),
    ];
  });
  const peer = existsSync(EXACT_PYTHON) ? { 'text-dedup': '0.4.0 (exact_hash, xxh3)' } : {};
  const facts = factsOf({ threads: 'one; sort and text-dedup take all', versions: { ...ourVersions(), ...peer } });
  const facing = existsSync(EXACT_PYTHON) ? [] : ['text-dedup was left out: --install fetches it'];
  return [
    `# Copies by text, ${new Date().toISOString().slice(0, 10)}`,
    '',
    `The whole program on ${whole(rows)} lines of made texts, of which ${whole(copies)} are copies of earlier ones. \`-o\` and text-dedup write what is kept as`,
    'well; sort prints the lines that come more than once. Times say little by themselves: other work ran beside. text-dedup first makes an Arrow table of the lines, which is in its time.',
    '',
    table(['', 'seconds (min to max)', 'processor seconds', 'processor seconds / those of --exact', 'peak memory, MB'], cells),
    '',
    list([...Object.entries({ ...facts, Rounds: `${rounds}, alternating` }).map((pair) => pair.join(': ')), ...facing]),
    '',
  ].join('\n');
}

/** The peer writes its own form of table; what it keeps of earlier runs is removed. */
function textDedup(lines: string, folder: string): Contender[] {
  if (!existsSync(EXACT_PYTHON)) return [];
  const [cache, output] = [join(folder, 'datasets'), join(folder, 'kept')];
  const args = ['--path', 'text', '--data_files', lines, '--split', 'train', '--column', 'text', '--cache_dir', cache, '--output', output];
  return [
    {
      name: 'text-dedup',
      async run() {
        for (const path of [cache, output]) rmSync(path, { recursive: true, force: true });
        return measurePeakOf(EXACT_PYTHON, ['-m', 'text_dedup.exact_hash', ...args], { HF_HUB_OFFLINE: '1' });
      },
    },
  ];
}
