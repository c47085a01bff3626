import { openSearcher, type Neighbour } from '../../analysis/search/neighbours.ts';
import type { HitReport, SearchSummary } from '../../report/hits.ts';
import type { Input } from '../../sets/input.ts';
import type { OpenedInput } from '../../sets/open-input.ts';
import { filterRows } from '../../sets/row-filter.ts';
import { openRowTexts } from '../../sets/row-texts.ts';
import type { Run } from '../../sets/run.ts';
import { grouped, plural } from '../../text.ts';
import { rowReader } from '../../vectors/stored-rows.ts';
import { setBlocks } from './blocks.ts';
import type { ReadQueries } from './queries.ts';
import { queryVectors, type Queries } from './query-vectors.ts';
import { hitReport, noHit } from './report.ts';
import type { SearchSettings } from './settings.ts';

export type FoundRows = {
  report: HitReport;
  /** Counts of queries, of all hits, and of queries without a hit. */
  queries: number;
  hits: number;
  without: number;
  /** The message if there is no hit. */
  whyNone(): Promise<string>;
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
  const tally = { zeros: 0 };
  const filtered = conditions.length > 0 || settings.texts !== undefined;
  const found =
    filter.nothing === undefined
      ? await findHits(opened, { queries, keep: filter.keep, filtered, settings, tally, run })
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
    whyNone: async () => filter.nothing ?? noHit(found, { texts, minCosine, compared }),
  };
}

type Finding = {
  queries: Queries;
  keep: Uint8Array | undefined;
  filtered: boolean;
  settings: SearchSettings;
  tally: { zeros: number };
  run: Run;
};

async function findHits({ set, lasting }: OpenedInput, { queries, keep, filtered, settings, tally, run }: Finding): Promise<Neighbour[][]> {
  const { metric, top } = settings;
  const { rows: own } = queries;
  const searcher = openSearcher({ dims: set.vectors.cols, metric, threads: run.threads });
  const progress = run.progress();
  let done = 0;
  try {
    // each pass over the set counts rows of length zero again
    const blocks = (): ReturnType<typeof setBlocks> => {
      tally.zeros = 0;
      done = 0;
      return setBlocks(set, {
        metric,
        keep,
        filtered,
        queries: queries.vectors.rows,
        lasting,
        tally,
        onKept: (path, bytes) =>
          progress.say(`kept ${path} (${grouped(bytes / 1e6)} MB): the next searches read it instead of the vectors`),
      });
    };
    const found = await searcher.nearest(
      queries.vectors,
      { blocks, row: rowReader(set.vectors) },
      {
        top: Math.min(own ? top + 1 : top, set.vectors.rows),
        signal: run.signal,
        onBlock: (rows) => progress.update((done += rows), 0, done / set.vectors.rows),
      },
    );
    return own ? found.map((hits, query) => hits.filter(({ row }) => row !== own[query]).slice(0, top)) : found;
  } finally {
    progress.stop();
    await searcher.close();
  }
}
