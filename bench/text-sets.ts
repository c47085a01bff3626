import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { EmbedError } from '../src/errors.ts';
import { loadModel } from '../src/model/folder/folder.ts';
import { openTokenizer } from '../src/model/tokenizer/tokenizer.ts';

/** Texts that every contender encodes, in memory and as the two files that the contenders read. */
export type TextSet = {
  name: string;
  texts: readonly string[];
  /** Tokens of each text, special tokens included, cut at the model's limit: what "tokens/s" counts for everybody. */
  lengths: readonly number[];
  tokens: number;
  txtPath: string;
  jsonlPath: string;
};

export type Sample = { rows: number; offset: number };

/** Texts of a file, one a line, gzipped or not; of a .tsv, its last column. */
export function readTexts(path: string): string[] {
  if (!existsSync(path)) {
    throw new EmbedError(`Cannot read texts from ${path}: no such file`, {
      hint: 'Name files of your own with --lines and --documents: one text a line',
    });
  }
  const lines = readLines(path);
  const texts = /\.tsv(\.gz)?$/.test(path) ? lines.map((line) => line.slice(line.lastIndexOf('\t') + 1)) : lines;
  return texts.map((text) => text.trim());
}

/** Lines of a file, gzipped or not. */
export function readLines(path: string): string[] {
  const bytes = readFileSync(path);
  return (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8').split('\n');
}

/**
 * Takes every n-th text, so that all parts of the file are heard, and the next one where that is empty or reads the
 * same as an earlier one: embed computes equal texts once, which would flatter it here.
 */
export function sampleTexts(texts: readonly string[], { rows, offset }: Sample): Omit<TextSet, 'name' | 'txtPath' | 'jsonlPath'> {
  const tokenize = openTokenizer(loadModel('models/minilm'));
  const step = Math.floor((texts.length - offset) / rows);
  const seen = new Set<string>();
  const taken: string[] = [];
  const lengths: number[] = [];
  for (let at = offset; at < texts.length && taken.length < rows; at++) {
    if (at < offset + taken.length * step) continue;
    const { ids } = tokenize(texts[at]!);
    const key = ids.join();
    if (texts[at] === '' || seen.has(key)) continue;
    seen.add(key);
    taken.push(texts[at]!);
    lengths.push(ids.length);
  }
  if (taken.length < rows) throw new EmbedError(`Cannot take ${rows} texts: only ${taken.length} are left after empty and equal ones`);
  return { texts: taken, lengths, tokens: lengths.reduce((sum, length) => sum + length, 0) };
}

/** Samples a set and writes its files into `folder`. */
export function makeSet(name: string, path: string, { folder, ...sample }: Sample & { folder: string }): TextSet {
  const sampled = sampleTexts(readTexts(path), sample);
  const base = join(folder, name.replaceAll(' ', '-'));
  writeFileSync(`${base}.txt`, sampled.texts.map((text) => `${text}\n`).join(''));
  writeJsonl(`${base}.jsonl`, sampled.texts);
  return { name, ...sampled, txtPath: `${base}.txt`, jsonlPath: `${base}.jsonl` };
}

/** Writes each text as a JSON string. */
export function writeJsonl(path: string, texts: readonly string[]): void {
  writeFileSync(path, texts.map((text) => `${JSON.stringify(text)}\n`).join(''));
}

/** "3,000 texts, 76,123 tokens: 25.4 each, 4 to 120". */
export function describeSet({ texts, lengths, tokens }: TextSet): string {
  const [shortest, longest] = lengths.reduce(([low, high], length) => [Math.min(low, length), Math.max(high, length)], [Infinity, 0]);
  const each = (tokens / texts.length).toFixed(1);
  return `${texts.length.toLocaleString('en')} texts, ${tokens.toLocaleString('en')} tokens: ${each} each, ${shortest} to ${longest}`;
}
