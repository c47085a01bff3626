import { readRecords } from '../../input/corpus.ts';
import { changedWhileRead, openSource } from '../../input/source.ts';
import type { Io } from '../../io.ts';
import type { AnyReport } from '../../report/report.ts';
import { corpusOptions, type CorpusFlags } from '../../sets/flags.ts';
import type { Input } from '../../sets/input.ts';
import type { OpenedInput } from '../../sets/opened-input.ts';
import { ROWS_PER_BATCH, type RowTexts } from '../../sets/row-texts.ts';
import type { DescribedClusters } from './describe-clusters.ts';
import type { ClusterPlan } from './flags.ts';
import { nthOnLine } from '../../text.ts';
import { valueNameOf } from './report.ts';

export type RecordsOptions = {
  input: Input;
  texts: RowTexts;
  plan: ClusterPlan;
  flags: CorpusFlags & { texts?: string };
  io: Io;
};

type Values = Record<string, unknown>;

/**
 * The records that `-o` writes: those of INPUT, unchanged and in order, each with its cluster, label and value. If INPUT has a column
 * of such a name, ours gets a number.
 */
export async function clusteredRecords(
  opened: OpenedInput,
  { clusters, labels, values }: DescribedClusters,
  { input, texts, plan, flags, io }: RecordsOptions,
): Promise<AnyReport> {
  const total = opened.set.vectors.rows;
  const batches = (): AsyncGenerator<Batch> => recordsOf(opened, { input, texts, flags, io });
  const names = await namesOf(batches());
  const own = ['cluster', 'label', valueNameOf(plan)].map((name) => {
    return names.includes(name) ? freeName(name, (other) => names.includes(other)) : name;
  });
  return {
    schema: '',
    summary: {},
    columns: [...names, ...own],
    fields: [],
    isData: true,
    recordsOf: (record) => [record as Values],
    async *groups() {
      let row = 0;
      for await (const { records } of batches()) {
        yield records.map((record) => {
          const cluster = clusters[row]!;
          const value = values[row++]!;
          const found = cluster < 0 ? [null, null, null] : [cluster, labels[cluster], value];
          return { ...record, ...Object.fromEntries(own.map((name, at) => [name, found[at]])) };
        });
      }
      if (row !== total) throw changedWhileRead(input.path, 'write the records');
    },
  };
}

/** The names of all columns. Records of a table share them; JSON records may each have others, so all of them are read. */
async function namesOf(batches: AsyncIterable<Batch>): Promise<string[]> {
  const seen = new Set<string>();
  for await (const { names, records } of batches) {
    if (names) return [...names];
    for (const record of records) for (const name of Object.keys(record)) seen.add(name);
  }
  return [...seen];
}

/** Kept columns, renamed where their name is taken. */
function besides(fields: Values, taken: readonly string[]): Values {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      taken.includes(name) ? freeName(name, (other) => Object.hasOwn(fields, other)) : name,
      value,
    ]),
  );
}

/** The name with the first number that makes it free. */
function freeName(name: string, isTaken: (name: string) => boolean): string {
  for (let count = 2; ; count++) if (!isTaken(`${name}_${count}`)) return `${name}_${count}`;
}

/** `names` are the columns of a table, in order. */
type Batch = { names?: readonly string[]; records: Values[] };

/** The records of a corpus, read from its files again; for a set, those of its rows file or of --texts. */
async function* recordsOf(
  { parts, set }: OpenedInput,
  { input, texts, flags, io }: Pick<RecordsOptions, 'input' | 'texts' | 'flags' | 'io'>,
): AsyncGenerator<Batch> {
  if (parts) {
    for (const { path, format, hash } of parts) {
      const source = openSource(path, io);
      const { records, names } = await readRecords(source, { ...corpusOptions(flags, { format, label: input.path }), idColumn: undefined });
      for await (const batch of records) {
        if (!names) yield { records: batch.map(({ values }) => values as Values) };
        else
          yield {
            names,
            records: batch.map(({ values }) => Object.fromEntries(names.map((name, at) => [name, (values as unknown[])[at]]))),
          };
      }
      if (hash !== undefined && source.hash() !== hash) throw changedWhileRead(input.path, 'write the records');
    }
  } else if (texts.known) {
    for await (const batch of texts.scan()) {
      yield {
        records: batch.map(({ id, text, file, line, fields }) => ({
          // an id FILE:LINE names a row of the --texts file, not of INPUT
          ...(flags.texts !== undefined && id === `${file}:${line}${nthOnLine(id, line)}` ? {} : { id }),
          ...(text === undefined ? {} : { text }),
          ...besides(fields ?? {}, ['id', 'text']),
        })),
      };
    }
  } else {
    for (let first = 0; first < set.vectors.rows; first += ROWS_PER_BATCH) {
      const count = Math.min(ROWS_PER_BATCH, set.vectors.rows - first);
      yield { names: ['row'], records: Array.from({ length: count }, (_, at) => ({ row: first + at })) };
    }
  }
}
