import { DUPLICATE_COLUMNS, type DuplicateGroup, type DuplicateRecord, type DuplicateReport } from '../../report/duplicates.ts';
import { withoutUndefined } from '../../report/report.ts';
import { ROWS_PER_BATCH } from '../../sets/row-texts.ts';
import type { SetRow } from '../../vectors/rows-file.ts';
import type { DedupFlags } from './flags.ts';
import type { Judgement, Side } from './judge.ts';
import { REASONS } from './rows.ts';

type ReportOptions = {
  inputs: readonly string[];
  flags: DedupFlags;
  minCosine: number;
  allowed: number | null;
};

export function duplicateReport(sides: readonly Side[], judgement: Judgement, options: ReportOptions): DuplicateReport {
  const [own] = sides as [Side, ...Side[]];
  const { total, reasons } = own.rows;
  const { sources, keepers, cosines, exact } = judgement;

  const recordOf = (row: number, found: SetRow | undefined, keeper: SetRow | undefined): DuplicateRecord => {
    const at = keepers[row]!;
    const reason = REASONS[reasons[row]!]!;
    const { id = `row:${row}`, text, file, line, fields } = found ?? {};
    const dropped = at >= 0;
    return {
      row,
      id,
      verdict: dropped ? 'dropped' : reason === 'judged' ? 'kept' : 'unjudged',
      ...withoutUndefined({
        keeper_row: dropped ? at : undefined,
        keeper_id: dropped ? (keeper?.id ?? `row:${at}`) : undefined,
        cosine: dropped && !Number.isNaN(cosines[row]) ? cosines[row] : undefined,
        file,
        line,
        match: dropped ? (exact[row] === 1 ? ('exact' as const) : ('near' as const)) : undefined,
        reason: reason === 'judged' ? undefined : reason,
        keeper_file: keeper?.file,
        keeper_line: keeper?.line,
        text,
        keeper_text: keeper?.text,
        fields,
      }),
    };
  };
  const recordsOfRows = async (rows: readonly number[]): Promise<DuplicateRecord[]> => {
    const texts = await own.texts.get(rows);
    const kept = await Promise.all(
      sides.map((side, source) => {
        const wanted = rows.filter((row) => keepers[row]! >= 0 && sources[row] === source).map((row) => keepers[row]!);
        return wanted.length > 0 ? side.texts.get(wanted) : new Map<number, SetRow>();
      }),
    );
    return rows.map((row) => recordOf(row, texts.get(row), keepers[row]! < 0 ? undefined : kept[sources[row]!]!.get(keepers[row]!)));
  };
  async function* batches(wanted: (row: number) => boolean): AsyncGenerator<DuplicateRecord[]> {
    let rows: number[] = [];
    for (let row = 0; row < total; row++) {
      if (wanted(row)) rows.push(row);
      if (rows.length < ROWS_PER_BATCH && row < total - 1) continue;
      if (rows.length > 0) yield await recordsOfRows(rows);
      rows = [];
    }
  }

  const groups = groupSizes(judgement, sides);
  return {
    schema: 'embed.dedup/1',
    summary: summaryOf(sides, judgement, { ...options, groups: groups.length }),
    columns: DUPLICATE_COLUMNS,
    groups: () => batches(() => true),
    recordsOf: (record) => [record],
    dropped: () => batches((row) => keepers[row]! >= 0),
    async largest(count, members) {
      const chosen = groups.slice(0, count);
      const shown = membersOf(judgement, chosen, members);
      const records = new Map<number, DuplicateRecord>();
      const rows = shown.flat();
      for (let first = 0; first < rows.length; first += ROWS_PER_BATCH) {
        for (const record of await recordsOfRows(rows.slice(first, first + ROWS_PER_BATCH))) records.set(record.row, record);
      }
      return chosen.map(({ size }, at): DuplicateGroup => ({ size, members: shown[at]!.map((row) => records.get(row)!) }));
    },
  };
}

type GroupSize = { source: number; keeper: number; size: number };

/** Rows that are repeated, the most often repeated first. */
function groupSizes({ sources, keepers }: Judgement, sides: readonly Side[]): GroupSize[] {
  const sizes = sides.map(({ rows }) => new Int32Array(rows.total));
  keepers.forEach((keeper, row) => keeper >= 0 && sizes[sources[row]!]![keeper]!++);
  const groups = sizes.flatMap((counts, source) => {
    const own: GroupSize[] = [];
    counts.forEach((size, keeper) => size > 0 && own.push({ source, keeper, size }));
    return own;
  });
  return groups.toSorted((a, b) => b.size - a.size || a.source - b.source || a.keeper - b.keeper);
}

/** Some rows of each of these groups: copies first, then the most similar. */
function membersOf({ sources, keepers, cosines, exact }: Judgement, groups: readonly GroupSize[], count: number): number[][] {
  const places = new Map(groups.map(({ source, keeper }, at) => [`${source}:${keeper}`, at]));
  const members = groups.map((): number[] => []);
  const nearer = (a: number, b: number): number => exact[b]! - exact[a]! || cosines[b]! - cosines[a]! || a - b;
  keepers.forEach((keeper, row) => {
    const own = keeper < 0 ? undefined : members[places.get(`${sources[row]}:${keeper}`) ?? -1];
    if (!own) return;
    own.push(row);
    // a group may be the whole corpus
    if (own.length >= 4 * count) own.splice(0, own.length, ...own.toSorted(nearer).slice(0, count));
  });
  return members.map((rows) => rows.toSorted(nearer).slice(0, count));
}

function summaryOf(
  [own]: readonly Side[],
  { keepers, exact }: Judgement,
  { inputs, flags, minCosine, allowed, groups }: ReportOptions & { groups: number },
): DuplicateReport['summary'] {
  const { total, reasons } = own!.rows;
  const byReason = Object.fromEntries(REASONS.filter((reason) => reason !== 'judged').map((reason) => [reason, 0]));
  let dropped = 0;
  let copies = 0;
  let unjudged = 0;
  for (let row = 0; row < total; row++) {
    if (keepers[row]! >= 0) {
      dropped++;
      copies += exact[row]!;
    } else if (reasons[row]! > 0) {
      unjudged++;
      byReason[REASONS[reasons[row]!]!]!++;
    }
  }
  return {
    inputs: [...inputs],
    against: [...(flags.against ?? [])],
    model: own!.opened.set.manifest?.model?.name ?? null,
    min_cosine: minCosine,
    keep: flags.keep,
    rows: total,
    kept: total - dropped,
    dropped,
    exact: copies,
    near: dropped - copies,
    unjudged,
    unjudged_by_reason: byReason,
    groups,
    allowed,
    passed: allowed === null || dropped <= allowed,
  };
}
