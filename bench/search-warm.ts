import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { codeBlocks } from '../src/analysis/codes.ts';
import { floatBlocks, type RowBlock } from '../src/analysis/row-blocks.ts';
import { floatBlockRows, openSearcher } from '../src/analysis/search/neighbours.ts';
import { readNpy } from '../src/vectors/npy.ts';
import { matrixReader, rowReader } from '../src/vectors/stored-rows.ts';
import { PYTHON } from './install.ts';
import { startPeer } from './peer-process.ts';
import { runRounds } from './rounds.ts';

/** Searching vectors that are in memory already. */
export type WarmContender = {
  name: string;
  side: 'ours' | 'peer';
  /** Whoever takes half a minute for more queries than these is not asked. */
  atMost?: number;
  /** Seconds for some queries at once, and the rows found, `top` a query. */
  search(asked: { first: number; count: number; top: number }, rowsPath?: string): Promise<{ seconds: number; rows: Float32Array }>;
  close(): Promise<void>;
};

export type WarmResult = { count: number; seconds: Map<string, number[]>; agreement: Map<string, number> };

export const TOP = 10;

/** Queries at once, and how many such runs make one timing: a single one is too short to be timed alone. */
const LOADS = [
  { count: 1, repeat: 25 },
  { count: 100, repeat: 5 },
  { count: 4096, repeat: 1 },
];

/** The two kernels of embed over prepared blocks. */
export function ourContenders(vectorsPath: string, queriesPath: string, { threads }: { threads: number }): WarmContender[] {
  const vectors = readNpy(vectorsPath);
  const queries = readNpy(queriesPath);
  const reader = matrixReader(vectors);
  const reading = { reader, keep: undefined, metric: 'cosine' as const, name: vectorsPath, tally: { zeros: 0 } };
  const own = <Block extends RowBlock>(block: Block): Block => ({ ...block, data: block.data.slice(), rows: block.rows.slice() });
  const codes = Array.from(codeBlocks(reading), own);
  const rowsFor = (queries: number): number => floatBlockRows({ queries, dims: vectors.cols });
  const floats = new Map([1, 100].map((count) => [rowsFor(count), Array.from(floatBlocks(reading, { blockRows: rowsFor(count) }), own)]));
  const contender = (name: string, blocksFor: (count: number) => RowBlock[]): WarmContender => {
    const searcher = openSearcher({ dims: vectors.cols, metric: 'cosine', threads });
    return {
      name,
      side: 'ours',
      async search({ first, count, top }) {
        const some = { data: queries.data.subarray(first * queries.cols, (first + count) * queries.cols), rows: count, cols: queries.cols };
        const started = performance.now();
        const found = await searcher.nearest(some, { blocks: () => blocksFor(count), row: rowReader(reader) }, { top });
        const seconds = (performance.now() - started) / 1000;
        return { seconds, rows: Float32Array.from(found.flat(), ({ row }) => row) };
      },
      close: () => searcher.close(),
    };
  };
  return [contender('embed, float32 kernel', (count) => floats.get(rowsFor(count))!), contender('embed, int8 codes', () => codes)];
}

/** FAISS flat and usearch exact, where they are installed. */
export async function peerContenders(
  { vectorsPath, queriesPath, threads, folder }: { vectorsPath: string; queriesPath: string; threads: number; folder: string },
  note: (text: string) => void,
): Promise<{ contenders: WarmContender[]; versions: Record<string, string> }> {
  const contenders: WarmContender[] = [];
  const versions: Record<string, string> = {};
  for (const [name, peer] of [
    ['FAISS IndexFlatIP', 'faiss'],
    ['usearch, exact', 'usearch'],
  ] as const) {
    if (!existsSync(PYTHON)) {
      note(`Left out: ${name}, for want of Python: --install fetches the peers`);
      continue;
    }
    try {
      const {
        ask,
        close,
        versions: own,
      } = await startPeer({
        name,
        command: PYTHON,
        args: ['bench/search_peers.py', peer, vectorsPath, queriesPath, String(threads)],
      });
      Object.assign(versions, own);
      contenders.push({
        name,
        side: 'peer',
        ...(peer === 'usearch' ? { atMost: 100 } : {}),
        async search(asked) {
          const rows = join(folder, `${peer}.npy`);
          const { seconds } = (await ask({ ...asked, rows })) as { seconds: number };
          return { seconds, rows: readNpy(rows).data };
        },
        close,
      });
    } catch (error) {
      note(`Left out: ${(error as Error).message}`);
    }
  }
  return { contenders, versions };
}

/** Times everybody in turn, and counts how many rows each peer finds as we do. */
export async function measureWarm(
  contenders: readonly WarmContender[],
  { rounds, log }: { rounds: number; log: (line: string) => void },
): Promise<WarmResult[]> {
  const results: WarmResult[] = [];
  for (const { count, repeat } of LOADS) {
    log(`\n${count} ${count === 1 ? 'query' : 'queries'} at once`);
    const found = new Map<string, Float32Array>();
    const able = contenders.filter(({ atMost = Infinity }) => count <= atMost);
    for (const { name, search } of able) found.set(name, (await search({ first: 0, count, top: TOP })).rows);
    const ours = found.get(contenders[0]!.name)!;
    const agreement = new Map([...found].map(([name, rows]) => [name, shared(ours, rows)]));
    const seconds = await runRounds(
      able.map(({ name, search }) => ({
        name,
        async run() {
          const times: number[] = [];
          for (let at = 0; at < repeat; at++) times.push((await search({ first: at * count, count, top: TOP })).seconds);
          return times.toSorted((a, b) => a - b)[repeat >> 1]!;
        },
      })),
      { rounds, log },
    );
    results.push({ count, seconds, agreement });
  }
  return results;
}

/** Share of our rows that the other has too, query by query. */
function shared(ours: Float32Array, theirs: Float32Array): number {
  let same = 0;
  for (let first = 0; first < ours.length; first += TOP) {
    const others = new Set(theirs.subarray(first, first + TOP));
    for (const row of ours.subarray(first, first + TOP)) if (others.has(row)) same++;
  }
  return same / ours.length;
}
