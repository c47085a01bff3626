import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Hit } from '../src/report/hits.ts';
import { PYTHON } from './install.ts';
import { spawnTimed } from './ours.ts';
import { startPeer } from './peer-process.ts';
import { writeJsonl } from './text-sets.ts';

/** How good the hits of a model are on a test collection. */
export type Quality = { name: string; ndcg10: number; recall100: number };

/** Grades of documents by query; grades below 1 mean "not relevant". */
type Judgements = Map<string, Map<string, number>>;

/**
 * Searches a test collection with the packaged model, and with the vectors of sentence-transformers where it is
 * installed: the search is ours both times, the vectors are not.
 */
export async function measureRetrieval(
  collection: string,
  { weights, folder, threads, note }: { weights: string; folder: string; threads: number; note: (text: string) => void },
): Promise<Quality[]> {
  const paths = { docs: join(collection, 'cranfield-docs.jsonl'), queries: join(collection, 'cranfield-queries.jsonl') };
  const judged = readJudgements(join(collection, 'cranfield-qrels.tsv'));
  const hitsPath = join(folder, 'hits.jsonl');
  const queryIds = readJsonl<{ id: string }>(paths.queries).map(({ id }) => id);
  const search = async (name: string, args: string[]): Promise<Quality> => {
    await spawnTimed(['bin/embed.js', 'search', ...args, '--id-column', 'id', '-n', '100', '-q', '-o', hitsPath, '--overwrite']);
    // a bare matrix of queries has no ids: they are in the order of the file
    const hits = readJsonl<Hit>(hitsPath).map((hit) => ({
      ...hit,
      query_id: queryIds[Number(/^row:(\d+)$/.exec(hit.query_id)?.[1])] ?? hit.query_id,
    }));
    return { name, ...score(hits, judged) };
  };
  const results = [await search('embed, minilm (int8)', [paths.docs, '--queries', paths.queries])];

  if (!existsSync(PYTHON) || !existsSync(weights)) {
    note('Left out: the vectors of sentence-transformers, for want of Python or the published weights');
    return results;
  }
  try {
    const peer = await startPeer({
      name: 'sentence-transformers',
      command: PYTHON,
      args: ['bench/encode_peers.py', 'sentence-transformers', weights, String(threads)],
    });
    const docs = await encodeWith(peer, paths.docs, join(folder, 'docs'));
    const queries = await encodeWith(peer, paths.queries, join(folder, 'queries'));
    await peer.close();
    results.push(await search('vectors of sentence-transformers (float32)', [docs, '--texts', paths.docs, '--vectors', queries]));
  } catch (error) {
    note(`Left out: ${(error as Error).message}`);
  }
  return results;
}

/** Has a peer write the vectors of a JSONL file, row by row. */
async function encodeWith(peer: Awaited<ReturnType<typeof startPeer>>, path: string, base: string): Promise<string> {
  const records = readJsonl<{ id: string; text: string }>(path);
  writeJsonl(
    `${base}.texts.jsonl`,
    records.map(({ text }) => text),
  );
  await peer.ask({ texts: `${base}.texts.jsonl`, vectors: `${base}.npy` });
  return `${base}.npy`;
}

/** Mean nDCG@10 (gain = grade, discount log2(rank + 1)) and recall@100. Source: Järvelin and Kekäläinen, 2002. */
export function score(hits: readonly Pick<Hit, 'query_id' | 'id' | 'rank'>[], judged: Judgements): { ndcg10: number; recall100: number } {
  let ndcg = 0;
  let recall = 0;
  for (const [query, grades] of judged) {
    const own = hits.filter(({ query_id: id }) => id === query);
    const gain = (rank: number, grade: number): number => (rank <= 10 ? grade / Math.log2(rank + 1) : 0);
    const ideal = [...grades.values()].toSorted((a, b) => b - a).reduce((sum, grade, at) => sum + gain(at + 1, grade), 0);
    ndcg += own.reduce((sum, { rank, id }) => sum + gain(rank, grades.get(id ?? '') ?? 0), 0) / ideal;
    recall += own.filter(({ rank, id }) => rank <= 100 && grades.has(id ?? '')).length / grades.size;
  }
  return { ndcg10: ndcg / judged.size, recall100: recall / judged.size };
}

function readJudgements(path: string): Judgements {
  const judged: Judgements = new Map();
  for (const line of readFileSync(path, 'utf8').trimEnd().split('\n')) {
    const [query, document, grade] = line.split('\t') as [string, string, string];
    if (Number(grade) < 1) continue;
    const grades = judged.get(query) ?? new Map<string, number>();
    judged.set(query, grades.set(document, Number(grade)));
  }
  return judged;
}

function readJsonl<Value>(path: string): Value[] {
  return readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Value);
}
