import { EmbedError } from '../errors.ts';
import { shellWord } from '../text.ts';
import type { FileRecord } from './records.ts';

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
  /** Fields to keep: 'all' except text and id, or these. */
  columns: 'all' | readonly string[];
};

/** Reads the values of one record. A text or id is undefined where the record has no such value. */
export type RecordView = {
  text: (record: FileRecord) => string | undefined;
  id: ((record: FileRecord) => string | undefined) | undefined;
  fields: (record: FileRecord) => Record<string, unknown> | undefined;
};

/** The place of a value in a record: an index into a table's row, or a path of keys into a JSON object. */
type ColumnPlace = { label: string; at: number | readonly string[] };

/**
 * Chooses the columns of a table: those that are asked for, else the only one, else the one named "text".
 *
 * @param names column names of a table (numbers where it has no header), or the keys of the first JSON record
 * @throws EmbedError where a column does not exist, or none can be chosen
 */
export function chooseColumns(
  names: readonly string[],
  options: ColumnOptions,
  { file, json }: { file: string; json: boolean },
): RecordView {
  const find = (name: string, option: string): ColumnPlace => findColumn(name, names, { file, json, option });
  const textFlag = options.textFlag ?? '--text-column';
  let texts = options.textColumns.map((name) => find(name, textFlag));
  const id = options.idColumn === undefined ? undefined : find(options.idColumn, '--id-column');
  if (texts.length === 0) {
    const only = names.length === 1 ? names[0] : preferred(names, options.preferredColumns ?? ['text']);
    if (only === undefined) {
      throw new EmbedError(`Cannot tell which column of ${file} is the text: columns are ${listed(names)}`, {
        hint: names.some(looksLikeData)
          ? `Its first record looks like data: if there is no header, add --no-header ${textFlag} 1`
          : `Choose one with ${textFlag}, for example ${textFlag} ${shellWord(names.at(-1) ?? '1')}`,
      });
    }
    texts = [{ label: only, at: json ? [only] : names.indexOf(only) }];
  }
  const used = new Set([...texts, ...(id ? [id] : [])].map((place) => place.label));
  const wanted = options.columns === 'all' ? undefined : options.columns.map((name) => find(name, '--columns'));
  // the columns of a table are the same in every record
  const kept = wanted ?? (json ? undefined : names.map((label, at) => ({ label, at })).filter(({ label }) => !used.has(label)));

  return {
    text: (record) => {
      const parts: string[] = [];
      for (const place of texts) {
        const value = valueAt(record, place);
        if (value === undefined) return undefined;
        parts.push(asText(value));
      }
      return parts.join('\n');
    },
    id:
      id &&
      ((record) => {
        const value = valueAt(record, id);
        return value === undefined || value === null ? undefined : asText(value);
      }),
    fields: (record) => {
      if (kept?.length === 0) return undefined;
      const entries: [string, unknown][] = kept
        ? kept.map((place) => [place.label, valueAt(record, place) ?? null])
        : Object.entries(record.values).filter(([name]) => !used.has(name));
      // fromEntries instead of assignment, because a column may be called __proto__
      const fields = Object.fromEntries(entries);
      return Object.keys(fields).length > 0 ? fields : undefined;
    },
  };
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
  const at = names.indexOf(name);
  if (json) {
    // JSON records may have different keys: a key that the first record lacks may be in a later one
    return { label: name, at: at >= 0 ? [name] : name.split('.') };
  }
  if (at >= 0) return { label: name, at };
  const number = /^[1-9]\d*$/.test(name) ? Number(name) - 1 : -1;
  if (number >= 0 && number < names.length) return { label: names[number]!, at: number };
  throw new EmbedError(`Cannot find column "${name}" in ${file}: columns are ${listed(names)}`, {
    hint: `Choose one of them with ${option}, by name or by number (the first is 1)`,
  });
}

function valueAt(record: FileRecord, { at }: ColumnPlace): unknown {
  if (typeof at === 'number') return (record.values as readonly unknown[])[at];
  let value: unknown = record.values;
  for (const key of at) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<string, unknown>)[key];
  }
  return value;
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
