import { once } from 'node:events';
import { createReadStream, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { openFacts, ourVersions } from './machine.ts';
import { list, table } from './markdown.ts';
import { rateRatios, runRounds, summarize, type Timed } from './rounds.ts';
import { writeMadeTexts } from './made-texts.ts';

/**
 * How fast files are read into rows, without a model, per second of processor time: ours, another build of it, and Node's own readline, which only finds the lines.
 * Usage: npm run bench:reading -- [--other DIST] [--rows N] [--rounds N]; DIST is the dist folder of another build.
 */
const { values } = parseArgs({
  options: { other: { type: 'string' }, rows: { type: 'string', default: '400000' }, rounds: { type: 'string', default: '9' } },
});
const facts = openFacts('bench:reading');
const rounds = Number(values.rounds);
const scratch = mkdtempSync(join(tmpdir(), 'embed-reading-'));

type Build = {
  readCorpus(source: unknown, options: object): AsyncIterable<unknown[]>;
  openSource(path: string, io: object): unknown;
};

async function buildOf(dist: string): Promise<Build> {
  const load = (file: string): Promise<Build> => import(pathToFileURL(resolve(dist, 'input', file)).href) as Promise<Build>;
  const [{ readCorpus }, { openSource }] = [await load('corpus.js'), await load('source.js')];
  return { readCorpus, openSource };
}

const FILES: readonly [name: string, format: string, line: (text: string, at: number) => string][] = [
  ['lines', 'lines', (text) => `${text}\n`],
  ['lines, CRLF', 'lines', (text) => `${text}\r\n`],
  ['lines, Cyrillic', 'lines', (text) => `${text.replace(/[a-z]/g, (letter) => String.fromCharCode(letter.charCodeAt(0) - 97 + 0x430))}\n`],
  ['csv', 'csv', (text, at) => `${at},${text},north\n`],
  ['csv, quoted', 'csv', (text, at) => `"${at}","${text}, ""so"" it is","north"\r\n`],
  ['tsv', 'tsv', (text, at) => `${at}\t${text}\tnorth\n`],
  ['jsonl', 'jsonl', (text, at) => `${JSON.stringify({ id: at, text, region: 'north' })}\n`],
];

/** Processor time: on a machine with other work, it says more than the clock. */
async function seconds(work: () => Promise<void>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

async function readWith({ readCorpus, openSource }: Build, path: string, format: string): Promise<void> {
  const options = { label: 'x', format, textColumns: format === 'lines' ? [] : ['text'], columns: 'all', header: true };
  const io = { stdin: process.stdin, signal: new AbortController().signal };
  for await (const rows of readCorpus(openSource(path, io), options)) if (rows.length === 0) throw new Error('a batch without rows');
}

try {
  writeMadeTexts(join(scratch, 'texts'), Number(values.rows));
  const texts = readFileSync(join(scratch, 'texts'), 'utf8').trimEnd().split('\n');
  const ours = await buildOf('dist');
  const other = values.other === undefined ? undefined : await buildOf(values.other);
  const rows: string[][] = [];
  for (const [name, format, line] of FILES) {
    const path = join(scratch, `corpus.${format}`);
    const header = format === 'csv' ? 'id,text,region\n' : format === 'tsv' ? 'id\ttext\tregion\n' : '';
    writeFileSync(path, header + texts.map(line).join(''));
    const timed: Timed[] = [
      { name: 'ours', run: () => seconds(() => readWith(ours, path, format)) },
      ...(other ? [{ name: 'other', run: () => seconds(() => readWith(other, path, format)) }] : []),
      {
        name: 'readline',
        run: () =>
          seconds(async () => {
            const lines = createInterface({ input: createReadStream(path), crlfDelay: Infinity });
            lines.on('line', () => {});
            await once(lines, 'close');
          }),
      },
    ];
    await runRounds(timed, { rounds: 1 });
    const taken = await runRounds(timed, { rounds });
    const rate = (who: string): string => (statSync(path).size / 1e6 / summarize(taken.get(who)!).median).toFixed(0);
    const ratio = (who: string): string => {
      const { min, median, max } = rateRatios(taken.get('ours')!, taken.get(who)!);
      return `${median.toFixed(2)} (${min.toFixed(2)} to ${max.toFixed(2)})`;
    };
    rows.push([name, rate('ours'), ...(other ? [rate('other'), ratio('other')] : []), rate('readline'), ratio('readline')]);
    console.log(`${name}: ${rows.at(-1)!.slice(1).join(' · ')}`);
  }
  const columns = ['file', 'ours, MB/s', ...(other ? ['other build, MB/s', 'ours / other'] : []), 'readline, MB/s', 'ours / readline'];
  console.log(`\n${table(columns, rows)}\n`);
  const run = facts({ threads: 'one', versions: ourVersions() });
  console.log(
    list(Object.entries({ ...run, Rounds: `${rounds}, alternating, after one that is not counted` }).map((pair) => pair.join(': '))),
  );
} finally {
  rmSync(scratch, { recursive: true });
}
