import { createHash, type Hash } from 'node:crypto';
import type { Row } from '../input/corpus.ts';
import { EmbedError } from '../errors.ts';
import { orStopped, yieldToEvents } from '../io.ts';
import type { Encoder, KnownVectors } from '../model/encoder.ts';
import { addRead, type Reading } from '../model/reading/reading.ts';
import { isBlank } from '../text.ts';
import { noCounts, type Counts } from '../vectors/manifest.ts';
import type { Matrix } from '../vectors/matrix.ts';
import type { Commit } from '../vectors/journal.ts';
import { groupWindows } from './windows.ts';

/**
 * A window that is ready to be written. `reads` says how much the model read of each row. `counts` and `digest` cover the input from
 * its beginning to the end of the window.
 */
export type Window = {
  rows: readonly Row[];
  reads: readonly Reading[];
  blankRows: number[];
  vectors: Matrix;
  counts: Counts;
  digest: string;
};

/** How far a run is: rows read and encoded, tokens encoded, and whether the input has ended. */
export type Position = { rowsRead: number; rowsDone: number; tokens: number; ended: boolean };

export type StreamOptions = {
  encoder: Encoder;
  /** The name of its model, for errors. */
  model: string;
  /** Vectors that need not be computed again. */
  known?: KnownVectors | undefined;
  signal: AbortSignal;
  /** Rows up to this commit are read, but not encoded again. */
  resume: Commit | undefined;
  /** Gets the rows of each window when they are read, before they are encoded. */
  onWindow: (rows: readonly Row[]) => void;
  write: (window: Window) => Promise<void>;
  onProgress: (position: Position) => void;
};

/**
 * Streams a corpus through the encoder. While one window is computed, the next is read and prepared; windows are
 * written in input order. Returns the counts of all rows. Throws at once when `signal` aborts.
 */
export async function encodeWindows(
  corpus: AsyncIterable<Row[]>,
  { encoder, model, known, signal, resume, onWindow, write, onProgress }: StreamOptions,
): Promise<Counts> {
  const position: Position = { rowsRead: resume?.counts.rows ?? 0, rowsDone: resume?.counts.rows ?? 0, tokens: 0, ended: false };
  const digest = createHash('sha256');
  let counts = resume?.counts ?? noCounts();

  async function* readRows(): AsyncGenerator<Row[]> {
    let skip = resume?.counts.rows ?? 0;
    for await (const batch of corpus) {
      digestRows(digest, batch.slice(0, skip));
      const fresh = batch.slice(skip);
      skip = Math.max(0, skip - batch.length);
      position.rowsRead += fresh.length;
      yield fresh;
    }
    position.ended = true;
  }

  const windows = groupWindows(readRows(), encoder.window, { pause: () => yieldToEvents(signal) });
  // reading a pipe can wait forever; a stop must not
  const nextWindow = (): Promise<IteratorResult<Row[]>> => orStopped(windows.next(), signal);
  const onBatch = (done: number, tokens: number): void => {
    position.rowsDone += done;
    position.tokens += tokens;
    onProgress(position);
  };
  const pending: Promise<Omit<Window, 'blankRows' | 'counts'>>[] = [];
  const writeFirst = async (): Promise<void> => {
    const { rows, reads, ...window } = await orStopped(pending.shift()!, signal);
    assertFinite(window.vectors, rows, { first: counts.rows, model });
    const blankRows: number[] = [];
    rows.forEach(({ text }, at) => {
      if (isBlank(text)) blankRows.push(counts.rows);
      counts = addRead(counts, { text, read: reads[at]! });
    });
    await write({ ...window, rows, reads, blankRows, counts });
    position.rowsDone = counts.rows;
  };
  for (let next = await nextWindow(); !next.done; next = await nextWindow()) {
    const rows = next.value;
    onWindow(rows);
    digestRows(digest, rows);
    const until = digest.copy().digest('hex');
    const texts = rows.map(({ text }) => text);
    const window = encoder.encode(texts, onBatch, known).then((encoded) => ({ rows, ...encoded, digest: until }));
    window.catch(() => {});
    pending.push(window);
    if (pending.length > 1) await writeFirst();
  }
  while (pending.length > 0) await writeFirst();
  return counts;
}

/** Refuses vectors that are not numbers: nothing can be compared with them. `first` is the row number of the first. */
function assertFinite({ data, cols }: Matrix, rows: readonly Row[], { first, model }: { first: number; model: string }): void {
  for (let row = 0; row < rows.length; row++) {
    let sum = 0;
    for (let at = row * cols; at < (row + 1) * cols; at++) sum += data[at]!;
    // in double precision, the sum of finite floats is finite
    if (Number.isFinite(sum)) continue;
    const value = data.subarray(row * cols, (row + 1) * cols).find((one) => !Number.isFinite(one));
    throw new EmbedError(`Cannot encode row ${first + row} (${rows[row]!.id}): the model ${model} gives a vector that holds ${value}`, {
      hint: 'The weights of the model are damaged, or its precision is too small for this text: verify the model, or name another with --model',
    });
  }
}

/** Whether a corpus still begins with the rows that an earlier run has written. */
export async function beginsWith(corpus: AsyncIterable<Row[]>, commit: Commit): Promise<boolean> {
  const digest = createHash('sha256');
  let rows = 0;
  for await (const batch of corpus) {
    digestRows(digest, batch.slice(0, commit.counts.rows - rows));
    rows += batch.length;
    if (rows >= commit.counts.rows) return digest.digest('hex') === commit.digest;
  }
  return false;
}

/** Adds rows to the digest in one call: a call costs more than hashing a row. */
function digestRows(digest: Hash, rows: readonly Row[]): void {
  digest.update(rows.map(({ id, text, fields }) => JSON.stringify([id, text, fields])).join(''));
}
