import { CliError } from '../errors.ts';
import { formatOf, readCorpus, type CorpusOptions } from '../input/corpus.ts';
import { openSource } from '../input/source.ts';
import type { Io } from '../io.ts';
import type { SetRow } from '../vectors/rows-file.ts';
import type { OpenedInput } from './open-input.ts';
import type { CorpusFlags } from './options.ts';

/** What is known of the rows of a set: from its rows file, from --texts, or nothing. */
export type RowTexts = {
  known: boolean;
  get(rows: readonly number[]): Promise<Map<number, SetRow>>;
  scan(): AsyncIterable<SetRow> | Iterable<SetRow>;
  /** Row numbers of ids, or of "row:N". */
  find(asked: readonly string[]): Promise<number[]>;
};

export type RowTextsOptions = { name: string; texts: string | undefined; flags: CorpusFlags; io: Io };

/** Opens what is known of the rows. Throws a CliError where --texts does not have a text for each row. */
export async function openRowTexts({ set }: OpenedInput, { name, texts, flags, io }: RowTextsOptions): Promise<RowTexts> {
  const total = set.vectors.rows;
  const source = set.rows;
  let known: Pick<RowTexts, 'known' | 'get' | 'scan'>;
  if (texts !== undefined) {
    if (source) {
      throw new CliError(`Cannot take texts from ${texts}: ${name} has its own`, { hint: 'Leave --texts out; it is for a bare .npy' });
    }
    known = textsFrom(texts, { flags, io });
    let rows = 0;
    for await (const _ of known.scan()) rows++;
    if (rows !== total) {
      throw new CliError(`Cannot take texts from ${texts}: it has ${rows} rows where ${name} has ${total}`, {
        hint: 'Text n must belong to row n; if the file is a table, say which --text-column it is',
      });
    }
  } else if (source) known = { known: true, get: async (rows) => source.get(rows), scan: () => source.scan() };
  else known = { known: false, get: async () => new Map(), scan: () => [] };

  return {
    ...known,
    async find(asked) {
      const rows = new Map<string, number>();
      for (const id of asked) {
        const number = /^row:(\d+)$/.exec(id)?.[1];
        if (number === undefined) continue;
        if (Number(number) >= total) {
          throw new CliError(`Cannot find ${id} in ${name}: it has ${total} rows, row:0 to row:${total - 1}`, {
            hint: 'Give one of those',
          });
        }
        rows.set(id, Number(number));
      }
      const ids = new Set(asked.filter((id) => !rows.has(id)));
      let row = 0;
      if (ids.size > 0)
        for await (const { id } of known.scan()) {
          if (ids.delete(id)) rows.set(id, row);
          if (ids.size === 0) break;
          row++;
        }
      const [missing] = ids;
      if (missing !== undefined) {
        throw new CliError(`Cannot find the row "${missing}" in ${name}`, {
          hint: known.known
            ? 'Give an id as search prints it, or row:N with its number from 0'
            : 'Its rows have no ids; give row:N with its number from 0',
        });
      }
      return asked.map((id) => rows.get(id)!);
    },
  };
}

/** Texts by position. The file is read again for every use: it may be as large as the vectors. */
function textsFrom(path: string, { flags, io }: { flags: CorpusFlags; io: Io }): Pick<RowTexts, 'known' | 'get' | 'scan'> {
  if (path === '-')
    throw new CliError('Cannot take texts from standard input', { hint: 'Put them into a file: they are read more than once' });
  const options: CorpusOptions = {
    format: flags.inputFormat ?? formatOf(path),
    label: path,
    textColumns: flags.textColumn,
    idColumn: flags.idColumn,
    columns: flags.columns,
    delimiter: flags.delimiter,
    header: flags.header,
    encoding: flags.encoding,
  };
  async function* scan(): AsyncGenerator<SetRow> {
    for await (const batch of readCorpus(openSource(path, io), options)) {
      for (const { id, text, line, fields } of batch) yield { id, text, file: path, line, ...(fields ? { fields } : {}) };
    }
  }
  return {
    known: true,
    scan,
    async get(rows) {
      const wanted = new Set(rows);
      const found = new Map<number, SetRow>();
      let row = 0;
      for await (const value of scan()) {
        if (wanted.has(row)) found.set(row, value);
        if (found.size === wanted.size) break;
        row++;
      }
      return found;
    },
  };
}
