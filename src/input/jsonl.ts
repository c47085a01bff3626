import { EmbedError } from '../errors.ts';
import { decodeText } from './decode.ts';
import { splitLines } from './lines.ts';
import type { FileRecord, FormatReader } from './records.ts';

/** JSON Lines: each record has its own keys. */
export const JSONL: FormatReader = {
  suffixes: ['.jsonl', '.ndjson'],
  hasHeader: false,
  open: ({ name, chunks }, { encoding }) =>
    Promise.resolve({ records: readJsonl(decodeText(chunks, { name, encoding }), { name }), names: undefined }),
};

/**
 * Reads JSON Lines: one JSON object per line. Blank lines are skipped.
 *
 * @throws EmbedError that names the line that is not a JSON object
 */
export async function* readJsonl(text: AsyncIterable<string>, { name }: { name: string }): AsyncGenerator<FileRecord[]> {
  let line = 0;
  for await (const lines of splitLines(text)) {
    const records: FileRecord[] = [];
    for (const json of lines) {
      line++;
      if (json.trim() === '') continue;
      records.push({ line, size: json.length, values: parseObject(json, { name, line }) });
    }
    yield records;
  }
}

/** Quotes integers that a double cannot hold, so that they keep all their digits: such integers are often ids. */
function quoteLongIntegers(json: string): string {
  return json.replace(/"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g, (token) =>
    /^-?\d{16,}$/.test(token) && !Number.isSafeInteger(Number(token)) ? `"${token}"` : token,
  );
}

const LONG_DIGITS = /\d{16}/;

function parseObject(json: string, { name, line }: { name: string; line: number }): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(LONG_DIGITS.test(json) ? quoteLongIntegers(json) : json);
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
