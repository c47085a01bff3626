import { isAbsolute } from 'node:path';
import { join } from 'node:path/posix';
import type { Source } from '../input/source.ts';
import { readVectorRecords, type VectorReading, type VectorRecords } from '../input/vector-jsonl.ts';
import { orStopped } from '../io.ts';
import { isBlank } from '../text.ts';
import { noCounts } from '../vectors/manifest.ts';
import { openSetWriter } from '../vectors/set-writer.ts';
import { claimSet } from '../vectors/work-folder.ts';
import { version } from '../version.ts';

/**
 * Writes JSON Lines that hold vectors as a set, so that they can be read block by block. Returns the line of each record.
 *
 * @param folder the folder that paths in the records are relative to
 */
export async function importVectors(
  source: Source,
  npyPath: string,
  { folder, signal, reading }: { folder: string; signal: AbortSignal; reading: VectorReading },
): Promise<number[]> {
  const places: number[] = [];
  let writer: ReturnType<typeof openSetWriter> | undefined;
  const counts = noCounts();
  let dims = 0;
  try {
    const batches = readVectorRecords(source, reading);
    // reading a pipe can block; a stop must not
    const next = (): Promise<IteratorResult<VectorRecords>> => orStopped(batches.next(), signal);
    for (let batch = await next(); !batch.done; batch = await next()) {
      const { rows, vectors, lines: on } = batch.value;
      for (const line of on) places.push(line);
      dims = vectors.cols;
      writer ??= openSetWriter(claimSet(npyPath), { dims, key: undefined });
      const blankRows = rows.flatMap(({ text }, at) => (text !== undefined && isBlank(text) ? [counts.rows + at] : []));
      counts.rows += rows.length;
      counts.blank += blankRows.length;
      const lines = rows.map(({ file, ...row }) =>
        JSON.stringify({ ...row, file: file === undefined ? source.name : pathFrom(folder, file) }),
      );
      writer.commit({ vectors, lines, blankRows, counts: { ...counts }, digest: '' });
    }
    await writer!.finish({
      format: 1,
      tool: `embed ${version()}`,
      runtime: '',
      model: null,
      options: {},
      inputs: [{ path: source.name, bytes: source.bytesRead(), hash: source.hash() }],
      dims,
      counts,
    });
    return places;
  } catch (error) {
    writer?.abandon();
    throw error;
  }
}

/** A path of a record, relative to the current folder. Anything but a relative path stays as it is. */
function pathFrom(folder: string, file: string): string {
  return folder === '.' || isAbsolute(file) || file === 'stdin' || /^[a-z][a-z0-9+.-]*:/i.test(file) ? file : join(folder, file);
}
