import { closeSync, existsSync, fstatSync, readSync, rmSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { EmbedError } from '../errors.ts';
import { openRegularFile, probeOpenFile } from '../files/disk.ts';
import { createPart, publish } from '../files/part-file.ts';
import { readFully } from '../files/read-fully.ts';
import { array, fits, literal, object, string, whole, type Schema } from '../schema.ts';

/**
 * Identifies the 8-bit codes of a set's vectors on disk. The file begins with a header of 65,536 bytes: JSON, padded with
 * spaces, written last. Blocks follow: row numbers (int32), scales (float32) and transposed codes (int8), per column.
 */
export type CodeStamp = {
  /** Hashes of the vectors and rows that the codes were made from. */
  vectors: string;
  rows: string;
  /** Codes per row. */
  width: number;
  /** Number of rows that are compared: all rows of the set except the blank ones. */
  compared: number;
};

/** A stored block: `scales` and `rows` have one entry per column, `codes` is [width, columns]. */
export type StoredCodes = { codes: Int8Array; scales: Float32Array; rows: Int32Array; count: number };

type CodeHeader = CodeStamp & {
  format: 'embed-codes 2';
  /** With the CRC-32 of each block, which is compared when it is read. */
  blocks: { count: number; columns: number; checksum: number }[];
  bytes: number;
  zeros: number;
  probe: string;
};

const HEADER_BYTES = 65_536;

/** Writes codes block by block. The file gets its final name only when it is complete. */
export type CodeWriter = {
  write(block: StoredCodes): void;
  /**
   * @param zeros number of rows left out because their vector is all zeros
   * @returns length of the file in bytes
   */
  finish(zeros: number): number;
  abandon(): void;
};

export function openCodeWriter(path: string, stamp: CodeStamp): CodeWriter {
  // two searches may write codes at the same time: each writes its own file
  const part = createPart(path);
  let at = HEADER_BYTES;
  let checksum = 0;
  const blocks: CodeHeader['blocks'] = [];
  const append = (values: Int32Array | Float32Array | Int8Array): void => {
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    part.write(bytes, at);
    checksum = crc32(bytes, checksum);
    at += bytes.length;
  };
  return {
    write({ codes, scales, rows, count }) {
      checksum = 0;
      const numbers = new Int32Array(scales.length);
      numbers.set(rows.subarray(0, count));
      append(numbers);
      append(scales);
      append(codes);
      blocks.push({ count, columns: scales.length, checksum });
    },
    finish(zeros) {
      // the blocks must be on disk before the header lists them
      part.sync();
      const probe = probeOpenFile(part.descriptor, { from: HEADER_BYTES });
      const header: CodeHeader = { format: 'embed-codes 2', ...stamp, blocks, bytes: at, zeros, probe };
      part.write(Buffer.from(JSON.stringify(header).padEnd(HEADER_BYTES - 1) + '\n'), 0);
      part.sync();
      publish(part, path, { replace: true });
      part.close();
      return at;
    },
    abandon() {
      part.close();
      rmSync(part.path, { force: true });
    },
  };
}

export type CodeFile = { zeros: number; blocks(): Generator<StoredCodes> };

/**
 * Opens the codes at `path`.
 *
 * @returns undefined where there are none, or they are incomplete or belong to other vectors; 'foreign' where embed did not
 * write the file
 */
export function openCodes(path: string, stamp: CodeStamp): CodeFile | 'foreign' | undefined {
  if (!existsSync(path)) return undefined;
  const descriptor = openRegularFile(path);
  const header = descriptor === undefined ? undefined : readHeader(descriptor);
  if (descriptor === undefined || !header) return close(descriptor, 'foreign');
  const same = (['vectors', 'rows', 'width', 'compared'] as const).every((key) => header[key] === stamp[key]);
  const coded = header.blocks.reduce((sum, { count }) => sum + count, header.zeros);
  const whole = header.bytes === fstatSync(descriptor).size && header.probe === probeOpenFile(descriptor, { from: HEADER_BYTES });
  if (!same || coded !== stamp.compared || !whole) return close(descriptor, undefined);
  return {
    zeros: header.zeros,
    *blocks() {
      try {
        let at = HEADER_BYTES;
        let buffer = new ArrayBuffer(0);
        for (const { count, columns, checksum } of header.blocks) {
          const bytes = columns * (8 + header.width);
          if (buffer.byteLength < bytes) buffer = new ArrayBuffer(bytes);
          const block = new Uint8Array(buffer, 0, bytes);
          readFully(descriptor, block, { position: at, path });
          if (crc32(block) !== checksum) throw damaged(path);
          at += bytes;
          yield {
            count,
            rows: new Int32Array(buffer, 0, columns).subarray(0, count),
            scales: new Float32Array(buffer, columns * 4, columns),
            codes: new Int8Array(buffer, columns * 8, columns * header.width),
          };
        }
      } finally {
        closeSync(descriptor);
      }
    },
  };
}

function close<Result>(descriptor: number | undefined, result: Result): Result {
  if (descriptor !== undefined) closeSync(descriptor);
  return result;
}

function damaged(path: string): EmbedError {
  return new EmbedError(`Cannot use ${path}: it is not what embed has written there`, {
    hint: `Delete ${path}: the next search makes it again`,
  });
}

function readHeader(descriptor: number): CodeHeader | undefined {
  const bytes = Buffer.alloc(HEADER_BYTES);
  try {
    readSync(descriptor, bytes, 0, HEADER_BYTES, 0);
    const header = JSON.parse(bytes.toString('utf8')) as unknown;
    return fits(HEADER, header) ? header : undefined;
  } catch {
    return undefined;
  }
}

const HEADER: Schema<CodeHeader> = object({
  format: literal('embed-codes 2'),
  vectors: string(),
  rows: string(),
  width: whole(1),
  compared: whole(),
  blocks: array(object({ count: whole(), columns: whole(1), checksum: whole() })),
  bytes: whole(),
  zeros: whole(),
  probe: string(),
});
