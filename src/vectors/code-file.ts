import { closeSync, existsSync, fsyncSync, openSync, readSync, renameSync, rmSync } from 'node:fs';
import { probeFile } from '../files/disk.ts';
import { openPartFile } from '../files/part-file.ts';
import { readFully } from '../files/read-fully.ts';
import { fileBytes } from './manifest.ts';

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
  format: 'embed-codes 1';
  blocks: { count: number; columns: number }[];
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
  const part = openPartFile(`${path}.${process.pid}.part`, 'wx');
  let at = HEADER_BYTES;
  const blocks: CodeHeader['blocks'] = [];
  const append = (values: Int32Array | Float32Array | Int8Array): void => {
    part.write(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), at);
    at += values.byteLength;
  };
  return {
    write({ codes, scales, rows, count }) {
      const numbers = new Int32Array(scales.length);
      numbers.set(rows.subarray(0, count));
      append(numbers);
      append(scales);
      append(codes);
      blocks.push({ count, columns: scales.length });
    },
    finish(zeros) {
      // the blocks must be on disk before the header lists them
      fsyncSync(part.descriptor);
      const probe = probeFile(part.path, { from: HEADER_BYTES });
      const header: CodeHeader = { format: 'embed-codes 1', ...stamp, blocks, bytes: at, zeros, probe };
      part.write(Buffer.from(JSON.stringify(header).padEnd(HEADER_BYTES - 1) + '\n'), 0);
      fsyncSync(part.descriptor);
      part.close();
      renameSync(part.path, path);
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
  const header = readHeader(path);
  if (!header) return 'foreign';
  const same = (['vectors', 'rows', 'width', 'compared'] as const).every((key) => header[key] === stamp[key]);
  const coded = header.blocks.reduce((sum, { count }) => sum + count, header.zeros);
  if (!same || coded !== stamp.compared || header.bytes !== fileBytes(path)) return undefined;
  if (header.probe !== probeFile(path, { from: HEADER_BYTES })) return undefined;
  return {
    zeros: header.zeros,
    *blocks() {
      const descriptor = openSync(path, 'r');
      try {
        let at = HEADER_BYTES;
        let buffer = new ArrayBuffer(0);
        const read = (bytes: number): ArrayBuffer => {
          if (buffer.byteLength < bytes) buffer = new ArrayBuffer(bytes);
          readFully(descriptor, new Uint8Array(buffer, 0, bytes), { position: at, path });
          at += bytes;
          return buffer;
        };
        for (const { count, columns } of header.blocks) {
          const data = read(columns * (8 + header.width));
          yield {
            count,
            rows: new Int32Array(data, 0, columns).subarray(0, count),
            scales: new Float32Array(data, columns * 4, columns),
            codes: new Int8Array(data, columns * 8, columns * header.width),
          };
        }
      } finally {
        closeSync(descriptor);
      }
    },
  };
}

function readHeader(path: string): CodeHeader | undefined {
  const bytes = Buffer.alloc(HEADER_BYTES);
  let descriptor: number | undefined;
  try {
    descriptor = openSync(path, 'r');
    readSync(descriptor, bytes, 0, HEADER_BYTES, 0);
    const header = JSON.parse(bytes.toString('utf8')) as CodeHeader;
    return header.format === 'embed-codes 1' && Array.isArray(header.blocks) && header.blocks.every((block) => block !== null)
      ? header
      : undefined;
  } catch {
    return undefined;
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}
