import { CliError } from '../errors.ts';
import { readRecords } from '../input/corpus.ts';
import { formatOf } from '../input/formats.ts';
import { openSource } from '../input/source.ts';
import type { Io } from '../io.ts';
import type { AnyReport } from '../report/report.ts';
import type { OpenedInput } from './open-input.ts';
import { corpusOptions, type CorpusFlags } from './options.ts';
import type { RowTexts } from './row-texts.ts';

/** What a record of INPUT gets: its cluster, the cluster's label, and how near it is to the centroid. */
export type Finding = { cluster: number | null; label: string | null; value: number | null };

export type RecordsOptions = {
  input: string;
  texts: RowTexts;
  /** What the value is called. */
  valueName: 'cosine' | 'distance';
  of: (row: number) => Finding;
  flags: CorpusFlags;
  io: Io;
};

type Values = Record<string, unknown>;

/**
 * The records of INPUT as they are, in order, with their findings: what `-o` writes. Where INPUT has columns of those names, ours
 * get a number.
 */
export async function themedRecords(opened: OpenedInput, { input, texts, valueName, of, flags, io }: RecordsOptions): Promise<AnyReport> {
  const total = opened.set.vectors.rows;
  const records = (): AsyncGenerator<Values[]> => recordsOf(opened, { input, texts, flags, io });
  // JSON records may each have other keys: a table's header is known when all have been seen
  const names = new Set<string>();
  for await (const batch of records()) for (const record of batch) for (const name of Object.keys(record)) names.add(name);
  const own = ['cluster', 'label', valueName].map((name) => {
    let free = name;
    for (let count = 2; names.has(free); count++) free = `${name}_${count}`;
    return free;
  }) as [string, string, string];
  return {
    schema: '',
    summary: {},
    columns: [...names, ...own],
    fields: [],
    recordsOf: (record) => [record as Values],
    async *groups() {
      let row = 0;
      for await (const batch of records()) {
        yield batch.map((record) => {
          const { cluster, label, value } = of(row++);
          return { ...record, [own[0]]: cluster, [own[1]]: label, [own[2]]: value };
        });
      }
      if (row !== total) throw changed(input);
    },
  };
}

function changed(input: string): CliError {
  return new CliError(`Cannot write the records of ${input}: it has changed while it was read`, { hint: 'Give the same command again' });
}

/** The records of a corpus from its file; of a bare set, what is known of its rows. */
async function* recordsOf(
  { parts, set }: OpenedInput,
  { input, texts, flags, io }: Pick<RecordsOptions, 'input' | 'texts' | 'flags' | 'io'>,
): AsyncGenerator<Values[]> {
  if (parts) {
    for (const { path, hash, lines } of parts) {
      const source = openSource(path, io);
      // records with vectors are JSON, whatever carries them
      const format = lines ? 'jsonl' : (flags.inputFormat ?? formatOf(input));
      const { records, names } = await readRecords(source, corpusOptions(flags, { format, label: input }));
      for await (const batch of records) {
        yield batch.map(({ values }) =>
          names ? Object.fromEntries(names.map((name, at) => [name, (values as unknown[])[at]])) : (values as Values),
        );
      }
      if (hash !== undefined && source.hash() !== hash) throw changed(input);
    }
  } else if (texts.known) {
    for await (const batch of texts.scan())
      yield batch.map(({ id, text, fields }) => ({ id, ...(text === undefined ? {} : { text }), ...fields }));
  } else {
    const step = 8192;
    for (let first = 0; first < set.vectors.rows; first += step) {
      yield Array.from({ length: Math.min(step, set.vectors.rows - first) }, (_, at) => ({ row: first + at }));
    }
  }
}
