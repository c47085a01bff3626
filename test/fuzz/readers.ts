import { readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { readTexts } from '../../src/commands/search/queries.ts';
import { readCorpus, type CorpusOptions } from '../../src/input/corpus.ts';
import type { Format } from '../../src/input/formats.ts';
import { peekLine } from '../../src/input/peek.ts';
import { recognise } from '../../src/input/recognise.ts';
import { openSource } from '../../src/input/source.ts';
import { readVectorRecords } from '../../src/input/vector-jsonl.ts';
import { npyHeader, openNpy, readNpy } from '../../src/vectors/npy.ts';
import { optionsFor } from '../input/read-as.ts';
import type { FuzzReader } from './fuzz.ts';

const { signal } = new AbortController();

/** A file as standard input, in two pieces: streams of files take most of a round's time. */
function piped(path: string): { stdin: Readable; signal: AbortSignal } {
  const bytes = readFileSync(path);
  const middle = bytes.length >> 1;
  return { stdin: Readable.from([bytes.subarray(0, middle), bytes.subarray(middle)].filter((part) => part.length > 0)), signal };
}

/** Small, so that mutations reach it. */
const MAX_RECORD = 20_000;

const LINES = 'cooked rice\r\nthe sea\n\ncafé 米 😀\nno end';
const CSV = 'id,text,team\r\n1,"a ""quoted"" text, of\ntwo lines",x\n2,5" nail,y\n\n3,"米",\n';
const TSV = 'text\tn\none "two"\t1\n\t2\r\nthree\t9007199254740993\n';
const JSONL =
  '{"id": 12345678901234567, "text": "one \\"two\\"", "tags": ["a", {"b": null}]}\n\n{"text": "\\ud83d\\ude00", "n": 1e20, "x": {}}\n{"text": ""}\n';
const ARRAY = '[\n {"id": 12345678901234567, "text": "one \\"two\\" ]"},\n {"text": "\\ud83d\\ude00", "x": {"y": [[]]}}, {"text": ""}\n]\n';
const OBJECT = '{"n": 1, "tags": [1, 2], "data": {"items": [{"text": "one"}, {"text": "two", "y": {}}]}, "end": "]"}';
const PRINTED = '{\n  "text": "one"\n}\n{\n  "text": "two"\n}';
const STRINGS = '["one", "two \\\\", "three"]';
const VECTORS = '{"id": "a", "text": "one", "embedding": [0.1, -2e-3, 3]}\n{"id": 7, "file": "b.txt", "line": 3, "embedding": [1, 2, 3]}\n';

/** The text of an old Mac. */
const withReturns = (text: string): string => text.replace(/\r?\n/g, '\r');

const buffers = (...texts: string[]): Buffer[] => texts.map((text) => Buffer.from(text));

/** Reads a corpus, and writes each row as JSON, as encoding does. */
async function readRows(path: string, options: Partial<CorpusOptions> & { format: Format }): Promise<number> {
  let rows = 0;
  const asked = optionsFor(options.format, { maxRecordSize: MAX_RECORD, ...options });
  for await (const batch of readCorpus(openSource('-', piped(path)), asked)) {
    rows += batch.length;
    JSON.stringify(batch.map(({ id, text, fields }) => [id, text, fields]));
  }
  return rows;
}

function corpus(name: string, texts: readonly string[], options: Partial<CorpusOptions> & { format: Format }): FuzzReader[] {
  const read = (path: string): Promise<number> => readRows(path, options);
  const plain = buffers(...texts);
  return [
    { name, seeds: plain, file: 'a', read },
    { name: `${name}, gzipped`, seeds: plain, file: 'a', wrap: (bytes) => gzipSync(bytes, { level: 1 }), read },
    { name: `${name}, damaged gzip`, seeds: plain.map((bytes) => gzipSync(bytes)), file: 'a', read },
    { name: `${name}, UTF-16 without a mark`, seeds: texts.map((text) => Buffer.from(text, 'utf16le')), file: 'a', read },
    { name: `${name}, UTF-16`, seeds: texts.map((text) => Buffer.from(`\ufeff${text}`, 'utf16le')), file: 'a', read },
  ];
}

function queries(format: Format, text: string): FuzzReader {
  return {
    name: `queries as ${format}`,
    seeds: buffers(text),
    file: 'q',
    async read(path) {
      const flags = { textColumn: [], columns: 'all' as const, header: true, top: 1, metric: 'cosine' as const, maxRecordSize: MAX_RECORD };
      const reading = { flags: { ...flags, queryFormat: format }, io: { ...piped(path), stdout: process.stdout, stderr: process.stderr } };
      const asked = await readTexts({ kind: 'file', path: '-' }, { ...reading, note: () => {} });
      return asked.kind === 'texts' ? asked.queries.length : 0;
    },
  };
}

function array(type: string, bytesPerValue: number): Buffer {
  return Buffer.concat([npyHeader({ rows: 4, cols: 3, type }), Buffer.alloc(12 * bytesPerValue, 1)]);
}

/** Every reader of corpora, queries and vectors. A new reader is a line here. */
export const READERS: readonly FuzzReader[] = [
  ...corpus('lines', [LINES, withReturns(LINES)], { format: 'lines' }),
  ...corpus('csv', [CSV, `sep=;\n${CSV.replaceAll(',', ';')}`, withReturns(CSV)], { format: 'csv' }),
  { name: 'csv with ids', seeds: buffers(CSV), file: 'a', read: (path) => readRows(path, { format: 'csv', idColumn: 'id' }) },
  { name: 'csv of latin1', seeds: buffers(CSV), file: 'a', read: (path) => readRows(path, { format: 'csv', encoding: 'latin1' }) },
  ...corpus('tsv', [TSV], { format: 'tsv' }),
  ...corpus('jsonl', [JSONL, withReturns(JSONL)], { format: 'jsonl' }),
  ...corpus('json', [ARRAY, OBJECT, PRINTED, STRINGS, JSONL, withReturns(ARRAY)], { format: 'json' }),
  ...corpus('json of a list', [OBJECT], { format: 'json', records: 'data.items' }),
  ...corpus('json under another name', [ARRAY, PRINTED], { format: 'jsonl' }),
  {
    name: 'jsonl with ids',
    seeds: buffers(JSONL.replace('{"text": ""}\n', '')),
    file: 'a',
    read: (path) => readRows(path, { format: 'jsonl', idColumn: 'text' }),
  },
  queries('lines', LINES),
  queries('csv', CSV),
  queries('jsonl', JSONL),
  {
    name: 'first line',
    seeds: buffers(JSONL, LINES),
    file: 'a',
    read: async (path) => (await peekLine(openSource('-', piped(path)))).length,
  },
  {
    name: 'likeness of a pipe',
    seeds: buffers(JSONL, ARRAY, CSV, LINES, STRINGS),
    file: 'a',
    read: async (path) => JSON.stringify((await recognise(openSource('-', piped(path)))) ?? '').length,
  },
  {
    name: 'vectors as jsonl',
    seeds: buffers(VECTORS),
    file: 'v.jsonl',
    async read(path) {
      let rows = 0;
      for await (const batch of readVectorRecords(openSource('-', piped(path)), {
        single: true,
        records: undefined,
        maxRecordSize: MAX_RECORD,
      }))
        rows += batch.vectors.rows;
      return rows;
    },
  },
  {
    name: 'npy',
    seeds: [array('<f4', 4), array('>f4', 4), array('<f8', 8), array('<f2', 2)],
    file: 'v.npy',
    async read(path) {
      const { rows, cols } = readNpy(path);
      const opened = openNpy(path);
      opened.read(0, new Float32Array(cols));
      opened.close();
      return rows;
    },
  },
];
