import { dirname, resolve } from 'node:path';
import { assertWritable, openOutputFile } from '../../../files/output-file.ts';
import { yieldToEvents, type Io } from '../../../io.ts';
import { manifestPath, noCounts, setPaths } from '../../../vectors/manifest.ts';
import { npyHeader } from '../../../vectors/npy.ts';
import type { VectorSet } from '../../../vectors/set-reader.ts';
import { openSetWriter } from '../../../vectors/set-writer.ts';
import { claimSet } from '../../../vectors/work-folder.ts';
import { readRows } from '../../../vectors/stored-rows.ts';

/** Rows that are copied between two looks at signals. */
const ROWS_PER_WINDOW = 4096;

/** Writes some rows of a set as a set of its own: vectors as they are stored, and their texts and manifest if it has them. */
export async function writeSubset(
  set: VectorSet,
  npyPath: string,
  rows: Int32Array,
  { overwrite, io }: { overwrite: boolean; io: Io },
): Promise<() => Promise<string[]>> {
  return set.manifest && set.rows
    ? subsetWithRows(set, npyPath, rows, { overwrite, io })
    : bareSubset(set, npyPath, rows, { overwrite, io });
}

async function bareSubset(
  { vectors }: VectorSet,
  npyPath: string,
  rows: Int32Array,
  { overwrite, io }: { overwrite: boolean; io: Io },
): Promise<() => Promise<string[]>> {
  const file = openOutputFile(npyPath, { overwrite });
  try {
    file.write(npyHeader({ rows: rows.length, cols: vectors.cols, type: vectors.type }));
    for (let first = 0; first < rows.length; first += ROWS_PER_WINDOW) {
      const some = rows.subarray(first, first + ROWS_PER_WINDOW);
      const window = new Uint8Array(some.length * vectors.rowBytes);
      some.forEach((row, at) => vectors.readBytes(row, window.subarray(at * vectors.rowBytes, (at + 1) * vectors.rowBytes)));
      file.write(window);
      await yieldToEvents(io.signal);
    }
    return async () => {
      file.finish();
      return [npyPath];
    };
  } catch (error) {
    file.abandon();
    throw error;
  }
}

async function subsetWithRows(
  { npyPath: from, vectors, manifest, rows: texts }: VectorSet,
  npyPath: string,
  rows: Int32Array,
  { overwrite, io }: { overwrite: boolean; io: Io },
): Promise<() => Promise<string[]>> {
  const { format, tool, runtime, model, options, inputs, dims } = manifest!;
  const paths = Object.values(setPaths(npyPath));
  const claim = claimSet(npyPath);
  try {
    // another run may have written it since this one began
    for (const path of paths) assertWritable(path, { overwrite });
  } catch (error) {
    claim.release({ keep: true });
    throw error;
  }
  const writer = openSetWriter(claim, { dims, key: undefined });
  const blank = new Set(manifest!.blankRows);
  const counts = noCounts();
  try {
    for (let first = 0; first < rows.length; first += ROWS_PER_WINDOW) {
      const some = rows.subarray(first, first + ROWS_PER_WINDOW);
      const { data } = readRows(vectors, some);
      const found = texts!.get(some);
      const blankRows = Array.from(some.keys()).flatMap((at) => (blank.has(some[at]!) ? [first + at] : []));
      counts.rows += some.length;
      counts.blank += blankRows.length;
      for (const { cut } of found.values()) if (cut === true) counts.cut++;
      writer.commit({
        vectors: { data, rows: some.length, cols: dims },
        // paths start from the new manifest
        lines: Array.from(some, (number) => {
          const row = found.get(number)!;
          return JSON.stringify(row.file === undefined ? row : { ...row, file: moved(row.file, from, npyPath) });
        }),
        blankRows,
        counts: { ...counts },
        digest: '',
      });
      await yieldToEvents(io.signal);
    }
  } catch (error) {
    writer.abandon();
    throw error;
  }
  return async () => {
    await writer.finish({
      format,
      tool,
      runtime,
      model,
      // so that it is never taken for the set of the whole corpus
      options: { ...options, subset: 'dedup' },
      inputs: inputs.map((input) => ({ ...input, path: moved(input.path, from, npyPath) })),
      dims,
      counts,
    });
    return paths;
  };
}

/** A path from the folder of one manifest, as seen from the folder of another. */
function moved(path: string, from: string, to: string): string {
  if (path === '-' || path === 'stdin') return path;
  return manifestPath(resolve(dirname(from), path), to);
}
