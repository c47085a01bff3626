import { EmbedError } from '../errors.ts';
import { chooseColumns, listed, type ColumnOptions, type RecordView } from './columns.ts';
import { readerOf, type Format } from './formats.ts';
import type { FileRecord, FileRecords, ReadingOptions } from './records.ts';
import { openSeenIds, type SeenIds } from './seen-ids.ts';
import type { Source } from './source.ts';
import { isNumbers } from './vector-jsonl.ts';

/** One row of a corpus: a text to encode, and where it came from. */
export type Row = {
  id: string;
  text: string;
  /** The name of the file in ids, and the line on which the record begins. */
  file: string;
  line: number;
  /** Length of the record, roughly, in characters. */
  size: number;
  fields: Record<string, unknown> | undefined;
};

export type CorpusOptions = ColumnOptions &
  ReadingOptions & {
    /** The name of the file in ids, which are `LABEL:LINE`. */
    label: string;
    format: Format;
  };

/** An open file of a corpus. */
export type CorpusFile = { source: Source; options: CorpusOptions };

/**
 * Reads the files of a corpus one after another, in batches of rows. A file without rows is told where others have some.
 *
 * @param note called with a message where a file was read in a way that the user should know of
 * @param onFile called with the number of rows of each file, when it has been read
 * @throws EmbedError that names the file and line that cannot be read, or the files if none has rows and the corpus may not be empty
 */
export async function* readFiles(
  files: readonly CorpusFile[],
  note: (message: string) => void = () => {},
  { mayBeEmpty = false, onFile = () => {} }: { mayBeEmpty?: boolean; onFile?: (rows: number) => void } = {},
): AsyncGenerator<Row[]> {
  // an id may occur only once in a corpus, even if it has several files
  const ids = openSeenIds();
  const empty: string[] = [];
  for (const { source, options } of files) {
    let rows = 0;
    for await (const batch of rowsOf(source, options, { note, ids })) {
      rows += batch.length;
      yield batch;
    }
    onFile(rows);
    if (rows === 0) empty.push(source.name);
  }
  if (empty.length === files.length && !mayBeEmpty) throw withoutRows(empty);
  for (const name of empty) note(`note: ${name} has no rows`);
}

/** Reads one file, as `readFiles` does. It must have rows. */
export function readCorpus(source: Source, options: CorpusOptions, note?: (message: string) => void): AsyncGenerator<Row[]> {
  return readFiles([{ source, options }], note);
}

async function* rowsOf(
  source: Source,
  options: CorpusOptions,
  { note, ids }: { note: (message: string) => void; ids: SeenIds },
): AsyncGenerator<Row[]> {
  const file = source.name;
  const read = readerOf(options.format).open(source, options, note);
  if (options.format !== 'lines') {
    yield* recordsToRows(await read, options, { file, ids });
    return;
  }
  if (options.textColumns.length > 0 || options.idColumn !== undefined) {
    throw new EmbedError(`Cannot choose columns of ${file}: it is read as lines of text, which have no columns`, {
      hint: 'If it is a table, add --input-format csv, tsv or jsonl',
    });
  }
  yield* linesToRows((await read).records, options.label);
}

/** Reads the records of a file with all their columns. Lines have one column, "text". */
export function readRecords(source: Source, options: CorpusOptions): Promise<FileRecords> {
  return readerOf(options.format).open(source, options, () => {});
}

async function* recordsToRows(
  { records, names }: FileRecords,
  options: CorpusOptions,
  { file, ids }: { file: string; ids: SeenIds },
): AsyncGenerator<Row[]> {
  let view: RecordView | undefined;
  for await (const batch of records) {
    const rows: Row[] = [];
    for (const record of batch) {
      if (!view && isNumbers(Object(record.values).embedding)) {
        throw new EmbedError(`Cannot encode ${file}: its records already hold vectors (field "embedding")`, {
          hint: 'Give the texts that they were made from',
        });
      }
      view ??= chooseColumns(names ?? Object.keys(record.values), options, { file, json: names === undefined });
      const text = view.text(record);
      if (text === undefined) {
        throw new EmbedError(
          `Cannot find the text of the record at line ${record.line} in ${file}: its fields are ${listed(Object.keys(record.values)) || 'none'}`,
          {
            hint: `Add the field to every record, as "" where there is no text, or choose another text column${options.textFlag === undefined ? '' : ` with ${options.textFlag}`}`,
          },
        );
      }
      let id = `${options.label}:${record.line}`;
      if (view.id) {
        const own = view.id(record);
        if (own === undefined || own === '') {
          throw new EmbedError(
            `Cannot find the id of the record at line ${record.line} in ${file}: --id-column ${options.idColumn} is empty there`,
            {
              hint: 'Fill it in, or leave out --id-column: ids are then file:line',
            },
          );
        }
        const earlier = ids.add(own, { file, line: record.line });
        if (earlier !== undefined) {
          throw new EmbedError(
            `Cannot use column ${options.idColumn} of ${file} as the id: "${own}" is at line ${earlier.line}${earlier.file === file ? '' : ` of ${earlier.file}`} and again at line ${record.line}`,
            {
              hint: 'Choose a column without repeats, or leave out --id-column: ids are then file:line',
            },
          );
        }
        id = own;
      }
      rows.push({ id, text, file: options.label, line: record.line, size: record.size, fields: view.fields(record) });
    }
    if (rows.length) yield rows;
  }
}

async function* linesToRows(records: AsyncIterable<FileRecord[]>, label: string): AsyncGenerator<Row[]> {
  for await (const batch of records) {
    yield batch.map(({ line, size, values }) => ({
      id: `${label}:${line}`,
      text: (values as string[])[0]!,
      file: label,
      line,
      size,
      fields: undefined,
    }));
  }
}

function withoutRows(names: readonly string[]): EmbedError {
  const why = names.length === 1 ? `${names[0]}: it has` : `${listed(names)}: they have`;
  return new EmbedError(`Cannot read ${why} no rows`, {
    hint:
      names[0] === 'stdin'
        ? 'Nothing came through the pipe: check the command before it'
        : `Check that ${names.length === 1 ? 'it is the file' : 'they are the files'} you meant`,
  });
}
