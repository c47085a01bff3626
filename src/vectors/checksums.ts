import { crc32 } from 'node:zlib';
import { EmbedError } from '../errors.ts';
import { ROWS_PER_OFFSET } from './manifest.ts';
import type { NpyFile } from './npy.ts';

/** CRC-32 of each group of 256 rows, as the rows come. */
export type GroupChecksums = {
  /** Takes bytes of rows that are all in one group; `closes` says whether they are its last. */
  add(bytes: Uint8Array, closes: boolean): void;
  /** Those of whole groups since the last call. */
  take(): number[];
  /** That of the group that is not whole yet. */
  open(): number;
};

/** @param open that of the group in which an earlier run has stopped */
export function groupChecksums(open = 0): GroupChecksums {
  let running = open;
  let whole: number[] = [];
  return {
    add(bytes, closes) {
      running = crc32(bytes, running);
      if (!closes) return;
      whole.push(running);
      running = 0;
    },
    take() {
      const taken = whole;
      whole = [];
      return taken;
    },
    open: () => running,
  };
}

/**
 * Lets the vectors of a set be read only where they are what was written: each group of 256 rows is compared with its checksum when it
 * is read for the first time. The bytes of a row that is read alone are checked with its whole group.
 */
export function checkedVectors(file: NpyFile, checksums: readonly number[]): NpyFile {
  const checked = new Uint8Array(checksums.length);
  let group: Uint8Array | undefined;
  const check = (at: number, bytes: Uint8Array): void => {
    if (crc32(bytes) !== checksums[at]) throw damaged(file.path, { first: at * ROWS_PER_OFFSET, rows: file.rows });
    checked[at] = 1;
  };
  /** Checks the groups of rows that have just been read. */
  const checkRead = (first: number, count: number, bytes: Uint8Array): void => {
    for (let at = Math.floor(first / ROWS_PER_OFFSET); at * ROWS_PER_OFFSET < first + count; at++) {
      if (checked[at]) continue;
      const begin = at * ROWS_PER_OFFSET;
      const end = Math.min(begin + ROWS_PER_OFFSET, file.rows);
      if (begin >= first && end <= first + count) {
        check(at, bytes.subarray((begin - first) * file.rowBytes, (end - first) * file.rowBytes));
        continue;
      }
      group ??= new Uint8Array(ROWS_PER_OFFSET * file.rowBytes);
      const whole = group.subarray(0, (end - begin) * file.rowBytes);
      file.readBytes(begin, whole);
      check(at, whole);
    }
  };
  return {
    ...file,
    read(first, into) {
      const count = file.read(first, into);
      checkRead(first, count, new Uint8Array(into.buffer, into.byteOffset, count * file.rowBytes));
      return count;
    },
    readBytes(first, into) {
      file.readBytes(first, into);
      checkRead(first, Math.floor(into.length / file.rowBytes), into);
    },
  };
}

/** Checks a group of lines of the rows file. `rows` is the number of all rows. */
export function assertWhole(
  bytes: Uint8Array,
  group: number,
  { path, checksum, rows }: { path: string; checksum: number | undefined; rows: number },
): void {
  if (crc32(bytes) !== checksum) throw damaged(path, { first: group * ROWS_PER_OFFSET, rows });
}

function damaged(path: string, { first, rows }: { first: number; rows: number }): EmbedError {
  return new EmbedError(
    `Cannot use ${path}: rows ${first} to ${Math.min(first + ROWS_PER_OFFSET, rows) - 1} are not what embed has written there`,
    {
      hint: `Restore the file, or encode the corpus again with --overwrite`,
    },
  );
}
