import { EmbedError } from '../errors.ts';
import { grouped } from '../text.ts';
import { isDeep, MAX_DEPTH, quoteLongIntegers } from './json-text.ts';
import { openLineText, splitLines } from './lines.ts';
import { recordLimit, type RecordLimit } from './record-size.ts';
import type { FileRecord, FormatReader } from './records.ts';

/** JSON Lines: each record has its own keys. */
export const JSONL: FormatReader = {
  suffixes: ['.jsonl', '.ndjson'],
  hasHeader: false,
  quotes: false,
  open: (source, options, note) => {
    const limit = recordLimit(source.name, options.maxRecordSize);
    return Promise.resolve({ records: readJsonl(openLineText(source, options, note), limit, note), names: undefined });
  },
};

/**
 * Reads JSON Lines: one JSON object per line. Blank lines are skipped.
 *
 * @throws EmbedError that names the line that is not a JSON object, or is too large
 */
export async function* readJsonl(
  text: AsyncIterable<string>,
  limit: RecordLimit,
  note?: (message: string) => void,
): AsyncGenerator<FileRecord[]> {
  const { name } = limit;
  let line = 0;
  for await (const lines of splitLines(text, limit, note)) {
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
  if (isDeep(json)) {
    throw new EmbedError(`Cannot read ${name}: line ${line} has arrays or objects more than ${grouped(MAX_DEPTH)} deep`, {
      hint: 'Leave the field out, or write its value as a string',
    });
  }
  let value: unknown;
  try {
    value = JSON.parse(quoteLongIntegers(json));
  } catch (cause) {
    throw new EmbedError(`Cannot read ${name}: line ${line} is not valid JSON (${(cause as Error).message})`, {
      hint: 'A .jsonl file has one JSON object per line; for plain text add --input-format lines',
      cause,
    });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new EmbedError(`Cannot read ${name}: line ${line} is JSON, but not an object`, {
      hint: 'Each line should look like {"text": "…"}; for plain text add --input-format lines',
    });
  }
  return value as Record<string, unknown>;
}
