import {
  DUPLICATE_COLUMNS,
  LATER_DUPLICATE_COLUMNS,
  type DuplicateRecord,
  type DuplicateReport,
  type DuplicateSummary,
  type Found,
} from '../../src/report/duplicates.ts';

type Some = { [Name in keyof DuplicateRecord]?: DuplicateRecord[Name] | undefined };

/** A report of these rows, each dropped as a copy of the row before the first where nothing else is said. */
export const reportOf = (rows: readonly Some[], summary: Partial<DuplicateSummary> = {}): DuplicateReport => {
  const records = rows.map((record, at) => ({
    row: at + 1,
    id: `${record.file ?? 't.txt'}:${record.line ?? at + 2}`,
    verdict: 'dropped',
    match: 'exact',
    keeper_row: 0,
    keeper_file: 't.txt',
    keeper_line: 1,
    file: 't.txt',
    line: at + 2,
    text: 'the sea',
    keeper_text: 'the sea',
    ...record,
  })) as DuplicateRecord[];
  const of = (...verdicts: Found[]): DuplicateRecord[] => records.filter(({ verdict }) => verdicts.some((one) => one === verdict));
  const dropped = of('dropped');
  const near = dropped.filter(({ match }) => match === 'near').length;
  return {
    schema: 'embed.dedup/1',
    summary: {
      inputs: ['t.txt'],
      against: [],
      model: 'minilm',
      min_cosine: 0.94,
      keep: 'first',
      differing: 'keep',
      rows: records.length + 1,
      kept: records.length + 1 - dropped.length,
      dropped: dropped.length,
      exact: dropped.length - near,
      near,
      conflicts: of('conflict').length,
      differs: of('differs').length,
      accepted: of('accepted').length,
      fail_on: 'any',
      unjudged: 0,
      unjudged_by_reason: {},
      against_rows: [],
      groups: 1,
      allowed: 0,
      inconclusive: false,
      passed: records.length === 0,
      ...summary,
    },
    columns: DUPLICATE_COLUMNS,
    laterColumns: LATER_DUPLICATE_COLUMNS,
    async *groups() {
      yield records;
    },
    recordsOf: (record) => [record],
    async *found(...verdicts) {
      const wanted = of(...verdicts);
      for (let first = 0; first < wanted.length; first += 8192) yield wanted.slice(first, first + 8192);
    },
    groupsOf: (verdict) => Math.min(1, of(verdict).length),
    largest: async (verdict, _, members) => {
      const found = of(verdict);
      return found.length > 0 ? [{ size: found.length, members: found.slice(0, members) }] : [];
    },
  };
};

export const textOf = async (chunks: AsyncIterable<string>): Promise<string> => {
  let text = '';
  for await (const chunk of chunks) text += chunk;
  return text;
};
