import { closeSync, fsyncSync, ftruncateSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { CliError } from '../errors.ts';
import { hashFile } from '../io.ts';
import { fileBytes, manifestPath, ROWS_PER_OFFSET, setPaths, type Counts, type Manifest } from './manifest.ts';
import type { Matrix } from './matrix.ts';
import { NPY_HEADER_BYTES, npyHeader } from './npy.ts';

/** What a journal line records: everything up to here is on disk. */
export type Commit = { counts: Counts; vectorBytes: number; rowsBytes: number; rowOffsets: number[]; digest: string };

/**
 * Writes a set window by window. Nothing has its final name before `finish`; after each `commit` what was written so
 * far is on disk and in the journal, so that a killed run can go on from there.
 */
export type SetWriter = {
  /** The last commit of an earlier, killed run with the same key, where there is one. */
  resumed: Commit | undefined;
  /** Appends a window: one row of vectors and one JSON line each. `digest` stands for the input consumed so far. */
  commit(window: { vectors: Matrix; lines: readonly string[]; counts: Counts; digest: string }): void;
  /** Gives the files their names, the manifest last. */
  finish(manifest: Omit<Manifest, 'vectors' | 'rows' | 'rowOffsets'>): Promise<Manifest>;
  /** Closes the files. Parts stay where a journal tells what is in them, else they go. Returns the rows kept. */
  abandon(): number;
};

/**
 * @param key what must be equal for a later run to continue this one; undefined where the input cannot be read twice
 * @param resume a commit to continue from, as `findCommit` gave it
 */
export function openSetWriter(
  npyPath: string,
  { dims, key, resume }: { dims: number; key: string | undefined; resume?: Commit | undefined },
): SetWriter {
  const paths = setPaths(npyPath);
  const parts = { vectors: `${paths.vectors}.part`, rows: `${paths.rows}.part` };
  const flags = resume ? 'r+' : 'w';
  const vectors = openPart(parts.vectors, flags);
  const rows = openPart(parts.rows, flags);
  const journal = key === undefined ? undefined : openPart(paths.journal, resume ? 'a' : 'w');
  const at = { vectors: NPY_HEADER_BYTES, rows: 0 };
  let rowOffsets: number[] = [];
  let rowCount = 0;

  if (resume) {
    ftruncateSync(vectors, resume.vectorBytes);
    ftruncateSync(rows, resume.rowsBytes);
    at.vectors = resume.vectorBytes;
    at.rows = resume.rowsBytes;
    rowOffsets = [...resume.rowOffsets];
    rowCount = resume.counts.rows;
  } else {
    writeSync(vectors, new Uint8Array(NPY_HEADER_BYTES), 0, NPY_HEADER_BYTES, 0);
    if (journal !== undefined) writeSync(journal, `${JSON.stringify({ key })}\n`);
  }

  let open = true;
  const close = (): void => {
    if (open) for (const file of [vectors, rows, journal]) if (file !== undefined) closeSync(file);
    open = false;
  };
  return {
    resumed: resume,
    commit({ vectors: matrix, lines, counts, digest }) {
      const bytes = new Uint8Array(matrix.data.buffer, matrix.data.byteOffset, matrix.data.byteLength);
      append(vectors, bytes, at.vectors, parts.vectors);
      at.vectors += bytes.length;
      const encoded = lines.map((line) => Buffer.from(`${line}\n`));
      const offsets: number[] = [];
      let offset = at.rows;
      for (const line of encoded) {
        if (rowCount++ % ROWS_PER_OFFSET === 0) offsets.push(offset);
        offset += line.length;
      }
      const text = Buffer.concat(encoded);
      append(rows, text, at.rows, parts.rows);
      at.rows = offset;
      rowOffsets.push(...offsets);
      if (journal === undefined) return;
      fsyncSync(vectors);
      fsyncSync(rows);
      const commit: Commit = { counts, vectorBytes: at.vectors, rowsBytes: at.rows, rowOffsets: offsets, digest };
      writeSync(journal, `${JSON.stringify(commit)}\n`);
      fsyncSync(journal);
    },
    async finish(manifest) {
      const header = npyHeader({ rows: manifest.counts.rows, cols: dims });
      append(vectors, header, 0, parts.vectors);
      for (const file of [vectors, rows]) fsyncSync(file);
      close();
      const whole: Manifest = {
        ...manifest,
        vectors: { path: manifestPath(paths.vectors, npyPath), bytes: at.vectors, hash: await hashFile(parts.vectors) },
        rows: { path: manifestPath(paths.rows, npyPath), bytes: at.rows, hash: await hashFile(parts.rows) },
        rowOffsets,
      };
      const manifestPart = `${paths.manifest}.part`;
      const file = openPart(manifestPart, 'w');
      append(file, Buffer.from(`${JSON.stringify(whole)}\n`), 0, manifestPart);
      fsyncSync(file);
      closeSync(file);
      renameSync(parts.vectors, paths.vectors);
      renameSync(parts.rows, paths.rows);
      renameSync(manifestPart, paths.manifest);
      rmSync(paths.journal, { force: true });
      return whole;
    },
    abandon() {
      close();
      if (journal !== undefined && rowCount > 0) return rowCount;
      for (const path of [parts.vectors, parts.rows, paths.journal]) rmSync(path, { force: true });
      return 0;
    },
  };
}

/** The last whole commit of a killed run with this key; undefined where there is nothing to go on from. */
export function findCommit(npyPath: string, key: string): Commit | undefined {
  const paths = setPaths(npyPath);
  let lines: string[];
  try {
    lines = readFileSync(paths.journal, 'utf8').split('\n').slice(0, -1);
  } catch {
    return undefined;
  }
  try {
    const [head, ...commits] = lines.map((line) => JSON.parse(line) as Commit & { key?: string });
    const last = commits.at(-1);
    if (head?.key !== key || !last) return undefined;
    if (fileBytes(`${paths.vectors}.part`) < last.vectorBytes || fileBytes(`${paths.rows}.part`) < last.rowsBytes) return undefined;
    return { ...last, rowOffsets: commits.flatMap((commit) => commit.rowOffsets) };
  } catch {
    // a torn last line: whoever wrote it died in the middle, and the run starts over
    return undefined;
  }
}

function openPart(path: string, flags: string): number {
  try {
    return openSync(path, flags);
  } catch (cause) {
    throw new CliError(`Cannot write ${path.replace(/\.part$/, '')}: ${(cause as Error).message}`, {
      hint: 'Choose a folder that exists and that you may write to, with -o',
      cause,
    });
  }
}

function append(file: number, bytes: Uint8Array, position: number, path: string): void {
  try {
    for (let done = 0; done < bytes.length;) done += writeSync(file, bytes, done, bytes.length - done, position + done);
  } catch (cause) {
    throw new CliError(`Cannot write ${path}: ${(cause as Error).message}`, {
      hint: 'Make room on the disk and run the same command again; it goes on where it stopped',
      cause,
    });
  }
}
