import { table } from './markdown.ts';
import type { Quality } from './retrieval.ts';
import { rateRatios, summarize } from './rounds.ts';
import type { GrowthRow } from './search-program.ts';
import { TOP, type WarmResult } from './search-warm.ts';

export type SearchReport = {
  date: string;
  facts: Readonly<Record<string, string>>;
  rounds: number;
  warm: readonly WarmResult[];
  growth: readonly GrowthRow[];
  quality: readonly Quality[];
  notes: readonly string[];
};

/** The report as Markdown. */
export function searchMarkdown({ date, facts, rounds, warm, growth, quality, notes }: SearchReport): string {
  const blocks = [
    `# Search, ${date}`,
    Object.entries(facts)
      .map(([name, value]) => `- ${name}: ${value}`)
      .join('\n'),
    '## 100,000 vectors in memory',
    `The ${TOP} nearest rows, exactly. Vectors are loaded and made ready (coded, normalised, added to an index) before the clock starts. ` +
      `Everybody runs once as warm-up, then ${rounds} rounds in turn. A single query is the median of 25 different ones, 100 queries the median ` +
      'of 5 times 100. Ratios are to the first peer, round by round. "Same rows": share of our rows that the other finds too; peers round ' +
      'differently where cosines are equal to 6 decimals. usearch takes half a minute for 4,096 queries and is left out there.',
    ...warm.map(warmTable),
    '## The program, as the set grows',
    '`embed search SET how do I cook rice`, a new process each time: start, model, query, search and the texts of ten hits. From 450 MB of ' +
      'vectors on, the first search keeps 8-bit codes beside the set, which the later ones read. "4,096 queries" are vectors, whose hits are ' +
      'written as JSONL with their texts. Memory is the most that was resident. Files are in the page cache, for `cat` too. Medians of 3.',
    table(
      [
        'rows',
        'vectors, MB',
        'codes, MB',
        'first, s',
        'first, MB',
        'later, s',
        'later, MB',
        '4,096 queries, s',
        'MB',
        'cat of the vectors, s',
      ],
      growth.map(({ rows, vectorMegabytes, codeMegabytes, first, later, many, catSeconds }) => [
        rows.toLocaleString('en'),
        vectorMegabytes.toFixed(0),
        codeMegabytes > 0 ? codeMegabytes.toFixed(0) : '–',
        first.seconds.toFixed(2),
        first.megabytes.toFixed(0),
        later.seconds.toFixed(2),
        later.megabytes.toFixed(0),
        many.seconds.toFixed(2),
        many.megabytes.toFixed(0),
        catSeconds.toFixed(2),
      ]),
    ),
    ...(quality.length > 0
      ? [
          '## Quality on Cranfield',
          '1,400 abstracts, 225 queries; gain = grade, grades below 1 are not relevant.',
          table(
            ['vectors', 'nDCG@10', 'recall@100'],
            quality.map(({ name, ndcg10, recall100 }) => [name, ndcg10.toFixed(4), recall100.toFixed(4)]),
          ),
        ]
      : []),
    ...(notes.length > 0 ? ['## Notes', notes.map((note) => `- ${note}`).join('\n')] : []),
  ];
  return `${blocks.join('\n\n')}\n`;
}

function warmTable({ count, seconds, agreement }: WarmResult): string {
  const peer = [...seconds.keys()].find((name) => !name.startsWith('embed'));
  const rows = [...seconds].map(([name, times]) => {
    const { min, median, spread } = summarize(times.map((value) => value * 1000));
    const ratio = peer === undefined || name === peer ? '' : `${rateRatios(times, seconds.get(peer)!).median.toFixed(2)} ×`;
    return [
      name,
      median.toFixed(2),
      min.toFixed(2),
      `${(spread * 100).toFixed(0)} %`,
      ratio,
      `${(agreement.get(name)! * 100).toFixed(3)} %`,
    ];
  });
  const title = count === 1 ? 'one query' : `${count.toLocaleString('en')} queries at once`;
  return table([title, 'median, ms', 'least, ms', 'spread', 'rate to the peer', 'same rows'], rows);
}
