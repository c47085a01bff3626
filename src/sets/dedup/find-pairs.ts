import { sampleBackground } from '../../analysis/duplicates/background.ts';
import { findPairs as findAlike, type Pair } from '../../analysis/duplicates/pairs.ts';
import { differenceOf } from '../../analysis/duplicates/facts/facts.ts';
import { EmbedError } from '../../errors.ts';
import type { PairRecord } from '../../report/pairs.ts';
import { withoutUndefined } from '../../report/report.ts';
import { grouped } from '../../text.ts';
import { comparisonOf, isWithin, judgedRows, twinFieldNames } from './compare.ts';
import { readSides } from './inputs.ts';
import { rowReading, type OpenedSides, type Sides } from './sides.ts';
import { parseKeep } from './keep.ts';
import { settle, type DedupRun, type DedupSettings, type Settled } from './settings.ts';
import { measuredFor, settleThreshold } from './threshold.ts';

/** Pairs whose texts are looked up at once. */
const PAIRS_PER_BATCH = 8192;

/** More pairs than this are only listed with `force`. */
const MAX_PAIRS = 1e8;

/** Pairs of rows that are alike. */
export type FoundPairs = {
  sides: Sides;
  /** Rows of INPUT that were compared. */
  compared: number;
  /** The threshold; undefined where the closest pairs were asked for, however far apart they are. */
  minCosine: number | undefined;
  /** Names of the kept fields of the rows that rows of INPUT are compared with. */
  fieldNames: readonly string[];
  /** The pairs, as they are found; to be read once where all are listed. */
  batches(): AsyncIterable<PairRecord[]>;
};

/** Finds the `top` closest pairs, or all at or above the threshold. */
export async function findPairs(
  opened: OpenedSides,
  { top, ...settings }: DedupSettings & { top?: number | undefined },
  { note, signal, onBackground, onThreshold, onProgress }: DedupRun,
): Promise<FoundPairs> {
  const settled = settle(settings);
  const { minCosine: asked, keep, force, model, within, seed, threads } = settled;
  const bounded = top === undefined || asked !== undefined;
  const measured = bounded && asked === undefined ? measuredFor(opened.own.opened, model) : undefined;
  const sides = await readSides(opened, {
    ...rowReading(settled, 'cosine'),
    priority: parseKeep(keep).priority,
    scripts: measured?.scripts,
    force,
    note,
  });
  const { own } = sides;
  const compared = judgedRows(own);
  const threshold = bounded ? await settleThreshold(own, compared, { minCosine: asked, measured, seed, threads, onBackground }) : undefined;
  if (threshold) onThreshold?.(threshold);
  const minCosine = threshold?.minCosine;
  if (top === undefined && !force) await assertNotMany(sides, compared, { minCosine: minCosine!, within, seed, threads });
  const search = async (floor: () => number, onPairs: (pairs: Pair[]) => Promise<void> | void): Promise<void> => {
    const comparison = comparisonOf(sides, compared.length, { within, threads, signal, onProgress });
    await findAlike(own.opened.set.vectors, compared, { ...comparison, minCosine: floor, onPairs });
  };
  const found = top === undefined ? streamed((take) => search(() => minCosine!, take)) : [await closestPairs(top, minCosine ?? -1, search)];
  return {
    sides,
    compared: compared.length,
    minCosine,
    fieldNames: twinFieldNames(sides, { within }),
    async *batches() {
      for await (const pairs of found) {
        for (let first = 0; first < pairs.length; first += PAIRS_PER_BATCH) {
          yield await recordsOf(pairs.slice(first, first + PAIRS_PER_BATCH), sides);
        }
      }
    },
  };
}

/** Refuses to list very many pairs; their number is estimated from random pairs. */
async function assertNotMany(
  sides: Sides,
  compared: Int32Array,
  { minCosine, within, seed, threads }: { minCosine: number } & Pick<Settled, 'within' | 'seed' | 'threads'>,
): Promise<void> {
  const { own, others } = sides;
  const count = compared.length;
  const inner = isWithin(sides, { within }) ? (count * (count - 1)) / 2 : 0;
  const pairs = others.reduce((sum, other) => sum + count * judgedRows(other).length, inner);
  if (pairs <= MAX_PAIRS) return;
  const background = await sampleBackground(own.opened.set.vectors, compared, { seed, threads, name: own.name });
  const expected = background.share(minCosine).value * pairs;
  if (expected <= MAX_PAIRS) return;
  throw new EmbedError(`Cannot list all pairs: about ${grouped(Number(expected.toPrecision(2)))} have a cosine of ${minCosine} or more`, {
    hint: 'Raise --min-cosine, list only the closest with -n, or override this with --force',
  });
}

/** Turns the pairs that a search hands over into a stream, which the search waits for. */
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

/** The closest pairs of all. */
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
      // earlier pairs come first and win ties: from here on only a closer pair counts
      if (best.length === top) floor = Math.max(floor, best.at(-1)!.cosine + HALF_A_DIGIT);
    },
  );
  return best.toSorted(byCosine);
}

/** Half a unit of the last digit: cosines have 6 decimals. */
const HALF_A_DIGIT = 5e-7;

function byRows(a: Pair, b: Pair): number {
  return a.row - b.row || a.other.source - b.other.source || a.other.row - b.other.row;
}

function byCosine(a: Pair, b: Pair): number {
  return b.cosine - a.cosine || byRows(a, b);
}

/** Pairs with the ids, places and texts of their rows. */
async function recordsOf(pairs: readonly Pair[], { own, all }: Sides): Promise<PairRecord[]> {
  const rows = await own.texts.get(pairs.map(({ row }) => row));
  const others = await Promise.all(
    all.map(({ texts }, source) => texts.get(pairs.flatMap(({ other }) => (other.source === source ? [other.row] : [])))),
  );
  return pairs.map(({ row, other, cosine, relation }) => {
    const { id = `row:${row}`, file, line, text, fields } = rows.get(row) ?? {};
    const theirs = others[other.source]!.get(other.row);
    return {
      row,
      id,
      other_row: other.row,
      other_id: theirs?.id ?? `row:${other.row}`,
      cosine,
      ...withoutUndefined({ file, line, other_file: theirs?.file, other_line: theirs?.line, text, other_text: theirs?.text }),
      ...withoutUndefined({ fields, other_fields: theirs?.fields }),
      ...(relation === 'differs' ? { difference: differenceOf(theirs?.text ?? '', text ?? '') ?? '' } : {}),
    };
  });
}
