import type { Io } from '../io.ts';
import { looksOf, type Look } from './cells.ts';
import { linesOf, tableChunks, writeChunks } from './report-files.ts';
import { isTable, type Report, type ReportFormat } from './report.ts';

/** A result that is held in memory. */
export type Result<T extends object> = {
  schema: string;
  summary: Record<string, unknown>;
  /** Columns of csv and tsv; empty where the command prints only text and JSON. */
  columns?: readonly string[];
  records: readonly T[];
  /** The text report, line by line. */
  lines(look: Look): readonly string[];
};

/** Prints a result to standard output; as text by default. */
export async function printResult<T extends object>(
  { schema, summary, columns = [], records, lines }: Result<T>,
  { format = 'text', io }: { format?: ReportFormat | undefined; io: Io },
): Promise<void> {
  const report: Report<T, object> = {
    schema,
    summary,
    columns,
    fields: [],
    groups: async function* () {
      yield [...records];
    },
    recordsOf: (record) => [record],
  };
  await writeChunks(isTable(format) ? tableChunks(report, format) : linesOf(lines(looksOf(io.stdout).screen)), io.stdout, io);
}
