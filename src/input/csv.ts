import { EmbedError } from '../errors.ts';
import { grouped } from '../text.ts';
import { tooLarge, type RecordLimit } from './record-size.ts';
import type { FileRecord } from './records.ts';
import { markNote, returnNote } from './open-text.ts';
import { splitFields, type Splitting } from './split-fields.ts';

/** How a table is read. `note` is called once with the first byte order mark within it, and with the first "\r" within a line. */
export type TableOptions = Splitting & { limit: RecordLimit; note?: (message: string) => void };

/** Bytes whose records are handed on at once: each byte may be a record, and objects that live long are slow to clear away. */
const BYTES_PER_BATCH = 1 << 13;

/** Columns of a table. More are the sign of a separator that is none. */
const MAX_COLUMNS = 1_000_000;

/**
 * Reads the records of a CSV or TSV text, in batches. A header is returned as the first record. Blank lines are skipped, except
 * in a table with a single column, where they are rows without text.
 *
 * @throws EmbedError that names the line of a record that cannot be read
 */
export async function* readDelimited(
  text: AsyncIterable<string>,
  { limit, note, ...splitting }: TableOptions,
): AsyncGenerator<FileRecord[]> {
  const { name, maxBytes } = limit;
  let width = 0;
  let records: FileRecord[] = [];
  let header: string[] | undefined;
  let [marks, strays] = [0, 0];
  const refused = (why: string, hint: string): EmbedError => new EmbedError(`Cannot read ${name}: ${why}`, { hint });
  const splitter = splitFields(splitting, (values, { line, bytes, marked }) => {
    if (bytes > maxBytes) throw tooLarge(limit, { line, cause: 'Check the quotes and the separator' });
    width ||= values.length;
    header ??= values;
    if (marked && marks++ === 0) {
      const again = values.join('\0') === header.join('\0') ? '; the record there repeats the first one, and is read as a row' : '';
      note?.(`${markNote(name, line)}${again}`);
    }
    if (width > 1 && values.length === 1 && values[0] === '') return;
    if (values.length !== width) {
      throw refused(
        `the record at line ${line} has ${fields(values.length)} where the first has ${width}`,
        'Quote values that contain the separator or a line break, or name another separator with --delimiter',
      );
    }
    records.push({ line, size: values.reduce((sum, value) => sum + value.length, 0), values });
  });
  const take = (): FileRecord[] => {
    const { line, bytes, columns, quoted } = splitter.open();
    if (bytes > maxBytes) {
      throw tooLarge(limit, { line, cause: quoted ? 'Close its quote, if that is missing' : 'Check the separator and the line breaks' });
    }
    if (columns > MAX_COLUMNS) {
      throw refused(
        `the record that begins at line ${line} has more than ${grouped(MAX_COLUMNS)} columns`,
        'Check the line breaks, or name another separator with --delimiter',
      );
    }
    const stray = splitter.strayReturn();
    if (stray !== undefined && strays++ === 0) note?.(returnNote(name, stray));
    const taken = records;
    records = [];
    return taken;
  };
  for await (const chunk of text) {
    const bytes = Buffer.from(chunk);
    for (let from = 0; from < bytes.length; from += BYTES_PER_BATCH) {
      splitter.push(bytes.subarray(from, from + BYTES_PER_BATCH));
      const taken = take();
      if (taken.length) yield taken;
    }
  }
  if (splitter.end()) {
    throw refused(
      `the record that begins at line ${splitter.open().line} has a quote that is never closed`,
      'Close it, or double a quote that is part of the text: ""',
    );
  }
  const last = take();
  if (last.length) yield last;
}

function fields(count: number): string {
  return count === 1 ? '1 field' : `${count} fields`;
}
