import { findDuplicates, type Duplicate } from '../src/analysis/duplicates/duplicates.ts';
import { findPairs, type Pair } from '../src/analysis/duplicates/pairs.ts';
import { cosine, rowOf } from '../src/vectors/matrix.ts';
import { openNpy, readNpy } from '../src/vectors/npy.ts';
import {
  chainFree,
  comparePairs,
  judgeDropping,
  recallOf,
  sameDuplicates,
  type Difference,
  type Dropping,
  type RowPair,
} from './dedup-pairs.ts';
import { openVectorPeers, type PeerFind, type VectorPeer } from './dedup-peers.ts';
import { runRounds, type Timed } from './rounds.ts';

export type VectorContender = {
  name: string;
  seconds: readonly number[];
  /** Steps of the last run, in seconds. */
  phases: PeerFind['phases'];
  /** Pairs it found, and the share of the true ones; undefined where it finds rows to drop. */
  pairs: { count: number; recall: number } | undefined;
};

export type VectorResult = {
  rows: number;
  minCosine: number;
  contenders: readonly VectorContender[];
  versions: Readonly<Record<string, string>>;
  /** Our pairs and those of each exact peer. */
  differences: ReadonlyMap<string, Difference>;
  /** Whether the plain computation drops the same rows, for the same keepers with the same cosines. */
  plainIsSame: boolean;
  droppings: readonly Dropping[];
};

type Options = {
  rows: number;
  minCosine: number;
  threads: number;
  rounds: number;
  peerRounds: number;
  faissQueries: number;
  folder: string;
  log: (line: string) => void;
};

/** Our two results: rows to drop, and all pairs. */
type Truth = { duplicates: readonly Duplicate[]; pairs: readonly Pair[] };

const [ROWS, PAIRS] = ['embed, rows to drop', 'embed, all pairs'];

/** Finds near-duplicates among the first rows of a set, beside the peers that are installed, and checks what everybody found. */
export async function measureVectors(path: string, options: Options, note: (text: string) => void): Promise<VectorResult> {
  const { rows, minCosine, rounds, peerRounds, log } = options;
  const peers = await openVectorPeers(path, options, note);
  const reader = openNpy(path);
  const found = new Map<VectorPeer, PeerFind>();
  const truth = { duplicates: [] as Duplicate[], pairs: [] as Pair[] };
  const ours = ourContenders(reader, truth, { ...options, name: path });
  const theirs = peers.map((peer) => ({
    name: peer.name,
    async run() {
      found.set(peer, await peer.find(minCosine));
      return found.get(peer)!.seconds;
    },
  }));
  const seconds = new Map<string, number[]>();
  try {
    log(`\n${rows} rows at ${minCosine}`);
    for (const { name, run } of ours) log(`  warm-up  ${name}: ${(await run()).toFixed(2)} s`);
    // peers take minutes: everybody in turn, then ours alone
    const shared = await runRounds([...ours, ...theirs], { rounds: peerRounds, log });
    const more = await runRounds(ours, { rounds: Math.max(0, rounds - peerRounds), log });
    for (const [name, times] of shared) seconds.set(name, [...times, ...(more.get(name) ?? [])]);
  } finally {
    for (const { close } of [...peers, reader]) await close();
  }

  const contenders = [
    { name: ROWS, seconds: seconds.get(ROWS)!, phases: {}, pairs: undefined },
    { name: PAIRS, seconds: seconds.get(PAIRS)!, phases: {}, pairs: { count: truth.pairs.length, recall: 1 } },
    ...Array.from(found, ([peer, { phases, remark, pairs }]): VectorContender => {
      if (remark !== null) note(`${peer.name}: ${remark}`);
      const recall = recallOf(pairsAmong(peer.queries, truth.pairs), pairs);
      return {
        name: peer.name,
        seconds: seconds.get(peer.name)!,
        phases,
        pairs: peer.kind === 'semhash' ? undefined : { count: pairs.length, recall },
      };
    }),
  ];
  const versions = Object.assign({}, ...peers.map((peer) => peer.versions)) as Record<string, string>;
  const plainIsSame = sameDuplicates(chainFree(truth.pairs, rows), truth.duplicates);
  return { rows, minCosine, contenders, versions, plainIsSame, ...compareAll(path, found, { truth, rows, minCosine }) };
}

/** Both of ours, each of which leaves its result in `truth`. */
function ourContenders(
  reader: ReturnType<typeof openNpy>,
  truth: { duplicates: Duplicate[]; pairs: Pair[] },
  { rows, minCosine, threads, name }: Options & { name: string },
): Timed[] {
  const order = Int32Array.from({ length: rows }, (_, row) => row);
  const timed = (title: string, work: () => Promise<void>): Timed => ({
    name: title,
    async run() {
      const started = performance.now();
      await work();
      return (performance.now() - started) / 1000;
    },
  });
  return [
    timed(ROWS, async () => {
      truth.duplicates = await findDuplicates(reader, order, { minCosine, threads, name });
    }),
    timed(PAIRS, async () => {
      truth.pairs = [];
      const onPairs = (pairs: Pair[]): void => pairs.forEach((pair) => truth.pairs.push(pair));
      await findPairs(reader, order, { minCosine: () => minCosine, threads, name, onPairs });
    }),
  ];
}

/** Of a part of the rows as queries, only pairs inside that part are looked at. */
function pairsAmong(rows: number, pairs: readonly Pair[]): Pair[] {
  return pairs.filter(({ row }) => row < rows);
}

/** Compares what the peers found with ours, which is the truth once FAISS has the same pairs. */
function compareAll(
  path: string,
  found: ReadonlyMap<VectorPeer, PeerFind>,
  { truth, rows, minCosine }: { truth: Truth; rows: number; minCosine: number },
): Pick<VectorResult, 'differences' | 'droppings'> {
  const vectors = readNpy(path);
  const cosineOf = ([a, b]: RowPair): number => cosine(rowOf(vectors, a), rowOf(vectors, b));
  const differences = new Map<string, Difference>();
  const droppings = [judgeDropping('embed', new Set(truth.duplicates.map(({ row }) => row)), truth)];
  for (const [{ kind, name, queries }, { pairs }] of found) {
    if (kind === 'semhash') droppings.push(judgeDropping(name, new Set(pairs.map(([row]) => row)), truth));
    else if (kind === 'usearch') {
      const known = pairs.map((pair): Pair => ({
        row: pair[0],
        other: { source: 0, row: pair[1] },
        cosine: cosineOf(pair),
        relation: 'repeat',
      }));
      droppings.push(judgeDropping(`${name}, then without chains`, new Set(chainFree(known, rows).map(({ row }) => row)), truth));
    } else differences.set(name, comparePairs(pairsAmong(queries, truth.pairs), pairs, { minCosine, cosineOf }));
  }
  return { differences, droppings };
}
