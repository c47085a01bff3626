import { fsyncSync, ftruncateSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { EmbedError } from '../errors.ts';
import { hashFile, isRunning, probeFile } from '../files/disk.ts';
import { openPartFile } from '../files/part-file.ts';
import { fileBytes, journalPath, manifestPath, ROWS_PER_OFFSET, setPaths, type Counts, type Manifest } from './manifest.ts';
import type { Matrix } from './matrix.ts';
import { NPY_HEADER_BYTES, npyHeader } from './npy.ts';

/** A line of the journal: states that everything up to these lengths is on disk. */
export type Commit = { counts: Counts; vectorBytes: number; rowsBytes: number; rowOffsets: number[]; blankRows: number[]; digest: string };

/** A commit to resume from, and how many bytes of the journal are complete lines. */
export type Resume = Commit & { journalBytes: number };

/**
 * Writes a set window by window. No file has its final name before `finish`. After each `commit`, everything written so far
 * is on disk and in the journal, so that a killed run can be resumed from there.
 */
export type SetWriter = {
  /** Appends a window: one vector and one JSON line per row. `digest` identifies the input that was read so far. */
  commit(window: { vectors: Matrix; lines: readonly string[]; blankRows: readonly number[]; counts: Counts; digest: string }): void;
  /** Gives the files their names, the manifest last. */
  finish(manifest: Omit<Manifest, 'vectors' | 'rows' | 'rowOffsets' | 'blankRows'>): Promise<void>;
  /** Closes the files. Keeps the parts where a later run can resume from them, else deletes them. Returns the number of rows kept. */
  abandon(): number;
};

/**
 * Opens the files of a set for writing.
 *
 * @param key a later run may resume this one only with the same key; undefined where the input cannot be read twice
 * @param resume a commit to resume from, as `findCommit` returned it
 * @throws EmbedError where another run is writing this set
 */
export function openSetWriter(
  npyPath: string,
  { dims, key, resume }: { dims: number; key: string | undefined; resume?: Resume | undefined },
): SetWriter {
  const paths = setPaths(npyPath);
  const flags = resume ? 'r+' : 'w';
  assertAlone(npyPath);
  const vectors = openPartFile(`${paths.vectors}.part`, flags);
  const rows = openPartFile(`${paths.rows}.part`, flags);
  const journal = openPartFile(journalPath(npyPath), flags);
  const at = { vectors: resume?.vectorBytes ?? NPY_HEADER_BYTES, rows: resume?.rowsBytes ?? 0, journal: resume?.journalBytes ?? 0 };
  const rowOffsets = [...(resume?.rowOffsets ?? [])];
  const allBlank = [...(resume?.blankRows ?? [])];
  let rowCount = resume?.counts.rows ?? 0;

  const note = (entry: object): void => {
    const line = Buffer.from(`${JSON.stringify(entry)}\n`);
    journal.write(line, at.journal);
    at.journal += line.length;
    if (key !== undefined) fsyncSync(journal.descriptor);
  };
  const close = (): void => {
    for (const file of [vectors, rows, journal]) file.close();
  };
  if (resume) {
    ftruncateSync(vectors.descriptor, at.vectors);
    ftruncateSync(rows.descriptor, at.rows);
    ftruncateSync(journal.descriptor, at.journal);
  } else {
    vectors.write(new Uint8Array(NPY_HEADER_BYTES), 0);
    note({ key: key ?? null });
  }
  note({ writer: process.pid });

  return {
    commit({ vectors: matrix, lines, blankRows, counts, digest }) {
      const bytes = new Uint8Array(matrix.data.buffer, matrix.data.byteOffset, matrix.data.byteLength);
      vectors.write(bytes, at.vectors);
      at.vectors += bytes.length;
      const offsets: number[] = [];
      for (let first = 0; first < lines.length;) {
        // up to the next row whose offset is stored
        const last = Math.min(lines.length, first + ROWS_PER_OFFSET - (rowCount % ROWS_PER_OFFSET));
        if (rowCount % ROWS_PER_OFFSET === 0) offsets.push(at.rows);
        const encoded = Buffer.from(`${lines.slice(first, last).join('\n')}\n`);
        rows.write(encoded, at.rows);
        at.rows += encoded.length;
        rowCount += last - first;
        first = last;
      }
      rowOffsets.push(...offsets);
      allBlank.push(...blankRows);
      if (key === undefined) return;
      for (const file of [vectors, rows]) fsyncSync(file.descriptor);
      note({
        counts,
        vectorBytes: at.vectors,
        rowsBytes: at.rows,
        rowOffsets: offsets,
        blankRows: [...blankRows],
        digest,
      } satisfies Commit);
    },
    async finish(manifest) {
      vectors.write(npyHeader({ rows: manifest.counts.rows, cols: dims }), 0);
      for (const file of [vectors, rows]) fsyncSync(file.descriptor);
      close();
      const whole: Manifest = {
        ...manifest,
        vectors: { ...(await stampOf(vectors.path)), path: manifestPath(paths.vectors, npyPath) },
        rows: { ...(await stampOf(rows.path)), path: manifestPath(paths.rows, npyPath) },
        blankRows: allBlank,
        rowOffsets,
      };
      const part = openPartFile(`${paths.manifest}.part`, 'w');
      part.write(Buffer.from(`${JSON.stringify(whole)}\n`), 0);
      fsyncSync(part.descriptor);
      part.close();
      renameSync(vectors.path, paths.vectors);
      renameSync(rows.path, paths.rows);
      renameSync(part.path, paths.manifest);
      rmSync(journalPath(npyPath), { force: true });
    },
    abandon() {
      close();
      if (key !== undefined && rowCount > 0) return rowCount;
      for (const path of [vectors.path, rows.path, journalPath(npyPath)]) rmSync(path, { force: true });
      return 0;
    },
  };
}

/** Refuses to write while another run is writing: each would damage the other's files. */
function assertAlone(npyPath: string): void {
  let lines: string[];
  try {
    lines = readFileSync(journalPath(npyPath), 'utf8').split('\n');
  } catch {
    return;
  }
  const writer = Number(/"writer":(\d+)/.exec(lines.findLast((line) => line.includes('"writer"')) ?? '')?.[1] ?? 0);
  if (writer === 0 || writer === process.pid || !isRunning(writer)) return;
  throw new EmbedError(`Cannot write ${npyPath}: another run of embed is writing it (process ${writer})`, {
    hint: `Wait until it ends, or name another file with -o; if there is no such run, delete ${journalPath(npyPath)}`,
  });
}

/** Path, length, hash and probe of a file, as a manifest holds them. */
export async function stampOf(path: string): Promise<Manifest['vectors']> {
  return { path, bytes: fileBytes(path), hash: await hashFile(path), probe: probeFile(path) };
}

/** The last complete commit of a killed run with this key; undefined where there is nothing to resume from. */
export function findCommit(npyPath: string, key: string): Resume | undefined {
  const paths = setPaths(npyPath);
  let lines: string[];
  try {
    // a run that was killed while writing leaves an incomplete last line
    lines = readFileSync(journalPath(npyPath), 'utf8').split('\n').slice(0, -1);
  } catch {
    return undefined;
  }
  try {
    const [head, ...entries] = lines.map((line) => JSON.parse(line) as Commit & { key?: string });
    const commits = entries.filter((entry) => entry.counts !== undefined);
    const last = commits.at(-1);
    if (head?.key !== key || !last) return undefined;
    if (fileBytes(`${paths.vectors}.part`) < last.vectorBytes || fileBytes(`${paths.rows}.part`) < last.rowsBytes) return undefined;
    const journalBytes = lines.reduce((sum, line) => sum + Buffer.byteLength(line) + 1, 0);
    return {
      ...last,
      rowOffsets: commits.flatMap((commit) => commit.rowOffsets),
      blankRows: commits.flatMap((commit) => commit.blankRows),
      journalBytes,
    };
  } catch {
    // embed did not write this journal: the run starts from the beginning
    return undefined;
  }
}
