import { existsSync } from 'node:fs';
import { CliError } from '../errors.ts';
import { formatOf, readCorpus, type Row } from '../input/corpus.ts';
import { openSource } from '../input/source.ts';
import { allowedThreads, plural, type Io } from '../io.ts';
import { openEncoder } from '../model/encoder.ts';
import type { Model } from '../model/folder.ts';
import { readingWarning } from '../report/encode-summary.ts';
import { noCounts, setPaths } from '../vectors/manifest.ts';
import { rowOf, squaredNorm, type Matrix } from '../vectors/matrix.ts';
import { readNpy } from '../vectors/npy.ts';
import { openSet } from '../vectors/set-reader.ts';
import { rowReader } from '../vectors/stored-rows.ts';
import { addRead } from './encode-windows.ts';
import type { OpenedInput } from './open-input.ts';
import { promptOf, withPooling } from './encode-plan.ts';
import { assertComparable, originOf, queryModel } from './query-model.ts';
import type { RowTexts } from './row-texts.ts';
import type { SearchFlags } from './search.ts';

/** Queries as vectors. `rows` are rows of the set that are no answer to their own query. */
export type Queries = { ids: string[]; texts: (string | undefined)[]; vectors: Matrix; rows?: number[] };

type Asked =
  | { kind: 'words'; text: string }
  | { kind: 'file'; path: string }
  | { kind: 'vectors'; path: string }
  | { kind: 'like'; rows: string[] };

/** Settles where the queries come from, before anything is read. */
export function askedQueries(input: string, words: readonly string[], flags: SearchFlags): Asked {
  const given = [
    ...(words.length > 0 ? ['QUERY'] : []),
    ...(flags.queries === undefined ? [] : ['--queries']),
    ...(flags.vectors === undefined ? [] : ['--vectors']),
    ...(flags.like === undefined ? [] : ['--like']),
  ];
  if (given.length === 0) {
    throw new CliError(`Cannot search ${input}: there is no query`, {
      hint: `Type it behind the file: embed search ${input} how do I cook rice`,
    });
  }
  if (given.length > 1) {
    throw new CliError(`Cannot search with ${given.join(' and ')} at once`, {
      hint: 'Give queries in one way, and the others in a run of their own',
    });
  }
  if (flags.queries !== undefined) {
    if (flags.queries === '-' && input === '-') {
      throw new CliError('Cannot read both the corpus and the queries from standard input', { hint: 'Put one of them into a file' });
    }
    return { kind: 'file', path: flags.queries };
  }
  if (flags.vectors !== undefined) return { kind: 'vectors', path: flags.vectors };
  if (flags.like !== undefined) return { kind: 'like', rows: flags.like };
  const text = words.join(' ');
  if (text.trim() === '') {
    throw new CliError(`Cannot search ${input}: the query is empty`, {
      hint: `Type it behind the file: embed search ${input} how do I cook rice`,
    });
  }
  const file = words.find((word) => /\.(npy|txt|csv|tsv|jsonl)(\.gz)?$/i.test(word) && existsSync(word));
  if (file !== undefined && input !== '-' && !existsSync(input)) {
    throw new CliError(`Cannot read ${input}: no such file, but ${file} is one`, {
      hint: `INPUT comes before QUERY: embed search ${file} ${[input, ...words.filter((word) => word !== file)].join(' ')}`,
    });
  }
  return { kind: 'words', text };
}

/** Reads and encodes what was asked. */
export async function readQueries(
  asked: Asked,
  {
    opened,
    name,
    texts,
    flags,
    io,
    note,
  }: { opened: OpenedInput; name: string; texts: RowTexts; flags: SearchFlags; io: Io; note: (text: string) => void },
): Promise<Queries> {
  const { set } = opened;
  const queries =
    asked.kind === 'like'
      ? await rowsAsQueries(asked.rows, { opened, texts })
      : asked.kind === 'vectors'
        ? await vectorsAsQueries(asked.path, { opened, name, flags, io, note })
        : await encodeQueries(
            asked.kind === 'words' ? [{ id: 'query', text: asked.text }] : await readQueryFile(asked.path, { flags, io, note }),
            { opened, name, flags, note },
          );
  const { vectors } = queries;
  if (vectors.cols !== set.vectors.cols) {
    throw new CliError(`Cannot compare vectors: those of ${name} have ${set.vectors.cols} dims, the queries ${vectors.cols}`, {
      hint: 'Name the right model with --model, or encode again',
    });
  }
  for (let at = 0; at < vectors.rows; at++) {
    const norm = squaredNorm(vectors.data, at * vectors.cols, (at + 1) * vectors.cols);
    if (!Number.isFinite(norm)) {
      throw new CliError(`Cannot search for ${queries.ids[at]}: its vector holds NaN or infinity`, {
        hint: 'Take it out, or encode it again',
      });
    }
    if (norm === 0 && flags.metric === 'cosine') {
      throw new CliError(`Cannot search for ${queries.ids[at]}: its vector is all zeros and has no direction`, {
        hint: 'Take it out, or use --metric dot or euclidean',
      });
    }
  }
  return queries;
}

async function encodeQueries(
  asked: readonly { id: string; text: string }[],
  { opened, name, flags, note }: { opened: OpenedInput; name: string; flags: SearchFlags; note: (text: string) => void },
): Promise<Queries> {
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
    warnOfReading(asked, read, { model, note });
    const vectors = await encoder.encode(read);
    return { ids: asked.map(({ id }) => id), texts: asked.map(({ text }) => text), vectors };
  } finally {
    await encoder.close();
  }

  function warnOfReading(
    rows: typeof asked,
    read: readonly ReturnType<typeof encoder.read>[],
    { model, note }: { model: Model; note: (text: string) => void },
  ): void {
    let counts = noCounts();
    rows.forEach(({ text }, at) => (counts = addRead(counts, { text, read: read[at]! })));
    const warning = readingWarning(counts, model, rows.length === 1 ? 'the query' : `the ${rows.length} queries`);
    if (warning) note(warning);
    const cut = read.findIndex(({ lost }) => lost > 0);
    if (counts.cut > 0) {
      const which = rows.length === 1 ? 'the query is' : counts.cut === 1 ? `query ${rows[cut]!.id} is` : `${counts.cut} queries are`;
      note(`warning: ${which} longer than the ${model.maxTokens} tokens the model reads; the rest is cut off`);
    }
  }
}

async function readQueryFile(
  path: string,
  { flags, io, note }: { flags: SearchFlags; io: Io; note: (text: string) => void },
): Promise<{ id: string; text: string }[]> {
  if (/\.npy$/i.test(path)) {
    throw new CliError(`Cannot read queries from ${path}: it holds vectors`, { hint: `Give it with --vectors ${path}` });
  }
  const source = openSource(path, io);
  const format = path === '-' ? 'lines' : formatOf(path);
  const rows: { id: string; text: string }[] = [];
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

async function vectorsAsQueries(
  path: string,
  { opened, name, flags, io, note }: { opened: OpenedInput; name: string; flags: SearchFlags; io: Io; note: (text: string) => void },
): Promise<Queries> {
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

async function rowsAsQueries(asked: readonly string[], { opened, texts }: { opened: OpenedInput; texts: RowTexts }): Promise<Queries> {
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
