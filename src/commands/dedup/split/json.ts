import { statSync } from 'node:fs';
import { EmbedError } from '../../../errors.ts';
import { decodeText } from '../../../input/decode.ts';
import { readForm, type FileForm } from '../../../input/file-form.ts';
import type { JsonForm } from '../../../input/json-form.ts';
import { lookAt, walkForm } from '../../../input/json.ts';
import { MAX_STRING_BYTES, recordLimit } from '../../../input/record-size.ts';
import { openSource, type Source } from '../../../input/source.ts';
import type { Io } from '../../../io.ts';
import type { CorpusFlags } from '../../../sets/flags.ts';
import type { Input } from '../../../sets/input.ts';
import { partOf, type CorpusPart } from '../../../sets/opened-input.ts';
import { withLongHead } from './layout.ts';

/** Bytes that belong to a record: -1 before the first one. Where `around` is set they belong to none. */
export type RecordBytes = { bytes: Buffer; record: number; around?: boolean };

type OtherForm = Exclude<JsonForm, { kind: 'lines' }>;

/** How a file holds its records: every format but JSON has them on lines. */
export async function formOfPart({ path, format, encoding, records, maxRecordSize }: Omit<CorpusPart, 'hash'>, io: Io): Promise<JsonForm> {
  if (format !== 'json' && format !== 'jsonl') return { kind: 'lines' };
  const { name, chunks } = openSource(path, io);
  const options = { limit: recordLimit(name, maxRecordSize), single: format === 'jsonl', records };
  const { form, close } = await lookAt(decodeText(chunks, { name, encoding }), options);
  await close();
  return form;
}

/** Refuses, before anything is encoded, JSON whose encoding makes it impossible to copy its records. */
export async function assertCopyable(inputs: readonly Input[], flags: CorpusFlags, io: Io): Promise<void> {
  for (const input of inputs) {
    // a pipe with a name can be read only once
    if (input.kind !== 'corpus' || !statSync(input.path).isFile()) continue;
    const part = { path: input.path, ...partOf(input, flags) };
    const form = await formOfPart(part, io);
    if (form.kind !== 'lines') rawText((await readForm(openSource(part.path, io), part)).encoding, input.path);
  }
}

/**
 * The bytes of JSON, so that kept and dropped records are JSON of the same form: what stands around the records goes to both, and a
 * separator goes with the record that follows it, unless that is the first one of its file.
 */
export async function* jsonBytes(
  source: Source,
  form: OtherForm,
  { part: { records }, file, dropped }: { part: CorpusPart; file: FileForm; dropped: (record: number) => boolean },
): AsyncGenerator<RecordBytes> {
  // what was read is not too large, but its letters are counted otherwise here
  const limit = recordLimit(source.name, MAX_STRING_BYTES);
  let pieces: RecordBytes[] = [];
  let raw: RawText | undefined;
  let separator = '';
  let seen = 0;
  const begun = { true: false, false: false };
  const add = (text: string, record: number, around = false): void => {
    if (text !== '') pieces.push({ bytes: raw!.encode(text), record, around });
  };
  const handlers = {
    record(json: string) {
      const record = seen++;
      const to = `${dropped(record)}` as const;
      if (begun[to]) add(separator, record);
      add(json, record);
      begun[to] = true;
      separator = '';
    },
    other(text: string) {
      // only a comma and white space stand between two records
      if (seen > 0 && /^[\s,]*$/.test(text)) separator += text;
      else {
        add(separator + text, seen - 1, true);
        separator = '';
      }
    },
  };
  let walker: ReturnType<typeof walkForm> | undefined;
  let carry: Buffer = Buffer.alloc(0);
  for await (const chunk of withLongHead(source.chunks)) {
    let bytes = carry.length > 0 ? Buffer.concat([carry, chunk]) : chunk;
    if (!raw) {
      const { encoding, mark } = file;
      raw = rawText(encoding, source.name);
      walker = walkForm({ ...form, ...(form.kind === 'list' ? { path: raw.path(form.path) } : {}) }, { limit, asked: records }, handlers);
      if (mark > 0) yield { bytes: bytes.subarray(0, mark), record: -1 };
      bytes = bytes.subarray(mark);
    }
    // a character of two bytes may be cut by the end of a chunk
    const whole = bytes.length - (bytes.length % raw.width);
    carry = bytes.subarray(whole);
    walker!.push(raw.decode(bytes.subarray(0, whole)));
    yield* pieces;
    pieces = [];
  }
  walker?.end();
  add(separator, seen - 1, true);
  yield* pieces;
}

/** Bytes as a text of one character per byte, or per unit of UTF-16, and back: so they are copied as they are. */
type RawText = {
  width: number;
  decode(bytes: Buffer): string;
  encode(text: string): Buffer;
  /** A path as it is spelled in such a text. */
  path(path: string): string;
};

function asIs(path: string): string {
  return path;
}

/** Throws an EmbedError for an encoding in which brackets and quotes may be parts of letters. */
function rawText(encoding: string, name: string): RawText {
  switch (encoding) {
    case 'utf-8':
      return {
        width: 1,
        decode: (bytes) => bytes.toString('latin1'),
        encode: (text) => Buffer.from(text, 'latin1'),
        path: (path) => Buffer.from(path).toString('latin1'),
      };
    case 'utf-16le':
      return { width: 2, decode: (bytes) => bytes.toString('utf16le'), encode: (text) => Buffer.from(text, 'utf16le'), path: asIs };
    case 'utf-16be':
      return {
        width: 2,
        decode: (bytes) => Buffer.from(bytes).swap16().toString('utf16le'),
        encode: (text) => Buffer.from(text, 'utf16le').swap16(),
        path: asIs,
      };
    default:
      throw new EmbedError(`Cannot copy the rows of ${name}: it is JSON in ${encoding} without a line per record`, {
        hint: `Convert it to UTF-8 first: iconv -f ${encoding} -t utf-8`,
      });
  }
}
