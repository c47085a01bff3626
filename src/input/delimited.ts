import { decodeText } from './decode.ts';
import type { FileRecord, FileRecords, FormatReader, ReadingOptions } from './records.ts';
import type { Source } from './source.ts';

/** Tables with a separator. A quote in a .tsv file is text: IANA, text/tab-separated-values. */
export const CSV: FormatReader = {
  suffixes: ['.csv'],
  hasHeader: true,
  open: (source, options, note) => openDelimited(source, options, { quotes: true, note }),
};

export const TSV: FormatReader = {
  suffixes: ['.tsv', '.tab'],
  hasHeader: true,
  open: (source, options) => openDelimited(source, { ...options, delimiter: options.delimiter ?? '\t' }, { quotes: false, note: () => {} }),
};

async function openDelimited(
  { name, chunks }: Source,
  { delimiter: given, header: named, encoding }: ReadingOptions,
  { quotes, note }: { quotes: boolean; note: (message: string) => void },
): Promise<FileRecords> {
  // the parser is loaded only where a table is read
  const { readDelimited } = await import('./csv.ts');
  const { head, whole } = await peekFirstLine(decodeText(chunks, { name, encoding }));
  const delimiter = given ?? separatorOf(head);
  if (given === undefined && delimiter !== ',') {
    note(`${name}: columns are separated by ${delimiter === '\t' ? 'tabs' : `"${delimiter}"`} (no comma in the first line)`);
  }
  const records = readDelimited(whole, { name, delimiter, quotes });
  const first = await records.next();
  if (first.done) return { records, names: [] };
  const header = (first.value[0]?.values ?? []) as string[];
  const rest = async function* (): AsyncGenerator<FileRecord[]> {
    yield named ? first.value.slice(1) : first.value;
    yield* records;
  };
  return { records: rest(), names: named ? distinctNames(header) : header.map((_, at) => String(at + 1)) };
}

function distinctNames(header: readonly string[]): string[] {
  const seen = new Map<string, number>();
  return header.map((raw, at) => {
    const name = raw.trim() || `column_${at + 1}`;
    const count = (seen.get(name) ?? 0) + 1;
    seen.set(name, count);
    return count === 1 ? name : `${name}_${count}`;
  });
}

function separatorOf(header: string): string {
  const bare = header.replace(/"[^"]*"/g, '');
  if (bare.includes(',')) return ',';
  if (bare.includes(';')) return ';';
  return bare.includes('\t') ? '\t' : ',';
}

async function peekFirstLine(text: AsyncGenerator<string>): Promise<{ head: string; whole: AsyncIterable<string> }> {
  let head = '';
  while (!head.includes('\n')) {
    const next = await text.next();
    if (next.done) break;
    head += next.value;
  }
  async function* whole(): AsyncGenerator<string> {
    if (head) yield head;
    yield* text;
  }
  const newline = head.indexOf('\n');
  return { head: newline < 0 ? head : head.slice(0, newline), whole: whole() };
}
