import { existsSync, fstatSync, lstatSync, readlinkSync, realpathSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { CliError } from '../errors.ts';
import { breathe, removeAtExit, write, type Io } from '../io.ts';
import { csvChunks, tsvChunks } from '../report/csv.ts';
import { jsonChunks, jsonlChunks } from '../report/json.ts';
import { reportFormatOf, type AnyReport, type ReportFormat } from '../report/report.ts';
import { openPart, type PartFile } from '../vectors/part-file.ts';

/** Where a report goes: standard output in one format, and files by their suffix. */
export type ReportFlags = { format?: ReportFormat; output?: string; report?: string[]; overwrite?: true };

export type ReportSinks = {
  /** Throws where one of these files, which became known later, would be replaced. */
  assertNone(inputs: readonly string[]): void;
  /** Writes the report everywhere, files first; each gets its name when it is whole. Returns the files. */
  write(report: AnyReport, text: (where: 'screen' | 'file') => AsyncIterable<string>): Promise<string[]>;
  /** Leaves nothing unfinished behind; to be called at the end whatever happened. */
  close(): void;
};

type Sink = { path: string; target: string; format: ReportFormat; part: PartFile; forget: () => void };

/**
 * Opens every file before the work starts: a report that cannot be written is told at once.
 *
 * @param inputs files that are read, which no report may replace
 */
export function openReports(flags: ReportFlags, { inputs, io }: { inputs: readonly string[]; io: Io }): ReportSinks {
  const { format, output, report = [] } = flags;
  const paths = [...(output !== undefined && output !== '-' ? [output] : []), ...report];
  const sinks: Sink[] = [];
  const assertNone: ReportSinks['assertNone'] = (read) => {
    const files = new Set(read.map(identityOf));
    const path = paths.find((one) => files.has(identityOf(one)));
    if (path !== undefined) throw new CliError(`Cannot write ${path}: it is one of the files that are read`, { hint: 'Name another file' });
  };
  const close = (): void => {
    for (const { part, forget } of sinks.splice(0)) {
      part.close();
      rmSync(part.path, { force: true });
      forget();
    }
  };
  try {
    assertNone(inputs);
    for (const path of paths) {
      if (sinks.some((sink) => resolve(sink.target) === resolve(targetOf(path)))) {
        throw new CliError(`Cannot write ${path} twice`, { hint: 'Name different files with --output and --report' });
      }
      sinks.push(openSink(path, flags));
    }
  } catch (error) {
    close();
    throw error;
  }
  // what goes into a file is not wanted on the screen as well, unless a format asks for it
  const shown = format ?? (output === undefined ? 'text' : output === '-' ? 'jsonl' : undefined);

  return {
    assertNone,
    async write(result, text) {
      const written: string[] = [];
      for (const { path, target, format: own, part, forget } of sinks) {
        let at = 0;
        for await (const chunk of own === 'text' ? text('file') : CHUNKS[own](result)) {
          const bytes = Buffer.from(chunk);
          part.write(bytes, at);
          at += bytes.length;
          await breathe(io.signal);
        }
        part.close();
        renameSync(part.path, target);
        forget();
        written.push(path);
      }
      sinks.length = 0;
      if (shown)
        for await (const chunk of shown === 'text' ? text('screen') : CHUNKS[shown](result)) {
          await write(io.stdout, chunk);
          await breathe(io.signal);
        }
      return written;
    },
    close,
  };
}

const CHUNKS: Readonly<Record<Exclude<ReportFormat, 'text'>, (report: AnyReport) => AsyncIterable<string>>> = {
  json: jsonChunks,
  jsonl: jsonlChunks,
  csv: csvChunks,
  tsv: tsvChunks,
};

function openSink(path: string, { overwrite }: ReportFlags): Sink {
  const format = reportFormatOf(path);
  if (!format) {
    throw new CliError(`Cannot write ${path}: its form is not known from its name`, {
      hint: 'Name a file that ends in .json, .jsonl, .csv, .tsv or .txt',
    });
  }
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats && !stats.isFile()) {
    throw new CliError(`Cannot write ${path}: it is ${stats.isDirectory() ? 'a folder' : 'no regular file'}`, {
      hint: 'Name a file, or pipe standard output there with -o -',
    });
  }
  if (!overwrite && stats) {
    throw new CliError(`Cannot write ${path}: a file of that name exists`, { hint: 'Name another file, or say --overwrite' });
  }
  const target = targetOf(path);
  const part = openPart(`${target}.${process.pid}.part`, 'w');
  return { path, target, format, part, forget: removeAtExit(part.path) };
}

/** What is written to: a link stays a link, also where it leads to a file that is not there yet. */
function targetOf(path: string): string {
  const link = lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true ? readlinkSync(path) : undefined;
  const file = link === undefined ? path : resolve(dirname(path), link);
  const folder = dirname(file);
  return existsSync(folder) ? join(realpathSync(folder), basename(file)) : file;
}

/** What all names of one file have in common; "-" is the file that standard input comes from. */
function identityOf(path: string): string {
  const stats = path === '-' ? fstatSync(0) : statSync(path, { throwIfNoEntry: false });
  return stats ? `${stats.dev}:${stats.ino}` : resolve(path);
}
