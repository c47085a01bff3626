import { EmbedError } from '../errors.ts';
import { grouped } from '../text.ts';
import { holderAt } from './field-path.ts';
import { isDeep, MAX_DEPTH, quoteAllNumbers, quoteLongIntegers } from './json-text.ts';
import { splitLines } from './lines.ts';
import type { RecordLimit } from './record-size.ts';
import { placeInWords, type FileRecord, type RecordPlace } from './records.ts';

/**
 * Reads JSON Lines: one JSON object per line. Blank lines are skipped.
 *
 * @throws EmbedError that names the line that is not a JSON object, or is too large
 */
export async function* readJsonl(
  text: AsyncIterable<string>,
  limit: RecordLimit,
  { idColumn, note }: { idColumn?: string | undefined; note?: ((message: string) => void) | undefined } = {},
): AsyncGenerator<FileRecord[]> {
  const parsing: Parsing = { name: limit.name, idColumn, strings: false };
  let line = 0;
  for await (const lines of splitLines(text, limit, note)) {
    const records: FileRecord[] = [];
    for (const json of lines) {
      line++;
      if (json.trim() === '') continue;
      const record: FileRecord = { line, size: json.length, values: NOTHING };
      record.values = parseRecord(json, parsing, record) as Record<string, unknown>;
      records.push(record);
    }
    yield records;
  }
}

/** The values of a record that is not parsed yet. */
export const NOTHING: Readonly<Record<string, unknown>> = {};

/** How the records of a file are parsed: `strings` says whether a string will do, which is then the record's text. */
export type Parsing = { name: string; idColumn: string | undefined; strings: boolean };

/** Parses one record. It is called for each: no object is made but the record. */
export function parseRecord(json: string, parsing: Parsing, place: RecordPlace): Record<string, unknown> | string {
  const { name, idColumn, strings } = parsing;
  if (isDeep(json)) {
    throw new EmbedError(`Cannot read ${name}: ${placeInWords(place)} has arrays or objects more than ${grouped(MAX_DEPTH)} deep`, {
      hint: 'Leave the field out, or write its value as a string',
    });
  }
  let value: unknown;
  try {
    value = JSON.parse(quoteLongIntegers(json));
  } catch (cause) {
    throw new EmbedError(`Cannot read ${name}: ${placeInWords(place)} is not valid JSON (${(cause as Error).message})`, {
      hint: 'A .jsonl file has one JSON object per line; for plain text add --input-format lines',
      cause,
    });
  }
  if (strings && typeof value === 'string') return value;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    const wanted = strings ? 'neither an object nor a string' : 'not an object';
    throw new EmbedError(`Cannot read ${name}: ${placeInWords(place)} is JSON, but ${wanted}`, {
      hint: `Each ${strings ? 'record' : 'line'} should look like {"text": "…"}; for plain text add --input-format lines`,
    });
  }
  if (idColumn !== undefined) keepSpelling(value, json, idColumn);
  return value as Record<string, unknown>;
}

/** Gives a number at a path the spelling that it has in the JSON: 1.10 and 1.1 are two ids. */
function keepSpelling(record: object, json: string, path: string): void {
  const place = holderAt(record, path);
  if (!place) return;
  const { holder, key } = place;
  const value = holder[key];
  if (typeof value !== 'number') return;
  // most ids are short integers, which have one spelling
  const plain = String(value);
  const name = `${JSON.stringify(key)}:`;
  const at = json.indexOf(name);
  if (at >= 0 && json.indexOf(name, at + 1) < 0 && spelledSo(json, at + name.length, plain)) return;
  const spelled = holderAt(JSON.parse(quoteAllNumbers(json)) as object, path);
  if (spelled && spelled.holder[spelled.key] !== plain) holder[key] = spelled.holder[spelled.key];
}

function spelledSo(json: string, from: number, number: string): boolean {
  const at = json[from] === ' ' ? from + 1 : from;
  return json.startsWith(number, at) && /[,}\s]/.test(json[at + number.length] ?? '');
}
