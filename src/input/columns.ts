import { EmbedError } from '../errors.ts';
import { plural, printable, shellValue } from '../text.ts';
import { fieldOf, valuesAt } from './field-path.ts';
import { placeInWords, type FileRecord } from './records.ts';
import { textColumnOf, textPathsOf } from './text-likeness.ts';

/** Selects the values of a record that are its text, its id and the fields to keep. */
export type ColumnOptions = {
  /** Columns that are joined to the text, in order; empty to choose it by name. */
  textColumns: readonly string[];
  /** Names to look for, in order, where no text column is asked for; "text" by default. */
  preferredColumns?: readonly string[];
  /** The option that hints name for choosing the text; --text-column by default. */
  textFlag?: string;
  /** The column of the ids; undefined makes ids from file and line. */
  idColumn: string | undefined;
  /** Applied to each text column: markup taken off. */
  clean?: (text: string) => string;
  /** Fields to keep: 'all' except text and id, or these. */
  columns: 'all' | readonly string[];
};

/** Reads the values of one record. A text or id is undefined where the record has no such value. */
export type RecordView = {
  text: (record: FileRecord) => string | undefined;
  /** Where the text of the first records may be, as an option; undefined where none of their values reads like one. */
  example: () => string | undefined;
  id: ((record: FileRecord) => string | undefined) | undefined;
  fields: (record: FileRecord) => Record<string, unknown> | undefined;
};

/** The place of a value in a record: an index into a table's row, or a path into a JSON object. */
type ColumnPlace = { label: string; at: number | string };

/** The file that columns are chosen of, and some of its first records, from which a hint proposes one. */
export type ChosenFrom = { file: string; json: boolean; sample: readonly FileRecord[] };

/**
 * Chooses the columns of a table: those that are asked for, else the only one, else the one named "text".
 *
 * @param names column names of a table (numbers where it has no header), or the keys of the first JSON record
 * @throws EmbedError where a column does not exist, or none can be chosen
 */
export function chooseColumns(names: readonly string[], options: ColumnOptions, from: ChosenFrom): RecordView {
  const { json } = from;
  const find = (name: string, option: string): ColumnPlace => findColumn(name, names, { ...from, option });
  const textFlag = options.textFlag ?? '--text-column';
  let texts = options.textColumns.map((name) => find(name, textFlag));
  const id = options.idColumn === undefined ? undefined : find(options.idColumn, '--id-column');
  if (texts.length === 0) {
    const only = names.length === 1 ? names[0] : preferred(names, options.preferredColumns ?? ['text']);
    if (only === undefined) throw noTextColumn(names, textFlag, from);
    texts = [{ label: only, at: json ? only : names.indexOf(only) }];
  }
  const used = new Set([...texts, ...(id ? [id] : [])].map((place) => place.label));
  const wanted = options.columns === 'all' ? undefined : options.columns.map((name) => find(name, '--columns'));
  // the columns of a table are the same in every record
  const kept = wanted ?? (json ? undefined : names.map((label, at) => ({ label, at })).filter(({ label }) => !used.has(label)));
  const example = (): string | undefined => {
    const path = json ? textPathsOf(from.sample.map(({ values }) => values))?.one : undefined;
    return path === undefined ? undefined : `${textFlag} ${shellValue(path)}`;
  };
  const { clean } = options;
  const parts = texts.map((place) => {
    const read = textReader(place, textFlag, from);
    if (!clean) return read;
    return (record: FileRecord) => {
      const text = read(record);
      return text === undefined ? undefined : clean(text);
    };
  });

  return {
    text: (record) => {
      let text: string | undefined;
      for (const part of parts) {
        const value = part(record);
        if (value === undefined) return undefined;
        text = text === undefined ? value : `${text}\n${value}`;
      }
      return text;
    },
    example,
    id:
      id &&
      ((record) => {
        const value = valueOf(record, id);
        return value === undefined || value === null ? undefined : asText(value);
      }),
    fields: (record) => {
      if (kept?.length === 0) return undefined;
      const entries: [string, unknown][] = kept
        ? kept.map((place) => [place.label, valueOf(record, place) ?? null])
        : Object.entries(record.values).filter(([name]) => !used.has(name));
      // fromEntries instead of assignment, because a column may be called __proto__
      const fields = Object.fromEntries(entries);
      return Object.keys(fields).length > 0 ? fields : undefined;
    },
  };
}

