import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { EmbedError } from '../src/errors.ts';
import { allowedThreads } from '../src/io.ts';
import { keepReport, runCommand } from './command.ts';
import { openFacts, ourVersions } from './machine.ts';
import { writeMadeTexts } from './made-texts.ts';
import { memoryMarkdown, type MemoryReport, type MemoryRun } from './memory-report.ts';
import { measurePeak } from './peak.ts';

/** The files of one size. */
type Files = { texts: string; set: string; queries: string; folder: string };

/** Commands by name. All but the first two work on a set, encoded with the static model. */
const COMMANDS: Readonly<Record<string, (files: Files) => readonly string[]>> = {
  encode: ({ texts, folder }) => ['encode', texts, '-o', join(folder, 'minilm.npy')],
  'encode-multilingual': ({ texts, set }) => ['encode', texts, '--model', 'multilingual', '-o', set],
  search: ({ set }) => ['search', set, 'how', 'do', 'I', 'cook', 'rice'],
  'search-queries': ({ set, queries, folder }) => ['search', set, '--queries', queries, '-o', join(folder, 'hits.jsonl')],
  cluster: ({ set }) => ['cluster', set],
  dedup: ({ set }) => ['dedup', set, '--exit-zero'],
  'dedup-output': ({ set, folder }) => ['dedup', set, '-o', join(folder, 'clean.npy')],
};

const USAGE = `Usage: npm run bench:memory -- [options]

Measures the most memory that each command holds as its input grows, and writes bench/runs/DATE-memory.md.
Needs /usr/bin/time. With minilm, a million lines take about an hour on two processors.

  --rows <LIST>      sizes of the input (default: 10000,100000,1000000)
  --commands <LIST>  of ${Object.keys(COMMANDS).join(', ')} (default: all)
  --quick            1,000 and 5,000 rows, nothing written: shows that everything runs
  -h, --help         print this
`;

/** Queries of search-queries. */
const QUERIES = 1000;

await runCommand(USAGE, async () => {
  const { values } = parseArgs({
    options: {
      rows: { type: 'string', default: '10000,100000,1000000' },
      commands: { type: 'string', default: Object.keys(COMMANDS).join(',') },
      quick: { type: 'boolean', default: false },
    },
  });
  const sizes = (values.quick ? '1000,5000' : values.rows).split(',').map(Number);
  const wrong = sizes.find((rows) => !Number.isInteger(rows) || rows < 1);
  if (wrong !== undefined) throw new EmbedError(`Cannot read --rows ${values.rows}`, { hint: 'Give whole numbers: 10000,100000' });
  const commands = values.commands.split(',');
  const unknown = commands.find((name) => !(name in COMMANDS));
  if (unknown !== undefined) {
    throw new EmbedError(`Cannot measure "${unknown}": there is no such command`, { hint: `Use ${Object.keys(COMMANDS).join(', ')}` });
  }
  await keepReport(async (folder) => {
    const report = await bench({ sizes, commands }, folder);
    return { markdown: memoryMarkdown(report), name: values.quick ? undefined : `${report.date}-memory.md` };
  });
});

function makeFiles(rows: number, parent: string): Files {
  const folder = join(parent, String(rows));
  mkdirSync(folder);
  const files = { texts: join(folder, 'texts.txt'), set: join(folder, 'set.npy'), queries: join(folder, 'queries.txt'), folder };
  writeMadeTexts(files.texts, rows);
  writeMadeTexts(files.queries, QUERIES);
  return files;
}

async function bench(
  { sizes, commands }: { sizes: readonly number[]; commands: readonly string[] },
  folder: string,
): Promise<MemoryReport> {
  const factsOf = openFacts('bench:memory');
  const runs: MemoryRun[] = [];
  for (const rows of sizes) {
    const files = makeFiles(rows, folder);
    const run = async (command: string): Promise<MemoryRun> => ({
      command,
      rows,
      ...(await measurePeak(['bin/embed.js', ...COMMANDS[command]!(files), '-q'])),
    });
    // the others need its set
    if (!commands.includes('encode-multilingual')) await run('encode-multilingual');
    for (const command of Object.keys(COMMANDS).filter((name) => commands.includes(name))) {
      const measured = await run(command);
      console.log(`  ${rows} rows, ${command}: ${measured.megabytes.toFixed(0)} MB, ${measured.seconds.toFixed(1)} s`);
      runs.push(measured);
    }
    rmSync(files.folder, { recursive: true });
  }
  return {
    date: new Date().toISOString().slice(0, 10),
    facts: factsOf({ threads: String(allowedThreads()), versions: ourVersions() }),
    sizes,
    runs,
  };
}
