import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { EmbedError } from '../src/errors.ts';
import { allowedThreads } from '../src/io.ts';
import { keepReport, runCommand } from './command.ts';
import { measurePlanted } from './dedup-planted.ts';
import { measureDedupGrowth } from './dedup-program.ts';
import { measureLanguage, measurePairs } from './dedup-quality.ts';
import { dedupMarkdown, type DedupReport } from './dedup-report.ts';
import { measureTexts } from './dedup-texts.ts';
import { measureVectors } from './dedup-vectors.ts';
import { installDedupPeers } from './install.ts';
import { openFacts, openNotes, ourVersions } from './machine.ts';
import { readLines } from './text-sets.ts';
import { makeVectorSets, VECTORS } from './vector-sets.ts';

const USAGE = `Usage: npm run bench:dedup -- [options]

Times dedup beside FAISS, usearch and semhash on the same vectors, and alone as a program; measures what it finds; and
writes bench/runs/DATE-dedup.md. Takes about half an hour on two cores.

  --install             first install the peers into ~/.cache/embed-bench
  --quick               few rows, one round, nothing written: shows that everybody runs
  --only <PART>         vectors, program, texts or quality alone, nothing written; may be repeated
  --rounds <N>          rounds of ours after the warm-up (default: 5)
  --peer-rounds <N>     rounds of the peers, which take minutes (default: 1)
  --rows <N>            first rows of the set that is compared with peers (default: 100000)
  --min-cosine <X>      cosine from which on rows are near-duplicates there (default: 0.9)
  --faiss-queries <N>   rows that FAISS searches with, its time scaled to all of them (default: all)
  --sizes <N,N,…>       sizes of sets for the program (default: 100000,1000000); the largest at three thresholds
  --alike <N>           rows of the set of nearly equal rows (default: 200000); 0 leaves it out
  --texts <DIR>         en-sentences.txt.gz and others, whose vectors are compared, and parallel-en-{zh,ru}.tsv.gz
  --duplicates <FILE>   pairs of questions, with labels
  --weights <DIR>       all-MiniLM-L6-v2 as sentence-transformers publishes it, for semhash
  --static-model <DIR>  static model of semhash (default: minishlab/potion-base-8M, where the Hugging Face cache has it)
  -h, --help            print this
`;

const PARTS = ['vectors', 'program', 'texts', 'quality'] as const;
type Part = (typeof PARTS)[number];

const FULL = {
  rounds: 5,
  rows: 100_000,
  sizes: '100000,1000000',
  alike: 200_000,
  texts: 10_000,
  pairs: 10_000,
  planted: 5000,
  copies: 1500,
};
const QUICK = { rounds: 1, rows: 5000, sizes: '5000', alike: 4000, texts: 500, pairs: 500, planted: 500, copies: 150 };

type Flags = ReturnType<typeof parseFlags>;

