import { existsSync } from 'node:fs';
import { CliError } from '../errors.ts';
import type { SearchFlags } from './search.ts';

/** Where the queries come from. */
export type Asked =
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
