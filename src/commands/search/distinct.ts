import { textKey } from '../../analysis/duplicates/text-copies.ts';
import type { Neighbour } from '../../analysis/search/neighbours.ts';
import { readableIn, sameUnread, type Readable } from '../../sets/dedup/reasons.ts';
import type { RowTexts } from '../../sets/row-texts.ts';
import type { SetRow } from '../../vectors/rows-file.ts';
import { cosine } from '../../vectors/matrix.ts';
import { rowReader, type VectorReader } from '../../vectors/stored-rows.ts';

/** A hit that stands for all rows like it: `copies` counts them, itself included. */
export type DistinctHit = Neighbour & { copies: number };

/** Which rows are alike, besides those of one text: rows at or above a cosine that holds for texts of these scripts. */
export type Likeness = { minCosine: number; scripts: readonly string[] | undefined };

export type DistinctOptions = {
  top: number;
  /** Rows below are no hits. */
  minCosine: number | undefined;
  likeness: Likeness;
  vectors: VectorReader;
  texts: RowTexts;
  /** Returns the nearest rows of some queries, which are told by their numbers. */
  nearest(queries: readonly number[], top: number): Promise<Neighbour[][]>;
};

/** Rows whose texts are looked up at a time. */
const ROWS_AT_ONCE = 65_536;

/** How many times deeper a search goes where too few different rows were found. */
const DEEPER = 4;

/**
 * The nearest rows of each query that are unlike each other. From the nearest on, a row is folded into the hit whose text it has (but for
 * case, spaces and Unicode form), or which it is most similar to, by the rule of dedup. So `top` different rows are found if there are as
 * many. A hit counts the rows that are folded into it up to the first row that is unlike all hits.
 */
export async function distinctHits(queries: number, options: DistinctOptions): Promise<DistinctHit[][]> {
  const { top, nearest, vectors, texts } = options;
  const readable = readableIn(options.likeness.scripts);
  const found: DistinctHit[][] = Array.from({ length: queries }, () => []);
  let left = Array.from({ length: queries }, (_, query) => query);
  for (let depth = 2 * top + 16; left.length > 0; depth *= DEEPER) {
    const lists = await nearest(left, Math.min(depth, vectors.rows));
    const further: number[] = [];
    const atOnce = Math.max(1, Math.floor(ROWS_AT_ONCE / depth));
    for (let first = 0; first < left.length; first += atOnce) {
      const part = left.slice(first, first + atOnce);
      const facts = await factsOf(lists.slice(first, first + atOnce), { texts, readable });
      for (const [at, query] of part.entries()) {
        const { hits, complete } = foldList(lists[first + at]!, { ...options, facts });
        if (complete || lists[first + at]!.length < depth) found[query] = hits;
        else further.push(query);
      }
    }
    left = further;
  }
  return found;
}

/** What decides whether a row is like another. */
type Facts = Readable & { key: string | undefined };

async function factsOf(
  lists: readonly Neighbour[][],
  { texts, readable }: { texts: RowTexts; readable: (row: SetRow) => Readable },
): Promise<Map<number, Facts>> {
  const rows = await texts.get([...new Set(lists.flat().map(({ row }) => row))]);
  return new Map(
    Array.from(rows, ([row, found]) => [
      row,
      { ...readable(found), key: found.text === undefined ? undefined : textKey(found.text, { fold: 'form' }).join(' ') },
    ]),
  );
}

type Kept = { hit: DistinctHit; facts: Facts; vector: Float32Array };

/** @returns the different rows of a list, and whether rows beyond its end could change them */
function foldList(
  list: readonly Neighbour[],
  {
    top,
    minCosine,
    likeness,
    vectors,
    facts,
  }: Pick<DistinctOptions, 'top' | 'minCosine' | 'likeness' | 'vectors'> & { facts: ReadonlyMap<number, Facts> },
): { hits: DistinctHit[]; complete: boolean } {
  const read = rowReader(vectors);
  const kept: Kept[] = [];
  const byText = new Map<string, Kept>();
  let next: number | undefined;
  let complete = false;
  for (const { row, value } of list) {
    // rows that are as far as the first unlike row may still be copies of hits
    complete = (next !== undefined && value !== next) || (minCosine !== undefined && value < minCosine && kept.length > 0);
    if (complete) break;
    const own = facts.get(row) ?? { judged: true, unread: 0, key: undefined };
    const vector = read(row);
    const like =
      (own.key === undefined ? undefined : byText.get(own.key)) ?? mostSimilar(kept, { facts: own, vector, minCosine: likeness.minCosine });
    if (like) {
      like.hit.copies++;
      if (own.key !== undefined) byText.set(own.key, like);
    } else if (kept.length < top) {
      const one = { hit: { row, value, copies: 1 }, facts: own, vector: vector.slice() };
      kept.push(one);
      if (own.key !== undefined) byText.set(own.key, one);
    } else {
      next ??= value;
    }
  }
  return { hits: kept.map(({ hit }) => hit), complete };
}

/** The hit that a row is most similar to, at or above a cosine; of equal ones the nearest to the query. */
function mostSimilar(
  kept: readonly Kept[],
  { facts, vector, minCosine }: { facts: Facts; vector: Float32Array; minCosine: number },
): Kept | undefined {
  let best: { one: Kept; value: number } | undefined;
  for (const one of facts.judged ? kept : []) {
    if (!one.facts.judged || !sameUnread(one.facts.unread, facts.unread)) continue;
    const value = cosine(one.vector, vector);
    if (value >= minCosine && (!best || value > best.value)) best = { one, value };
  }
  return best?.one;
}
