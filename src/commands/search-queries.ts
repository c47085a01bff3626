import { CliError } from '../errors.ts';
import { formatOf, readCorpus, type Row } from '../input/corpus.ts';
import { openSource } from '../input/source.ts';
import { allowedThreads, plural, type Io } from '../io.ts';
import { openEncoder, type ReadText } from '../model/encoder.ts';
import type { Model } from '../model/folder.ts';
import { readingWarning } from '../report/encode-summary.ts';
import { noCounts, setPaths } from '../vectors/manifest.ts';
import { rowOf, squaredNorm, type Matrix } from '../vectors/matrix.ts';
import { readNpy } from '../vectors/npy.ts';
import { openSet } from '../vectors/set-reader.ts';
import { rowReader } from '../vectors/stored-rows.ts';
import { addRead } from './encode-windows.ts';
import type { Asked } from './asked-queries.ts';
import type { OpenedInput } from './open-input.ts';
import { promptOf, withPooling } from './encode-plan.ts';
import { assertComparable, originOf, queryModel } from './query-model.ts';
import type { RowTexts } from './row-texts.ts';
import type { SearchFlags } from './search.ts';

/** Queries as vectors. `rows` are rows of the set that are no answer to their own query. */
export type Queries = { ids: string[]; texts: (string | undefined)[]; vectors: Matrix; rows?: number[] };

/** What queries are read with. */
type Context = {
  opened: OpenedInput;
  /** What messages call the set. */
  name: string;
  texts: RowTexts;
  flags: SearchFlags;
  io: Io;
  note: (text: string) => void;
};

/** Reads and encodes what was asked. Throws a CliError for a query that cannot be compared with the set. */
export async function readQueries(asked: Asked, context: Context): Promise<Queries> {
  const { opened, name, flags } = context;
  const queries = await vectorsOf(asked, context);
  const { vectors, ids } = queries;
  if (vectors.cols !== opened.set.vectors.cols) {
    throw new CliError(`Cannot compare vectors: those of ${name} have ${opened.set.vectors.cols} dims, the queries ${vectors.cols}`, {
      hint: 'Name the right model with --model, or encode again',
    });
  }
  for (let at = 0; at < vectors.rows; at++) {
    const norm = squaredNorm(vectors.data, at * vectors.cols, (at + 1) * vectors.cols);
    if (!Number.isFinite(norm)) {
      throw new CliError(`Cannot search for ${ids[at]}: its vector holds NaN or infinity`, { hint: 'Take it out, or encode it again' });
    }
    if (norm === 0 && flags.metric === 'cosine') {
      throw new CliError(`Cannot search for ${ids[at]}: its vector is all zeros and has no direction`, {
        hint: 'Take it out, or use --metric dot or euclidean',
      });
    }
  }
  return queries;
}

async function vectorsOf(asked: Asked, context: Context): Promise<Queries> {
  if (asked.kind === 'like') return rowsAsQueries(asked.rows, context);
  if (asked.kind === 'vectors') return vectorsAsQueries(asked.path, context);
  return encodeQueries(asked.kind === 'words' ? [{ id: 'query', text: asked.text }] : await readQueryFile(asked.path, context), context);
}

type TextQuery = { id: string; text: string };

async function encodeQueries(asked: readonly TextQuery[], { opened, name, flags, note }: Context): Promise<Queries> {
  const { manifest } = opened.set;
  const model = withPooling(opened.model ?? queryModel(flags.model, { name, manifest }), flags.pooling);
  if (manifest?.model) {
    const set = { ...manifest.model, dims: manifest.dims };
    const warning = assertComparable(set, originOf(model), { name, queries: `the model ${model.name}`, force: flags.force === true });
    if (warning) note(warning);
  }
  const prompt = flags.promptText ?? promptOf(model, flags.prompt, 'queryPrompt') ?? '';
  const encoder = openEncoder(model, { threads: Math.min(asked.length, flags.threads ?? allowedThreads()), prompt });
  try {
    const read = asked.map(({ text }) => encoder.read(text));
    for (const warning of readingWarnings(asked, read, model)) note(warning);
    return { ids: asked.map(({ id }) => id), texts: asked.map(({ text }) => text), vectors: await encoder.encode(read) };
  } finally {
    await encoder.close();
  }
}

