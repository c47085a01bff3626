import { createHash, type Hash } from 'node:crypto';
import type { Row } from '../input/corpus.ts';
import { orStopped } from '../io.ts';
import type { Encoder } from '../model/encoder.ts';
import { addRead, isBlank, type Reading, type ReadText } from '../model/reading.ts';
import { groupWindows } from '../model/windows.ts';
import { noCounts, type Counts } from '../vectors/manifest.ts';
import type { Matrix } from '../vectors/matrix.ts';
import type { Commit } from '../vectors/set-writer.ts';

/** A row with what the model read of it. */
export type EncodedRow = Row & { read: Reading };

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

/** A row on its way: what was read of it, unless it is read where it is encoded, and the tokens by which windows are measured. */
type PendingRow = Row & { read: ReadText | undefined; tokens: number };

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

  async function* readRows(): AsyncGenerator<PendingRow[]> {
    let skip = resume?.counts.rows ?? 0;
    for await (const batch of corpus) {
      digestRows(digest, batch.slice(0, skip));
      const fresh = batch.slice(skip);
      skip = Math.max(0, skip - batch.length);
      position.rowsRead += fresh.length;
      yield fresh.map((row) => {
        const read = encoder.encodeTexts ? undefined : encoder.read(row.text);
        return { ...row, read, tokens: read?.ids.length ?? 0 };
      });
    }
    position.ended = true;
  }

  const windows = groupWindows(readRows());
  // reading a pipe can wait forever; a stop must not
  const nextWindow = (): Promise<IteratorResult<PendingRow[]>> => orStopped(windows.next(), signal);
  const onBatch = (done: number, tokens: number): void => {
    position.rowsDone += done;
    position.tokens += tokens;
    onProgress(position);
  };
  const pending: Promise<Omit<Window, 'blankRows' | 'counts'>>[] = [];
  const writeFirst = async (): Promise<void> => {
    const { rows, ...window } = await orStopped(pending.shift()!, signal);
    const firstRow = counts.rows;
    const blankRows = rows.flatMap(({ text }, at) => (isBlank(text) ? [firstRow + at] : []));
    counts = rows.reduce(addRead, counts);
    await write({ ...window, rows, blankRows, counts });
    position.rowsDone = counts.rows;
  };
  for (let next = await nextWindow(); !next.done; next = await nextWindow()) {
    const rows = next.value;
    digestRows(digest, rows);
    const until = digest.copy().digest('hex');
    const window = encodeRows(rows, encoder, onBatch).then((encoded) => ({ ...encoded, digest: until }));
    window.catch(() => {});
    pending.push(window);
    if (pending.length > 1) await writeFirst();
  }
  while (pending.length > 0) await writeFirst();
  return counts;
}

/** The vectors of a window's rows, which are read here where they have not been read yet. */
async function encodeRows(
  rows: readonly PendingRow[],
  encoder: Encoder,
  onBatch: (rows: number, tokens: number) => void,
): Promise<Pick<Window, 'rows' | 'vectors'>> {
  if (encoder.encodeTexts) {
    const { reads, vectors } = await encoder.encodeTexts(
      rows.map(({ text }) => text),
      onBatch,
    );
    return { rows: rows.map((row, at) => ({ ...row, read: reads[at]! })), vectors };
  }
  const reads = rows.map(({ read }) => read!);
  return { rows: [...rows] as EncodedRow[], vectors: await encoder.encode(reads, onBatch) };
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

/** One call for all rows: each costs more than hashing a row. */
function digestRows(digest: Hash, rows: readonly Row[]): void {
  digest.update(rows.map(({ id, text, fields }) => JSON.stringify([id, text, fields])).join(''));
}