function parseFlags() {
  return parseArgs({
    options: {
      install: { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
      only: { type: 'string', multiple: true, default: [] },
      rounds: { type: 'string' },
      'peer-rounds': { type: 'string', default: '1' },
      rows: { type: 'string' },
      'min-cosine': { type: 'string', default: '0.9' },
      'faiss-queries': { type: 'string' },
      sizes: { type: 'string' },
      alike: { type: 'string' },
      texts: { type: 'string', default: '../shared/data/train' },
      duplicates: { type: 'string', default: '../shared/data/dup/qqp-dev.tsv' },
      weights: { type: 'string', default: '../shared/models/all-MiniLM-L6-v2' },
      'static-model': { type: 'string', default: 'minishlab/potion-base-8M' },
    },
  }).values;
}

await runCommand(USAGE, async () => {
  const flags = parseFlags();
  const wrong = flags.only.find((part) => !PARTS.includes(part as Part));
  if (wrong !== undefined) throw new EmbedError(`Cannot run the part "${wrong}"`, { hint: `Parts are ${PARTS.join(', ')}` });
  if (flags.install) installDedupPeers();
  await keepReport(async (folder) => {
    const report = await bench(flags, folder);
    const isWhole = !flags.quick && flags.only.length === 0;
    return { markdown: dedupMarkdown(report), name: isWhole ? `${report.date}-dedup.md` : undefined };
  });
});

async function bench(flags: Flags, folder: string): Promise<DedupReport> {
  const size = flags.quick ? QUICK : FULL;
  const numbers = {
    rounds: wholeNumber('--rounds', flags.rounds, size.rounds),
    peerRounds: wholeNumber('--peer-rounds', flags['peer-rounds'], 1),
    rows: wholeNumber('--rows', flags.rows, size.rows, { most: FULL.rows }),
    alike: wholeNumber('--alike', flags.alike, size.alike, { least: 0 }),
  };
  const faissQueries = Math.min(numbers.rows, wholeNumber('--faiss-queries', flags['faiss-queries'], numbers.rows));
  const minCosine = Number(flags['min-cosine']);
  if (!(minCosine >= -1 && minCosine <= 1))
    throw new EmbedError(`Cannot use --min-cosine ${flags['min-cosine']}`, { hint: 'Give a number from -1 to 1' });
  const sizes = (flags.sizes ?? size.sizes).split(',').map((text) => wholeNumber('--sizes', text, 0));
  const parts = new Set(flags.only.length > 0 ? flags.only : PARTS);
  const threads = allowedThreads();
  const { notes, note } = openNotes();
  const sets = makeVectorSets(flags.texts, { log: console.log });
  const lines = readLines(sets.small.replace(/\.npy$/, '.txt')).filter((line) => line !== '');
  const common = { folder, log: console.log };
  const factsOf = openFacts('bench:dedup');
  const vectors = parts.has('vectors')
    ? await measureVectors(sets.small, { ...numbers, ...common, minCosine, threads, faissQueries }, note)
    : undefined;
  const texts = parts.has('texts')
    ? await measureTexts(
        lines.slice(0, size.texts),
        { ...common, models: [flags.weights, flags['static-model']], rounds: flags.quick ? 1 : 3 },
        note,
      )
    : undefined;
  const quality = parts.has('quality') ? await measureQuality(flags, lines, { ...size, folder }, note) : undefined;
  const growth = parts.has('program') ? await measureDedupGrowth(sets, { ...common, sizes, alike: numbers.alike }) : undefined;
  return {
    date: new Date().toISOString().slice(0, 10),
    facts: {
      ...factsOf({ threads: `${threads}; semhash takes all processors`, versions: { ...ourVersions(), ...vectors?.versions } }),
      Vectors: VECTORS,
    },
    ...numbers,
    faissShare: faissQueries / numbers.rows,
    vectors,
    growth,
    texts: texts && { rows: size.texts, runs: texts },
    quality,
    notes,
  };
}

async function measureQuality(
  flags: Flags,
  lines: readonly string[],
  { texts, pairs, planted, copies, folder }: typeof FULL & { folder: string },
  note: (text: string) => void,
): Promise<NonNullable<DedupReport['quality']>> {
  const middle = (lines.length - planted) >> 1;
  console.log('\nquality');
  const present = (path: string): boolean => {
    if (!existsSync(path)) note(`Left out: ${path}, which is not there`);
    return existsSync(path);
  };
  const languages = [];
  for (const [name, code] of [
    ['Chinese', 'zh'],
    ['Russian', 'ru'],
  ] as const) {
    const path = join(flags.texts, `parallel-en-${code}.tsv.gz`);
    if (present(path)) languages.push(...(await measureLanguage(name, path, { rows: texts, folder })));
  }
  return {
    pairs: present(flags.duplicates) ? await measurePairs(flags.duplicates, { rows: pairs, folder }) : undefined,
    planted: await measurePlanted(lines.slice(middle, middle + planted), { copies, folder }),
    languages,
  };
}

function wholeNumber(name: string, text: string | undefined, otherwise: number, { least = 1, most = 1_000_000 } = {}): number {
  const value = text === undefined ? otherwise : Number(text);
  if (!Number.isInteger(value) || value < least || value > most)
    throw new EmbedError(`Cannot use ${name} ${text}`, { hint: `Give a whole number from ${least} to ${most}` });
  return value;
}
