import { join } from 'node:path';
import { readFiles, type CorpusOptions } from '../input/corpus.ts';
import { changedWhileRead, openSource, type Source } from '../input/source.ts';
import { orStopped, yieldToEvents } from '../io.ts';
import type { RowsFile, SetRow } from '../vectors/rows-file.ts';
import { writeTemporaryRows } from '../vectors/temporary-rows.ts';
import type { CorpusPart } from './opened-input.ts';
import { rowObject } from './row-object.ts';
import type { KnownTexts } from './row-texts.ts';
import type { Run } from './run.ts';

/**
 * A file of a corpus that is not encoded. Its rows and its hash are told to `part` when it has been read once; a pipe is read again from a
 * copy, which cannot change.
 */
export type TextFile = { part: CorpusPart; options: CorpusOptions; source: Source; copied: boolean };

type CorpusTexts = {
  mayBeEmpty: boolean;
  run: Run;
  /** The folder of a file with the rows, asked for only where it is needed. */
  folder: () => string;
  /** Told the rows that the first scan has read, and the share of all bytes, where that is known. */
  onRead?: ((rows: number, fraction: number | undefined) => void) | undefined;
};

/** Rows that are picked out of the files while these are read again; more are stored, so that each is found at once. */
const MAX_PICKED = 1024;

/** The model read all of each row, because there is none. */
const WHOLE = { lost: 0, unknown: 0 };

/**
 * Texts of a corpus that is not encoded. The first scan reads it and says what is to be noted; nothing is kept of it. Whoever asks for rows
 * has the files read again: once for the few rows that a report on the screen shows, or once for all, which are stored in a file.
 */
export function corpusTexts(files: readonly TextFile[], { mayBeEmpty, run, folder, onRead }: CorpusTexts): KnownTexts & { close(): void } {
  let first = true;
  let stored: Promise<RowsFile> | undefined;

  async function* scan(): AsyncGenerator<SetRow[]> {
    const isFirst = first;
    first = false;
    const sources = isFirst ? files.map(({ source }) => source) : files.map(({ part }) => openSource(part.path, run));
    let rows = 0;
    const opened = files.map(({ options }, at) => ({ source: sources[at]!, options }));
    let at = 0;
    const onFile = (count: number): void => {
      const { part, copied } = files[at]!;
      const hash = copied ? undefined : sources[at]!.hash();
      at++;
      if (isFirst) Object.assign(part, { rows: count, hash });
      else if (part.hash !== hash) throw changedWhileRead(part.path, 'report the rows');
    };
    const batches = readFiles(opened, isFirst ? run.note : undefined, { mayBeEmpty, onFile });
    // reading a pipe can wait forever; a stop must not
    for (let batch = await orStopped(batches.next(), run.signal); !batch.done; batch = await orStopped(batches.next(), run.signal)) {
      rows += batch.value.length;
      if (isFirst) onRead?.(rows, fractionRead(sources));
      yield batch.value.map((row) => rowObject(row, { read: WHOLE, withText: true }));
      await yieldToEvents(run.signal);
    }
  }

  async function pick(wanted: ReadonlySet<number>): Promise<Map<number, SetRow>> {
    const found = new Map<number, SetRow>();
    let row = 0;
    // to the end, where it shows whether these are the files that were judged
    for await (const batch of scan()) for (const value of batch) if (wanted.has(row++)) found.set(row - 1, value);
    return found;
  }

  async function store(): Promise<RowsFile> {
    const writer = writeTemporaryRows(join(folder(), 'rows'));
    try {
      for await (const batch of scan()) writer.add(batch);
      return writer.finish();
    } catch (error) {
      writer.abandon();
      throw error;
    }
  }

  return {
    known: true,
    scan,
    async get(rows) {
      const wanted = new Set(rows);
      if (wanted.size === 0) return new Map();
      if (!stored && wanted.size <= MAX_PICKED) return pick(wanted);
      stored ??= store();
      return (await stored).get(wanted);
    },
    close: () => void stored?.then((file) => file.close()).catch(() => {}),
  };
}

/** Undefined for pipes. */
function fractionRead(sources: readonly Source[]): number | undefined {
  let [read, size] = [0, 0];
  for (const source of sources) {
    if (source.size === undefined) return undefined;
    read += source.bytesRead();
    size += source.size;
  }
  return size === 0 ? undefined : Math.min(1, read / size);
}
