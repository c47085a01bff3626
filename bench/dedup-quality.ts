import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DuplicateRecord } from '../src/report/duplicates.ts';
import { cosine, rowOf } from '../src/vectors/matrix.ts';
import { readNpy } from '../src/vectors/npy.ts';
import { spawnTimed } from './ours.ts';
import { runWatched } from './search-program.ts';
import { readLines } from './text-sets.ts';

/** How well cosines tell duplicates from other pairs. */
export type PairQuality = {
  pairs: number;
  positives: number;
  averagePrecision: number;
  levels: readonly { minCosine: number; precision: number; recall: number }[];
};

/** Encodes texts with the program. Returns the set. */
export async function encodeTexts(texts: readonly string[], { name, folder }: { name: string; folder: string }): Promise<string> {
  const [input, output] = [join(folder, `${name}.txt`), join(folder, `${name}.npy`)];
  writeFileSync(input, texts.map((text) => `${text}\n`).join(''));
  await spawnTimed(['bin/embed.js', 'encode', input, '-o', output, '-q']);
  return output;
}

/** Runs `embed dedup` and returns a record for each row. */
export async function dedupRecords(
  path: string,
  { args, folder }: { args: readonly string[]; folder: string },
): Promise<DuplicateRecord[]> {
  const output = join(folder, 'records.jsonl');
  await runWatched(process.execPath, ['bin/embed.js', 'dedup', path, '--exit-zero', '-q', '--format', 'jsonl', ...args], { output });
  return readFileSync(output, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as DuplicateRecord);
}

/** Average precision, and precision and recall at some thresholds, on a TSV of text, text, 1 = duplicate. */
export async function measurePairs(tsv: string, { rows, folder }: { rows: number; folder: string }): Promise<PairQuality> {
  const lines = readLines(tsv)
    .filter((line) => line !== '')
    .slice(0, rows)
    .map((line) => line.split('\t') as [string, string, string]);
  const [a, b] = [
    readNpy(
      await encodeTexts(
        lines.map(([text]) => text),
        { name: 'first', folder },
      ),
    ),
    readNpy(
      await encodeTexts(
        lines.map(([, text]) => text),
        { name: 'second', folder },
      ),
    ),
  ];
  const pairs = lines.map(([, , label], row) => ({ cosine: cosine(rowOf(a, row), rowOf(b, row)), same: label.trim() === '1' }));
  const positives = pairs.filter(({ same }) => same).length;
  const levels = Array.from({ length: 10 }, (_, step) => (80 + 2 * step) / 100).map((minCosine) => {
    const hits = pairs.filter((pair) => pair.cosine >= minCosine);
    const right = hits.filter(({ same }) => same).length;
    return { minCosine, precision: right / hits.length, recall: right / positives };
  });
  return { pairs: pairs.length, positives, averagePrecision: averagePrecision(pairs), levels };
}

/** Σ (recall − recall before) · precision, down the cosines; equal ones are one step. */
export function averagePrecision(pairs: readonly { cosine: number; same: boolean }[]): number {
  const sorted = pairs.toSorted((a, b) => b.cosine - a.cosine);
  const positives = pairs.filter(({ same }) => same).length;
  let [sum, right] = [0, 0];
  for (let at = 0; at < sorted.length;) {
    let [end, more] = [at, 0];
    for (; end < sorted.length && sorted[end]!.cosine === sorted[at]!.cosine; end++) more += Number(sorted[end]!.same);
    right += more;
    sum += (more / positives) * (right / end);
    at = end;
  }
  return sum;
}

/** Deduplication of texts in a language that the packaged model was not trained for. */
export type LanguageQuality = {
  name: string;
  threshold: string;
  rows: number;
  dropped: number;
  /** Dropped rows that have the vector of another text. */
  collisions: readonly DuplicateRecord[];
  /** Rows that were not judged, by reason. */
  unjudged: ReadonlyMap<string, number>;
};

/** From here on two vectors are the same but for rounding. */
const SAME_VECTOR = 0.9999;

/** Different lines of a parallel corpus, its second column, at the default threshold and at one that was asked for. */
export async function measureLanguage(
  name: string,
  path: string,
  { rows, folder }: { rows: number; folder: string },
): Promise<LanguageQuality[]> {
  const lines = [...new Set(readLines(path).map((line) => line.split('\t')[1]?.trim() ?? ''))].filter((text) => text.length > 3);
  const step = Math.max(1, lines.length / rows);
  const texts = Array.from({ length: Math.min(rows, lines.length) }, (_, at) => lines[Math.floor(at * step)]!);
  const set = await encodeTexts(texts, { name, folder });
  const results: LanguageQuality[] = [];
  for (const minCosine of [undefined, '0.94']) {
    const records = await dedupRecords(set, { args: minCosine === undefined ? [] : ['--min-cosine', minCosine], folder });
    const dropped = records.filter(({ verdict }) => verdict === 'dropped');
    const unjudged = new Map<string, number>();
    for (const { reason, verdict } of records) if (verdict === 'unjudged') unjudged.set(reason!, (unjudged.get(reason!) ?? 0) + 1);
    results.push({
      name,
      threshold: minCosine ?? 'default',
      rows: records.length,
      dropped: dropped.length,
      collisions: dropped.filter(({ cosine = 0, text, keeper_text: other }) => cosine >= SAME_VECTOR && bare(text!) !== bare(other!)),
      unjudged,
    });
  }
  return results;
}

/** A text without white space, punctuation and case. */
function bare(text: string): string {
  return text.toLowerCase().replaceAll(/[\s\p{P}]/gu, '');
}