/** The error where no column is the text for certain; its hint proposes the one that reads like a text. */
function noTextColumn(names: readonly string[], textFlag: string, { file, json, sample }: ChosenFrom): EmbedError {
  const data = names.some(looksLikeData);
  const rows = sample.map(({ values }) => values);
  const at = json ? undefined : textColumnOf((data ? [names, ...rows] : rows) as unknown[][], names.length);
  const name = json ? textPathsOf(rows)?.one : at === undefined ? undefined : data ? String(at + 1) : typed(names[at]!, at);
  const example = name === undefined ? '' : `${textFlag} ${shellValue(name)}`;
  return new EmbedError(`Cannot tell which column of ${file} is the text: columns are ${listed(names)}`, {
    hint: data
      ? `Its first record looks like data: if there is no header, add --no-header ${example || `${textFlag} 1`}`
      : `Choose one with ${textFlag}${example && `, for example ${example}`}`,
  });
}

/** A column as it can be typed: by its number where its name has characters that cannot. */
function typed(name: string, at: number): string {
  return printable(name) === name ? name : String(at + 1);
}

/** Whether a column name looks like a value: a number, or a sentence. */
function looksLikeData(name: string): boolean {
  return /^[\d.,-]+$/.test(name) || name.length > 40;
}

/** The first wanted name that exists, as the file spells it; case is ignored where no spelling matches exactly. */
function preferred(names: readonly string[], wanted: readonly string[]): string | undefined {
  for (const name of wanted) {
    const found = names.includes(name) ? name : names.find((other) => other.toLowerCase() === name);
    if (found !== undefined) return found;
  }
  return undefined;
}

function findColumn(
  name: string,
  names: readonly string[],
  { file, json, option }: { file: string; json: boolean; option: string },
): ColumnPlace {
  // JSON records may have different keys: a key that the first record lacks may be in a later one
  if (json) return { label: name, at: name };
  const at = names.indexOf(name);
  if (at >= 0) return { label: name, at };
  const number = /^[1-9]\d*$/.test(name) ? Number(name) - 1 : -1;
  if (number >= 0 && number < names.length) return { label: names[number]!, at: number };
  throw new EmbedError(`Cannot find column "${name}" in ${file}: columns are ${listed(names)}`, {
    hint: `Choose one of them with ${option}, by name or by number (the first is 1)`,
  });
}

function valueOf({ values }: FileRecord, { at }: ColumnPlace): unknown {
  return typeof at === 'number' ? (values as readonly unknown[])[at] : fieldOf(values as Record<string, unknown>, at);
}

/** Reads one text column. A value that holds texts, but is none, is an error: its JSON would be encoded. */
function textReader(place: ColumnPlace, textFlag: string, { file, sample }: ChosenFrom): (record: FileRecord) => string | undefined {
  const { label, at } = place;
  if (typeof at === 'number') return (record) => asText(valueOf(record, place));
  let read = 0;
  const refuse = (record: FileRecord, what: string): never => {
    const paths = textPathsOf(
      [...sample, record].flatMap(({ values }) => valuesAt(values, at)?.values ?? []),
      at,
    );
    const each = paths?.all === undefined ? '' : ` for one of its texts, or ${textFlag} ${shellValue(paths.all)} for all of them, joined`;
    const choice = paths && `Choose what is in it: ${textFlag} ${shellValue(paths.one)}${each}`;
    throw new EmbedError(`Cannot read the text of the record at ${placeInWords(record)} in ${file}: ${what}`, {
      hint:
        read > 0
          ? `${plural(read, 'earlier record')} of the file ${read === 1 ? 'has' : 'have'} a text there: write all of them in the same form`
          : (choice ?? `There is no text in it: choose another column with ${textFlag}`),
    });
  };
  return (record) => {
    const keys = record.values as Record<string, unknown>;
    const plain = Object.hasOwn(keys, at) ? keys[at] : undefined;
    if (typeof plain === 'string') {
      read++;
      return plain;
    }
    const found = valuesAt(keys, at);
    if (!found) return undefined;
    if (found.stray !== undefined) refuse(record, `${label} leads into ${found.stray}, which has no fields`);
    const other = found.values.find((value) => typeof value === 'object' && value !== null);
    if (other !== undefined) refuse(record, `${label} is ${Array.isArray(other) ? 'a list' : 'an object'}`);
    read++;
    return found.values
      .map(asText)
      .filter((text) => !found.several || text !== '')
      .join('\n');
  };
}

/** A value as a text: objects as JSON. */
export function asText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value === null || value === undefined) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** The first names, for a message. */
export function listed(names: readonly string[]): string {
  const shown = names.slice(0, 20).join(', ');
  return names.length > 20 ? `${shown}, … (${names.length} in all)` : shown;
}
