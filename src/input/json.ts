import { EmbedError } from '../errors.ts';
import { shellValue } from '../text.ts';
import { afterSeen } from './byte-stream.ts';
import { chooseList, findForm, pathOf, type JsonForm, type JsonList } from './json-form.ts';
import { walkJson, type JsonWalker } from './json-walk.ts';
import { openLineText } from './lines.ts';
import { NOTHING, parseRecord, readJsonl, type Parsing } from './jsonl.ts';
import { recordLimit, type RecordLimit } from './record-size.ts';
import { placeInWords, type FileRecord, type FileRecords, type FormatReader, type ReadingOptions } from './records.ts';
import type { Source } from './source.ts';

/** JSON of any form: an array of records, an object with a list of them, or one record after another. */
export const JSON_TEXT: FormatReader = {
  suffixes: ['.json'],
  hasHeader: false,
  quotes: false,
  open: (source, options, note) => openJson(source, options, { single: false, note }),
};

/** JSON Lines: each record has its own keys. A single object is one record; an array is read as such. */
export const JSONL: FormatReader = {
  suffixes: ['.jsonl', '.ndjson'],
  hasHeader: false,
  quotes: false,
  open: (source, options, note) => openJson(source, options, { single: true, note }),
};

async function openJson(
  source: Source,
  options: ReadingOptions,
  { single, note }: { single: boolean; note: (message: string) => void },
): Promise<FileRecords> {
  const { name } = source;
  const { records: asked, idColumn, spelledColumn = idColumn } = options;
  const limit = recordLimit(name, options.maxRecordSize);
  const { form, whole } = await lookAt(openLineText(source, options, note), { limit, single, records: asked });
  if (form.kind === 'list' && asked === undefined) {
    if (form.path !== '') note(`${name}: the records are the list ${form.path} of its object`);
    else if (single) note(`${name}: it is one array, not JSON Lines; its elements are the records`);
  }
  return { records: readForm(whole, form, { limit, asked, idColumn: spelledColumn, note }), names: undefined };
}

/** How a text holds its records, and the whole text, which is read or closed. */
export async function lookAt(
  text: AsyncGenerator<string>,
  options: Parameters<typeof findForm>[0],
): Promise<{ form: JsonForm; whole: AsyncIterable<string>; close: () => Promise<unknown> }> {
  const finder = findForm(options);
  const seen: string[] = [];
  try {
    for (let known = false; !known;) {
      const next = await text.next();
      if (next.done) break;
      seen.push(next.value);
      known = finder.push(next.value);
    }
    return { form: finder.form(), whole: afterSeen(seen, text), close: () => text.return(undefined) };
  } catch (error) {
    await text.return(undefined);
    throw error;
  }
}

type FormReading = {
  limit: RecordLimit;
  asked: string | undefined;
  idColumn?: string | undefined;
  note?: (message: string) => void;
};

/** Reads records of any form, in batches. */
export function readForm(text: AsyncIterable<string>, form: JsonForm, reading: FormReading): AsyncGenerator<FileRecord[]> {
  return form.kind === 'lines' ? readJsonl(text, reading.limit, reading) : readValues(text, form, reading);
}

async function* readValues(
  text: AsyncIterable<string>,
  form: Exclude<JsonForm, { kind: 'lines' }>,
  reading: FormReading,
): AsyncGenerator<FileRecord[]> {
  const { name } = reading.limit;
  const parsing: Parsing = { name, idColumn: reading.idColumn, strings: form.kind === 'list' };
  let batch: FileRecord[] = [];
  let lastLine = 0;
  let nth = 0;
  let type: string | undefined;
  const walker = walkForm(form, reading, {
    record(json, line) {
      nth = lastLine === line ? nth + 1 : 1;
      lastLine = line;
      // a literal of each form: a spread takes longer than the parser
      const record: FileRecord =
        nth === 1 ? { line, size: json.length, values: NOTHING } : { line, nth, size: json.length, values: NOTHING };
      const values = parseRecord(json, parsing, record);
      const own = typeof values === 'string' ? 'a string' : 'an object';
      type ??= own;
      if (own !== type) {
        throw new EmbedError(`Cannot read ${name}: the record at ${placeInWords(record)} is ${own} where the first is ${type}`, {
          hint: 'Write all of them in the same form',
        });
      }
      record.values = typeof values === 'string' ? { text: values } : values;
      batch.push(record);
    },
  });
  const taken = (): FileRecord[] => {
    const records = batch;
    batch = [];
    return records;
  };
  for await (const chunk of text) {
    walker.push(chunk);
    if (batch.length > 0) yield taken();
  }
  walker.end();
  if (batch.length > 0) yield taken();
}

/** Walks through the records of a text whose form is known. Throws an EmbedError where there is no such list, or more than one. */
export function walkForm(
  form: Exclude<JsonForm, { kind: 'lines' }>,
  { limit, asked }: FormReading,
  handlers: { record(json: string, line: number): void; other?(text: string): void },
): JsonWalker {
  const lists: JsonList[] = [];
  let found = form.kind === 'values';
  const walker = walkJson(
    { sequence: form.kind === 'values', limit },
    {
      ...handlers,
      list(keys, kind) {
        if (form.kind === 'values') return false;
        const path = pathOf(keys);
        lists.push({ path, kind });
        if (!form.whole) chooseList(lists, limit.name);
        found ||= path === form.path;
        return path === form.path;
      },
    },
  );
  return {
    push: (text) => walker.push(text),
    end() {
      walker.end();
      if (found) return;
      const paths = lists.map(({ path }) => path).filter((path) => path !== '');
      throw new EmbedError(`Cannot find the list ${asked} in ${limit.name}: its lists are ${paths.join(', ') || 'none'}`, {
        hint:
          paths.length > 0
            ? `Choose one of them, for example --records ${shellValue(paths[0]!)}`
            : 'Leave --records out: it chooses a list inside of one object',
      });
    },
  };
}
