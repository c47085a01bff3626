import { LONGEST } from '../../analysis/row-blocks.ts';
import { EmbedError } from '../../errors.ts';
import { orStopped } from '../../io.ts';
import type { Model } from '../../model/model.ts';
import { openEncoder } from '../../model/open-encoder.ts';
import { packagedFolder } from '../../model/packaged.ts';
import { packagedReaderOf } from '../../model/reading/packaged-reader.ts';
import { addRead } from '../../model/reading/reading.ts';
import { promptOf } from '../../model/variant.ts';
import { MAX_UNKNOWN_QUERY, readingWarning } from '../../report/encode-summary.ts';
import type { OpenedInput } from '../../sets/opened-input.ts';
import { assertComparable, originOf, originOfSet } from '../../sets/origin.ts';
import { queryModel } from '../../sets/query-model.ts';
import type { RowTexts } from '../../sets/row-texts.ts';
import type { Run } from '../../sets/run.ts';
import { isBlank, plural } from '../../text.ts';
import { noCounts, setPaths, type Counts } from '../../vectors/manifest.ts';
import { pickRows, squaredNorm, type Matrix } from '../../vectors/matrix.ts';
import { openSet } from '../../vectors/set-reader.ts';
import { rowReader, type VectorReader } from '../../vectors/stored-rows.ts';
import type { ReadQueries, TextQuery } from './queries.ts';
import type { SearchSettings } from './settings.ts';

/** Queries as vectors [queries, dims]. With --like, `rows` are their rows in the set, which are not hits of themselves. */
export type Queries = {
  ids: string[];
  texts: (string | undefined)[];
  vectors: Matrix;
  rows?: number[];
  /** The model that has read the texts as it was measured: packaged, in full, with no words before them. */
  measured?: Model | undefined;
};

/** The set that queries are compared with, and the options. */
type Context = {
  opened: OpenedInput;
  /** The name of the set in messages. */
  name: string;
  texts: RowTexts;
  settings: SearchSettings;
  run: Run;
};

/** The vectors of the queries. Throws an EmbedError for a query that cannot be compared with the set. */
export async function queryVectors(read: ReadQueries, context: Context): Promise<Queries> {
  const { opened, name, settings } = context;
  const queries = await vectorsOf(read, context);
  const { vectors, ids } = queries;
  if (vectors.cols !== opened.set.vectors.cols) {
    throw new EmbedError(`Cannot compare vectors: those of ${name} have ${opened.set.vectors.cols} dims, the queries ${vectors.cols}`, {
      hint:
        read.kind === 'vectors'
          ? `${name} and ${read.path} are of different models; encode one of them again`
          : 'Name the right model with --model, or encode again',
    });
  }
  const whose = read.kind === 'vectors' ? ` of ${read.path}` : '';
  for (let at = 0; at < vectors.rows; at++) {
    const norm = squaredNorm(vectors.data, at * vectors.cols, (at + 1) * vectors.cols);
    const wrong = !Number.isFinite(norm)
      ? 'contains NaN or infinity'
      : norm === 0 && settings.metric === 'cosine'
        ? 'is all zeros and has no direction'
        : norm > LONGEST && settings.metric !== 'cosine'
          ? 'is too large for float32'
          : undefined;
    if (wrong) {
      throw new EmbedError(`Cannot search for ${ids[at]}${whose}: its vector ${wrong}`, {
        hint: norm === 0 ? 'Remove it, or use --metric dot or euclidean' : 'Remove it, or encode it again',
      });
    }
  }
  return queries;
}

async function vectorsOf(read: ReadQueries, context: Context): Promise<Queries> {
  if (read.kind === 'texts') return encodeQueries(read.queries, context);
  if (read.kind === 'matrix') return matrixAsQueries(read.vectors);
  return read.kind === 'like' ? rowsAsQueries(read.rows, context) : vectorsAsQueries(read.path, context);
}

/** Queries per batch; the progress bar moves after each batch. */
const QUERIES_PER_BATCH = 2048;

