import { CliError } from '../errors.ts';
import { assertDistinct, assertNotRead, openOutputFile, type OutputFile } from '../files/output-file.ts';
import { yieldToEvents, write, type Io } from '../io.ts';
import { csvChunks, tsvChunks } from './csv.ts';
import { jsonChunks, jsonlChunks } from './json.ts';
import { reportFormatOf, suffixesOf, type AnyReport, type ReportFormat, type TableFormat } from './report.ts';

/** Where a report goes: standard output in one format, and files by their suffix. */
export type ReportFlags = { format?: ReportFormat; output?: string; report?: string[]; overwrite?: true };

/** A report in one format; `where` decides how text looks. */
export type ChunksOf = (format: ReportFormat, where: 'screen' | 'file') => AsyncIterable<string>;

export type ReportSinks = {
  /** Throws where one of these files, which became known later, would be replaced. */
  assertNone(inputs: readonly string[]): void;
  /**
   * Writes the report everywhere, files first; each gets its name when it is whole. Returns the files.
   *
   * @param onFiles called when the files are there, before anything is printed
   */
  write(chunksOf: ChunksOf, onFiles?: () => void): Promise<string[]>;
  /** Leaves nothing unfinished behind; to be called at the end whatever happened. */
  close(): void;
};

type SinkOptions = {
  /** Files that are read, which no report may replace. */
  inputs: readonly string[];
  /** What the command can write into files. */
  formats: readonly ReportFormat[];
  /** Where the screen's report goes. */
  screen: NodeJS.WritableStream;
  io: Io;
};

/** Opens every file before the work starts: a report that cannot be written is told at once. */
export function openReports(flags: ReportFlags, { inputs, formats, screen, io }: SinkOptions): ReportSinks {
  const { format, output, report = [], overwrite = false } = flags;
  const paths = [...(output !== undefined && output !== '-' ? [output] : []), ...report];
  const sinks: { file: OutputFile; format: ReportFormat }[] = [];
  const close = (): void => sinks.splice(0).forEach(({ file }) => file.abandon());
  try {
    assertNotRead(paths, inputs);
    assertDistinct(paths, '--output and --report');
    for (const path of paths) sinks.push({ format: fileFormat(path, formats), file: openOutputFile(path, { overwrite }) });
  } catch (error) {
    close();
    throw error;
  }
  // what goes into a file is not wanted on the screen as well, unless a format asks for it
  const shown = format ?? (output === undefined ? 'text' : output === '-' ? 'jsonl' : undefined);

  return {
    assertNone: (read) => assertNotRead(paths, read),
    async write(chunksOf, onFiles) {
      const written: string[] = [];
      for (const { file, format: own } of sinks) {
        await fillFile(chunksOf(own, 'file'), file, io);
        file.finish();
        written.push(file.path);
      }
      sinks.length = 0;
      onFiles?.();
      if (shown) await writeChunks(chunksOf(shown, 'screen'), screen, io);
      return written;
    },
    close,
  };
}

/** Writes a report to a stream, at the pace of its reader. */
export async function writeChunks(chunks: AsyncIterable<string>, stream: NodeJS.WritableStream, { signal }: Io): Promise<void> {
  for await (const chunk of chunks) {
    await write(stream, chunk);
    await yieldToEvents(signal);
  }
}

/** Writes a report into a file, which has no name yet. */
export async function fillFile(chunks: AsyncIterable<string>, file: OutputFile, { signal }: Io): Promise<void> {
  for await (const chunk of chunks) {
    file.write(Buffer.from(chunk));
    await yieldToEvents(signal);
  }
}

/** Lines for people, as a report. */
export async function* linesOf(lines: readonly string[]): AsyncGenerator<string> {
  yield `${lines.join('\n')}\n`;
}

/** A report as a table or as JSON. */
export function tableChunks(report: AnyReport, format: TableFormat): AsyncIterable<string> {
  return TABLES[format](report);
}

const TABLES: Readonly<Record<TableFormat, (report: AnyReport) => AsyncIterable<string>>> = {
  json: jsonChunks,
  jsonl: jsonlChunks,
  csv: csvChunks,
  tsv: tsvChunks,
};

function fileFormat(path: string, formats: readonly ReportFormat[]): ReportFormat {
  const format = reportFormatOf(path, formats);
  if (format) return format;
  const suffixes = suffixesOf(formats);
  throw new CliError(`Cannot write ${path}: its form is not known from its name`, {
    hint: `Name a file that ends in ${suffixes.slice(0, -1).join(', ')} or ${suffixes.at(-1)}`,
  });
}
