import { plural } from '../src/text.ts';
import type { DuplicateRecord } from '../src/report/duplicates.ts';
import type { PlantedQuality } from './dedup-planted.ts';
import type { DedupGrowth } from './dedup-program.ts';
import type { LanguageQuality, PairQuality } from './dedup-quality.ts';
import type { TextRun } from './dedup-texts.ts';
import type { VectorResult } from './dedup-vectors.ts';
import { list, percent, quoted, table, whole } from './markdown.ts';
import { summarize } from './rounds.ts';

export type DedupReport = {
  date: string;
  facts: Readonly<Record<string, string>>;
  rounds: number;
  peerRounds: number;
  faissShare: number;
  vectors: VectorResult | undefined;
  growth: DedupGrowth | undefined;
  texts: { rows: number; runs: readonly TextRun[] } | undefined;
  quality: { pairs: PairQuality | undefined; planted: PlantedQuality; languages: readonly LanguageQuality[] } | undefined;
  notes: readonly string[];
};

/** The report as Markdown. */
export function dedupMarkdown(report: DedupReport): string {
  const { date, facts, vectors, growth, texts, quality, notes } = report;
  const blocks = [
    `# Deduplication, ${date}`,
    Object.entries(facts)
      .map(([name, value]) => `- ${name}: ${value}`)
      .join('\n'),
    ...(vectors ? vectorBlocks(vectors, report) : []),
    ...(growth ? growthBlocks(growth) : []),
    ...(texts ? textBlocks(texts) : []),
    ...(quality?.pairs ? pairBlocks(quality.pairs) : []),
    ...(quality ? [...plantedBlocks(quality.planted), ...languageBlocks(quality.languages)] : []),
    ...(notes.length > 0 ? ['## Notes', list(notes)] : []),
  ];
  return `${blocks.join('\n\n')}\n`;
}

function vectorBlocks(
  { rows, minCosine, contenders, differences, plainIsSame, droppings }: VectorResult,
  { rounds, peerRounds, faissShare }: DedupReport,
): string[] {
  const peer = contenders.find(({ name }) => name.startsWith('FAISS'));
  const faissMedian = peer && summarize(peer.seconds).median;
  const pairs = contenders.find(({ pairs }) => pairs?.recall === 1)!.pairs!.count;
  const scaled =
    faissShare < 1 ? ` FAISS searched with the first ${percent(faissShare, 1)} of the rows; its time is scaled to all of them.` : '';
  const checks = Array.from(differences, ([name, { same, atThreshold, onlyOurs, onlyTheirs }]) => {
    const verdict = onlyOurs + onlyTheirs === 0 ? 'no other difference' : `**${onlyOurs} only ours, ${onlyTheirs} only theirs**`;
    return `${name} and ours: ${plural(same, 'pair')} in both; ${whole(atThreshold)} in one alone, but within 1e-6 of the threshold; ${verdict}.`;
  });
  return [
    `## The same ${whole(rows)} vectors, at ${minCosine}`,
    `Ours reads the rows from the file; peers begin with them in memory, and build their index within their time. Ours runs once as warm-up; ` +
      `then ${plural(rounds, 'round')}, the peers in the first ${peerRounds === 1 ? 'alone' : peerRounds}, everybody in turn. "rows to drop" is what \`embed dedup\` does ` +
      '(each row with earlier rows that are kept, chain-free), "all pairs" what `--pairs` does. FAISS compares every row with every row, or ' +
      'with earlier rows only, by an index that grows block by block. HNSW may miss pairs: recall is the share of the true ones that it ' +
      `finds. Rates are medians to the first of FAISS.${scaled}`,
    table(
      ['', 'median, s', 'least, s', 'spread', 'rate to FAISS', 'pairs', 'recall'],
      contenders.map(({ name, seconds, phases, pairs: found }) => {
        const { min, median, spread } = summarize(seconds);
        const steps = Object.entries(phases).map(([phase, value]) => `${phase} ${value.toFixed(1)}`);
        return [
          name,
          `${median.toFixed(2)}${steps.length > 0 ? ` (${steps.join(', ')})` : ''}`,
          min.toFixed(2),
          seconds.length > 1 ? `${(spread * 100).toFixed(0)} %` : '–',
          faissMedian === undefined || name === peer!.name ? '' : `${(faissMedian / median).toFixed(2)} ×`,
          found ? whole(found.count) : '–',
          found ? percent(found.recall, 1, 3) : '–',
        ];
      }),
    ),
    list([
      ...checks,
      `Computed plainly from ${plural(pairs, 'pair')}, the rows to drop are ${plainIsSame ? 'the same, with the same keepers and cosines' : '**not the same**'}.`,
    ]),
    table(
      ['dropped', 'rows', 'of ours', 'repeat a row kept there', 'left in, though they repeat a row kept before'],
      droppings.map(({ name, dropped, shared, right, missed }) => [
        name,
        whole(dropped),
        percent(shared, droppings[0]!.dropped, 2),
        percent(right, dropped, 2),
        whole(missed),
      ]),
    ),
  ];
}

