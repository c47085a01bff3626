import { existsSync } from 'node:fs';
import { EmbedError } from '../../errors.ts';
import { readCorpus, type CorpusOptions, type Row } from '../../input/corpus.ts';
import { formatOf, hasFormat } from '../../input/formats.ts';
import type { Format } from '../../input/formats.ts';
import { fileSize, openSource } from '../../input/source.ts';
import { orStopped, type Io } from '../../io.ts';
import { likeOf, type Like } from '../../sets/like.ts';
import { recognisePipe } from '../../sets/recognise.ts';
import { isBlank, plural, shellWord } from '../../text.ts';
import type { Matrix } from '../../vectors/matrix.ts';
import { isNpyPath } from '../../vectors/npy.ts';
import { openSet } from '../../vectors/set-reader.ts';
import type { SearchFlags } from './flags.ts';

/** Where the queries come from. */
export type Asked =
  | { kind: 'words'; text: string }
  | { kind: 'file'; path: string }
  | { kind: 'vectors'; path: string }
  | { kind: 'like'; rows: string[] };

/** Decides where the queries come from. Throws an EmbedError for wrong flags here, before a corpus is encoded in vain. */
export function askedQueries(input: string, words: readonly string[], flags: SearchFlags): Asked {
  const { queries, vectors, like } = flags;
  const given = [
    ...(words.length > 0 ? ['QUERY'] : []),
    ...(queries === undefined ? [] : ['--queries']),
    ...(vectors === undefined ? [] : ['--vectors']),
    ...(like === undefined ? [] : ['--like']),
  ];
  const example = `Type it after INPUT: embed search ${shellWord(input)} how do I cook rice`;
  if (given.length === 0) throw new EmbedError(`Cannot search ${input}: there is no query`, { hint: example });
  if (given.length > 1) {
    throw new EmbedError(`Cannot search with ${given.join(' and ')} at once`, {
      hint: 'Use one of them per run',
    });
  }
  const strayed = (['queryColumn', 'queryFormat'] as const).find((name) => flags[name] !== undefined);
  if (strayed && queries === undefined) {
    throw new EmbedError(`Cannot use ${strayed === 'queryColumn' ? '--query-column' : '--query-format'} without --queries`, {
      hint: 'Name the file of the queries with --queries, or leave it out',
    });
  }
  if (queries !== undefined) return askedFile(queries, input);
  if (vectors !== undefined) {
    if (!isNpyPath(vectors)) {
      throw new EmbedError(`Cannot read query vectors from ${vectors}: it is not a .npy file`, {
        hint: `If it holds texts, say --queries ${shellWord(vectors)}`,
      });
    }
    fileSize(vectors);
    return { kind: 'vectors', path: vectors };
  }
  if (like !== undefined) return { kind: 'like', rows: like };
  const text = words.join(' ');
  if (text.trim() === '') throw new EmbedError(`Cannot search ${input}: the query is empty`, { hint: example });
  if (text === '-') {
    throw new EmbedError('Cannot search for "-"', { hint: 'To read queries from standard input, one per line, say --queries -' });
  }
  const file = words.find((word) => (isNpyPath(word) || hasFormat(word)) && existsSync(word));
  if (file !== undefined) throw fileAmongWords(file, { input, words });
  return { kind: 'words', text };
}

/** A file that exists is not taken for a word of the query. */
function fileAmongWords(file: string, { input, words }: { input: string; words: readonly string[] }): EmbedError {
  const others = words.filter((word) => word !== file);
  if (input !== '-' && !existsSync(input)) {
    return new EmbedError(`Cannot read ${input}: no such file, but ${file} exists`, {
      hint: `INPUT comes before QUERY: embed search ${[file, input, ...others].map(shellWord).join(' ')}`,
    });
  }
  const command = `embed search ${shellWord(input)}`;
  const asWords = others.length > 0 ? `${command} ${shellWord(words.join(' '))}` : `echo ${shellWord(file)} | ${command} --queries -`;
  return new EmbedError(`Cannot search ${input} for ${file}: it is a file, and search reads one INPUT`, {
    hint:
      `For the queries in it say ${isNpyPath(file) ? '--vectors' : '--queries'} ${shellWord(file)}; ` +
      `${input === '-' && others.length === 0 ? 'else rename the file' : `for the words themselves: ${asWords}`}`,
  });
}