async function encodeQueries(asked: readonly TextQuery[], { opened, name, settings, run }: Context): Promise<Queries> {
  const own = originOfSet(opened.set);
  const model =
    opened.model ??
    (await queryModel(settings, {
      own,
      action: `Cannot encode a query for ${name}`,
      otherwise: 'or give queries with --vectors or --like',
      run,
    }));
  if (own) {
    const warning = assertComparable(own, originOf(model), { name, queries: `the model ${model.name}`, force: settings.force === true });
    if (warning) run.note(warning);
  }
  const prompt = settings.promptText ?? promptOf(model, settings.prompt, 'queryPrompt') ?? '';
  const encoder = openEncoder(model, { threads: Math.min(asked.length, run.threads), prompt });
  const progress = run.progress({ shown: asked.length > QUERIES_PER_BATCH });
  const data = new Float32Array(asked.length * model.dims);
  let counts = noCounts();
  let firstCut: TextQuery | undefined;
  try {
    for (let first = 0; first < asked.length; first += QUERIES_PER_BATCH) {
      const texts = asked.slice(first, first + QUERIES_PER_BATCH).map(({ text }) => text);
      const { vectors, reads } = await orStopped(encoder.encode(texts), run.signal);
      data.set(vectors.data, first * model.dims);
      for (const [at, read] of reads.entries()) {
        const query = asked[first + at]!;
        counts = addRead(counts, { text: query.text, read });
        if (read.lost > 0) firstCut ??= query;
      }
      progress.update(counts.rows, counts.tokens, counts.rows / asked.length);
    }
  } finally {
    progress.stop();
    await encoder.close();
  }
  for (const warning of readingWarnings({ counts, firstCut, model, texts: asked.map(({ text }) => text) })) run.note(warning);
  return {
    ids: asked.map(({ id }) => id),
    texts: asked.map(({ text }) => text),
    vectors: { data, rows: asked.length, cols: model.dims },
    measured: prompt === '' && isAsPackaged(model) && (!own || own.hash === model.hash) ? model : undefined,
  };
}

function isAsPackaged(model: Model): boolean {
  return packagedFolder(model.name) === model.folder && model.repooled !== true && model.head.steps.at(-1)?.kind !== 'cut';
}

/** Warnings about queries that the model cannot fully read. */
function readingWarnings({
  counts,
  firstCut,
  model,
  texts,
}: {
  counts: Counts;
  firstCut: TextQuery | undefined;
  model: Model;
  texts: readonly string[];
}): string[] {
  const warnings: string[] = [];
  const unread = readingWarning(counts, model, {
    what: counts.rows === 1 ? 'the query' : `the ${counts.rows} queries`,
    readerOf: () => packagedReaderOf(texts, model),
    maxUnknown: MAX_UNKNOWN_QUERY,
  });
  if (unread) warnings.push(unread);
  if (firstCut) {
    const which = counts.rows === 1 ? 'the query is' : counts.cut === 1 ? `query ${firstCut.id} is` : `${plural(counts.cut, 'query')} are`;
    warnings.push(`warning: ${which} longer than the ${model.maxTokens} tokens the model reads; the rest is cut off`);
  }
  return warnings;
}

async function vectorsAsQueries(path: string, { opened, name, settings, run }: Context): Promise<Queries> {
  const set = openSet(path);
  try {
    const ours = opened.set.manifest;
    if (ours?.model && set.manifest?.model) {
      const warning = assertComparable(
        { ...ours.model, dims: ours.dims },
        { ...set.manifest.model, dims: set.manifest.dims },
        { name, queries: path, force: settings.force === true },
      );
      if (warning) run.note(warning);
    }
    // of the open set: another run may replace the file
    const vectors = wholeMatrix(set.vectors);
    const rows = set.rows?.get(Array.from({ length: vectors.rows }, (_, row) => row));
    const blank = new Set(set.manifest?.blankRows);
    const wanted = Array.from({ length: vectors.rows }, (_, row) => row).filter((row) => !blank.has(row));
    if (wanted.length === 0)
      throw new EmbedError(`Cannot search for ${path}: every query in it is empty`, { hint: `Check ${setPaths(path).rows}` });
    if (blank.size > 0) run.note(`${plural(blank.size, 'empty query')} of ${path} left out`);
    return {
      ids: wanted.map((row) => rows?.get(row)?.id ?? `row:${row}`),
      texts: wanted.map((row) => rows?.get(row)?.text),
      vectors: pickRows(vectors, wanted),
    };
  } finally {
    set.close();
  }
}

function matrixAsQueries(vectors: Matrix): Queries {
  const rows = Array.from({ length: vectors.rows }, (_, row) => row);
  return { ids: rows.map((row) => `row:${row}`), texts: rows.map(() => undefined), vectors };
}

async function rowsAsQueries(asked: readonly string[], { opened, texts }: Context): Promise<Queries> {
  const { vectors, manifest } = opened.set;
  const rows = await texts.find(asked);
  const found = await texts.get(rows);
  const blank = rows.findIndex((row) => manifest?.blankRows.includes(row) === true || isBlank(found.get(row)?.text ?? '.'));
  if (blank >= 0) throw new EmbedError(`Cannot search for ${asked[blank]}: the row is blank`, { hint: 'Choose a row that has a text' });
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

function wholeMatrix({ rows, cols, read }: VectorReader): Matrix {
  const data = new Float32Array(rows * cols);
  read(0, data);
  return { data, rows, cols };
}
