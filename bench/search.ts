import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { allowedThreads } from '../src/io.ts';
import { keepReport, runCommand } from './command.ts';
import { installSearchPeers } from './install.ts';
import { openFacts, openNotes, ourVersions } from './machine.ts';
import { measureRetrieval } from './retrieval.ts';
import { measureGrowth } from './search-program.ts';
import { searchMarkdown, type SearchReport } from './search-report.ts';
import { measureWarm, ourContenders, peerContenders } from './search-warm.ts';
import { makeVectorSets, VECTORS } from './vector-sets.ts';

const USAGE = `Usage: npm run bench:search -- [options]

Times search beside FAISS and usearch on the same vectors, and writes bench/runs/DATE-search.md.

  --install          first install the peers into ~/.cache/embed-bench
  --rounds <N>       rounds after the warm-up (default: 5)
  --texts <DIR>      en-sentences.txt.gz, en-wordnet.tsv.gz and en-papers.tsv.gz, whose vectors are searched
  --retrieval <DIR>  the Cranfield collection
  --weights <DIR>    all-MiniLM-L6-v2 as sentence-transformers publishes it
  -h, --help         print this
`;

const GROWTH = [10_000, 30_000, 100_000, 300_000, 1_000_000];

await runCommand(USAGE, async () => {
  const { values: flags } = parseArgs({
    options: {
      install: { type: 'boolean', default: false },
      rounds: { type: 'string', default: '5' },
      texts: { type: 'string', default: '../shared/data/train' },
      retrieval: { type: 'string', default: '../shared/data/retrieval' },
      weights: { type: 'string', default: '../shared/models/all-MiniLM-L6-v2' },
    },
  });
  if (flags.install) installSearchPeers();
  await keepReport(async (folder) => {
    const report = await bench({ ...flags, rounds: Number(flags.rounds) }, folder);
    return { markdown: searchMarkdown(report), name: `${report.date}-search.md` };
  });
});

type Flags = { rounds: number; texts: string; retrieval: string; weights: string };

async function bench(flags: Flags, folder: string): Promise<SearchReport> {
  const threads = allowedThreads();
  const { notes, note } = openNotes();
  const sets = makeVectorSets(flags.texts, { log: console.log });
  const factsOf = openFacts('bench:search');
  const peers = await peerContenders({ vectorsPath: sets.small, queriesPath: sets.queries, threads, folder }, note);
  const contenders = [...ourContenders(sets.small, sets.queries, { threads }), ...peers.contenders];
  const warm = await measureWarm(contenders, { rounds: flags.rounds, log: console.log });
  for (const { close } of contenders) await close();
  console.log('\nthe program, as the set grows');
  const growth = await measureGrowth(sets.large, { sizes: GROWTH, queriesPath: sets.queries, folder, rounds: 3, log: console.log });
  const quality = existsSync(flags.retrieval)
    ? await measureRetrieval(flags.retrieval, { weights: flags.weights, folder, threads, note })
    : [];
  return {
    date: new Date().toISOString().slice(0, 10),
    facts: { ...factsOf({ threads: String(threads), versions: { ...ourVersions(), ...peers.versions } }), Vectors: VECTORS },
    rounds: flags.rounds,
    warm,
    growth,
    quality,
    notes,
  };
}
