import { openSearcher, type Neighbour } from '../../analysis/search/neighbours.ts';
import { allowedThreads, printNote, type Io } from '../../io.ts';
import { openProgress } from '../../progress.ts';
import { looksOf } from '../../report/cells.ts';
import { hitLines } from '../../report/hits.ts';
import { openReports, tableChunks } from '../../report/report-files.ts';
import { isTable, TABLES_AND_TEXT } from '../../report/report.ts';
import { openInput, type OpenedInput } from '../../sets/open-input.ts';
import { filterRows, parseCondition } from '../../sets/row-filter.ts';
import { openRowTexts } from '../../sets/row-texts.ts';
import { grouped, plural } from '../../text.ts';
import { rowReader } from '../../vectors/stored-rows.ts';
import { setBlocks } from './blocks.ts';
import { assertFlags, filesRead, type SearchFlags } from './flags.ts';
import { askedQueries, readTexts } from './queries.ts';
import { queryVectors, type Queries } from './query-vectors.ts';
import { hitReport, noHit } from './report.ts';

/** `embed search`: encodes what was asked, finds the nearest rows, and reports. Returns the exit code. */
export async function search(input: string, words: readonly string[], flags: SearchFlags, io: Io): Promise<number> {
  assertFlags(input, flags);
  const conditions = (flags.where ?? []).map(parseCondition);
  const asked = askedQueries(input, words, flags);
  const note = (text: string): void => void (flags.quiet || printNote(io.stderr, text));
  const sinks = openReports(flags, { inputs: filesRead(input, flags), formats: TABLES_AND_TEXT, screen: io.stdout, io });
  let opened: OpenedInput | undefined;
  try {
    // before a corpus is encoded for queries that cannot be read
    const read = await readTexts(asked, { flags, io, note });
    opened = await openInput([input], flags, io);
    sinks.assertNone(opened.files);
    const name = input === '-' ? 'standard input' : input;
    const texts = await openRowTexts(opened, { name, texts: flags.texts, flags, io });
    const filter = await filterRows(opened, { texts, conditions, name, external: flags.texts !== undefined });
    const queries = await queryVectors(read, { opened, name, texts, flags, io, note });
    const tally = { zeros: 0 };
    const found =
      filter.nothing === undefined
        ? await findHits(opened, {
            queries,
            keep: filter.keep,
            filtered: conditions.length > 0 || flags.texts !== undefined,
            flags,
            tally,
            io,
          })
        : queries.ids.map(() => []);
    const compared = filter.kept - tally.zeros;
    if (filter.blank > 0) note(`${plural(filter.blank, 'blank row')} left out`);
    if (tally.zeros > 0) note(`${plural(tally.zeros, 'row')} of length zero left out`);

    const { minCosine } = flags;
    const passed = minCosine === undefined ? found : found.map((hits) => hits.filter(({ value }) => value >= minCosine));
    const hits = passed.reduce((sum, { length }) => sum + length, 0);
    const without = passed.filter(({ length }) => length === 0).length;
    const summary = {
      input,
      model: opened.set.manifest?.model?.name ?? null,
      metric: flags.metric,
      top: flags.top,
      ...(minCosine === undefined ? {} : { min_cosine: minCosine }),
      queries: queries.ids.length,
      queries_without_hit: without,
      rows: opened.set.vectors.rows,
      compared,
      blank: filter.blank,
      zero: tally.zeros,
      hits,
    };
    const report = hitReport({ queries, found: passed, texts, summary, flags });
    const looks = looksOf(io.stdout);
    const files = await sinks.write((format, where) =>
      isTable(format) ? tableChunks(report, format) : hitLines(report, looks[where], { named: asked.kind !== 'words' }),
    );
    if (files.length > 0) note(`wrote ${files.join(', ')}: ${plural(hits, 'hit')} of ${plural(queries.ids.length, 'query')}`);
    if (flags.metric === 'euclidean' && hits > 0) note('distances: smaller is nearer');
    if (opened.advice !== undefined) note(`next time: ${opened.advice}, and search what it writes`);
    if (hits === 0) note(filter.nothing ?? (await noHit(found, { texts, minCosine, compared })));
    else if (without > 0) note(`${plural(without, 'query')} without a hit`);
    return hits > 0 ? 0 : 1;
  } finally {
    sinks.close();
    opened?.close();
  }
}

type Finding = {
  queries: Queries;
  keep: Uint8Array | undefined;
  filtered: boolean;
  flags: SearchFlags;
  tally: { zeros: number };
  io: Io;
};

async function findHits({ set, lasting }: OpenedInput, { queries, keep, filtered, flags, tally, io }: Finding): Promise<Neighbour[][]> {
  const { metric, top } = flags;
  const { rows: own } = queries;
  const searcher = openSearcher({ dims: set.vectors.cols, metric, threads: flags.threads ?? allowedThreads() });
  const progress = openProgress(io.stderr, { quiet: flags.quiet === true });
  let done = 0;
  try {
    // rows of length zero are counted again in each reading
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
          progress.say(`kept ${path} (${grouped(bytes / 1e6)} MB), which the next searches read instead of the vectors`),
      });
    };
    const found = await searcher.nearest(
      queries.vectors,
      { blocks, row: rowReader(set.vectors) },
      {
        top: Math.min(own ? top + 1 : top, set.vectors.rows),
        signal: io.signal,
        onBlock: (rows) => progress.update((done += rows), 0, done / set.vectors.rows),
      },
    );
    return own ? found.map((hits, query) => hits.filter(({ row }) => row !== own[query]).slice(0, top)) : found;
  } finally {
    progress.stop();
    await searcher.close();
  }
}
