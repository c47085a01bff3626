import { list, table, whole } from './markdown.ts';

/** A check from start to end, in one way. `found` are rows that repeat others, or what a peer counts in their place. */
export type CheckRun = {
  name: string;
  rows: number;
  side: 'ours' | 'peer';
  seconds: number;
  cpuSeconds: number;
  megabytes: number;
  /** Seconds of parts, where the program tells them. */
  phases: { start: number; encode: number; report: number } | undefined;
  found: number;
};

export type CiReport = {
  date: string;
  facts: Readonly<Record<string, string>>;
  rounds: number;
  changed: number;
  minCosine: string;
  runs: readonly CheckRun[];
  notes: readonly string[];
};

/** The report of a run, as Markdown. */
export function ciMarkdown({ date, facts, rounds, changed, minCosine, runs, notes }: CiReport): string {
  const sizes = [...new Set(runs.map(({ rows }) => rows))];
  return [
    `# A check for duplicates, ${date}`,
    list(Object.entries(facts).map(([name, value]) => `${name}: ${value}`)),
    `Seconds from the start of a program to its end, ${rounds === 1 ? 'one round' : `medians of ${rounds} rounds (one for a cold run of minilm on more than 1,000 lines)`}. Lines are made from a vocabulary: 3 to 56 words, of which one in 50 is an earlier line, and one in 50 an earlier line with another end. Near-duplicates are those from a cosine of ${minCosine} on. “${changed} lines changed” is a run with a cache that holds the vectors of the others.`,
    ...sizes.flatMap((rows) => [`## ${whole(rows)} lines`, tableOf(runs.filter((run) => run.rows === rows))]),
    '## What is compared',
    list([
      'Start: a check of one line, without its encoding. Read and encode: what the program says; a file is read while it is encoded, and with a cache, vectors are looked up in the place of being computed. Report: from the first byte of the report to the end. Compare: the rest.',
      'Ratios are seconds of another program by those of `embed --model multilingual`, beside it in the same run.',
      'semhash is given the same static model, by model2vec, and the same threshold. It finds neighbours by an approximate index, and knows neither files nor rows: there is no report, and no exit code.',
      'jscpd finds runs of at least ten tokens that occur twice, wherever a line begins. It is made for copied code: it finds part of a line within another, and lines that are copied byte for byte; it finds no copy that is worded differently, none of less than ten tokens, and it compares no labels. Its count is of runs, not of rows.',
      ...notes,
    ]),
    '',
  ].join('\n\n');
}

function tableOf(runs: readonly CheckRun[]): string {
  const base = runs.find(({ name }) => name === 'embed --model multilingual');
  return table(
    ['', 'seconds', 'ratio', 'start', 'read, encode', 'compare', 'report', 'processor s', 'MB', 'found'],
    runs.map(({ name, seconds, cpuSeconds, megabytes, phases, found }) => [
      name,
      seconds.toFixed(2),
      base ? (seconds / base.seconds).toFixed(2) : '',
      ...(phases
        ? [phases.start, phases.encode, Math.max(0, seconds - phases.start - phases.encode - phases.report), phases.report].map((part) =>
            part.toFixed(2),
          )
        : ['', '', '', '']),
      cpuSeconds.toFixed(2),
      megabytes.toFixed(0),
      whole(found),
    ]),
  );
}
