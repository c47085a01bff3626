import { CliError } from '../../errors.ts';
import { readCorpus, type CorpusOptions, type Row } from '../../input/corpus.ts';
import { formatOf } from '../../input/formats.ts';
import type { Format } from '../../input/records.ts';
import { openSource } from '../../input/source.ts';
import { orStopped, plural, type Io } from '../../io.ts';
import { isBlank } from '../../model/reading/reading.ts';
import type { Asked } from '../asked-queries.ts';
import type { SearchFlags } from './options.ts';

/** Queries of which only the texts are known yet. */
export type TextQuery = { id: string; text: string };

type Reading = { flags: SearchFlags; io: Io; note: (text: string) => void };

/** What was asked, with texts in place of words and files. */
export type ReadQueries = { kind: 'texts'; queries: TextQuery[] } | Extract<Asked, { kind: 'vectors' | 'like' }>;

/** Reads the texts of queries. Needs nothing of the set, so it can come first. */
export async function readTexts(asked: Asked, reading: Reading): Promise<ReadQueries> {
  if (asked.kind === 'words') return { kind: 'texts', queries: [{ id: 'query', text: asked.text }] };
  return asked.kind === 'file' ? { kind: 'texts', queries: await readQueryFile(asked.path, reading) } : asked;
}

async function readQueryFile(path: string, { flags, io, note }: Reading): Promise<TextQuery[]> {
  const source = openSource(path, io);
  const rows: TextQuery[] = [];
  const lines = new Map<string, number>();
  let blank = 0;
  const options: CorpusOptions = {
    format: flags.queryFormat ?? formatOfQueries(path),
    label: path === '-' ? 'stdin' : path,
    textColumns: flags.queryColumn === undefined ? [] : [flags.queryColumn],
    preferredColumns: ['query', 'text'],
    textFlag: '--query-column',
    idColumn: undefined,
    columns: 'all',
    delimiter: undefined,
    header: true,
    encoding: undefined,
  };
  const batches = readCorpus(source, options, note);
  // a pipe may keep us waiting
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
        throw new CliError(`Cannot tell two queries of ${path} apart: the id "${id}" is at line ${earlier} and again at line ${row.line}`, {
          hint: 'Make the column "id" unique, or give it another name: queries are then called file:line',
        });
      }
      lines.set(id, row.line);
      rows.push({ id, text: row.text });
    }
  }
  if (rows.length === 0) {
    throw new CliError(`Cannot search for ${path}: every query in it is empty`, { hint: 'Check that it is the file you meant' });
  }
  if (blank > 0) note(`${plural(blank, 'empty query')} of ${path} left out`);
  return rows;
}

/** A file without a suffix, or a pipe with a name, is read by lines: queries are often typed on the spot. */
function formatOfQueries(path: string): Format {
  if (path === '-' || !/\.[^./\\]+$/.test(path)) return 'lines';
  try {
    return formatOf(path);
  } catch (error) {
    throw new CliError((error as Error).message, { hint: 'Say what is in it with --query-format lines|csv|tsv|jsonl' });
  }
}

/** A column called "id" names the query, as test collections have it; else its place does. */
function idOf({ id, fields }: Row): string {
  const own = fields?.['id'];
  return (typeof own === 'string' && own !== '') || typeof own === 'number' ? String(own) : id;
}
