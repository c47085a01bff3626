import { printable, shortened } from '../text.ts';
import { readDelimited } from './csv.ts';
import { lineEndsNote, openText, type OpenText } from './open-text.ts';
import { recordLimit } from './record-size.ts';
import type { FileRecord, FileRecords, FormatReader, ReadingOptions } from './records.ts';
import { separatorLine, separatorName, separatorOf, SEPARATORS } from './separator.ts';
import type { Source } from './source.ts';

/** Tables with a separator. A quote in a .tsv file is text: IANA, text/tab-separated-values. */
export const CSV: FormatReader = {
  suffixes: ['.csv'],
  hasHeader: true,
  quotes: true,
  open: (source, options, note) => openDelimited(source, options, { quotes: true, note }),
};

export const TSV: FormatReader = {
  suffixes: ['.tsv', '.tab'],
  hasHeader: true,
  quotes: false,
  open: (source, options, note) => openDelimited(source, options, { quotes: false, note }),
};

/** A table whose beginning is known. */
export type OpenTable = OpenText & {
  delimiter: string;
  /** The first line where it only names the separator, with its line end; it is not part of the text. */
  told: string | undefined;
};

type Reading = Pick<ReadingOptions, 'delimiter' | 'encoding' | 'hasEncodingOption' | 'maxRecordSize'>;

/** Opens a table, and finds its separator: the one that is given, the one that its first line tells, or the one that fits. */
export async function openTable(
  source: Source,
  { delimiter: given, encoding, hasEncodingOption, maxRecordSize }: Reading,
  { quotes, note }: { quotes: boolean; note: (message: string) => void },
): Promise<OpenTable> {
  const { name } = source;
  const limit = recordLimit(name, maxRecordSize);
  const separators = quotes ? (given ?? SEPARATORS) : undefined;
  const opened = await openText(source, { encoding, hasEncodingOption, limit, separators, note });
  const said = lineEndsNote(name, opened.counts);
  if (said !== undefined) note(said);
  const { told, told: { separator: named } = {}, ...table } = withoutSeparatorLine(opened);
  const delimiter = given ?? named ?? (quotes ? guess(name, { ...table, quotes }, note) : '\t');
  if (told) {
    const used = delimiter === named ? 'it is used' : `--delimiter ${separatorName(delimiter)} is used`;
    note(`${name}: the first line says that columns are separated by ${separatorName(named!)}, and is left out; ${used}`);
  }
  return { ...table, delimiter, told: told?.line };
}

/** Finds the separator of a table, and says which, unless it is beyond doubt a comma. */
function guess(name: string, table: Parameters<typeof separatorOf>[0], note: (message: string) => void): string {
  const { separator, others } = separatorOf(table);
  const reason = table.first.includes(',') ? '' : ' (no comma in the first line)';
  const more = others.length === 0 ? '' : `; ${others.map(separatorName).join(' and ')} would fit as well, by --delimiter`;
  if (separator !== ',' || more !== '') note(`${name}: columns are separated by ${separatorName(separator)}${reason}${more}`);
  return separator;
}

/** Takes off the first line where it only names the separator, as Excel understands it. */
function withoutSeparatorLine(opened: OpenText): OpenText & { told?: { line: string; separator: string } } {
  const separator = separatorLine(opened.first);
  if (separator === undefined) return opened;
  const { head, first, text } = opened;
  const line = first + (/^(?:\r\n|\n|\r)/.exec(head.slice(first.length))?.[0] ?? '');
  const rest = head.slice(line.length);
  async function* after(): AsyncGenerator<string> {
    let left = line.length;
    for await (const chunk of text) {
      if (chunk.length > left) yield left > 0 ? chunk.slice(left) : chunk;
      left = Math.max(0, left - chunk.length);
    }
  }
  return { ...opened, head: rest, first: /^[^\r\n]*/.exec(rest)![0], text: after(), told: { line, separator } };
}

async function openDelimited(
  source: Source,
  options: ReadingOptions,
  { quotes, note }: { quotes: boolean; note: (message: string) => void },
): Promise<FileRecords> {
  const { name } = source;
  const { header: named, maxRecordSize } = options;
  const { text, delimiter, lineEnds, told } = await openTable(source, options, { quotes, note });
  const firstLine = told === undefined ? 1 : 2;
  const records = readDelimited(text, { delimiter, quotes, lineEnds, firstLine, limit: recordLimit(name, maxRecordSize), note });
  const first = await records.next();
  if (first.done) return { records, names: [] };
  const header = (first.value[0]?.values ?? []) as string[];
  if (named && header.length === 1) noteOneColumn(header[0]!, { name, delimiter, quotes, note });
  const rest = async function* (): AsyncGenerator<FileRecord[]> {
    try {
      yield named ? first.value.slice(1) : first.value;
      yield* records;
    } finally {
      await records.return(undefined);
    }
  };
  return { records: rest(), names: named ? distinctNames(header) : header.map((_, at) => String(at + 1)) };
}

/** Signs that separate columns somewhere. A colon before a space does not. */
const OTHER_SEPARATORS = /[,;|^~¦，；｜、\p{Cc}]|:(?!\s|$)/u;

/** Says so where the only column of a table looks like several. */
function noteOneColumn(
  header: string,
  { name, delimiter, quotes, note }: { name: string; delimiter: string; quotes: boolean; note: (message: string) => void },
): void {
  const [sign] = OTHER_SEPARATORS.exec(header) ?? [];
  if (sign === undefined) return;
  const shown = printable(shortened(header.trim()));
  const remedy = quotes || !SEPARATORS.includes(sign) ? 'name what separates them with --delimiter' : 'add --input-format csv';
  note(
    `${name}: it has one column, "${shown}", and no ${quotes ? separatorName(delimiter) : 'tab'} in its header; if it is several, ${remedy}`,
  );
}

/** Makes column names unique, so that no kept field hides another. */
function distinctNames(header: readonly string[]): string[] {
  const seen = new Map<string, number>();
  return header.map((raw, at) => {
    const name = raw.trim() || `column_${at + 1}`;
    const count = (seen.get(name) ?? 0) + 1;
    seen.set(name, count);
    return count === 1 ? name : `${name}_${count}`;
  });
}
