import { openSearcher, type Neighbour } from '../../analysis/search/neighbours.ts';
import type { HitReport, SearchSummary } from '../../report/hits.ts';
import { searchFloor } from '../../model/search-floor.ts';
import { measuredFor } from '../../sets/dedup/threshold.ts';
import type { Input } from '../../sets/input.ts';
import type { OpenedInput } from '../../sets/opened-input.ts';
import { filterRows } from '../../sets/row-filter.ts';
import { openRowTexts, type RowTexts } from '../../sets/row-texts.ts';
import type { Run } from '../../sets/run.ts';
import { grouped, plural } from '../../text.ts';
import { pickRows, type Matrix, type Metric } from '../../vectors/matrix.ts';
import { rowReader } from '../../vectors/stored-rows.ts';
import { setBlocks } from './blocks.ts';
import { distinctHits, type DistinctHit, type Likeness } from './distinct.ts';
import type { ReadQueries } from './queries.ts';
import { queryVectors, type Queries } from './query-vectors.ts';
import { hitReport, noHit, unansweredNote } from './report.ts';
import type { SearchSettings } from './settings.ts';

export type FoundRows = {
  report: HitReport;
  /** Counts of queries, of all hits, and of queries without a hit. */
  queries: number;
  hits: number;
  without: number;
  /** The message if there is no hit. */
  whyNone(): Promise<string>;
  /** A note on queries that nothing may answer. */
  unanswered: string | undefined;
};

/** Finds the rows of a set that are nearest to each query. Every row is compared. */
export async function findRows(
  opened: OpenedInput,
  read: ReadQueries,
  { settings, input, run }: { settings: SearchSettings; input: Input; run: Run },
): Promise<FoundRows> {
  const { minCosine, metric, top, conditions } = settings;
  const { name } = input;
  const texts = await openRowTexts(opened, { name, texts: settings.texts, flags: settings, io: run });
  const filter = await filterRows(opened, { texts, conditions, name, external: settings.texts !== undefined });
  for (const line of filter.notes) run.note(line);
  const queries = await queryVectors(read, { opened, name, texts, settings, run });
  const likeness = likenessOf(opened, { settings, name, run });
  const tally = { zeros: 0 };
  const filtered = conditions.length > 0 || settings.texts !== undefined;
  const found =
    filter.nothing === undefined
      ? await findHits(opened, { queries, keep: filter.keep, filtered, settings, texts, likeness, tally, run })
      : queries.ids.map(() => []);
  const compared = filter.kept - tally.zeros;
  if (filter.blank > 0) run.note(`${plural(filter.blank, 'blank row')} left out`);
  if (tally.zeros > 0) run.note(`${plural(tally.zeros, 'row')} of length zero left out`);

  const passed = minCosine === undefined ? found : found.map((hits) => hits.filter(({ value }) => value >= minCosine));
  const hits = passed.reduce((sum, { length }) => sum + length, 0);
  const without = passed.filter(({ length }) => length === 0).length;
  const summary: SearchSummary = {
    input: input.path,
    model: opened.set.manifest?.model?.name ?? null,
    metric,
    top,
    ...(minCosine === undefined ? {} : { min_cosine: minCosine }),
    ...(likeness ? { distinct_min_cosine: likeness.minCosine } : {}),
    queries: queries.ids.length,
    queries_without_hit: without,
    rows: opened.set.vectors.rows,
    compared,
    blank: filter.blank,
    zero: tally.zeros,
    hits,
  };
  return {
    report: hitReport({ queries, found: passed, texts, summary, settings }),
    queries: queries.ids.length,
    hits,
    without,
    unanswered: unansweredNote(passed, { queries, floor: floorOf(queries, { metric, compared }), name }),
    whyNone: async () => filter.nothing ?? noHit(found, { texts, minCosine, compared }),
  };
}

type Finding = {
  queries: Queries;
  keep: Uint8Array | undefined;
  filtered: boolean;
  settings: SearchSettings;
  texts: RowTexts;
  likeness: Likeness | undefined;
  tally: { zeros: number };
  run: Run;
};

async function findHits({ set, lasting }: OpenedInput, finding: Finding): Promise<(Neighbour | DistinctHit)[][]> {
  const { queries, keep, filtered, settings, texts, likeness, tally, run } = finding;
  const { metric, top, minCosine } = settings;
  const { rows: own } = queries;
  const searcher = openSearcher({ dims: set.vectors.cols, metric, threads: run.threads });
  const progress = run.progress();
  let done = 0;
  const nearest = async (asked: Matrix, ownRows: readonly number[] | undefined, count: number): Promise<Neighbour[][]> => {
    // each pass over the set counts rows of length zero again
    const blocks = (): ReturnType<typeof setBlocks> => {
      tally.zeros = 0;
      done = 0;
      return setBlocks(set, {
        metric,
        keep,
        filtered,
        queries: asked.rows,
        lasting,
        tally,
        onKept: (path, bytes) =>
          progress.say(`kept ${path} (${grouped(bytes / 1e6)} MB): the next searches read it instead of the vectors`),
      });
    };
    const found = await searcher.nearest(
      asked,
      { blocks, row: rowReader(set.vectors) },
      {
        top: Math.min(ownRows ? count + 1 : count, set.vectors.rows),
        signal: run.signal,
        onBlock: (rows) => progress.update((done += rows), 0, done / set.vectors.rows),
      },
    );
    return ownRows ? found.map((hits, query) => hits.filter(({ row }) => row !== ownRows[query]).slice(0, count)) : found;
  };
  try {
    if (!likeness) return await nearest(queries.vectors, own, top);
    return await distinctHits(queries.vectors.rows, {
      top,
      minCosine,
      likeness,
      vectors: set.vectors,
      texts,
      nearest: (numbers, count) => nearest(pickRows(queries.vectors, numbers), own && numbers.map((number) => own[number]!), count),
    });
  } finally {
    progress.stop();
    await searcher.close();
  }
}

/** The cosine that best hits of unrelated queries stay below, where it was measured for the model. */
function floorOf({ measured }: Queries, { metric, compared }: { metric: Metric; compared: number }): number | undefined {
  return measured && metric === 'cosine' ? searchFloor(measured, compared) : undefined;
}

/** Which hits --distinct takes for one; undefined without it. */
function likenessOf(
  opened: OpenedInput,
  { settings, name, run }: { settings: SearchSettings; name: string; run: Run },
): Likeness | undefined {
  if (settings.distinct !== true) return undefined;
  const measured = measuredFor(opened, settings.model);
  if (measured) return measured;
  run.note(`note: no cosine of near-duplicates is known for ${name}, so only rows of one text or one vector are one hit`);
  return { minCosine: 1, scripts: undefined };
}