function askedFile(path: string, input: string): Asked {
  if (path === '-' && input === '-') {
    throw new EmbedError('Cannot read both the corpus and the queries from standard input', { hint: 'Put one of them into a file' });
  }
  if (isNpyPath(path)) {
    throw new EmbedError(`Cannot read queries from ${path}: it holds vectors`, { hint: `Give it with --vectors ${shellWord(path)}` });
  }
  if (path !== '-') fileSize(path);
  return { kind: 'file', path };
}

/** A query that is not encoded yet. */
export type TextQuery = { id: string; text: string };

type Reading = { flags: SearchFlags; io: Io; note: (text: string) => void };

/** The queries, with texts in the place of words and files. */
export type ReadQueries =
  | { kind: 'texts'; queries: TextQuery[] }
  | { kind: 'matrix'; vectors: Matrix }
  | Extract<Asked, { kind: 'vectors' | 'like' }>;

/** What the vectors of a corpus must be like, to be compared with these queries. */
export function likeOfQueries(read: ReadQueries): Like | undefined {
  if (read.kind !== 'vectors') return undefined;
  const set = openSet(read.path);
  try {
    // the prompt of queries is not that of a corpus
    const { prompt: _, ...like } = likeOf(set, read.path);
    return like;
  } finally {
    set.close();
  }
}

/** Reads the texts of the queries. It does not need the set, so it can come first. */
export async function readTexts(asked: Asked, reading: Reading): Promise<ReadQueries> {
  if (asked.kind === 'words') return { kind: 'texts', queries: [{ id: 'query', text: asked.text }] };
  return asked.kind === 'file' ? { kind: 'texts', queries: await readQueryFile(asked.path, reading) } : asked;
}

async function readQueryFile(path: string, { flags, io, note }: Reading): Promise<TextQuery[]> {
  const source = openSource(path, io);
  const pipe = { kind: 'pipe', format: flags.queryFormat ?? formatOfQueries(path) } as const;
  const guessed = path === '-' && flags.queryFormat === undefined;
  const { format } = guessed ? await recognisePipe(pipe, source, { option: '--query-format', signal: io.signal, note }) : pipe;
  const rows: TextQuery[] = [];
  const lines = new Map<string, number>();
  let blank = 0;
  const options: CorpusOptions = {
    format,
    label: path === '-' ? 'stdin' : path,
    textColumns: flags.queryColumn === undefined ? [] : [flags.queryColumn],
    preferredColumns: ['query', 'text'],
    textFlag: '--query-column',
    idColumn: undefined,
    spelledColumn: 'id',
    columns: 'all',
    delimiter: undefined,
    header: true,
    encoding: undefined,
    hasEncodingOption: false,
    html: 'keep',
    maxRecordSize: flags.maxRecordSize,
  };
  const batches = readCorpus(source, options, note);
  // reading a pipe can block; a stop must not
  const next = (): Promise<IteratorResult<Row[]>> => orStopped(batches.next(), io.signal);
  for (let batch = await next(); !batch.done; batch = await next()) {
    for (const row of batch.value) {
      if (isBlank(row.text)) {
        blank++;
        continue;
      }
      const id = idOf(row);
      const earlier = lines.get(id);
      if (earlier !== undefined) {
        throw new EmbedError(
          `Cannot tell two queries of ${path} apart: the id "${id}" is at line ${earlier} and again at line ${row.line}`,
          {
            hint: 'Make the column "id" unique, or give it another name: queries are then named file:line',
          },
        );
      }
      lines.set(id, row.line);
      rows.push({ id, text: row.text });
    }
  }
  if (rows.length === 0) {
    throw new EmbedError(`Cannot search for ${path}: every query in it is empty`, { hint: 'Check that it is the file you meant' });
  }
  if (blank > 0) note(`${plural(blank, 'empty query')} of ${path} left out`);
  return rows;
}

/** The format of a file of queries, by its suffix. Without a suffix, as in a named pipe, each line is a query. */
function formatOfQueries(path: string): Format {
  if (path === '-' || !/\.[^./\\]+$/.test(path)) return 'lines';
  try {
    return formatOf(path);
  } catch (error) {
    throw new EmbedError((error as Error).message, { hint: 'Say what is in it with --query-format lines|csv|tsv|jsonl|json' });
  }
}

/** The id of a query: its column "id", as in test collections, else FILE:LINE. */
function idOf({ id, fields }: Row): string {
  const own = fields?.['id'];
  return (typeof own === 'string' && own !== '') || typeof own === 'number' ? String(own) : id;
}
