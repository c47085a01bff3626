import { readForm } from '../input/file-form.ts';
import { openSource } from '../input/source.ts';
import type { ReportFormat, TableFormat } from '../report/formats.ts';
import { forExcel, PLAIN, type TableStyle } from '../report/table-style.ts';
import type { OpenedInput } from './opened-input.ts';
import type { Run } from './run.ts';

/** The style of a table that holds the records of INPUT again: that of INPUT, where it has the same format. */
export async function recordsStyle(
  opened: Pick<OpenedInput, 'parts'>,
  { format, path, excel }: { format: TableFormat; path: string; excel: true | undefined },
  run: Run,
): Promise<TableStyle> {
  const [part, more] = opened.parts ?? [];
  const isTable = format === 'csv' || format === 'tsv';
  const form = isTable && part?.format === format && !more ? await readForm(openSource(part.path, run), part) : undefined;
  if (form && form.encoding !== 'utf-8') run.note(`note: ${path} is written in UTF-8, and INPUT is in ${form.encoding}`);
  const style: TableStyle = form
    ? { delimiter: form.table!.delimiter, newline: form.newline, mark: form.mark > 0, told: form.table!.told }
    : PLAIN;
  return excel && format === 'csv' ? forExcel(style) : style;
}

/** The style of a report in each format: for programs, or as CSV for Excel with the separator of INPUT, which is that of its country. */
export async function reportStyle(
  opened: Pick<OpenedInput, 'parts'>,
  excel: true | undefined,
  run: Run,
): Promise<(format: ReportFormat) => TableStyle> {
  if (!excel) return () => PLAIN;
  const part = opened.parts?.find(({ format }) => format === 'csv');
  const form = part && (await readForm(openSource(part.path, run), part));
  const style = forExcel({ ...PLAIN, delimiter: form?.table?.delimiter ?? ',', newline: '\r\n' });
  return (format) => (format === 'csv' ? style : PLAIN);
}
