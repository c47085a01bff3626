import { assertDistinct, assertNotRead, openOutputFile, type OutputFile } from '../files/output-file.ts';
import { write, yieldToEvents, type Io } from '../io.ts';
import type { ReportFormat } from './formats.ts';
import { fileFormat, reportTarget, type ReportTarget } from './report-target.ts';

/** Where a report goes: standard output in one format, and files by their suffix or as `report` names their format. */
export type ReportFlags = { format?: ReportFormat; output?: string; report?: string[]; excel?: true; overwrite?: true };

/** Makes a report in one format; `where` decides how text is laid out. */
export type ChunksOf = (format: ReportFormat, where: 'screen' | 'file') => AsyncIterable<string>;

export type ReportSinks = {
  /** Throws where the report would replace one of these files, for inputs that become known later. */
  assertNone(inputs: readonly string[]): void;
  /**
   * Writes the report to all files, then to the screen. Each file gets its name when it is complete.
   *
   * @param onFiles called after the files are written, before anything is printed
   * @returns paths of the files
   */
  write(chunksOf: ChunksOf, onFiles?: () => void): Promise<string[]>;
  /** Deletes unfinished files. Call it at the end, also after an error. */
  close(): void;
};

type SinkOptions = {
  /** Files that are read, which no report may replace. */
  inputs: readonly string[];
  /** Formats that the command can write to files. */
  formats: readonly ReportFormat[];
  /** The stream for the report on the screen. */
  screen: NodeJS.WritableStream;
  io: Io;
};

/** Opens every file before the work starts, so that one that cannot be written is reported at once. */
export function openReports(flags: ReportFlags, { inputs, formats, screen, io }: SinkOptions): ReportSinks {
  const { format, output, report = [], overwrite = false } = flags;
  const targets: ReportTarget[] = [
    ...(output !== undefined && output !== '-' ? [{ path: output, format: undefined }] : []),
    ...report.map(reportTarget),
  ];
  const paths = targets.map(({ path }) => path);
  const sinks: { file: OutputFile; format: ReportFormat }[] = [];
  const close = (): void => sinks.splice(0).forEach(({ file }) => file.abandon());
  try {
    assertNotRead(paths, inputs);
    assertDistinct(paths, '--output and --report');
    for (const target of targets) sinks.push({ format: fileFormat(target, formats), file: openOutputFile(target.path, { overwrite }) });
  } catch (error) {
    close();
    throw error;
  }
  // a report in a file is not also printed, unless --format asks for it
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

/** Writes a report to a stream, and waits while its reader is slow. */
export async function writeChunks(chunks: AsyncIterable<string>, stream: NodeJS.WritableStream, { signal }: Io): Promise<void> {
  for await (const chunk of chunks) {
    await write(stream, chunk);
    await yieldToEvents(signal);
  }
}

/** Writes a report to an unfinished file. */
export async function fillFile(chunks: AsyncIterable<string>, file: OutputFile, { signal }: Io): Promise<void> {
  for await (const chunk of chunks) {
    file.write(Buffer.from(chunk));
    await yieldToEvents(signal);
  }
}

/** Lines of text, as a report. */
export async function* linesOf(lines: readonly string[]): AsyncGenerator<string> {
  yield `${lines.join('\n')}\n`;
}
