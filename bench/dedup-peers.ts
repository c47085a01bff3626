import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readPairs, type RowPair } from './dedup-pairs.ts';
import { PYTHON } from './install.ts';
import { startPeer } from './peer-process.ts';

export type PeerKind = 'faiss' | 'faiss-growing' | 'usearch' | 'semhash';

/** A peer that holds the vectors of a set. */
export type VectorPeer = {
  kind: PeerKind;
  name: string;
  versions: Record<string, string>;
  /** Rows that it searches with. */
  queries: number;
  find(minCosine: number): Promise<PeerFind>;
  close(): Promise<void>;
};

/** What a peer found: pairs of rows, the later first; of semhash, each row it drops and the one that this repeats. */
export type PeerFind = {
  seconds: number;
  /** Its steps, in seconds. */
  phases: Readonly<Record<string, number>>;
  /** What its figures do not say by themselves. */
  remark: string | null;
  pairs: readonly RowPair[];
};

const PEERS: readonly { kind: PeerKind; name: string }[] = [
  { kind: 'faiss', name: 'FAISS IndexFlatIP, range_search' },
  { kind: 'faiss-growing', name: 'FAISS IndexFlatIP, range_search in earlier rows' },
  { kind: 'usearch', name: 'usearch HNSW' },
  { kind: 'semhash', name: 'semhash' },
];

/**
 * Starts the peers that are installed.
 *
 * @param rows the first rows of the set at `path`, which are compared
 * @param faissQueries rows that FAISS searches with, where it is to search with all of them; its time is scaled
 */
export async function openVectorPeers(
  path: string,
  { rows, faissQueries, threads, folder }: { rows: number; faissQueries: number; threads: number; folder: string },
  note: (text: string) => void,
): Promise<VectorPeer[]> {
  const peers: VectorPeer[] = [];
  for (const { kind, name } of PEERS) {
    if (!existsSync(PYTHON)) {
      note(`Left out: ${name}, for want of Python: --install fetches the peers`);
      continue;
    }
    // its first queries are its cheapest: they say little about the rest
    if (kind === 'faiss-growing' && faissQueries < rows) continue;
    try {
      const args = ['bench/dedup_peers.py', kind, path, String(rows), String(threads)];
      const { ask, close, versions } = await startPeer({ name, command: PYTHON, args });
      const queries = kind === 'faiss' ? faissQueries : rows;
      const pairsPath = join(folder, `${kind}.npy`);
      peers.push({
        kind,
        name,
        versions,
        queries,
        async find(minCosine) {
          const { seconds, ...rest } = (await ask({ minCosine, queries, pairs: pairsPath })) as Omit<PeerFind, 'pairs'>;
          return { ...rest, seconds: (seconds * rows) / queries, pairs: readPairs(pairsPath) };
        },
        close,
      });
    } catch (error) {
      note(`Left out: ${(error as Error).message}`);
    }
  }
  return peers;
}