/** What the model could not read of the queries. */
function readingWarnings(asked: readonly TextQuery[], read: readonly ReadText[], model: Model): string[] {
  const counts = asked.reduce((sum, { text }, at) => addRead(sum, { text, read: read[at]! }), noCounts());
  const warnings: string[] = [];
  const unread = readingWarning(counts, model, asked.length === 1 ? 'the query' : `the ${asked.length} queries`);
  if (unread) warnings.push(unread);
  const cut = asked.filter((_, at) => read[at]!.lost > 0);
  if (cut.length > 0) {
    const which = asked.length === 1 ? 'the query is' : cut.length === 1 ? `query ${cut[0]!.id} is` : `${plural(cut.length, 'query')} are`;
    warnings.push(`warning: ${which} longer than the ${model.maxTokens} tokens the model reads; the rest is cut off`);
  }
  return warnings;
}

async function readQueryFile(path: string, { flags, io, note }: Context): Promise<TextQuery[]> {
  if (/\.npy$/i.test(path)) {
    throw new CliError(`Cannot read queries from ${path}: it holds vectors`, { hint: `Give it with --vectors ${path}` });
  }
  const source = openSource(path, io);
  const format = path === '-' ? 'lines' : formatOf(path);
  const rows: TextQuery[] = [];
  let blank = 0;
  const options = {
    format,
    label: path === '-' ? 'stdin' : path,
    textColumns: flags.queryColumn === undefined ? [] : [flags.queryColumn],
    preferredColumns: ['query', 'text'],
    idColumn: undefined,
    columns: 'all' as const,
    delimiter: undefined,
    header: true,
    encoding: undefined,
  };
  for await (const batch of readCorpus(source, options, note)) {
    for (const row of batch) {
      if (row.text.trim() === '') blank++;
      else rows.push({ id: idOf(row), text: row.text });
    }
  }
  if (rows.length === 0)
    throw new CliError(`Cannot search for ${path}: every query in it is empty`, { hint: 'Check that it is the file you meant' });
  if (blank > 0) note(`${plural(blank, 'empty query')} of ${path} left out`);
  return rows;
}

/** A column called "id" names the query, as test collections have it; else its place does. */
function idOf({ id, fields }: Row): string {
  const own = fields?.['id'];
  return typeof own === 'string' || typeof own === 'number' ? String(own) : id;
}

async function vectorsAsQueries(path: string, { opened, name, flags, io, note }: Context): Promise<Queries> {
  const set = await openSet(path, io);
  try {
    const ours = opened.set.manifest;
    if (ours?.model && set.manifest?.model) {
      const warning = assertComparable(
        { ...ours.model, dims: ours.dims },
        { ...set.manifest.model, dims: set.manifest.dims },
        { name, queries: path, force: flags.force === true },
      );
      if (warning) note(warning);
    }
    const vectors = readNpy(path);
    const rows = set.rows?.get(Array.from({ length: vectors.rows }, (_, row) => row));
    const blank = new Set(set.manifest?.blankRows);
    const wanted = Array.from({ length: vectors.rows }, (_, row) => row).filter((row) => !blank.has(row));
    if (wanted.length === 0)
      throw new CliError(`Cannot search for ${path}: every query in it is empty`, { hint: `Look into ${setPaths(path).rows}` });
    if (blank.size > 0) note(`${plural(blank.size, 'empty query')} of ${path} left out`);
    return {
      ids: wanted.map((row) => rows?.get(row)?.id ?? `row:${row}`),
      texts: wanted.map((row) => rows?.get(row)?.text),
      vectors: pick(vectors, wanted),
    };
  } finally {
    set.close();
  }
}

async function rowsAsQueries(asked: readonly string[], { opened, texts }: Context): Promise<Queries> {
  const { vectors } = opened.set;
  const rows = await texts.find(asked);
  const found = await texts.get(rows);
  const read = rowReader(vectors);
  const data = new Float32Array(rows.length * vectors.cols);
  rows.forEach((row, at) => data.set(read(row), at * vectors.cols));
  return {
    ids: rows.map((row) => found.get(row)?.id ?? `row:${row}`),
    texts: rows.map((row) => found.get(row)?.text),
    vectors: { data, rows: rows.length, cols: vectors.cols },
    rows,
  };
}

function pick(matrix: Matrix, rows: readonly number[]): Matrix {
  if (rows.length === matrix.rows) return matrix;
  const data = new Float32Array(rows.length * matrix.cols);
  rows.forEach((row, at) => data.set(rowOf(matrix, row), at * matrix.cols));
  return { data, rows: rows.length, cols: matrix.cols };
}
