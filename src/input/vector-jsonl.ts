import { EmbedError } from '../errors.ts';
import type { Matrix } from '../vectors/matrix.ts';
import type { SetRow } from '../vectors/rows-file.ts';
import { asText } from './columns.ts';
import { readJsonl } from './jsonl.ts';
import { openLineText } from './lines.ts';
import type { FileRecord } from './records.ts';
import { recordLimit } from './record-size.ts';
import { openSeenIds } from './seen-ids.ts';
import type { Source } from './source.ts';

/**
 * Rows with their vectors, and the line of each record in this file. A row's own `line` is that of its source, which may be
 * another file.
 */
export type VectorRecords = { rows: SetRow[]; vectors: Matrix; lines: number[] };

/**
 * Reads rows and vectors of a JSONL file, in batches. Each record has a field `embedding`, an array of numbers.
 *
 * @throws EmbedError that names the line of a record without a vector, or with one of another length
 */
export async function* readVectorRecords(source: Source, maxRecordSize?: number): AsyncGenerator<VectorRecords> {
  let dims: number | undefined;
  const ids = openSeenIds();
  for await (const records of openLines(source, maxRecordSize)) {
    if (records.length === 0) continue;
    const vectors: number[][] = [];
    const rows = records.map((record): SetRow => {
      const { embedding, id, text, file, line, fields, cut, unknown, ...others } = objectOf(record);
      const where = `the record at line ${record.line} of ${source.name}`;
      if (!isNumbers(embedding)) {
        throw new EmbedError(`Cannot read the vector of ${where}: its field "embedding" is not an array of numbers`, {
          hint: 'Give every record an array of the same length; JSON cannot hold NaN or infinity',
        });
      }
      dims ??= embedding.length;
      if (embedding.length !== dims) {
        throw new EmbedError(`Cannot read the vector of ${where}: it has ${embedding.length} numbers where the first has ${dims}`, {
          hint: 'All vectors of a file must come from the same model',
        });
      }
      vectors.push(embedding);
      const own = id === undefined || id === null ? `${source.name}:${record.line}` : asText(id);
      const earlier = ids.add(own, { file: source.name, line: record.line });
      if (earlier !== undefined) {
        throw new EmbedError(`Cannot use the ids of ${source.name}: "${own}" is at line ${earlier.line} and again at line ${record.line}`, {
          hint: 'Make the ids unique, or leave them out: ids are then file:line',
        });
      }
      const kept = typeof fields === 'object' && fields !== null ? (fields as Record<string, unknown>) : others;
      return {
        id: own,
        ...(typeof text === 'string' ? { text } : {}),
        ...(typeof file === 'string' ? { file } : {}),
        line: typeof line === 'number' ? line : record.line,
        ...(Object.keys(kept).length > 0 ? { fields: kept } : {}),
        ...(cut === true ? { cut } : {}),
        ...(typeof unknown === 'number' ? { unknown } : {}),
      };
    });
    yield {
      rows,
      vectors: { data: Float32Array.from(vectors.flat()), rows: rows.length, cols: dims! },
      lines: records.map(({ line }) => line),
    };
  }
}

function openLines(source: Source, maxRecordSize: number | undefined): AsyncGenerator<FileRecord[]> {
  const text = openLineText(source, { encoding: undefined, hasEncodingOption: false, maxRecordSize });
  return readJsonl(text, recordLimit(source.name, maxRecordSize));
}

function objectOf(record: FileRecord): Record<string, unknown> {
  return record.values as Record<string, unknown>;
}

/** Whether a JSON value is a vector. */
export function isNumbers(value: unknown): value is number[] {
  return Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === 'number');
}
