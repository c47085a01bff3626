import { sampleBackground } from '../../analysis/duplicates/background.ts';
import { findPairs, type Pair } from '../../analysis/duplicates/duplicates.ts';
import { CliError } from '../../errors.ts';
import { allowedThreads, type Io } from '../../io.ts';
import { looksOf } from '../../report/cells.ts';
import { PAIR_COLUMNS, pairLines, type PairRecord, type PairReport } from '../../report/pairs.ts';
import { tableChunks, type ReportSinks } from '../../report/report-files.ts';
import { isTable, withoutUndefined } from '../../report/report.ts';
import { grouped, plural } from '../../text.ts';
import type { DedupFlags } from './flags.ts';
import { allRows, isWithin, judgedOnly, openComparison, type Side } from './judge.ts';
import { settleThreshold } from './threshold.ts';

/** Pairs whose texts are looked up and written at once. */
const PAIRS_PER_BATCH = 8192;

/** More pairs than this are only listed with --force. */
const MANY_PAIRS = 1e8;

type Listing = { inputs: readonly string[]; flags: DedupFlags; sinks: ReportSinks; note: (text: string) => void; io: Io };

/** `embed dedup --pairs`: the closest pairs, or all at or above the threshold, as they are found. */
export async function listPairs(sides: readonly Side[], { inputs, flags, sinks, note, io }: Listing): Promise<void> {
  const [own] = sides as [Side, ...Side[]];
  const { top } = flags;
  const compared = judgedOnly(own.rows, allRows(own.rows.total));
  const minCosine =
    top !== undefined && flags.minCosine === undefined
      ? -1
      : (await settleThreshold(own.opened, compared, { flags, name: own.name, io })).minCosine;
  if (top === undefined && !flags.force) await assertNotMany(sides, compared, { minCosine, flags });
  const search = async (floor: () => number, onPairs: (pairs: Pair[]) => Promise<void> | void): Promise<void> => {
    const quiet = flags.quiet === true || io.stdout.isTTY === true;
    const { comparison, stop } = openComparison(sides, { flags, io, rows: compared.length, quiet });
    try {
      await findPairs(own.opened.set.vectors, compared, { ...comparison, minCosine: floor, onPairs });
    } finally {
      stop();
    }
  };
  const stream = top === undefined ? streamed((take) => search(() => minCosine, take)) : undefined;
  const closest = top === undefined ? undefined : await closestPairs(top, minCosine, search);
  let listed = 0;
  const report: PairReport = {
    schema: 'embed.pairs/1',
    summary: {
      inputs: [...inputs],
      against: [...(flags.against ?? [])],
      model: own.opened.set.manifest?.model?.name ?? null,
      ...(top === undefined ? {} : { top }),
      ...(minCosine === -1 ? {} : { min_cosine: minCosine }),
      rows: own.rows.total,
      compared: compared.length,
    },
    columns: PAIR_COLUMNS,
    fields: [],
    recordsOf: (record) => [record],
    async *groups() {
      listed = 0;
      for await (const pairs of stream ?? [closest!]) {
        listed += pairs.length;
        for (let first = 0; first < pairs.length; first += PAIRS_PER_BATCH) {
          yield await recordsOf(pairs.slice(first, first + PAIRS_PER_BATCH), sides);
        }
      }
    },
  };
  const looks = looksOf(io.stdout);
  const written = await sinks.write((format, where) => {
    if (isTable(format)) return tableChunks(report, format);
    if (format === 'text') return pairLines(report, looks[where]);
    throw new CliError(`Cannot list pairs as ${format}`, { hint: 'Choose text, json, jsonl, csv or tsv' });
  });
  const unjudged = own.rows.total - compared.length;
  if (written.length > 0) note(`wrote ${written.join(', ')}`);
  note(
    `${plural(listed, 'pair')}${minCosine === -1 ? '' : ` at a cosine of ${minCosine} or more`}${unjudged > 0 ? `; ${plural(unjudged, 'row')} not judged and left out` : ''}`,
  );
}

