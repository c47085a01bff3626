import { existsSync } from 'node:fs';
import { CliError } from '../errors.ts';
import { fileSize } from '../input/source.ts';
import { shellWord } from '../io.ts';
import type { SearchFlags } from './search/options.ts';

/** Where the queries come from. */
export type Asked =
  | { kind: 'words'; text: string }
  | { kind: 'file'; path: string }
  | { kind: 'vectors'; path: string }
  | { kind: 'like'; rows: string[] };

/** Settles where the queries come from. What can be told to be wrong is told here, before a corpus is encoded for nothing. */
export function askedQueries(input: string, words: readonly string[], flags: SearchFlags): Asked {
  const { queries, vectors, like } = flags;
  const given = [
    ...(words.length > 0 ? ['QUERY'] : []),
    ...(queries === undefined ? [] : ['--queries']),
    ...(vectors === undefined ? [] : ['--vectors']),
    ...(like === undefined ? [] : ['--like']),
  ];
  const example = `Type it behind the file: embed search ${shellWord(input)} how do I cook rice`;
  if (given.length === 0) throw new CliError(`Cannot search ${input}: there is no query`, { hint: example });
  if (given.length > 1) {
    throw new CliError(`Cannot search with ${given.join(' and ')} at once`, {
      hint: 'Give queries in one way, and the others in a run of their own',
    });
  }
  const strayed = (['queryColumn', 'queryFormat'] as const).find((name) => flags[name] !== undefined);
  if (strayed && queries === undefined) {
    throw new CliError(`Cannot use ${strayed === 'queryColumn' ? '--query-column' : '--query-format'} without --queries`, {
      hint: 'Name the file of the queries with --queries, or leave it out',
    });
  }
  if (queries !== undefined) return askedFile(queries, input);
  if (vectors !== undefined) {
    if (!/\.npy$/i.test(vectors)) {
      throw new CliError(`Cannot read query vectors from ${vectors}: it is no .npy file`, {
        hint: `If it holds texts, say --queries ${shellWord(vectors)}`,
      });
    }
    fileSize(vectors);
    return { kind: 'vectors', path: vectors };
  }
  if (like !== undefined) return { kind: 'like', rows: like };
  const text = words.join(' ');
  if (text.trim() === '') throw new CliError(`Cannot search ${input}: the query is empty`, { hint: example });
  if (text === '-') {
    throw new CliError('Cannot search for "-"', { hint: 'To read queries from standard input, one a line, say --queries -' });
  }
  const file = words.find((word) => /\.(npy|txt|csv|tsv|jsonl)(\.gz)?$/i.test(word) && existsSync(word));
  if (file !== undefined && input !== '-' && !existsSync(input)) {
    const rest = [input, ...words.filter((word) => word !== file)].map(shellWord).join(' ');
    throw new CliError(`Cannot read ${input}: no such file, but ${file} is one`, {
      hint: `INPUT comes before QUERY: embed search ${shellWord(file)} ${rest}`,
    });
  }
  return { kind: 'words', text };
}

function askedFile(path: string, input: string): Asked {
  if (path === '-' && input === '-') {
    throw new CliError('Cannot read both the corpus and the queries from standard input', { hint: 'Put one of them into a file' });
  }
  if (/\.npy$/i.test(path)) {
    throw new CliError(`Cannot read queries from ${path}: it holds vectors`, { hint: `Give it with --vectors ${shellWord(path)}` });
  }
  if (path !== '-') fileSize(path);
  return { kind: 'file', path };
}
