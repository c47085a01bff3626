import { EmbedError } from '../errors.ts';
import { grouped } from '../text.ts';
import { isDeep, MAX_DEPTH, quoteLongIntegers } from './json-text.ts';
import { splitLines } from './lines.ts';
import type { RecordLimit } from './record-size.ts';
import type { FileRecord } from './records.ts';

/**
 * Reads JSON Lines: one JSON object per line. Blank lines are skipped.
 *
 * @throws EmbedError that names the line that is not a JSON object, or is too large
 */
export async function* readJsonl(text: AsyncIterable<string>, limit: RecordLimit): AsyncGenerator<FileRecord[]> {
  const { name } = limit;
  let line = 0;
  for await (const lines of splitLines(text, limit)) {
    const records: FileRecord[] = [];
    for (const json of lines) {
      line++;
      if (json.trim() === '') continue;
      records.push({ line, size: json.length, values: parseObject(json, { name, line }) });
    }
    yield records;
  }
}

function parseObject(json: string, { name, line }: { name: string; line: number }): Record<string, unknown> {
  return parseRecord(json, { name, place: `line ${line}`, strings: false }) as Record<string, unknown>;
}

/**
 * Parses one record.
 *
 * @param strings whether a string will do: the record is then its text
 */
export function parseRecord(
  json: string,
  { name, place, strings }: { name: string; place: string; strings: boolean },
): Record<string, unknown> | string {
  if (isDeep(json)) {
    throw new EmbedError(`Cannot read ${name}: ${place} has arrays or objects more than ${grouped(MAX_DEPTH)} deep`, {
      hint: 'Leave the field out, or write its value as a string',
    });
  }
  let value: unknown;
  try {
    value = JSON.parse(quoteLongIntegers(json));
  } catch (cause) {
    throw new EmbedError(`Cannot read ${name}: ${place} is not valid JSON (${(cause as Error).message})`, {
      hint: 'A .jsonl file has one JSON object per line; for plain text add --input-format lines',
      cause,
    });
  }
  if (strings && typeof value === 'string') return value;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    const wanted = strings ? 'neither an object nor a string' : 'not an object';
    throw new EmbedError(`Cannot read ${name}: ${place} is JSON, but ${wanted}`, {
      hint: `Each ${strings ? 'record' : 'line'} should look like {"text": "…"}; for plain text add --input-format lines`,
    });
  }
  return value as Record<string, unknown>;
}