/** Estimates how many pairs there will be, from random ones. */
async function assertNotMany(
  sides: readonly Side[],
  compared: Int32Array,
  { minCosine, flags }: { minCosine: number; flags: DedupFlags },
): Promise<void> {
  const [own, ...others] = sides as [Side, ...Side[]];
  const count = compared.length;
  const inner = isWithin(sides, flags) ? (count * (count - 1)) / 2 : 0;
  const pairs = others.reduce((sum, { rows }) => sum + count * judgedOnly(rows, allRows(rows.total)).length, inner);
  if (pairs <= MANY_PAIRS) return;
  const background = await sampleBackground(own.opened.set.vectors, compared, {
    seed: flags.seed,
    threads: flags.threads ?? allowedThreads(),
    name: own.name,
  });
  const expected = background.share(minCosine).value * pairs;
  if (expected <= MANY_PAIRS) return;
  throw new CliError(`Cannot list all pairs: about ${grouped(Number(expected.toPrecision(2)))} are at a cosine of ${minCosine} or more`, {
    hint: 'Raise --min-cosine, ask for the closest ones with -n, or insist with --force',
  });
}

/** What a search hands over, as it comes. */
async function* streamed(search: (take: (pairs: Pair[]) => Promise<void>) => Promise<void>): AsyncGenerator<Pair[]> {
  let give: ((pairs: Pair[] | undefined) => void) | undefined;
  let resume: (() => void) | undefined;
  let failed: unknown;
  const next = (): Promise<Pair[] | undefined> =>
    new Promise((resolve) => {
      give = resolve;
      resume?.();
    });
  let coming = next();
  const ended = search(
    (pairs) =>
      new Promise<void>((resolve) => {
        resume = resolve;
        give!(pairs);
      }),
  ).catch((error: unknown) => (failed = error));
  void ended.then(() => give!(undefined));
  for (let pairs = await coming; pairs; pairs = await coming) {
    yield pairs.toSorted(byRows);
    coming = next();
  }
  if (failed !== undefined) throw failed as Error;
}

/** The closest pairs of all, those that are never beaten by so many others. */
async function closestPairs(
  top: number,
  minCosine: number,
  search: (floor: () => number, onPairs: (pairs: Pair[]) => void) => Promise<void>,
): Promise<Pair[]> {
  let best: Pair[] = [];
  let floor = minCosine;
  await search(
    () => floor,
    (pairs) => {
      for (const pair of pairs) {
        if (pair.cosine < floor) continue;
        best.push(pair);
        if (best.length < 2 * top + 1024) continue;
        best = best.toSorted(byCosine).slice(0, top);
      }
      if (best.length > top) best = best.toSorted(byCosine).slice(0, top);
      // of equal pairs the earlier ones are listed, and these come first: only a nearer one counts from here on
      if (best.length === top) floor = Math.max(floor, best.at(-1)!.cosine + HALF_A_DIGIT);
    },
  );
  return best.toSorted(byCosine);
}

/** Cosines have 6 decimals. */
const HALF_A_DIGIT = 5e-7;

function byRows(a: Pair, b: Pair): number {
  return a.row - b.row || a.other.source - b.other.source || a.other.row - b.other.row;
}

function byCosine(a: Pair, b: Pair): number {
  return b.cosine - a.cosine || byRows(a, b);
}

/** Pairs with what is known of their rows. */
async function recordsOf(pairs: readonly Pair[], sides: readonly Side[]): Promise<PairRecord[]> {
  const [own] = sides as [Side, ...Side[]];
  const rows = await own.texts.get(pairs.map(({ row }) => row));
  const others = await Promise.all(
    sides.map((side, source) => side.texts.get(pairs.flatMap(({ other }) => (other.source === source ? [other.row] : [])))),
  );
  return pairs.map(({ row, other, cosine }) => {
    const { id = `row:${row}`, file, line, text } = rows.get(row) ?? {};
    const theirs = others[other.source]!.get(other.row);
    return {
      row,
      id,
      other_row: other.row,
      other_id: theirs?.id ?? `row:${other.row}`,
      cosine,
      ...withoutUndefined({ file, line, other_file: theirs?.file, other_line: theirs?.line, text, other_text: theirs?.text }),
    };
  });
}
