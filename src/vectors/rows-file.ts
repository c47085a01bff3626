import { closeSync, fstatSync, openSync } from 'node:fs';
import { EmbedError } from '../errors.ts';
import { readFully } from '../files/read-fully.ts';
import { boolean, exactOptional, misfitOf, number, object, record, string, unknown, whole, type Schema } from '../schema.ts';
import { assertWhole } from './checksums.ts';
import { ROWS_PER_OFFSET } from './manifest.ts';

/** A line of NAME.rows.jsonl: the text that a vector was made from, and where it is. */
export type SetRow = {
  id: string;
  text?: string;
  file?: string;
  line?: number;
  fields?: Record<string, unknown>;
  /** Whether the model read only the beginning of the text, because of its length limit. */
  cut?: boolean;
  /** Share of the text's tokens that the model does not know, 0 to 1. */
  unknown?: number;
};

const ROW: Schema<SetRow> = object({
  id: string(),
  text: exactOptional(string()),
  file: exactOptional(string()),
  line: exactOptional(whole()),
  fields: exactOptional(record(string(), unknown())),
  cut: exactOptional(boolean()),
  unknown: exactOptional(number()),
});

/** As `fits(ROW, value)`, at a tenth of its time: a command may read a million rows. */
function isRow(value: unknown): value is SetRow {
  const { id, text, file, line, fields, cut, unknown: share } = Object(value) as Record<string, unknown>;
  return (
    typeof id === 'string' &&
    isOptional(text, 'string') &&
    isOptional(file, 'string') &&
    (line === undefined || (Number.isSafeInteger(line) && (line as number) >= 0)) &&
    (fields === undefined || (typeof fields === 'object' && fields !== null && !Array.isArray(fields))) &&
    isOptional(cut, 'boolean') &&
    isOptional(share, 'number')
  );
}

function isOptional(value: unknown, type: 'string' | 'boolean' | 'number'): boolean {
  return value === undefined || typeof value === type;
}

/** The rows of a set on disk. Only the rows that are asked for are read. */
export type RowsFile = {
  descriptor: number;
  /** Looks rows up by their numbers; each lookup reads a group of 256 rows. */
  get(rows: Iterable<number>): Map<number, SetRow>;
  /** All rows, in order. */
  scan(): Generator<SetRow>;
  close(): void;
};

/**
 * Opens the rows file of a set.
 *
 * @param rows number of rows
 * @param rowOffsets byte offsets of rows 0, 256, 512, …, from the manifest
 * @param checksums CRC-32 of these groups, which are compared when a group is read
 */
export function openRows(
  path: string,
  { rows: count, rowOffsets, checksums }: { rows: number; rowOffsets: readonly number[]; checksums: readonly number[] | undefined },
): RowsFile {
  const descriptor = openSync(path, 'r');
  const { size } = fstatSync(descriptor);
  const parse = (line: string, row: number): SetRow => {
    const misfit = (why: string, cause?: unknown): EmbedError =>
      new EmbedError(`Cannot read row ${row} in ${path}: ${why}`, { hint: 'Encode the corpus again', cause });
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch (cause) {
      throw misfit('it is not JSON', cause);
    }
    if (isRow(value)) return value;
    throw misfit(misfitOf(ROW, value) ?? 'it is not a row');
  };
  const readGroup = (group: number): string[] => {
    const from = rowOffsets[group] ?? size;
    const bytes = Buffer.alloc((rowOffsets[group + 1] ?? size) - from);
    readFully(descriptor, bytes, { position: from, path });
    if (checksums) assertWhole(bytes, group, { path, checksum: checksums[group], rows: count });
    return bytes.toString('utf8').trimEnd().split('\n');
  };
  return {
    descriptor,
    get(rows) {
      const found = new Map<number, SetRow>();
      let held = -1;
      let lines: string[] = [];
      for (const row of [...new Set(rows)].toSorted((a, b) => a - b)) {
        const group = Math.floor(row / ROWS_PER_OFFSET);
        if (group !== held) {
          lines = readGroup(group);
          held = group;
        }
        found.set(row, parse(lines[row % ROWS_PER_OFFSET] ?? '', row));
      }
      return found;
    },
    *scan() {
      let row = 0;
      for (let group = 0; group < rowOffsets.length; group++) for (const line of readGroup(group)) yield parse(line, row++);
    },
    close: () => closeSync(descriptor),
  };
}

/** A piece of a rows file: the bytes of some rows of one group, the place of their first line and of the line after them. */
type RowsPiece = { bytes: Buffer; first: number; end: number };

/**
 * The bytes of further rows, cut where a group ends.
 *
 * @param lines a row of JSON each
 * @param written rows that the file has already
 */
export function* rowsPieces(lines: readonly string[], written: number): Generator<RowsPiece> {
  for (let first = 0, end = 0; first < lines.length; first = end) {
    end = Math.min(lines.length, first + ROWS_PER_OFFSET - ((written + first) % ROWS_PER_OFFSET));
    yield { bytes: Buffer.from(`${lines.slice(first, end).join('\n')}\n`), first, end };
  }
}
