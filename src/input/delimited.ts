import { readDelimited } from './csv.ts';
import { decodeText } from './decode.ts';
import { isLarger, recordLimit, tooLarge, type RecordLimit } from './record-size.ts';
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
  { delimiter: given, header: named, encoding, maxRecordSize }: ReadingOptions,
  { quotes, note }: { quotes: boolean; note: (message: string) => void },
): Promise<FileRecords> {
  const limit = recordLimit(name, maxRecordSize);
  const { head, whole } = await peekFirstLine(decodeText(chunks, { name, encoding }), limit);
  const delimiter = given ?? separatorOf(head);
  if (given === undefined && delimiter !== ',') {
    note(`${name}: columns are separated by ${delimiter === '\t' ? 'tabs' : `"${delimiter}"`} (no comma in the first line)`);
  }
  const records = readDelimited(whole, { delimiter, quotes, limit });
  const first = await records.next();
  if (first.done) return { records, names: [] };
  const header = (first.value[0]?.values ?? []) as string[];
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

function separatorOf(header: string): string {
  const bare = header.replace(/"[^"]*"/g, '');
  if (bare.includes(',')) return ',';
  if (bare.includes(';')) return ';';
  return bare.includes('\t') ? '\t' : ',';
}

/** The first line, which the first record is no smaller than, and the whole text. */
async function peekFirstLine(text: AsyncGenerator<string>, limit: RecordLimit): Promise<{ head: string; whole: AsyncIterable<string> }> {
  const parts: string[] = [];
  let bytes = 0;
  for (let ended = false; !ended && !parts.at(-1)?.includes('\n');) {
    const next = await text.next();
    if (next.done) ended = true;
    else {
      parts.push(next.value);
      bytes += Buffer.byteLength(next.value);
      // what follows the line break does not count
      if (bytes > limit.maxBytes && !next.value.includes('\n')) break;
    }
  }
  const [head = ''] = parts.join('').split('\n', 1);
  if (isLarger(head, limit.maxBytes + 1)) {
    await text.return(undefined);
    throw tooLarge(limit, { line: 1, cause: 'Check that it has line breaks' });
  }
  async function* whole(): AsyncGenerator<string> {
    try {
      while (parts.length > 0) yield parts.shift()!;
      yield* text;
    } finally {
      await text.return(undefined);
    }
  }
  return { head, whole: whole() };
}