function growthBlocks({ runs, reading }: DedupGrowth): string[] {
  const largest = runs.find(({ rows, minCosine, remark }) => rows === reading.rows && minCosine === 0.9 && remark === '')!;
  const rest = largest.seconds - reading.seconds - largest.reportSeconds;
  return [
    '## The program, as the set grows',
    '`embed dedup SET --min-cosine X --exit-zero -q --format json > FILE`, a new process each time, once each: start, rows and their texts, ' +
      'near-duplicates, a record for each row. "report" is from the first byte of it to the end. Memory is the most that was resident. ' +
      'Files are in the page cache.',
    table(
      ['rows', 'min. cosine', 's', 'of these report, s', 'rows/s', 'MB', 'dropped'],
      runs.map(({ rows, remark, minCosine, seconds, reportSeconds, megabytes, dropped }) => [
        `${whole(rows)}${remark ? `, ${remark}` : ''}`,
        String(minCosine),
        seconds.toFixed(2),
        reportSeconds.toFixed(2),
        whole(rows / seconds),
        megabytes.toFixed(0),
        whole(dropped),
      ]),
    ),
    `Of the ${largest.seconds.toFixed(1)} s for ${whole(reading.rows)} rows at 0.9, opening the set and reading its rows take ` +
      `${reading.seconds.toFixed(1)} s (measured alone, in process), the report ${largest.reportSeconds.toFixed(1)} s; start, copies by text and ` +
      `near-duplicates are the other ${rest.toFixed(1)} s.`,
  ];
}

function textBlocks({ rows, runs }: NonNullable<DedupReport['texts']>): string[] {
  return [
    `## The program on ${whole(rows)} texts`,
    '`embed dedup texts.txt --exit-zero --min-cosine 0.9`, a new process each time; medians. Lines of the vectors above, encoded for the run.',
    table(
      ['', 's', 'of these encoding, s', 'MB', 'dropped'],
      runs.map(({ name, seconds, encodeSeconds, megabytes, dropped }) => [
        name,
        seconds.toFixed(2),
        encodeSeconds?.toFixed(1) ?? '–',
        megabytes.toFixed(0),
        whole(dropped),
      ]),
    ),
  ];
}

function pairBlocks({ pairs, positives, averagePrecision, levels }: PairQuality): string[] {
  return [
    '## Quality on pairs of questions',
    `QQP dev, ${whole(pairs)} pairs, ${whole(positives)} of them duplicates, the others chosen to look alike. ` +
      `Average precision of the cosines: ${averagePrecision.toFixed(4)}.`,
    table(
      ['min. cosine', 'precision', 'recall'],
      levels.map(({ minCosine, precision, recall }) => [minCosine.toFixed(2), precision.toFixed(3), recall.toFixed(3)]),
    ),
  ];
}

function plantedBlocks({ texts, kinds, falsely }: PlantedQuality): string[] {
  return [
    '## Planted copies',
    `${whole(texts)} different texts with copies of some of them, each of another, in random order; default threshold. A copy is found where it and ` +
      'its origin end with the same row that is kept.',
    table(
      ['kind', 'planted', 'found', 'share'],
      kinds.map(({ kind, planted, found }) => [kind, whole(planted), whole(found), percent(found, planted)]),
    ),
    `Dropped besides, neither planted nor the origin of a planted one: ${plural(falsely.length, 'row')}` +
      (falsely.length === 0 ? '.' : `. The least similar of them:`),
    ...(falsely.length > 0 ? [list(falsely.slice(0, 5).map(pairLine))] : []),
  ];
}

function languageBlocks(languages: readonly LanguageQuality[]): string[] {
  const collisions = languages.flatMap(({ collisions }) => collisions);
  return [
    '## Languages that the packaged model does not read',
    'Different lines of parallel corpora. A collision is a dropped row with a cosine of at least .9999 whose text is another one, white space, ' +
      'punctuation and case aside: there must be none.',
    table(
      ['texts', 'min. cosine', 'rows', 'dropped', 'collisions', 'not judged'],
      languages.map(({ name, threshold, rows, dropped, collisions, unjudged }) => [
        name,
        threshold,
        whole(rows),
        whole(dropped),
        collisions.length === 0 ? '0' : `**${collisions.length}**`,
        Array.from(unjudged, ([reason, count]) => `${reason} ${whole(count)}`).join(', ') || '–',
      ]),
    ),
    ...(collisions.length > 0 ? [list(collisions.slice(0, 5).map(pairLine))] : []),
  ];
}

function pairLine({ cosine, text, keeper_text: other }: DuplicateRecord): string {
  return `${cosine!.toFixed(6)}: ${quoted(text!)} – ${quoted(other!)}`;
}
