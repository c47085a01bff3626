import { readCorpus, type CorpusOptions } from '../../src/input/corpus.ts';
import type { Format } from '../../src/input/formats.ts';
import type { Source } from '../../src/input/source.ts';
import { corpusOptions, DEFAULT_READING } from '../../src/sets/flags.ts';

/** Bytes cut into pieces at some places, none of them empty. */
export function cutAt(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).toSorted((a, b) => a - b), bytes.length];
  return places
    .slice(1)
    .map((end, at) => Buffer.from(bytes.subarray(places[at], end)))
    .filter((piece) => piece.length > 0);
}

/** A source that gives these chunks. */
export function sourceOf(chunks: readonly Buffer[], name = 'x'): Source {
  async function* all(): AsyncGenerator<Buffer> {
    yield* chunks;
  }
  return { name, size: undefined, bytesRead: () => 0, hash: () => '', chunks: all() };
}

/** How a file is read where no option says otherwise, but for these. */
export function optionsFor(format: Format, more: Partial<CorpusOptions> = {}): CorpusOptions {
  return { ...corpusOptions(DEFAULT_READING, { format, label: 'x' }), ...more };
}

export type ReadAs = { rows: { line: number; text: string; fields: unknown }[]; notes: string[] };

/** Reads bytes, in these pieces, as a corpus of a format. */
export async function readAs(
  bytes: Buffer | string,
  format: Format,
  { cuts = [], ...more }: Partial<CorpusOptions> & { cuts?: readonly number[] } = {},
): Promise<ReadAs> {
  const options = optionsFor(format, more);
  const read: ReadAs = { rows: [], notes: [] };
  const source = sourceOf(cutAt(Buffer.from(bytes), cuts));
  for await (const batch of readCorpus(source, options, (note) => read.notes.push(note))) {
    read.rows.push(...batch.map(({ line, text, fields }) => ({ line, text, fields })));
  }
  return read;
}

/** The texts alone. */
export async function textsOf(...args: Parameters<typeof readAs>): Promise<string[]> {
  return (await readAs(...args)).rows.map(({ text }) => text);
}
