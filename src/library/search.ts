import { findRows } from '../commands/search/find.ts';
import type { ReadQueries } from '../commands/search/queries.ts';
import { EmbedError } from '../errors.ts';
import type { Hit, SearchSummary } from '../report/hits.ts';
import { parseCondition, type Condition } from '../sets/conditions.ts';
import { isBlank } from '../text.ts';
import type { Matrix } from '../vectors/matrix.ts';
import {
  assertArgument,
  assertOptions,
  boolean,
  CORPUS_CHECKS,
  corpusFlags,
  cosine,
  count,
  MODEL_CHECKS,
  oneOf,
  RUN_CHECKS,
  string,
  strings,
  type CorpusOptions,
  type ModelOptions,
  type RunOptions,
} from './options.ts';
import { allRecords } from './records.ts';
import { libraryRun, stoppable } from './run.ts';
import { pathOf, withInput, type SetOrPath } from './set.ts';

/** The queries: texts, vectors [queries, dims], or rows of the set by their id. */
export type SearchQueries = string | readonly string[] | Matrix | { like: string | readonly string[] };

export type SearchOptions = CorpusOptions &
  ModelOptions &
  RunOptions & {
    /** Rows per query. Default: 10. */
    top?: number;
    /** Only rows at or above this cosine. */
    minCosine?: number;
    metric?: 'cosine' | 'dot' | 'euclidean';
    /** Only rows whose fields have these values; or conditions as --where takes them, such as `price>=19`. */
    where?: Readonly<Record<string, string | number | boolean>> | readonly string[];
    /** Rows that are alike are one hit, whose `copies` counts them. */
    distinct?: boolean;
    /** File with the texts of a bare `.npy`, by position. */
    texts?: string;
  };

export type SearchResult = { summary: SearchSummary; results: Hit[] };

/**
 * Finds the rows that are nearest to each query, exactly.
 *
 * @returns the hits of all queries, each with its query_id, rank, row, id and cosine
 * @throws EmbedError for queries that cannot be compared with the set
 * @example
 * const { results } = await search('tickets.npy', ['refund'], { top: 5, where: { team: 'billing' } });
 * for (const { cosine, text } of results) console.log(cosine, text);
 */
export async function search(set: SetOrPath, queries: SearchQueries, options: SearchOptions = {}): Promise<SearchResult> {
  assertOptions('search', options, {
    ...CORPUS_CHECKS,
    ...MODEL_CHECKS,
    ...RUN_CHECKS,
    top: count,
    minCosine: cosine,
    metric: oneOf('cosine', 'dot', 'euclidean'),
    where: (value) =>
      typeof value === 'object' && value !== null && (!Array.isArray(value) || value.every((one) => typeof one === 'string'))
        ? undefined
        : 'an object of fields and values, or a list of conditions',
    distinct: boolean,
    texts: string,
  });
  const path = pathOf('search', set);
  const read = readQueries(queries);
  const { top = 10, minCosine, metric = 'cosine', where = [], distinct, texts } = options;
  if (minCosine !== undefined && metric !== 'cosine') {
    throw new EmbedError(`Cannot search: minCosine does not go with metric ${metric}`, { hint: 'Leave one of them out' });
  }
  const settings = {
    ...corpusFlags(options),
    top,
    metric,
    conditions: conditionsOf(where),
    ...(minCosine === undefined ? {} : { minCosine }),
    ...(distinct === undefined ? {} : { distinct }),
    ...(texts === undefined ? {} : { texts }),
  };
  const run = libraryRun(options);
  return stoppable(run, () =>
    withInput(path, options, {
      run,
      opening: { promptsForQueries: true },
      async work(opened, input) {
        const { report, unanswered } = await findRows(opened, read, { settings, input, run });
        if (unanswered !== undefined) run.note(unanswered);
        return { summary: report.summary, results: await allRecords<Hit>(report) };
      },
    }),
  );
}

function readQueries(queries: unknown): ReadQueries {
  if (typeof queries === 'object' && queries !== null && 'data' in queries)
    return { kind: 'matrix', vectors: asMatrix(queries as Partial<Matrix>) };
  if (typeof queries === 'object' && queries !== null && 'like' in queries) {
    assertArgument('search', 'like', { value: queries.like, check: strings });
    return { kind: 'like', rows: [queries.like].flat() as string[] };
  }
  assertArgument('search', 'the list of queries', { value: queries, check: strings });
  const texts = [queries].flat() as string[];
  const blank = texts.findIndex(isBlank);
  if (texts.length === 0 || blank >= 0) {
    throw new EmbedError(`Cannot search: ${texts.length === 0 ? 'there is no query' : `query ${blank} is empty`}`, {
      hint: 'Give texts that say what to look for',
    });
  }
  return { kind: 'texts', queries: texts.map((text, at) => ({ id: texts.length === 1 ? 'query' : `query:${at}`, text })) };
}

function asMatrix(queries: Partial<Matrix>): Matrix {
  const { data, rows = 0, cols = 0 } = queries;
  if (data instanceof Float32Array && rows > 0 && data.length === rows * cols) return { data, rows, cols };
  throw new EmbedError('Cannot search: the matrix of queries has no rows × cols float32 values', {
    hint: 'Give { data: Float32Array, rows, cols } with data.length = rows × cols',
  });
}

function conditionsOf(where: NonNullable<SearchOptions['where']>): Condition[] {
  if (Array.isArray(where)) return (where as readonly string[]).map(parseCondition);
  return Object.entries(where).map(([field, value]: [string, unknown]) => {
    if (['string', 'number', 'boolean'].includes(typeof value)) return { field, operator: '=', value: String(value) };
    throw new EmbedError(`Cannot search: where.${field} is neither a text nor a number nor a boolean`, {
      hint: `For other conditions give a list, as --where takes them: where: ['${field}>=19']`,
    });
  });
}
