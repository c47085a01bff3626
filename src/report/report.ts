/**
 * A result in the form that every format takes: groups of records, which each writer reads once. Records are flat, except for
 * `fields`, the kept columns of a corpus.
 */
export type Report<Group, Fields extends ReportRecord> = {
  /** Name of the records' schema; docs/schemas has the JSON Schemas. */
  schema: string;
  summary: Record<string, unknown>;
  /** Names of the records' own values, in order, without `fields`. */
  columns: readonly string[];
  /** Names of all kept fields, if they are known; else tables read all records to find them. */
  fields?: readonly string[];
  /** Fields of the row that each row is compared with, as `keeper_fields` or `other_fields`: columns such as "keeper_NAME", after the kept fields. */
  twinFields?: { of: 'keeper' | 'other'; names: readonly string[] };
  /** Names of values that stand after the fields, because they came later than those. */
  laterColumns?: readonly string[];
  /** Whether the records are the user's data, to be read by programs again: then tables hold every cell as it is. */
  isData?: true;
  /** Batches of groups, in order. */
  groups(): AsyncIterable<Group[]>;
  recordsOf(group: Group): readonly Fields[];
};

export type ReportRecord = {
  fields?: Record<string, unknown> | undefined;
  keeper_fields?: Record<string, unknown> | undefined;
  other_fields?: Record<string, unknown> | undefined;
};

/** Leaves out undefined values, which JSON and tables cannot hold. */
export function withoutUndefined<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}

/** A report of any shape, for writers that use only its records. */
export type AnyReport = Report<unknown, ReportRecord>;

/** Reads all records, in batches. */
export async function* recordsOf({ groups, recordsOf }: AnyReport): AsyncGenerator<ReportRecord[]> {
  for await (const batch of groups()) yield batch.flatMap((group) => recordsOf(group));
}
