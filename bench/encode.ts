import { parseArgs } from 'node:util';
import { EmbedError } from '../src/errors.ts';
import { allowedThreads } from '../src/io.ts';
import { loadModel } from '../src/model/folder/folder.ts';
import { keepReport, runCommand } from './command.ts';
import { INT8, openContenders } from './contenders.ts';
import { reportMarkdown, type Report } from './encode-report.ts';
import { installPeers } from './install.ts';
import { openFacts, openNotes } from './machine.ts';
import { measureSet } from './measure-set.ts';
import { bareContender, programContender, spawnTimed } from './ours.ts';
import { runRounds } from './rounds.ts';
import { describeSet, makeSet, type TextSet } from './text-sets.ts';

const USAGE = `Usage: npm run bench:encode -- [options]

Times embed beside other ways to the same vectors, on the same texts, and writes bench/runs/DATE-encode.md.

  --install           first install the peers into ~/.cache/embed-bench and write their model files
  --quick             few texts, one round, nothing written: shows that everybody runs
  --rounds <N>        rounds after the warm-up (default: 3)
  --lines <FILE>      short texts, one a line; .gz is read too
  --documents <FILE>  long texts, one a line; of a .tsv, the last column
  --weights <DIR>     all-MiniLM-L6-v2 as sentence-transformers publishes it
  -h, --help          print this
`;

const HELP_RUNS = 10;

type Flags = ReturnType<typeof parseFlags>;

function parseFlags() {
  return parseArgs({
    options: {
      install: { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
      rounds: { type: 'string' },
      lines: { type: 'string', default: '../shared/data/train/en-sentences.txt.gz' },
      documents: { type: 'string', default: '../shared/data/train/en-papers.tsv.gz' },
      weights: { type: 'string', default: '../shared/models/all-MiniLM-L6-v2' },
    },
  }).values;
}

await runCommand(USAGE, async () => {
  const flags = parseFlags();
  if (flags.install) installPeers(flags);
  await keepReport(async (folder) => {
    const report = await bench(flags, folder);
    return { markdown: reportMarkdown(report), name: flags.quick ? undefined : `${report.date}-encode.md` };
  });
});

async function bench(flags: Flags, folder: string): Promise<Report> {
  const size = flags.quick
    ? { lines: 300, documents: 40, bare: 2000, rounds: 1 }
    : { lines: 3000, documents: 400, bare: 20_000, rounds: 3 };
  const rounds = flags.rounds === undefined ? size.rounds : Number(flags.rounds);
  if (!Number.isInteger(rounds) || rounds < 1)
    throw new EmbedError(`Cannot run "${flags.rounds}" rounds`, { hint: 'Give a whole number from 1' });
  const threads = allowedThreads();
  const factsOf = openFacts('bench:encode');
  const { notes, note } = openNotes();

  const sets = [
    makeSet('short lines', flags.lines, { rows: size.lines, offset: 11, folder }),
    makeSet('long documents', flags.documents, { rows: size.documents, offset: 11, folder }),
  ];
  const manyLines = makeSet('many lines', flags.lines, { rows: size.bare, offset: 5, folder });
  const { contenders, versions } = await openContenders({ weights: flags.weights, threads, folder }, note);
  const results = [];
  try {
    for (const set of sets) results.push(await measureSet(set, contenders, { rounds, folder, log: console.log }));
  } finally {
    await Promise.all(contenders.map(({ close }) => close()));
  }
  const bare = await measureBare(manyLines, { rounds, threads });
  const helpSeconds: number[] = [];
  for (let run = 0; run < HELP_RUNS; run++) helpSeconds.push(await spawnTimed(['bin/embed.js', '--help']));
  return {
    date: new Date().toISOString().slice(0, 10),
    facts: {
      ...factsOf({ threads: `${threads} for ours, sentence-transformers and OpenVINO; transformers.js at its default`, versions }),
      Model: `${INT8}, ${loadModel(INT8).hash.slice(0, 'sha256:'.length + 12)}`,
    },
    rounds,
    sets: results,
    bare,
    helpSeconds,
    notes,
  };
}

async function measureBare(set: TextSet, { rounds, threads }: { rounds: number; threads: number }): Promise<Report['bare']> {
  console.log(`\n${set.name}: ${describeSet(set)}`);
  const contenders = [bareContender('bare session', INT8, { threads }), programContender('program', INT8)];
  for (const { encode } of contenders) await encode(set);
  const seconds = await runRounds(
    contenders.map(({ name, encode }) => ({ name, run: () => encode(set) })),
    { rounds, log: console.log },
  );
  await Promise.all(contenders.map(({ close }) => close()));
  return { set, program: seconds.get('program')!, session: seconds.get('bare session')! };
}
