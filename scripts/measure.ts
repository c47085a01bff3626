import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { loadModel } from '../src/model/folder/folder.ts';
import type { Facts } from '../src/model/model.ts';
import { openEncoder } from '../src/model/open-encoder.ts';
import { cosine, rowOf, type Matrix } from '../src/vectors/matrix.ts';
import { readNpy } from '../src/vectors/npy.ts';

/** What a built model is worth, measured: against the reference's vectors, human similarity, known duplicates. */

/** Adds to facts.json what decides no vector: unlike build.json, it is no part of the hash that sets know their model by. */
export function writeFacts(folder: string, facts: Facts | { search: object }): void {
  const path = join(folder, 'facts.json');
  const before = existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as object) : {};
  writeFileSync(path, `${JSON.stringify({ ...before, ...facts }, undefined, 2)}\n`);
}

/** Encodes all texts with the model in `folder`. */
export async function encodeAll(folder: string, texts: readonly string[]): Promise<Matrix> {
  const encoder = openEncoder(loadModel(folder), { threads: 2 });
  const { vectors } = await encoder.encode(texts);
  await encoder.close();
  return vectors;
}

/** Cosine to the reference's vectors in `golden`/minilm.{jsonl,npy}. */
export async function measureGolden(
  folder: string,
  golden: string,
): Promise<{ texts: number; meanCosine: number; worstCosine: number; worstNonEmptyCosine: number }> {
  const texts = readFileSync(join(golden, 'minilm.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => (JSON.parse(line) as { text: string }).text);
  const expected = readNpy(join(golden, 'minilm.npy'));
  const found = await encodeAll(folder, texts);
  const cosines = texts.map((_, i) => cosine(rowOf(found, i), rowOf(expected, i)));
  return {
    texts: texts.length,
    meanCosine: rounded(cosines.reduce((sum, value) => sum + value, 0) / cosines.length),
    worstCosine: rounded(Math.min(...cosines)),
    worstNonEmptyCosine: rounded(Math.min(...cosines.filter((_, i) => texts[i]!.trim() !== ''))),
  };
}

/** Spearman correlation between cosines and human scores, for a CSV of sentence, sentence, score. */
export async function measureSts(folder: string, csv: string): Promise<number> {
  const rows = parse(readFileSync(csv), { relax_quotes: true }) as [string, string, string][];
  const vectors = await encodeAll(
    folder,
    rows.flatMap(([a, b]) => [a, b]),
  );
  const cosines = rows.map((_, i) => cosine(rowOf(vectors, 2 * i), rowOf(vectors, 2 * i + 1)));
  return rounded(pearson(ranks(cosines), ranks(rows.map((row) => Number(row[2])))), 4);
}

/**
 * Precision and recall of "cosine ≥ t" on a TSV of question, question, 1 = duplicate; and the default that follows.
 *
 * @param precision the default threshold is the lowest at which this share of the flagged pairs are duplicates
 */
export async function measureDuplicates(folder: string, tsv: string, precision: number): Promise<object> {
  const rows = readFileSync(tsv, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => line.split('\t') as [string, string, string]);
  const vectors = await encodeAll(
    folder,
    rows.flatMap(([a, b]) => [a, b]),
  );
  const pairs = rows.map((row, i) => ({ cosine: cosine(rowOf(vectors, 2 * i), rowOf(vectors, 2 * i + 1)), same: row[2].trim() === '1' }));
  const positives = pairs.filter(({ same }) => same).length;
  const table = Array.from({ length: 20 }, (_, i) => (80 + i) / 100).map((minCosine) => {
    const hits = pairs.filter((pair) => pair.cosine >= minCosine);
    const right = hits.filter(({ same }) => same).length;
    return { minCosine, precision: rounded(right / hits.length, 3), recall: rounded(right / positives, 3) };
  });
  return {
    minCosine: table.find((row) => row.precision >= precision)?.minCosine,
    rule: `lowest threshold with a precision of ${precision}`,
    data: `QQP dev, ${rows.length} question pairs, ${positives} of them duplicates, the others chosen to look alike`,
    table,
  };
}

function rounded(value: number, digits = 6): number {
  return Number(value.toFixed(digits));
}

/** Ranks from 0, ties sharing their mean. */
function ranks(values: readonly number[]): number[] {
  const order = Array.from(values.keys()).toSorted((a, b) => values[a]! - values[b]!);
  const result = Array.from(values, () => 0);
  for (let at = 0; at < order.length;) {
    let end = at;
    while (end < order.length && values[order[end]!] === values[order[at]!]) end++;
    for (let i = at; i < end; i++) result[order[i]!] = (at + end - 1) / 2;
    at = end;
  }
  return result;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function pearson(a: readonly number[], b: readonly number[]): number {
  const [ma, mb] = [mean(a), mean(b)];
  let ab = 0;
  let aa = 0;
  let bb = 0;
  a.forEach((value, i) => {
    ab += (value - ma) * (b[i]! - mb);
    aa += (value - ma) ** 2;
    bb += (b[i]! - mb) ** 2;
  });
  return ab / Math.sqrt(aa * bb);
}
