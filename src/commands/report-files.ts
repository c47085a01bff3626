import { existsSync, renameSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { CliError } from '../errors.ts';
import { write, type Io } from '../io.ts';
import { csvChunks } from '../report/csv.ts';
import { jsonChunks, jsonlChunks } from '../report/json.ts';
import { reportFormatOf, type AnyReport, type ReportFormat } from '../report/report.ts';
import { openPart, type PartFile } from '../vectors/part-file.ts';

/** Where a report goes: standard output in one format, and files by their suffix. */
export type ReportFlags = { format?: ReportFormat; output?: string; report?: string[]; overwrite?: true };

export type ReportSinks = {
  /** Writes the report everywhere; files get their names when all of them are whole. Returns the files. */
  write(report: AnyReport, text: (where: 'screen' | 'file') => AsyncIterable<string>): Promise<string[]>;
  /** Leaves nothing behind; to be called at the end whatever happened. */
  close(): void;
};

/**
 * Opens every file before the work starts: a report that cannot be written is told at once.
 *
 * @param inputs files that are read, which no report may replace
 */
export function openReports(
  { format, output, report = [], overwrite }: ReportFlags,
  { inputs, io }: { inputs: readonly string[]; io: Io },
): ReportSinks {
  const read = new Set(inputs.filter((path) => path !== '-').map((path) => resolve(path)));
  const files: { path: string; format: ReportFormat; part: PartFile }[] = [];
  const close = (): void => {
    for (const { part } of files.splice(0)) {
      part.close();
      rmSync(part.path, { force: true });
    }
  };
  try {
    const paths = [...(output !== undefined && output !== '-' ? [output] : []), ...report];
    for (const path of paths) {
      const own = reportFormatOf(path);
      if (!own) {
        throw new CliError(`Cannot write ${path}: its form is not known from its name`, {
          hint: 'Name a file that ends in .json, .jsonl, .csv, .tsv or .txt',
        });
      }
      if (read.has(resolve(path))) {
        throw new CliError(`Cannot write ${path}: it is one of the files that are read`, { hint: 'Name another file' });
      }
      if (paths.filter((other) => resolve(other) === resolve(path)).length > 1) {
        throw new CliError(`Cannot write ${path} twice`, { hint: 'Name different files with --output and --report' });
      }
      if (path === output && !overwrite && existsSync(path)) {
        throw new CliError(`Cannot write ${path}: a file of that name exists`, { hint: 'Name another file with -o, or say --overwrite' });
      }
      files.push({ path, format: own, part: openPart(`${path}.part`, 'w') });
    }
  } catch (error) {
    close();
    throw error;
  }
  // what goes into a file is not wanted on the screen as well, unless a format asks for it
  const shown = format ?? (output === undefined ? 'text' : output === '-' ? 'jsonl' : undefined);

  return {
    async write(result, text) {
      const chunks = (of: ReportFormat, where: 'screen' | 'file'): AsyncIterable<string> => {
        if (of === 'text') return text(where);
        if (of === 'json') return jsonChunks(result);
        if (of === 'jsonl') return jsonlChunks(result);
        return csvChunks(result, { delimiter: of === 'csv' ? ',' : '\t' });
      };
      if (shown) for await (const chunk of chunks(shown, 'screen')) await write(io.stdout, chunk);
      for (const file of files) {
        let at = 0;
        for await (const chunk of chunks(file.format, 'file')) {
          const bytes = Buffer.from(chunk);
          file.part.write(bytes, at);
          at += bytes.length;
        }
      }
      return files.splice(0).map(({ path, part }) => {
        part.close();
        renameSync(part.path, path);
        return path;
      });
    },
    close,
  };
}
