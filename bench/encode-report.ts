import { table, whole } from './markdown.ts';
import { rateRatios, summarize } from './rounds.ts';
import { describeSet, type TextSet } from './text-sets.ts';

/** What was measured of one contender on one set. */
export type Result = { name: string; side: 'ours' | 'peer'; seconds: readonly number[]; cosine: Cosines | undefined };

/** Cosines to sentence-transformers' vectors of the same texts. */
export type Cosines = { mean: number; min: number };

export type SetResult = { set: TextSet; results: readonly Result[] };

export type Report = {
  date: string;
  /** What it ran on, one item a line: name and value. */
  facts: Readonly<Record<string, string>>;
  rounds: number;
  sets: readonly SetResult[];
  bare: { set: TextSet; program: readonly number[]; session: readonly number[] };
  helpSeconds: readonly number[];
  notes: readonly string[];
};

/** The report as Markdown. */
export function reportMarkdown({ date, facts, rounds, sets, bare, helpSeconds, notes }: Report): string {
  const help = summarize(helpSeconds.map((seconds) => seconds * 1000));
  const blocks = [
    `# Encoding, ${date}`,
    Object.entries(facts)
      .map(([name, value]) => `- ${name}: ${value}`)
      .join('\n'),
    `Each contender encodes the whole set once as warm-up; then ${plural(rounds, 'round')}, everybody once a round. ` +
      '"program" is a new process, from a text file to a vector set on disk, start-up included; everything else begins with the model ' +
      'loaded, from texts in memory to vectors in memory, tokenisation included. Spread is (highest − lowest) / median. ' +
      'Tokens are counted once for everybody: special tokens included, cut at the limit, without padding.',
    ...sets.flatMap(({ set, results }) => [
      `## ${capital(set.name)}`,
      `${describeSet(set)}.`,
      rateTable(set, results),
      ...ratioTable(results),
    ]),
    '## The program and its bare session',
    `${describeSet(bare.set)}. The bare session gets the texts tokenised, planned over the whole set and packed: no file is read or ` +
      'written, no process started.',
    rateTable(bare.set, [
      { name: 'bare session, int8', side: 'ours', seconds: bare.session, cosine: undefined },
      { name: 'program, int8', side: 'ours', seconds: bare.program, cosine: undefined },
    ]),
    `Rate of the program over the rate of the session: ${percent(rateRatios(bare.program, bare.session))}.`,
    '## `embed --help`',
    `${help.median.toFixed(0)} ms (median of ${helpSeconds.length}; ${help.min.toFixed(0)} to ${help.max.toFixed(0)}).`,
    ...(notes.length > 0 ? ['## Notes', notes.map((note) => `- ${note}`).join('\n')] : []),
  ];
  return `${blocks.join('\n\n')}\n`;
}

function rateTable({ texts, tokens }: TextSet, results: readonly Result[]): string {
  const rows = results.map(({ name, seconds, cosine }) => {
    const rate = summarize(seconds.map((value) => texts.length / value));
    const tokensPerRow = tokens / texts.length;
    return [
      name,
      whole(rate.median),
      whole(rate.min),
      `${(rate.spread * 100).toFixed(1)} %`,
      whole(rate.median * tokensPerRow),
      whole(rate.min * tokensPerRow),
      ...(cosine ? [cosine.mean.toFixed(5), cosine.min.toFixed(5)] : ['–', '–']),
    ];
  });
  return table(['', 'rows/s, median', 'lowest', 'spread', 'tokens/s, median', 'lowest', 'cosine, mean', 'lowest'], rows);
}

/** How many times the rate of each peer ours is. */
function ratioTable(results: readonly Result[]): string[] {
  const ours = results.filter(({ side }) => side === 'ours');
  const peers = results.filter(({ side }) => side === 'peer');
  if (peers.length === 0) return [];
  const rows = peers.map((peer) => [peer.name, ...ours.map(({ seconds }) => times(rateRatios(seconds, peer.seconds)))]);
  return [
    'Rate of ours over the rate of each peer, as the median of the rounds (lowest to highest):',
    table(['', ...ours.map(({ name }) => name)], rows),
  ];
}

function times({ min, median, max }: { min: number; median: number; max: number }): string {
  return `${median.toFixed(2)} × (${min.toFixed(2)} to ${max.toFixed(2)})`;
}

function percent({ min, median, max }: { min: number; median: number; max: number }): string {
  const [middle, lowest, highest] = [median, min, max].map((share) => (share * 100).toFixed(1));
  return `${middle} % (median of the rounds; ${lowest} to ${highest})`;
}

const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;
const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
