import { afterSeen } from './byte-stream.ts';
import { decodeText } from './decode.ts';
import { lookAt, readForm } from './json.ts';
import { peekLines } from './peek.ts';
import { recordLimit } from './record-size.ts';
import type { FileRecord } from './records.ts';
import type { Source } from './source.ts';
import type { VectorReading } from './vector-jsonl.ts';

/** Lines that are looked at. */
const LINES = 5;

/** What lines of unknown format look like: JSON, or a table with its separator; undefined where they are just text. */
export type Likeness = { format: 'json' } | { format: 'csv' | 'tsv'; delimiter: string; columns: readonly string[] };

/** Tells by its first lines what a source holds. The source can still be read from its start. */
export async function recognise(source: Source): Promise<Likeness | undefined> {
  const lines = (await peekLines(source, LINES)).map((line) => line.trimEnd());
  return isJson(lines) ? { format: 'json' } : tableOf(lines);
}

function isJson(lines: readonly string[]): boolean {
  const [first = ''] = lines;
  const value = parsed(first);
  // lines that are arrays themselves are no JSON that is read
  if (Array.isArray(value)) return lines.length === 1 && isRecord(value[0]);
  // a line that is broken is told by whoever reads the others
  if (isRecord(value)) return typeof value === 'object' && 2 * lines.filter((line) => isRecord(parsed(line))).length >= lines.length;
  const text = lines.join('\n').trimStart();
  if (/^\[\s*\{\s*(?:"|\})/.test(text)) return true;
  // a list of texts over several lines: each is one that ends in a comma
  if (/^\[\s*"/.test(text))
    return lines.slice(1).every((line) => /^\s*(?:"(?:[^"\\]|\\.)*"\s*,?\s*)*\]?\s*$/.test(line)) && lines.length > 1;
  return /^\{\s*"(?:[^"\\]|\\.)*"\s*:/.test(text) && lines.length > 1;
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): boolean {
  return typeof value === 'string' || (typeof value === 'object' && value !== null && !Array.isArray(value));
}

/** Characters of a name, and words in it, beyond which a first line is a text rather than a header. */
const MAX_NAME = 40;
const MAX_WORDS = 3;

/** A table whose first line is a header: distinct short names, and as many fields in every line. */
function tableOf(lines: readonly string[]): Likeness | undefined {
  const [header = '', ...rows] = lines;
  if (rows.length === 0) return undefined;
  for (const delimiter of ['\t', ',', ';', '|']) {
    const columns = fieldsOf(header, delimiter);
    const isName = (name: string): boolean =>
      name !== '' && name.length <= MAX_NAME && name.split(/\s+/).length <= MAX_WORDS && /^[\p{L}_]/u.test(name) && !/[.!?]$/.test(name);
    // a comma with a space behind it is one of a sentence
    if (delimiter === ',' && header.includes(', ')) continue;
    if (columns.length < 2 || new Set(columns).size < columns.length || !columns.every(isName)) continue;
    // a quote may hold a line break
    const whole = rows.filter((row) => !row.includes('"'));
    if (!whole.every((row) => fieldsOf(row, delimiter).length === columns.length)) continue;
    // two lines with a comma each are a text as well as a table
    if (whole.length < 2 && columns.some((name) => /\s/.test(name))) continue;
    return { format: delimiter === '\t' ? 'tsv' : 'csv', delimiter, columns };
  }
  return undefined;
}

function fieldsOf(line: string, delimiter: string): string[] {
  return line.split(delimiter).map((field) => field.trim().replace(/^"(.*)"$/, '$1'));
}

/** The first record of a JSON source, which can still be read from its start; undefined where there is none that can be read. */
export async function peekRecord(source: Source, { single, records, maxRecordSize }: VectorReading): Promise<FileRecord | undefined> {
  const chunks = source.chunks[Symbol.asyncIterator]();
  const seen: Buffer[] = [];
  async function* kept(): AsyncGenerator<Buffer> {
    for (let next = await chunks.next(); !next.done; next = await chunks.next()) {
      seen.push(next.value);
      yield next.value;
    }
  }
  let first: FileRecord | undefined;
  try {
    const limit = recordLimit(source.name, maxRecordSize);
    const { form, whole } = await lookAt(decodeText(kept(), { name: source.name }), { limit, single, records });
    for await (const [record] of readForm(whole, form, { limit, asked: records })) {
      first = record;
      if (record) break;
    }
  } catch {
    // whoever reads it tells what is wrong with it
  }
  source.chunks = afterSeen(seen, chunks);
  return first;
}
