import { EmbedError } from '../errors.ts';
import { formatCalled, reportFormatOf, suffixesOf, type ReportFormat } from './formats.ts';

/** A file of --report; the format is that of its suffix where none is named. */
export type ReportTarget = { path: string; format: ReportFormat | undefined };

/**
 * Reads "FILE" and "FORMAT:FILE". Only the name of a format is a prefix: "c:\\r.json" is a path, and so is "./gitlab:r.json".
 *
 * @throws EmbedError where no file is named
 */
export function reportTarget(value: string): ReportTarget {
  const [, word = '', rest = ''] = /^(\w{2,}):(.*)$/su.exec(value) ?? [];
  const format = formatCalled(word);
  const path = format === undefined ? value : rest;
  if (path === '-' || path === '') {
    throw new EmbedError(`Cannot write the report ${value === '' ? '""' : value}: it names no file`, {
      hint: 'Name a file; to print a report, choose its form with --format',
    });
  }
  return { path, format };
}

/** The paths of --report, without their formats. */
export function reportPaths(values: readonly string[] = []): string[] {
  return values.map((value) => reportTarget(value).path);
}

/**
 * The format of a file.
 *
 * @throws EmbedError where it is none that the command writes to files
 */
export function fileFormat({ path, format: named }: ReportTarget, formats: readonly ReportFormat[]): ReportFormat {
  const format = named ?? reportFormatOf(path, formats);
  if (format !== undefined && formats.includes(format)) return format;
  const suffixes = suffixesOf(formats);
  const example = formats.find((one) => one === 'gitlab') ?? 'json';
  const hint = `Name a file that ends in ${suffixes.slice(0, -1).join(', ')} or ${suffixes.at(-1)}, or put a format before it, as in ${example}:FILE`;
  if (named === 'github') {
    throw new EmbedError(`Cannot write ${path} as github: annotations are commands of a step, which GitHub reads in its log`, {
      hint: 'Print them with --format github; for a summary of the job, write a report that ends in .md',
    });
  }
  throw new EmbedError(`Cannot write ${path}${named === undefined ? ': its suffix does not name a known format' : ` as ${named}`}`, {
    hint,
  });
}

/** Refuses --excel where no CSV file is written. */
export function assertExcel(
  excel: true | undefined,
  {
    paths = [],
    reports = [],
    format,
  }: { paths?: readonly (string | undefined)[]; reports?: string[] | undefined; format: string | undefined },
): void {
  const targets: ReportTarget[] = [
    ...paths.filter((path) => path !== undefined).map((path) => ({ path, format: undefined })),
    ...reports.map(reportTarget),
  ];
  if (excel !== true || format === 'csv' || targets.some((target) => (target.format ?? reportFormatOf(target.path, ['csv'])) === 'csv'))
    return;
  throw new EmbedError('Cannot use --excel: no CSV file is written', {
    hint: 'Name a file that ends in .csv, for example --report report.csv, or leave --excel out',
  });
}
