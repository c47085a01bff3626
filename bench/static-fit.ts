import { closeSync, openSync, readdirSync, writeFileSync, writeSync } from 'node:fs';
import { basename, join } from 'node:path';
import { EmbedError } from '../src/errors.ts';
import { npyHeader } from '../src/vectors/npy.ts';
import { table, whole } from './markdown.ts';
import { runWatched, type WatchedRun } from './search-program.ts';
import { seededRandom, shuffled } from './seeded.ts';
import { readTexts } from './text-sets.ts';

/** How long `embed distill` takes, and the lines it is measured with. */

const TEACHER_DIMS = 384;
const ASKED = { seconds: 300, megabytes: 2000 };

type Fit = { lines: number; vocabulary: number; seconds: number; megabytes: number };

export function runEmbed(...args: string[]): Promise<WatchedRun> {
  return runWatched(process.execPath, ['bin/embed.js', ...args]);
}

/** The vectors are drawn at random: neither time nor memory depends on what they say. */
export async function measureFit(
  train: string,
  { lines, vocabulary, folder }: { lines: number; vocabulary: number; folder: string },
  note: (text: string) => void,
): Promise<Fit | undefined> {
  console.log(`fitting ${lines} lines`);
  const names = readdirSync(train).filter((name) => /\.(txt|tsv)\.gz$/.test(name));
  const vectors = join(folder, 'fit.npy');
  const asked = ['--teacher', 'minilm', '--vocab', String(vocabulary), '--dims', '256', '--precision', 'int8'];
  try {
    const all = takeLines(
      names.map((name) => join(train, name)),
      lines,
    );
    const texts = writeLines(join(folder, 'fit.txt'), all);
    writeUnitVectors(vectors, lines);
    const { seconds, megabytes } = await runEmbed('distill', vectors, '--texts', texts, ...asked, '-o', join(folder, 'fitted'));
    // of kilobytes that are 1,024 bytes
    return { lines, vocabulary, seconds, megabytes: megabytes * 1.024 };
  } catch (error) {
    // minutes of other figures are not lost for it
    note(`Left out: the fit. ${(error as Error).message}`);
    return undefined;
  }
}

export function fitTable({ lines, vocabulary, seconds, megabytes }: Fit): string {
  return [
    `\`embed distill\` with the teacher's vectors at hand (random ones, of ${TEACHER_DIMS} dims), a vocabulary of ${whole(vocabulary)} learned, ` +
      `256 dims, int8; once. Asked: ${ASKED.seconds} s and ${whole(ASKED.megabytes)} MB at most, for 1,000,000 lines and 80,000 tokens.`,
    table(['lines', 'seconds', 'memory, MB'], [[whole(lines), seconds.toFixed(1), whole(megabytes)]]),
  ].join('\n\n');
}

/** Unit vectors of uniform directions, nearly: of numbers that are uniform themselves. */
function writeUnitVectors(path: string, rows: number): void {
  const random = seededRandom(7);
  const block = new Float32Array(1024 * TEACHER_DIMS);
  const descriptor = openSync(path, 'w');
  writeSync(descriptor, npyHeader({ rows, cols: TEACHER_DIMS }));
  for (let first = 0; first < rows; first += 1024) {
    for (let start = 0; start < block.length; start += TEACHER_DIMS) {
      let square = 0;
      for (let at = start; at < start + TEACHER_DIMS; at++) {
        block[at] = random() - 0.5;
        square += block[at]! ** 2;
      }
      for (let at = start; at < start + TEACHER_DIMS; at++) block[at] = block[at]! / Math.sqrt(square);
    }
    writeSync(descriptor, new Uint8Array(block.buffer, 0, Math.min(1024, rows - first) * TEACHER_DIMS * 4));
  }
  closeSync(descriptor);
}

/** So many different lines of files, shuffled; of abstracts, their sentences. */
export function takeLines(paths: readonly string[], count: number): string[] {
  const lines = new Set<string>();
  for (const path of paths) {
    for (const text of readTexts(path)) {
      const parts = basename(path).includes('papers') ? text.split(/(?<=[.!?]) +(?=[A-Z])/) : [text];
      for (const part of parts) lines.add(part.split(/\s+/).join(' ').trim());
    }
  }
  lines.delete('');
  if (lines.size < count) throw new EmbedError(`Cannot take ${whole(count)} lines: there are ${whole(lines.size)} different ones`);
  return shuffled([...lines], seededRandom(3)).slice(0, count);
}

export function writeLines(path: string, lines: readonly string[]): string {
  writeFileSync(path, lines.map((line) => `${line}\n`).join(''));
  return path;
}
