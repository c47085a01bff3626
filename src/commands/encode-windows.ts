import { createHash, type Hash } from 'node:crypto';
import type { Row } from '../input/corpus.ts';
import { orStopped } from '../io.ts';
import type { Encoder, ReadText } from '../model/encoder.ts';
import { addRead, isBlank } from '../model/reading.ts';
import { groupWindows } from '../model/windows.ts';
import { noCounts, type Counts } from '../vectors/manifest.ts';
import type { Matrix } from '../vectors/matrix.ts';
import type { Commit } from '../vectors/set-writer.ts';

/** A row with what the model read of it. */
export type EncodedRow = Row & { read: ReadText; tokens: number };

/** A window that is ready to be written. `counts` and `digest` cover the input from its beginning to the window's end. */
export type Window = { rows: EncodedRow[]; blankRows: number[]; vectors: Matrix; counts: Counts; digest: string };

/** How far a run is: rows read and encoded, tokens encoded, and whether the input has ended. */
export type Position = { rowsRead: number; rowsDone: number; tokens: number; ended: boolean };

export type StreamOptions = {
  encoder: Encoder;
  signal: AbortSignal;
  /** Rows up to this commit are read past, not encoded. */
  resume: Commit | undefined;
  write: (window: Window) => Promise<void>;
  onProgress: (position: Position) => void;
};

/**
 * Streams a corpus through the encoder. While one window is computed, the next is read and tokenised; windows are
 * written in input order. Ends at once, with an error, when `signal` aborts.
 */
export async function encodeWindows(
  corpus: AsyncIterable<Row[]>,
  { encoder, signal, resume, write, onProgress }: StreamOptions,
): Promise<Counts> {
  const position: Position = { rowsRead: resume?.counts.rows ?? 0, rowsDone: resume?.counts.rows ?? 0, tokens: 0, ended: false };
  const digest = createHash('sha256');
  let counts = resume?.counts ?? noCounts();

  async function* readRows(): AsyncGenerator<EncodedRow[]> {
    let skip = resume?.counts.rows ?? 0;
    for await (const batch of corpus) {
      for (const row of batch.slice(0, skip)) digestRow(digest, row);
      const fresh = batch.slice(skip);
      skip = Math.max(0, skip - batch.length);
      position.rowsRead += fresh.length;
      yield fresh.map((row) => {
        const read = encoder.read(row.text);
        return { ...row, read, tokens: read.ids.length };
      });
    }
    position.ended = true;
  }

  const windows = groupWindows(readRows());
  // reading a pipe can wait forever; a stop must not
  const nextWindow = (): Promise<IteratorResult<EncodedRow[]>> => orStopped(windows.next(), signal);
  const pending: Promise<Window>[] = [];
  const writeFirst = async (): Promise<void> => {
    const window = await orStopped(pending.shift()!, signal);
    await write(window);
    position.rowsDone = window.counts.rows;
  };
  for (let next = await nextWindow(); !next.done; next = await nextWindow()) {
    const rows = next.value;
    const firstRow = counts.rows;
    const blankRows = rows.flatMap(({ text }, at) => (isBlank(text) ? [firstRow + at] : []));
    counts = rows.reduce(addRead, counts);
    for (const row of rows) digestRow(digest, row);
    const until = { counts, digest: digest.copy().digest('hex') };
    const texts = rows.map((row) => row.read);
    const encoded = encoder.encode(texts, (done, tokens) => {
      position.rowsDone += done;
      position.tokens += tokens;
      onProgress(position);
    });
    const window = encoded.then((vectors) => ({ rows, blankRows, vectors, ...until }));
    window.catch(() => {});
    pending.push(window);
    if (pending.length > 1) await writeFirst();
  }
  while (pending.length > 0) await writeFirst();
  return counts;
}

/** Whether a corpus still begins with the rows that an earlier run has written. */
export async function beginsWith(corpus: AsyncIterable<Row[]>, commit: Commit): Promise<boolean> {
  const digest = createHash('sha256');
  let rows = 0;
  for await (const batch of corpus) {
    for (const row of batch) {
      digestRow(digest, row);
      if (++rows === commit.counts.rows) return digest.digest('hex') === commit.digest;
    }
  }
  return false;
}

function digestRow(digest: Hash, { id, text, fields }: Row): void {
  digest.update(JSON.stringify([id, text, fields]));
}
