import { createHash } from 'node:crypto';
import { fstatSync, ftruncateSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { EmbedError } from '../errors.ts';
import { hashFile, probeOpenFile, removeAtExit } from '../files/disk.ts';
import { createFile, publish, reopenFile, syncFolder, type PartFile } from '../files/part-file.ts';
import { groupChecksums } from './checksums.ts';
import { openJournal, type Commit, type JournalEnd } from './journal.ts';
import { manifestPath, ROWS_PER_OFFSET, setPaths, type Counts, type Manifest } from './manifest.ts';
import type { Matrix } from './matrix.ts';
import { NPY_HEADER_BYTES, npyHeader } from './npy.ts';
import { rowsPieces } from './rows-file.ts';
import { JOURNAL, PARTS, type SetClaim } from './work-folder.ts';

/** The commits of an earlier run that hold, and where they end in its journal. */
export type Resume = { commits: readonly Commit[]; last: Commit; end: JournalEnd };

/**
 * Writes a set window by window, in the folder of its claim. No file has its final name before `finish`. After each `commit`,
 * everything written so far is on disk and in the journal, so that a killed run can be resumed from there.
 */
export type SetWriter = {
  /** Appends a window: one vector and one JSON line per row. `digest` identifies the input that was read so far. */
  commit(window: { vectors: Matrix; lines: readonly string[]; blankRows: readonly number[]; counts: Counts; digest: string }): void;
  /** Gives the files their names, the manifest last, and releases the claim. */
  finish(manifest: Omit<Manifest, 'vectors' | 'rows' | 'rowOffsets' | 'blankRows' | 'checksums'>): Promise<void>;
  /** Closes the files and releases the claim. Keeps what a later run can resume from. Returns the number of rows kept. */
  abandon(): number;
};

/**
 * Opens the files of a set for writing.
 *
 * @param key a later run may resume this one only with the same key; undefined where the input cannot be read twice
 * @param resume what to resume from, as `findResume` returned it
 */
export function openSetWriter(
  claim: SetClaim,
  { dims, key, resume }: { dims: number; key: string | undefined; resume?: Resume | undefined },
): SetWriter {
  const { npyPath, folder } = claim;
  const paths = setPaths(npyPath);
  const last = resume?.last;
  const at = { vectors: last?.vectorBytes ?? NPY_HEADER_BYTES, rows: last?.rowsBytes ?? 0 };
  const files = openParts(claim, { resume });
  const [vectors, rows] = files;
  const journal = openJournal(files[2], resume?.end);
  const forget = key === undefined ? removeAtExit(folder) : () => {};
  const rowOffsets = (resume?.commits ?? []).flatMap((commit) => commit.rowOffsets);
  const allBlank = (resume?.commits ?? []).flatMap((commit) => commit.blankRows);
  const checksums = {
    vectors: (resume?.commits ?? []).flatMap((commit) => commit.checksums.vectors),
    rows: (resume?.commits ?? []).flatMap((commit) => commit.checksums.rows),
  };
  const groups = { vectors: groupChecksums(last?.checksums.open[0]), rows: groupChecksums(last?.checksums.open[1]) };
  let rowCount = last?.counts.rows ?? 0;

  const close = (): void => files.forEach((file) => file.close());
  if (!resume) {
    vectors.write(new Uint8Array(NPY_HEADER_BYTES), 0);
    journal.append({ key: key ?? null });
  }

  return {
    commit({ vectors: matrix, lines, blankRows, counts, digest }) {
      if (!claim.lock.isHeld()) {
        throw new EmbedError(
          `Cannot write ${npyPath}: another run of embed has taken it over, because this one did not answer for minutes`,
          {
            hint: 'Wait until that run ends',
          },
        );
      }
      const bytes = new Uint8Array(matrix.data.buffer, matrix.data.byteOffset, matrix.data.byteLength);
      const rowBytes = dims * matrix.data.BYTES_PER_ELEMENT;
      const hashes = { vectors: createHash('sha256').update(bytes), rows: createHash('sha256') };
      vectors.write(bytes, at.vectors);
      at.vectors += bytes.length;
      const offsets: number[] = [];
      for (const { bytes: encoded, first, end } of rowsPieces(lines, rowCount)) {
        if (rowCount % ROWS_PER_OFFSET === 0) offsets.push(at.rows);
        rows.write(encoded, at.rows);
        hashes.rows.update(encoded);
        at.rows += encoded.length;
        rowCount += end - first;
        const closes = rowCount % ROWS_PER_OFFSET === 0;
        groups.vectors.add(bytes.subarray(first * rowBytes, end * rowBytes), closes);
        groups.rows.add(encoded, closes);
      }
      const own = { vectors: groups.vectors.take(), rows: groups.rows.take() };
      for (const offset of offsets) rowOffsets.push(offset);
      for (const row of blankRows) allBlank.push(row);
      for (const name of ['vectors', 'rows'] as const) for (const checksum of own[name]) checksums[name].push(checksum);
      if (key === undefined) return;
      vectors.sync();
      rows.sync();
      journal.append({
        counts,
        vectorBytes: at.vectors,
        rowsBytes: at.rows,
        hashes: [hashes.vectors.digest('hex'), hashes.rows.digest('hex')],
        rowOffsets: offsets,
        blankRows: [...blankRows],
        checksums: { ...own, open: [groups.vectors.open(), groups.rows.open()] },
        digest,
      });
    },
    async finish(manifest) {
      vectors.write(npyHeader({ rows: manifest.counts.rows, cols: dims }), 0);
      vectors.sync();
      rows.sync();
      if (rowCount % ROWS_PER_OFFSET > 0) {
        checksums.vectors.push(groups.vectors.open());
        checksums.rows.push(groups.rows.open());
      }
      const whole: Manifest = {
        ...manifest,
        vectors: { path: manifestPath(paths.vectors, npyPath), ...(await stampOf(vectors)) },
        rows: { path: manifestPath(paths.rows, npyPath), ...(await stampOf(rows)) },
        blankRows: allBlank,
        rowOffsets,
        checksums,
      };
      const part = createFile(join(folder, 'manifest'), { becomes: paths.manifest });
      files.push(part);
      part.write(Buffer.from(`${JSON.stringify(whole)}\n`), 0);
      part.sync();
      // from here on, a run that is killed is finished by the next one
      journal.append({ state: 'finalising' });
      publish(vectors, paths.vectors, { replace: true });
      publish(rows, paths.rows, { replace: true });
      publish(part, paths.manifest, { replace: true });
      syncFolder(dirname(npyPath));
      close();
      claim.release();
      forget();
    },
    abandon() {
      close();
      const keep = key !== undefined && rowCount > 0;
      claim.release({ keep });
      forget();
      return keep ? rowCount : 0;
    },
  };
}

/** The files in the folder of a claim: vectors, rows, journal. */
function openParts(
  { npyPath, folder }: SetClaim,
  { resume }: { resume: Resume | undefined },
): [PartFile, PartFile, PartFile, ...PartFile[]] {
  const paths = setPaths(npyPath);
  const names = [
    ['vectors', paths.vectors, resume?.last.vectorBytes],
    ['rows', paths.rows, resume?.last.rowsBytes],
    [JOURNAL, npyPath, resume?.end.bytes],
  ] as const;
  // also where it resumes: a run may have been killed while it wrote the manifest
  for (const name of resume ? ['manifest'] : [...PARTS, JOURNAL]) rmSync(join(folder, name), { force: true });
  const opened: PartFile[] = [];
  try {
    for (const [name, becomes, bytes] of names) {
      const file = bytes === undefined ? createFile(join(folder, name), { becomes }) : reopenFile(join(folder, name), { becomes });
      opened.push(file);
      if (bytes !== undefined) ftruncateSync(file.descriptor, bytes);
    }
  } catch (error) {
    opened.forEach((file) => file.close());
    throw error;
  }
  return opened as [PartFile, PartFile, PartFile];
}

/** Length, hash and probe of a file, as a manifest holds them. */
async function stampOf({ path, descriptor }: PartFile): Promise<Omit<Manifest['vectors'], 'path'>> {
  return { bytes: fstatSync(descriptor).size, hash: await hashFile(path), probe: probeOpenFile(descriptor) };
}
