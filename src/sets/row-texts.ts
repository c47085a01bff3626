import { isAbsolute, relative } from 'node:path';
import { join } from 'node:path/posix';
import { EmbedError } from '../errors.ts';
import { readCorpus } from '../input/corpus.ts';
import { formatOf } from '../input/formats.ts';
import { openSource } from '../input/source.ts';
import { yieldToEvents, type Io } from '../io.ts';
import { grouped, nthOnLine, plural } from '../text.ts';
import type { RowsFile, SetRow } from '../vectors/rows-file.ts';
import { corpusOptions, type ReadingFlags } from './flags.ts';
import type { OpenedInput } from './opened-input.ts';

/** Ids, texts and fields of the rows of a set: from its rows file, from --texts, or none. Paths are relative to the current folder. */
export type KnownTexts = {
  known: boolean;
  get(rows: readonly number[]): Promise<Map<number, SetRow>>;
  /** All rows, in order, in batches. */
  scan(): AsyncIterable<SetRow[]>;
};

/** … and the rows that a user names. */
export type RowTexts = KnownTexts & {
  /** Row numbers by id, by "file:line" as search prints it, or by "row:N". Throws an EmbedError for a row that does not exist. */
  find(asked: readonly string[]): Promise<number[]>;
};

export type RowTextsOptions = { name: string; texts: string | undefined; flags: ReadingFlags; io: Io };

/** Opens the ids, texts and fields of rows. Throws an EmbedError unless --texts has one text per row. */
export async function openRowTexts(
  { set, folder }: Pick<OpenedInput, 'set' | 'folder'>,
  { name, texts, flags, io }: RowTextsOptions,
): Promise<RowTexts> {
  const total = set.vectors.rows;
  const own = set.rows && fromSet(set.rows, { folder, total, io });
  if (texts === undefined) return withFind(own ?? { known: false, get: async () => new Map(), async *scan() {} }, { name, total });
  if ((await own?.get([0]))?.get(0)?.text !== undefined) {
    throw new EmbedError(`Cannot take texts from ${texts}: ${name} has its own`, {
      hint: 'Leave --texts out; it is for vectors without texts',
    });
  }
  const known = fromTexts(texts, { own, flags, io });
  let rows = 0;
  for await (const batch of known.scan()) rows += batch.length;
  if (rows !== total) {
    throw new EmbedError(`Cannot take texts from ${texts}: it has ${plural(rows, 'row')} where ${name} has ${grouped(total)}`, {
      hint: 'Text n must belong to row n; if the file is a table, name its --text-column',
    });
  }
  return withFind(known, { name, total });
}

/** Rows per batch: signals are handled between batches. */
export const ROWS_PER_BATCH = 8192;

function fromSet(rows: RowsFile, { folder, total, io }: { folder: string; total: number; io: Io }): KnownTexts {
  const shown = (row: SetRow): SetRow => (row.file === undefined ? row : { ...row, file: shownPath(row.file, folder) });
  return {
    known: true,
    get: async (numbers) => new Map(Array.from(rows.get(numbers), ([number, row]) => [number, shown(row)])),
    async *scan() {
      let batch: SetRow[] = [];
      let seen = 0;
      for (const row of rows.scan()) {
        batch.push(shown(row));
        if (++seen < total && batch.length < ROWS_PER_BATCH) continue;
        yield batch;
        await yieldToEvents(io.signal);
        batch = [];
      }
    },
  };
}

/** Texts by position. Each use reads the file again: it may be as large as the vectors. */
function fromTexts(path: string, { own, flags, io }: { own: KnownTexts | undefined; flags: ReadingFlags; io: Io }): KnownTexts {
  const options = corpusOptions(flags, { format: flags.inputFormat ?? formatOf(path), label: path });
  async function* scan(): AsyncGenerator<SetRow[]> {
    let first = 0;
    for await (const batch of readCorpus(openSource(path, io), options)) {
      const before = await own?.get(batch.map((_, at) => first + at));
      yield batch.map(({ id, text, line, fields }, at) => ({
        ...(before?.get(first + at) ?? { id, file: path, line, ...(fields ? { fields } : {}) }),
        text,
      }));
      first += batch.length;
    }
  }
  return {
    known: true,
    scan,
    async get(rows) {
      const wanted = new Set(rows);
      const found = new Map<number, SetRow>();
      let row = 0;
      for await (const batch of scan()) {
        for (const value of batch) if (wanted.has(row++)) found.set(row - 1, value);
        if (found.size === wanted.size) break;
      }
      return found;
    },
  };
}

function withFind(known: KnownTexts, { name, total }: { name: string; total: number }): RowTexts {
  return {
    ...known,
    async find(asked) {
      const rows = new Map<string, number>();
      for (const id of asked) {
        const number = /^row:(\d+)$/.exec(id)?.[1];
        if (number === undefined) continue;
        if (Number(number) >= total) {
          throw new EmbedError(`Cannot find ${id} in ${name}: it has ${plural(total, 'row')}, row:0 to row:${total - 1}`, {
            hint: 'Give one of those',
          });
        }
        rows.set(id, Number(number));
      }
      const wanted = new Set(asked.filter((id) => !rows.has(id)));
      let row = 0;
      for await (const batch of wanted.size > 0 ? known.scan() : []) {
        for (const { id, file, line } of batch) {
          for (const own of [id, `${file}:${line}${nthOnLine(id, line)}`]) if (wanted.delete(own)) rows.set(own, row);
          row++;
        }
        if (wanted.size === 0) break;
      }
      const [missing] = wanted;
      if (missing !== undefined) {
        throw new EmbedError(`Cannot find the row "${missing}" in ${name}`, {
          hint: known.known
            ? 'Give an id or file:line as search prints it, or row:N with its number from 0'
            : 'Its rows have no ids; give row:N with its number from 0',
        });
      }
      return asked.map((id) => rows.get(id)!);
    },
  };
}

/** A path of a rows file, relative to the current folder. */
function shownPath(file: string, folder: string): string {
  if (file === '-' || file === 'stdin' || folder === '.' || isAbsolute(file)) return file;
  return join(relative('.', folder).replaceAll('\\', '/') || '.', file);
}
